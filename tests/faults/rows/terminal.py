"""52 to 58: what happens to the terminal, and what the terminal does to the console."""
import fcntl
import os
import signal
import subprocess
import time

from matrix import row
from room import LIMIT_S

END_S = 5  # the console's own time to end is 1 s; machines are busy


def while_loading(room):
    console = room.console()
    console.wait_bytes(b"\x1b[?1049h")
    return console


def on_a_screen(room):
    return room.ready_console()


def in_a_prompt(room):
    console = room.ready_console()
    console.keys(": a c c o")
    console.wait_row(39, ":acco")
    return console


def in_a_dialog(room):
    console = room.ready_console()
    console.keys("q")
    console.wait("Leave watchdeck?")
    return console


def moving(room):
    """In the middle of drawing."""
    console = room.ready_console()
    console.send(":resources\r")
    console.keys("j j j G g")
    return console


MOMENTS = [while_loading, on_a_screen, in_a_prompt, in_a_dialog, moving]


def children_of(pid):
    """The processes that pid's threads have started."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as children:
            found += [int(child) for child in children.read().split()]
    return found


def must_be_gone(pids):
    until = time.monotonic() + END_S
    for pid in pids:
        while os.path.exists(f"/proc/{pid}/cmdline") and state_of(pid) not in "ZX":
            assert time.monotonic() < until, f"process {pid} is still there"
            time.sleep(0.01)


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end_by(room, number, moment):
    console = moment(room)
    watchers = children_of(console.pid)
    time.sleep(room.random.random() * 0.03)
    os.kill(console.pid, number)
    status = console.end(END_S)
    assert status == 128 + number, f"{moment.__name__}: status {status} after signal {number}"
    return console, watchers


@row(52)
def signals(room):
    room.sandbox()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        console, watchers = end_by(room, number, room.random.choice(MOMENTS))
        console.must_be_restored()
        must_be_gone(watchers)
        console.free()
    # these two are no reason to end
    console = on_a_screen(room)
    for number in (signal.SIGPIPE, signal.SIGWINCH):
        os.kill(console.pid, number)
    console.keys("?")
    console.wait_row(1, "Help")


@row(53)
def crashes(room):
    room.sandbox()
    secret = room.env["AWS_SECRET_ACCESS_KEY"].encode()
    crash = room.random.sample([signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT,
                                signal.SIGILL], 3)
    for number in crash:
        console, watchers = end_by(room, number, room.random.choice(MOMENTS))
        console.must_be_restored()
        must_be_gone(watchers)
        assert secret not in console.bytes()
        console.free()
    cores = [path for path in room.folder.rglob("*core*") if path.is_file()]
    assert not cores, f"a core was left: {cores}"


@row(54)
def kill_9(room):
    room.sandbox()
    for moment in room.random.sample(MOMENTS, 2):
        console, watchers = end_by(room, signal.SIGKILL, moment)
        console.wait_bytes(b"\x1b[?2004l", END_S)
        console.wait_modes(True, END_S)
        console.must_be_restored()
        must_be_gone(watchers)
        console.free()


@row(55)
def terminal_gone(room):
    room.sandbox()
    for moment in room.random.sample(MOMENTS, 2):
        console = moment(room)
        watchers = children_of(console.pid)
        console.hang_up()
        status = console.end(END_S)
        assert status == 128 + signal.SIGHUP, f"status {status}"
        must_be_gone(watchers)
        console.free()


@row(56)
def suspended(room):
    """As a job of a shell: stopped and resumed again and again, at another size each time; and
    begun in the background."""
    room.sandbox()
    shell = room.terminal(["bash", "--norc", "--noprofile", "-i"], rows=24, cols=80)
    shell.send("PS1='ready> '\r")
    shell.wait("ready>")
    shell.send(f"{room.watchdeck}\r")
    shell.wait("accounts, ")
    for turn in range(100 if room.long else 6):
        rows, cols = 20 + room.random.randrange(20), 80 + room.random.randrange(80)
        shell.keys("ctrl-z")
        shell.wait("ready>")
        assert not shell.is_alternate(), f"turn {turn}: the shell has the console's screen"
        shell.resize(rows, cols)
        shell.send("fg\r")
        shell.wait_row(0, "watchdeck")
        shell.wait_row(rows - 1, "? help")
        assert shell.is_alternate(), f"turn {turn}: the console draws on the shell's screen"
        shell.keys("?")
        shell.wait_row(1, "Help")
        shell.keys("q")
        shell.wait_row(1, "Triage")
    shell.send(":quit\r")
    shell_is_back(shell)
    # in the background it must not touch the terminal; brought to the front it draws
    shell.send(f"clear; {room.watchdeck} &\r")
    must_be_stopped(shell)
    shell.send("fg\r")
    shell.wait("accounts, ")
    shell.send(":quit\r")
    shell_is_back(shell)
    shell.send("clear; stty -a | grep -o ' icanon'\r")
    shell.wait(" icanon")


def shell_is_back(shell):
    """Its job is over and it answers. What is typed while modes change may be thrown away."""
    until = time.monotonic() + 30
    while children_of(shell.pid):
        assert time.monotonic() < until, shell.screen()
        shell.bytes()
    while not shell.has("42"):
        assert time.monotonic() < until, shell.screen()
        shell.send("clear; echo $((40 + 2))\r")
        time.sleep(0.1)


def must_be_stopped(shell):
    """The one child of the shell: by the kernel, for reaching for a terminal that is not its."""
    until = time.monotonic() + 30
    while [state_of(pid) for pid in children_of(shell.pid)] != ["T"]:
        assert time.monotonic() < until, f"it is not stopped in the background: {shell.screen()}"
        time.sleep(0.01)
        shell.bytes()


@row(57)
def sizes(room):
    room.sandbox()
    console = room.ready_console()
    odd = [(1, 1), (2000, 1000), (1, 200), (60, 1), (15, 60), (14, 59), (300, 2)]
    until = time.monotonic() + (60 if room.long else 1)
    while time.monotonic() < until:
        console.resize(*room.random.choice(odd + [(room.random.randrange(1, 80),
                                                   room.random.randrange(1, 250))]))
        time.sleep(0.001)
    console.resize(40, 120)
    console.wait_row(39, "command", 5)
    console.wait_row(1, "Triage")
    # a size of nothing is what some terminals tell: it is no reason to end
    fd = os.open(f"/proc/{console.pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(fd, 0x5414, bytes(8))  # TIOCSWINSZ
    os.close(fd)
    os.kill(console.pid, signal.SIGWINCH)
    console.resize(30, 100)
    console.wait_row(29, "? help", 5)
    console.keys("?")
    console.wait_row(1, "Help")


@row(58)
def odd_terminals(room):
    """A terminal that cannot do it is told in words; a hostile terminfo entry and a locale that is
    none are no crash."""
    room.sandbox()
    for term in ("dumb", None, "no-such-terminal", "../x", ""):
        console = room.console(env={"TERM": term}, rows=24, cols=80)
        assert console.end() == 2
        assert console.has("TERM") and console.has("xterm-256color"), console.screen()
        assert b"\x1b" not in console.bytes(), f"TERM={term!r} got a sequence"
        console.free()
    for _ in range(4):
        hostile_terminfo(room)
    for locale in ("C", "POSIX", "xx_XX.nonsense", "en_US.ISO-8859-1"):
        console = room.ready_console(env={"LC_ALL": locale}, rows=24, cols=100)
        assert all(byte < 0x80 for byte in console.bytes()), f"LC_ALL={locale}: not ASCII"
        console.keys("ctrl-c ctrl-c")
        assert console.end() == 0
        console.must_be_restored()
        console.free()


def hostile_terminfo(room):
    """xterm's entry with bytes changed: it starts and can be left, or refuses, but never dies."""
    source = next(path for path in ("/usr/share/terminfo/x/xterm-256color",
                                    "/lib/terminfo/x/xterm-256color") if os.path.exists(path))
    with open(source, "rb") as file:
        entry = bytearray(file.read())
    for _ in range(room.random.randrange(1, 40)):
        entry[room.random.randrange(len(entry))] = room.random.randrange(256)
    if room.random.random() < 0.3:
        del entry[room.random.randrange(len(entry)):]
    room.write("terminfo/x/xterm-256color", bytes(entry))
    console = room.console(env={"TERMINFO": str(room.path("terminfo")), "TERMINFO_DIRS": ""},
                           rows=24, cols=80)
    until = time.monotonic() + 0.3
    while time.monotonic() < until and state_of(console.pid) not in "ZX":
        time.sleep(0.01)
        console.bytes()
    if state_of(console.pid) not in "ZX":
        os.kill(console.pid, signal.SIGTERM)
    status = console.end(END_S)
    assert status in (1, 2, 128 + signal.SIGTERM), f"status {status}: {bytes(entry).hex()}"
    console.free()


