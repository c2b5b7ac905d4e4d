"""3 to 6, 11 to 14 and 68: disks that fail, power cuts, shared stores, edited ones."""
import datetime
import errno
import hashlib
import os
import re
import signal
import subprocess
import time

import changes
import power
from matrix import Unable, row
from room import FINDINGS, GOOD_STATUSES

PRELOAD = "tests/libfaults-preload.so"
VERIFIED = "verified; u undoes it"
REFUSALS = ("REFUSED", "not saved", "refused", "read-only", "cannot", "no space", "FAILED")


def failing_disk(room, spec, from_file=None):
    return {"LD_PRELOAD": str(room.build / PRELOAD), "FAULTS_DISK": spec,
            "FAULTS_BELOW": str(room.state), **({"FAULTS_FROM": str(from_file)} if from_file
                                                else {})}


@row(3)
def one_call_fails(room):
    """Whatever call of the disk fails while a change is made: nothing is sent without its record,
    no record is lost, and the next console settles."""
    made = room.sandbox(world=FINDINGS)
    call, nth = room.random.choice([("open", 6), ("write", 10), ("sync", 10), ("rename", 4),
                                    ("truncate", 1)])
    spec = f"{call}:{room.random.randrange(nth) + 1}:" + str(room.random.choice(
        [errno.EIO, errno.ENOSPC, errno.EINTR] + ([0] if call == "write" else [])))
    trigger = room.path("now")
    console = room.console(rows=40, cols=160, env=failing_disk(room, spec, trigger))
    changes.open_sheet(console)
    trigger.touch()
    changes.consent(console)
    seen = console.wait_any(VERIFIED, *REFUSALS, patience_s=40)
    os.kill(console.pid, signal.SIGKILL)
    console.end()
    if seen == VERIFIED:
        assert made.changes(), "a success that was never sent"
    trigger.unlink()
    changes.settle(room)
    sent, told = changes.must_agree(room, made)
    assert not sent or told[-1] in changes.ENDS, f"{spec}: the trail lacks the end: {told}"


@row(4)
def full_disk(room):
    """A disk that fills up while the sheet is open: consent is refused, in words, nothing is
    sent."""
    room.state.mkdir(parents=True, mode=0o700)
    made = room.sandbox(world=FINDINGS)
    script = room.write("full.sh", f"""
        set -e
        mount -t tmpfs -o size=64k,mode=700 none {room.state}
        while [ ! -e {room.path('fill')} ]; do sleep 0.02; done 2>/dev/null &&
            {{ dd if=/dev/zero of={room.state}/ballast bs=1k 2>/dev/null || :; }} &&
            ls -l {room.state} > {room.path('filled')} &
        exec {room.watchdeck}
        """)
    unshare = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*unshare, "true"], check=False).returncode != 0:
        raise Unable("no mount namespaces here")
    console = room.terminal([*unshare, "sh", script], rows=40, cols=160)
    changes.open_sheet(console)
    room.path("fill").touch()
    until = time.monotonic() + 20
    while not room.path("filled").exists() or not room.path("filled").stat().st_size:
        assert time.monotonic() < until, "the disk does not fill"
        console.bytes()
    changes.consent(console)
    console.wait("No space left", 20)
    assert not made.changes(), "it was sent although it could not be recorded"
    console.send(":accounts\r")
    console.wait("payments")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0
    no_file_may_grow(room)


def no_file_may_grow(room):
    """ulimit -f 0: a console that shows everything, and says that it changes nothing."""
    state = room.path("nothing-fits")
    console = room.terminal(["prlimit", "--fsize=0", room.watchdeck, "--state-dir", state])
    console.wait("no changes are possible: cannot write: File too large", 20)
    console.wait("NEEDS A DECISION", 20)
    console.send(":accounts\r")
    console.wait("payments")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0


