"""44 to 49 and 62: what goes wrong between the console and a node during a session."""
import hashlib
import os
import re
import signal
import socket
import subprocess
import threading
import time

from gateway import Gateway, frame, message
from matrix import row

WITH_DEV = "accounts=6,regions=2,resources=3000,seed=7"  # development has nodes that can be reached
AT_ONCE = ("--session", "prompt=0")
BAD_LINE = "lose:rate=0.03;double:rate=0.03;late:rate=0.03,ms=40;digest:rate=0.02"
NOTICED_S = 30  # a node that does not answer is called so by then; an idle machine needs 10
LAST = 20000
LINES = "".join(f"{n}\n" for n in range(1, LAST + 1))  # of `seq`: every byte has its place
PASTE_BYTES = 1 << 20


def find_node(room, **how):
    """The first node that can be reached."""
    outcome = room.run([room.watchdeck, "--budget", "off", "--once", "nodes", "--format", "json",
                        "--filter", "ping:=Online"], **how)
    return outcome.must_end(0, 3, 4).rows[0]["node"]


def count_to_last(room, node):
    """A command whose output is known, over whatever line there is."""
    outcome = room.run([room.watchdeck, "session", node, "--command", f"seq 1 {LAST}; exit 7"])
    outcome.must_end(7)
    assert outcome.out == LINES, f"not the bytes that the node has written: {outcome}"
    return outcome


def shell(room, node, **how):
    """A shell on a terminal, at its prompt."""
    console = room.terminal([room.watchdeck, "session", node], **how)
    console.wait("$", 60)
    return console


def leave(console):
    console.type("\r~.")
    assert console.end(60) == 0
    console.must_be_restored() if console.is_alternate() else must_be_as_before(console)


def must_be_as_before(console):
    now, before = console.modes()
    assert now == before, "the terminal's modes are not those of before"
    assert console.cursor_is_visible(), "the cursor is hidden"


# --- 44: WebSocket frames ---

