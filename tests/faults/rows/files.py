"""60 and 65: files that are not what they ought to be."""
import os

from matrix import row
from room import GOOD_STATUSES

SETTINGS = [
    ("concurrency = lots\n", ":1"), ("\n\nno equals sign\n", ":3"), ("\x1b]0;x\x07 = 1\n", ":1"),
    ("nosuch = 1\n", "nosuch"), (b"\xff\xfe = \x00\n", ":1"),
    ("theme = " + "x" * 5000 + "\n", ":1"),
    ("= 1\n", ":1"),
]


def must_be_named(outcome, path, *texts):
    """An end with a word about the file, and no byte of it that a terminal acts on."""
    outcome.must_end(1, 2, 5).must_say(path.name, *texts)
    assert outcome.out == "" and "\x1b" not in outcome.err, outcome
    return outcome


@row(60)
def odd_files(room):
    room.sandbox()
    path = room.path("odd.conf")
    for text, where in SETTINGS:
        room.write("odd.conf", text)
        must_be_named(room.once("accounts", "--config", path), path, where)
    path.unlink()
    must_be_named(room.once("accounts", "--config", path), path)
    for make in (lambda p: os.mkfifo(p, 0o600), lambda p: os.mkdir(p), lambda p: p.symlink_to(p)):
        make(path)
        must_be_named(room.once("accounts", "--config", path, limit_s=20), path)
        os.rmdir(path) if path.is_dir() else path.unlink()
    os.symlink("/dev/zero", path)
    must_be_named(room.once("accounts", "--config", path, limit_s=20), path)
    path.unlink()
    room.write("odd.conf", "")
    os.truncate(path, 1 << 30)  # a sparse gibibyte
    outcome = must_be_named(room.once("accounts", "--config", path, limit_s=20), path)
    assert outcome.peak_kib < 100 << 10, f"{outcome.peak_kib} KiB for one file"
    random_bytes(room)


def random_bytes(room):
    """Of any bytes whatever, as settings, keys, or profiles: refused by name, or lived with."""
    for name in ("odd.conf", ".config/watchdeck/keymaps/default.keys", ".aws/config",
                 ".aws/credentials"):
        data = room.random.randbytes(room.random.randrange(2000))
        if room.random.random() < 0.5:
            data = b"[profile x]\n" + bytes(room.random.choice(b"[]=#;\n\t ax\x1b\xff")
                                            for _ in range(1000))
        path = room.write(name, data)
        options = ("--config", path) if name == "odd.conf" else ()
        outcome = room.once("identity", *options, limit_s=30)
        outcome.must_end(1, 2, 5, *GOOD_STATUSES)
        assert "\x1b" not in outcome.err + outcome.out, outcome
        path.unlink()


@row(65)
def planted_links(room):
    """What is planted where we write keeps its contents, and nothing is written through it."""
    room.sandbox()
    target = room.write("target", "precious")
    for kind, plant in (("symlink", os.symlink), ("hard link", os.link)):
        log = room.path("planted.log")
        plant(target, log)
        room.once("accounts", "--log", log).must_end(1).must_say("planted.log")
        log.unlink()
        for name in ("audit", "audit.key", "audit.head", "journal", "lock", "cache"):
            state = room.path(f"state-{kind[0]}-{name}")
            state.mkdir(mode=0o700)
            plant(target, state / name)
            room.once("accounts", "--state-dir", state).must_end(1, 7, *GOOD_STATUSES)
            console = room.console("--state-dir", str(state))
            console.wait_any("accounts, ", "cannot", "refused", "altered", "read-only")
            console.keys("ctrl-c ctrl-c")
            console.end()
            console.free()
            assert target.read_text() == "precious", f"written through a {kind} at {name}"
    elsewhere = room.path("elsewhere")
    elsewhere.mkdir(mode=0o700)
    os.symlink(elsewhere, room.path("state-link"))
    room.once("accounts", "--state-dir", room.path("state-link")).must_end(1, *GOOD_STATUSES)
    assert not any(elsewhere.iterdir()), "the folder that a link led to was written to"