@row(5)
def sync_fails(room):
    """After a failed fsync nobody knows what is on the disk: no change is made."""
    made = room.sandbox(world=FINDINGS)
    trigger = room.path("now")
    console = room.console(rows=40, cols=160, env=failing_disk(
        room, f"sync:{room.random.randrange(1, 3)}:{errno.EIO}:ever", trigger))
    changes.open_sheet(console)
    trigger.touch()
    changes.consent(console)
    console.wait_any(*REFUSALS, patience_s=20)
    sent = made.changes()
    assert not sent or "INTENT" in changes.states(room), "sent without a record on the disk"
    os.kill(console.pid, signal.SIGKILL)
    console.end()
    trigger.unlink()
    changes.settle(room)
    changes.must_agree(room, made)


@row(6)
def homes(room):
    """No home, a home of nothing, a home that cannot be written: lists are read, changes are not
    made, and it is said why."""
    made = room.sandbox(world=FINDINGS)
    for home in (None, ""):
        outcome = room.once("accounts", env={"HOME": home})
        outcome.must_end(*GOOD_STATUSES)
        assert len(outcome.rows) == 6
    readonly = room.path("readonly")
    readonly.mkdir()
    unshare = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*unshare, "true"], check=False).returncode != 0:
        raise Unable("no mount namespaces here")
    script = room.write("readonly.sh", f"mount -t tmpfs -o ro none {readonly}\n"
                        f"HOME={readonly} exec {room.watchdeck} \"$@\"\n")
    outcome = room.run([*unshare, "sh", script, "--once", "accounts", "--format", "json"])
    outcome.must_end(*GOOD_STATUSES)
    assert len(outcome.rows) == 6
    argv, env = room.random.choice([([*unshare, "sh", script], {}), ([room.watchdeck],
                                                                      {"HOME": ""}),
                                    ([room.watchdeck], {"HOME": None})])
    console = room.terminal(argv, rows=40, cols=160, env=env)
    console.wait("accounts, ")
    console.wait_any("read-only", "no change", "cannot be")
    console.send(":findings\r")
    console.wait("all-traffic")
    console.wait_gone("loading")
    console.keys("g A")
    console.wait_any("read-only", "refused", "REFUSED", "cannot", "folder")
    console.keys("y")
    console.keys("ctrl-c ctrl-c")
    console.end()
    assert not made.changes()


def sent_at_us(request):
    at = datetime.datetime.fromisoformat(request["time"].replace("Z", "+00:00"))
    return at.timestamp() * 1e6


@row(11)
def power_cut(room):
    """The power goes at any write of a change: what was synced is there, what was sent has its intent,
    the trail is whole or ends torn, and nothing is sent again."""
    made, log = room.sandbox(world=FINDINGS), room.path("writes")
    console = changes.approve(room, env={
        "LD_PRELOAD": str(room.build / PRELOAD), "FAULTS_BELOW": str(room.state),
        "FAULTS_WRITES": str(log)})
    console.wait(VERIFIED, 40)
    os.kill(console.pid, signal.SIGKILL)
    console.end()
    records, disk = power.read(log), power.Disk()
    assert any(r.kind == "synced" for r in records), "nothing was ever synced"
    cut = room.random.randrange(len(records) + 1)
    for record in records[:cut]:
        disk.play(record)
    sent, = made.changes()
    was_sent = cut == len(records) or sent_at_us(sent) < records[cut].time_us - 2000
    power.write(room.state, disk.leave(room.random))
    told = f"cut before write {cut} of {len(records)}"
    assert not was_sent or changes.journal(room), f"{told}: sent, and its intent is lost"
    changes.settle(room)
    verified = room.verify_trail()
    assert verified.status == 0, f"{told}: {verified}"
    assert len(made.changes()) == 1, f"{told}: it was sent again"
    if was_sent:
        assert "SUCCEEDED" in changes.states(room), f"{told}: {changes.states(room)}"