BROKEN_FRAMES = {
    "a mask": b"\x82\x81\0\0\0\0a",
    "a reserved bit": b"\xc2\x01a",
    "an opcode that is none": b"\x83\x01a",
    "a long ping": b"\x89\x7e\x00\x7e" + b"x" * 126,
    "a ping in parts": b"\x09\x01a",
    "a continuation of nothing": b"\x80\x01a",
    "a message within another": b"\x02\x01a\x82\x01b",
    "text that is no UTF-8": b"\x81\x02\xff\xfe",
    "2^62 bytes": b"\x82\x7f\x40" + bytes(7),
    "a length below zero": b"\x82\x7f\xff" + b"\xff" * 7,
    "more than is taken": b"\x82\x7f" + (2 << 20).to_bytes(8, "big"),
    "half a close code": b"\x88\x01\x03",
    "a close code that is none": b"\x88\x02\x03\xe7",
    "a reason that is no UTF-8": b"\x88\x04\x03\xe8\xff\xff",
    "5,000 parts": b"\x02\x01a" + b"\x00\x01a" * 5000,
    "a goodbye": b"\x88\x05\x03\xe8Bye",
}
BROKEN_ANSWERS = {
    "another key": lambda head: re.sub(rb"(?i)(sec-websocket-accept: ).*?\r", rb"\1AAAA\r", head),
    "no upgrade": lambda head: re.sub(rb"(?i)\r\nupgrade: [^\r]*", b"", head),
    "a page": lambda head: b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\n\x1b[2J",
    "another protocol": lambda head: b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "an endless head": lambda head: b"HTTP/1.1 101 X\r\n" + b"X-Y: z\r\n" * 20000 + b"\r\n",
    "nothing": lambda head: None,
}


@row(44, waits_s=4)
def broken_frames(room):
    """Frames that break RFC 6455, and answers that are no upgrade: each costs a connection and no
    byte. Nothing of them reaches the person's terminal as it is."""
    made = room.sandbox(options=("--session", "prompt=0,resend=all"))
    node = find_node(room)
    frames = room.random.sample(sorted(BROKEN_FRAMES), 3)
    answer = room.random.choice(sorted(BROKEN_ANSWERS))

    def down(n, k, data):
        """The first, third and fourth connection break, a few messages after they began."""
        which = {1: 0, 3: 1, 4: 2}.get(n)
        if which is None or k != 3 + which:
            return frame(data)
        return BROKEN_FRAMES[frames[which]] + frame(data)

    gateway = Gateway(room, made, down, lambda n, head:
                      BROKEN_ANSWERS[answer](head) if n == 2 else head)
    outcome = count_to_last(room, node)
    told = f"{frames}, {answer}: {outcome.err}"
    assert gateway.n_connections >= 5, f"the console took what it must not: {told}"
    assert len(made.requests("ResumeSession")) >= 3, told
    assert "attempt 1 of" in outcome.err and "\x1b" not in outcome.err, told


# --- 45: messages ---

def hostile_message(numbers, seen):
    """What no client may take for the next of the stream."""
    real = numbers.choice(seen) if seen else message("output_stream_data", b"x", 5, 1)
    return numbers.choice([
        lambda: numbers.randbytes(numbers.randrange(0, 200)),
        lambda: bytes(numbers.randrange(0, 200)),
        lambda: real[:numbers.randrange(len(real))],
        lambda: real[:3] + bytes([numbers.randrange(256)]) + real[4:] if real[3] == 116 else b"",
        lambda: message("output_stream_data", b"never shown", 1 << 40, 1, digest=bytes(32)),
        lambda: message("output_stream_data", b"never shown", -1, 1),
        lambda: message("input_stream_data", b"never shown", 0, 1),
        lambda: message("acknowledge", b'{"AcknowledgedMessageSequenceNumber":99999999}'),
        lambda: message("acknowledge", b"[" * 5000),
        lambda: message("agent_job", b"{}", 0, 1),
        lambda: message("start_publication", b"\x1b]0;x\x07", header=112, digest=bytes(32)),
        lambda: message("output_stream_data", b"", 1 << 41, numbers.randrange(13)),
    ])()


@row(45)
def broken_messages(room):
    """Messages of every length that are none, damaged, early, late, doubled and lost ones, both ways:
    the stream is the node's, byte by byte, over one connection."""
    made = room.sandbox(BAD_LINE, options=("--session", "prompt=0,resend=all"))
    node = find_node(room)
    seen, held = [], []

    def down(_n, _k, data):
        """Hostile ones between the real ones; some real ones change places, some come twice."""
        seen.append(data)
        out = [frame(hostile_message(room.random, seen)) for _ in range(room.random.randrange(3))]
        if b"output_stream" in data[:40] and room.random.random() < 0.1 and not held:
            held.append(data)
            return b"".join(out)
        out += [frame(data)] * (1 + (room.random.random() < 0.1))
        out += [frame(held.pop())] if held else []
        return b"".join(out)

    gateway = Gateway(room, made, down)
    outcome = count_to_last(room, node)
    assert gateway.n_connections == 1, f"a message has cost the connection: {outcome}"
    assert len(seen) > 100


# --- 46, 47: the node ---

@row(46, waits_s=12, seeds=3)
def node_ends(room):
    """A node that ends its session ends the program; one that is silent is told to be, and can be
    left: the terminal is as it was."""
    made = room.sandbox(options=AT_ONCE)
    console = shell(room, find_node(room))
    if room.seed % 3 == 2:
        made.control("sessions", {"action": "end"})
        assert console.end(15) == 0
        must_be_as_before(console)
        return
    made.control("sessions", {"action": "pause", "ms": 0})
    console.type("echo there\r")
    console.wait("does not answer", NOTICED_S)
    if room.seed % 3 == 0:
        os.kill(console.pid, signal.SIGKILL)
        console.wait_modes(True, 10)
        return
    leave(console)
    assert made.requests("TerminateSession"), "the session was left behind"


@row(47, waits_s=12, seeds=2)
def paused(room):
    """A node that is away is asked now and then whether it is back, and not flooded; what was typed
    meanwhile is there when it is."""
    made = room.sandbox(options=AT_ONCE)
    gateway = Gateway(room, made)
    console = shell(room, find_node(room))
    made.control("sessions", {"action": "pause", "ms": 0})
    time.sleep(1)  # what was under way has come
    since = time.monotonic()
    console.type("echo back-$((6*7))\r")
    console.wait("does not answer", NOTICED_S)
    until = time.monotonic() + (320 if room.long else 6)
    while time.monotonic() < until and not (room.long and console.has("for 5 minutes")):
        console.bytes()
        time.sleep(0.2)
    asked, took_s = len(gateway.inputs(since)), time.monotonic() - since
    assert 0 < asked < 60 + 3 * took_s, f"{asked} messages in {took_s:.0f} s to a node that is away"
    if room.long:
        assert console.end(60) == 255
        must_be_as_before(console)
        return
    made.control("sessions", {"action": "back"})
    console.wait("back-42", 60)
    leave(console)


# --- 48: a large paste ---

def paste_text(room):
    """Lines as people paste them; a line of a terminal has an end (4,095 bytes)."""
    lines = []
    while sum(map(len, lines)) < PASTE_BYTES:
        lines += [f"{room.random.getrandbits(200):x} ".encode() * 2 + b"\r" for _ in range(1000)]
    return b"".join(lines)[:PASTE_BYTES - 1] + b"\r"


@row(48, seeds=2)
def large_paste(room):
    """1 MiB at once, into the subcommand and into a tab of the console: the node has every byte."""
    made = room.sandbox(world=WITH_DEV, options=AT_ONCE)
    text = paste_text(room)
    digest = hashlib.sha256(text.replace(b"\r", b"\n")).hexdigest()
    in_console = room.seed % 2 == 0
    console = tab(room) if in_console else shell(room, find_node(room))
    console.type(f"stty -echo; echo re''ady; head -c {len(text)} | sha256sum\r")
    console.wait("ready")
    console.send(b"\x1b[200~" + text + b"\x1b[201~" if in_console else text)
    console.wait(digest, 120)
    assert not made.requests("ResumeSession"), "the paste has cost the connection"
    if in_console:
        console.type("\r~.")
        console.wait_gone("1 shell")
        console.keys("ctrl-c ctrl-c")
        assert console.end() == 0
    else:
        leave(console)


def tab(room):
    """A shell in the console, on a node of an account that wants no reason."""
    console = room.ready_console()
    console.send(":nodes\r")
    console.wait("Online")
    console.wait_gone("loading")
    console.keys("/")
    console.type("ping:=Online account:-dev")
    console.keys("Enter g s")
    console.wait("1 shell")
    console.wait("$", 60)
    return console


# --- 49: the machine sleeps ---

@row(49, waits_s=6, seeds=3)
def asleep(room):
    """Stopped while the connection is cut: it resumes, and what the node wrote meanwhile comes."""
    made = room.sandbox(options=AT_ONCE)
    console = shell(room, find_node(room))
    console.type("sleep 1; seq 1 500 | tail -n 3; echo wo''ken\r")
    how = room.random.choice(["drop", "bye"])
    os.kill(console.pid, signal.SIGSTOP)
    console.wait_stop()
    made.control("sessions", {"action": how})
    time.sleep(30 if room.long else 3)
    os.kill(console.pid, signal.SIGCONT)
    console.wait("woken", 60)
    assert made.requests("ResumeSession"), f"{how}: the connection was not lost"
    leave(console)


# --- 62: SSH servers ---

def flood(connection, told):
    """A version, and then as much as is taken."""
    connection.sendall(b"SSH-2.0-flood\r\n")
    block = bytes(range(256)) * 256
    while told["sent"] < 48 << 20:
        connection.sendall(block)
        told["sent"] += len(block)


def speak_escapes(connection, told):
    """A banner that would act on a terminal, and no version."""
    connection.sendall(b"\x1b[2J\x1b]0;x\x07\xe2\x80\xae banner without end " * 100)
    told["sent"] = 1


def hang_up(connection, _):
    connection.sendall(b"SSH-2.0-gone\r\n")


def say_nothing(connection, told):
    connection.settimeout(5)
    try:
        connection.recv(1)
    except OSError:
        pass
    told["sent"] = 0


def serve_once(listener, speak, told):
    try:
        connection, _ = listener.accept()
        with connection:
            speak(connection, told)
    except OSError:
        pass


def speak_garbage(connection, told):
    """A version, and packets that are none."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + bytes([0, 0, 0, 60, 4, 20]) + os.urandom(3000))
    told["sent"] = 1


SPEAKERS = [flood, speak_escapes, hang_up, say_nothing, speak_garbage]


@row(62)
def ssh_servers(room):
    """What stands behind a node's port floods, hangs up, says nothing, or writes escapes and garbage: ssh
    gets its bytes and nothing else, a copy ends with a word, and what is held meanwhile is bounded."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    room.sandbox(options=("--session", f"prompt=0,limit=0,port=22:{port}"))
    node, speak, told = find_node(room), SPEAKERS[room.seed % len(SPEAKERS)], {"sent": 0}
    for way in (copy_from, pass_through):
        threading.Thread(target=serve_once, args=(listener, speak, told), daemon=True).start()
        way(room, node, speak)
        said = room.path("stderr").read_bytes()
        assert b"\x1b" not in said and "\u202e".encode() not in said, said
    listener.close()


def copy_from(room, node, _):
    """libssh2 is who listens."""
    outcome = room.run([room.watchdeck, "get", f"root@{node}", "/etc/hostname", room.path("copy"),
                        "--accept-new"])
    outcome.must_end(255)
    assert outcome.err.strip() and not room.path("copy").exists(), outcome
    assert outcome.peak_kib < 64 << 10, f"{outcome.peak_kib} KiB: {outcome}"


def pass_through(room, node, speak):
    """ssh is."""
    process = subprocess.Popen(
        [room.watchdeck, "ssh-proxy", node], env=room._env(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(room.path("stderr"), "wb"))
    try:
        process.stdin.write(b"SSH-2.0-x\r\n")
        process.stdin.flush()
        first = os.read(process.stdout.fileno(), 4096) if speak is not say_nothing else b""
        assert speak is say_nothing or first.startswith((b"SSH-2.0-", b"\x1b[2J"))
        if speak is flood:
            must_stay_small(process)
            process.stdout.close()  # ssh has had enough
        process.stdin.close()
        process.wait(60)
    finally:
        process.kill()


def must_stay_small(process):
    """Nobody reads: it makes the node wait."""
    for _ in range(10):
        time.sleep(0.2)
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            rss_kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        assert rss_kib < 64 << 10, f"{rss_kib} KiB for bytes that nobody takes"
