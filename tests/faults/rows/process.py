"""7 to 10, 64 and 67: limits of the process, other processes, and long runs."""
import os
import resource
import sys
import time

from matrix import Unable, row
from room import GOOD_STATUSES, limit

NOBODY = 65534


@row(7)
def few_descriptors(room):
    """With sixteen descriptors what cannot be opened waits, and everything comes."""
    room.sandbox(world="accounts=24,regions=4,resources=400")
    good = room.once("accounts").must_end(*GOOD_STATUSES)
    n = room.random.choice([16, 20, 24])
    outcome = room.once("accounts", before=limit(resource.RLIMIT_NOFILE, n))
    outcome.must_end(*GOOD_STATUSES)
    assert outcome.rows == good.rows, outcome
    for n in (4, 5, 6, 7, room.random.randrange(8, 16)):
        tight = room.once("accounts", before=limit(resource.RLIMIT_NOFILE, n))
        tight.must_end(1, *GOOD_STATUSES)
        assert tight.err or tight.rows, f"not a word: {tight}"


@row(8, seeds=3)
def little_memory(room):
    """An end with a word when there is no memory, and a terminal as it was; more of it, and it
    goes on."""
    room.sandbox(world="accounts=6,regions=2,resources=20000")
    ends = []
    for mebibytes in (64, 128, 256, 1024):
        outcome = room.once("resources", before=limit(resource.RLIMIT_AS, mebibytes << 20))
        outcome.must_end(1, 127, *GOOD_STATUSES)
        if outcome.status == 1:
            assert outcome.err.strip(), f"not a word: {outcome}"
        ends.append(outcome.status)
    assert ends[-1] in GOOD_STATUSES, ends
    tight = room.random.choice([80, 120, 200, 300])
    console = room.terminal(["prlimit", f"--as={tight << 20}", room.watchdeck])
    console.wait_any("accounts, ", "out of", "cannot", "error")
    if not console.is_alternate():
        assert console.end() in (1, 127)
    else:
        console.send(":resources\r")
        time.sleep(1)
        console.keys("ctrl-c ctrl-c")
        assert console.end() in (0, 1)
    assert not console.is_alternate() and console.cursor_is_visible()
    now, before = console.modes()
    assert now == before


def torture(room, kills):
    """tests/torture against a sandbox of its own; it judges by the sandbox's log."""
    outcome = room.run([room.build / "tests/torture", "--kill9", str(kills), "--seed",
                        str(room.seed)], limit_s=3600)
    outcome.must_end(0)
    assert f"{kills}" in outcome.out, outcome


@row(9)
def killed_changes(room):
    torture(room, 2000 if room.long else 24)


@row(10)
def killed_before_the_answer(room):
    """The same with other kills: half of them at the stop points around sending."""
    room.seed += 1000
    torture(room, 2000 if room.long else 16)


@row(64)
def looked_into(room):
    """Another process of the same user may neither trace it nor read its memory. The same against
    a process that lets itself be looked into shows that the question is a fair one."""
    room.sandbox()
    if os.getuid() != 0:
        raise Unable("needs root, to be somebody without its powers")
    os.chmod(room.folder, 0o777)
    home = room.path("home")
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    script = room.write("look.py", LOOK, 0o644)
    outcome = room.run([sys.executable, script, room.watchdeck], env={"HOME": str(home)},
                       before=lambda: (os.setgroups([]), os.setgid(NOBODY), os.setuid(NOBODY)))
    outcome.must_end(0)
    told = dict(line.split("=") for line in outcome.out.split())
    assert told["plain_mem"] == "ok", f"the question is not a fair one here: {told}"
    assert told["console_trace"] == "EPERM" and told["console_mem"] in ("EACCES", "EPERM"), told
    assert told["console_environ"] in ("EACCES", "EPERM"), told


# Runs as nobody, with watchdeck as its argument: what may be done to a plain child, and to it.
LOOK = r"""
import ctypes, errno, os, pty, signal, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(function):
    try:
        return function() or "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
def trace(pid):
    if libc.ptrace(16, pid, None, None) != 0:
        return errno.errorcode[ctypes.get_errno()]
    os.waitpid(pid, 0)
    libc.ptrace(17, pid, None, None)
def read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        file.read(0 if name == "mem" else 10)
plain = subprocess.Popen(["sleep", "60"])
pid, master = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
until = time.monotonic() + 20
while b"accounts, " not in said and time.monotonic() < until:
    said += os.read(master, 65536)
for name, of in (("plain", plain.pid), ("console", pid)):
    print(f"{name}_mem=" + attempt(lambda: read(of, "mem")))
    print(f"{name}_environ=" + attempt(lambda: read(of, "environ")))
    print(f"{name}_trace=" + attempt(lambda: trace(of)))
plain.kill()
os.kill(pid, signal.SIGKILL)
"""


def footprint(pid):
    """(resident KiB, open descriptors)"""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        rss_kib = next(int(s.split()[1]) for s in status if s.startswith("VmRSS"))
    return rss_kib, len(os.listdir(f"/proc/{pid}/fd"))


def must_not_grow(marks, seconds):
    """What is taken at first (screens that are kept, replies of all sizes) is no growth: in the
    first hours, or half of a shorter run."""
    settled = marks[len(marks) // (2 if seconds < 86400 else 10):]
    n = max(1, min(20, len(settled) // 3))
    first, last = (max(m[0] for m in some) for some in (settled[:n], settled[-n:]))
    allowed_kib = max(1024 * seconds / 86400, 8192 if seconds < 86400 else 0)
    assert last - first <= allowed_kib, f"{last - first} KiB more in {seconds:.0f} s: {marks}"
    assert settled[-1][1] <= settled[0][1] + 8, f"descriptors: {settled[0][1]}, {settled[-1][1]}"


SCREENS = {"accounts": "Accounts", "resources": "Resources", "rules": "Config rules",
           "findings": "Findings", "triage": "Triage"}


@row(67, long=True)
def days(room):
    """72 hours of random faults, or --seconds: memory and descriptors do not grow."""
    room.sandbox("throttle:rate=0.05;reset:rate=0.02,bytes=300;body:is=html,rate=0.01;"
                 "stall:rate=0.001", world="accounts=24,regions=4,resources=3000")
    console = room.ready_console(env={"AWS_MAX_ATTEMPTS": "3"})
    seconds = room.seconds or 72 * 3600
    pause_s = min(20, seconds / 60)
    until, marks = time.monotonic() + seconds, []
    while time.monotonic() < until or not marks:
        for screen, title in SCREENS.items():
            console.send(f":{screen}\r")
            console.wait_row(1, title, 60)
            console.keys("r")
            time.sleep(pause_s)
            console.forget_bytes()
        marks.append(footprint(console.pid))
    must_not_grow(marks, seconds)