@row(59)
def outputs(room):
    """Closed, full and slow outputs: an end with a word, no spinning."""
    room.sandbox()
    words = room.random.choice(["--help", "--generate man", "--once accounts --format json"])
    for redirection, said in ((">/dev/full", "no space left"), (">&-", "tandard output")):
        outcome = room.run(["/bin/sh", "-c", f"exec {room.watchdeck} {words} {redirection}"])
        outcome.must_end(1).must_say(said)
    gone = room.run(["/bin/sh", "-c", f"{room.watchdeck} {words} | true; exit 0"])
    assert gone.took_s < LIMIT_S / 2
    slow_reader(room)
    full_terminal(room)


def slow_reader(room):
    """Rows into a pipe that nobody reads for a while: it waits without working, and all arrive."""
    argv = [str(room.watchdeck), "--once", "resources", "--format", "ndjson"]
    with subprocess.Popen(argv, env=room._env(), stdout=subprocess.PIPE) as process:
        fcntl.fcntl(process.stdout, 1031, 4096)  # F_SETPIPE_SZ
        first = process.stdout.read(1)
        used_s = cpu_s(process.pid)
        time.sleep(0.5)
        spun_s = cpu_s(process.pid) - used_s
        rest = first + process.stdout.read()
        assert process.wait() in (0, 3, 4)
    assert spun_s < 0.25, f"{spun_s} s of work while nobody read"
    whole = room.run(argv).out
    assert rest.decode().count("\n") == whole.count("\n") > 0


def full_terminal(room):
    """A terminal that takes no byte any more: a signal still ends it in time."""
    console = room.ready_console()
    for _ in range(60):  # nothing is read meanwhile: the pty fills
        console.resize(40, 121)
        console.send("?q")
    os.kill(console.pid, signal.SIGTERM)
    until = time.monotonic() + END_S
    while state_of(console.pid) not in "ZX":
        assert time.monotonic() < until, "it does not end while the terminal takes nothing"
        time.sleep(0.01)