@row(12)
def torn_block(room):
    """The last block of the trail or the journal is torn: a torn end is cut off, more than that is
    reported, and whatever stood before is still there."""
    made = room.sandbox(world=FINDINGS)
    console = changes.approve(room)
    console.wait(VERIFIED, 40)
    console.keys("ctrl-c ctrl-c")
    console.end()
    path = room.state / room.random.choice(["audit", "journal"])
    data = path.read_bytes()
    at = room.random.randrange(max(0, len(data) - 4096), len(data))
    rest = room.random.choice([b"", bytes(len(data) - at), room.random.randbytes(len(data) - at)])
    path.write_bytes(data[:at] + rest)
    whole = data[:at].rpartition(b"\n")[0]  # the lines before the tear
    told = f"{path.name} torn at {at} of {len(data)}: {rest[:8]}"
    verified = room.verify_trail()
    assert verified.status in ((0, 7) if path.name == "audit" else (0,)), f"{told}: {verified}"
    console = room.console(rows=40, cols=160)
    console.wait("accounts, ")
    console.wait_gone("loading")
    refused = console.has("no changes are possible")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0
    assert path.read_bytes().startswith(whole), f"{told}: what stood before it is gone"
    assert refused or room.verify_trail().status == 0, f"{told}: neither mended nor reported"
    assert len(made.changes()) == 1, f"{told}: it was sent again"


@row(13)
def two_consoles(room):
    """Two consoles over one store approve the same finding at once: it is sent once, both tell the
    truth, the trail holds both."""
    made = room.sandbox(world=FINDINGS, latency_ms=room.random.choice([0, 20, 60]))
    both = [room.console(rows=40, cols=160) for _ in range(2)]
    for console in both:
        changes.open_sheet(console)
    for console in both:
        changes.consent(console)
    ends = [console.wait_any(VERIFIED, *REFUSALS, "STALE", "is being changed", "still open",
                             patience_s=60) for console in both]
    for console in both:
        console.keys("ctrl-c ctrl-c")
        console.end()
    changes.settle(room)
    sent, told = changes.must_agree(room, made)
    assert len(sent) == 1 and told.count("SUCCEEDED") == 1, (ends, told)


@row(14)
def dead_holder(room):
    """kill -9 of a console in the middle of a change: the next one does not wait for its lock."""
    made = room.sandbox(world=FINDINGS, latency_ms=60)
    console = changes.approve(room)
    until = time.monotonic() + 30
    while not made.changes():
        assert time.monotonic() < until, "nothing was sent"
        console.bytes()
    os.kill(console.pid, signal.SIGKILL)
    console.end()
    started = time.monotonic()
    console = room.console(rows=40, cols=160)
    console.wait("an earlier run left 1 change open: settled")
    assert time.monotonic() - started < 15
    console.send(":trail\r")
    console.wait("SUCCEEDED")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0
    changes.must_agree(room, made)


def summed(line):
    """A line of the journal with the sum that belongs to it: core/store/README.md."""
    body = line[:line.rindex(b',"sum":"')]
    return body + b',"sum":"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"}'


@row(68)
def edited_store(room):
    """What was consented to is edited in the journal while the change is open: the next console
    refuses it, says so, and sends nothing."""
    made = room.sandbox("stall:operation=RevokeSecurityGroupIngress,after=1", world=FINDINGS)
    console = changes.approve(room)
    until = time.monotonic() + 30
    while not made.changes():
        assert time.monotonic() < until, "nothing was sent"
        console.bytes()
    os.kill(console.pid, signal.SIGKILL)
    console.end()
    careful = room.random.random() < 0.6  # the sums of the lines are made right again
    path = room.state / "journal"
    lines = path.read_bytes().split(b"\n")[:-1]
    assert all(summed(line) == line for line in lines), "the journal is not what this row knows"
    edited = [re.sub(rb"sg-[0-9a-f]{17}", b"sg-00000000000000000", line) for line in lines]
    assert edited != lines, "there is no group in the journal"
    path.write_bytes(b"".join((summed(line) if careful else line) + b"\n" for line in edited))
    before = len(made.changes())
    console = room.console(rows=40, cols=160)
    console.wait("still open" if careful else "no changes are possible")
    console.keys("ctrl-c ctrl-c")
    console.end()
    assert len(made.changes()) == before, "something was sent from an edited journal"
    assert b"SUCCEEDED" not in b"".join(changes.journal(room))
