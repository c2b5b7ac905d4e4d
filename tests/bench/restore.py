"""How soon a terminal is its user's again when the program on it is killed with -9."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from programs import COLS, ROWS, summary

ROUNDS = 20
READY_S, RESTORED_S = 20, 5
PROMISED_MS = 200


def read_some(fd, wait_s):
    if not select.select([fd], [], [], wait_s)[0]:
        return b""
    try:
        return os.read(fd, 1 << 16)
    except OSError:  # nobody has it open any more
        return b""


def is_cooked(fd):
    return bool(termios.tcgetattr(fd)[3] & termios.ICANON)


def start(program, env):
    """On a terminal of its own, raw, with what it shows when it is there. pid, our end, its modes before."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLS, 0, 0))
        os.execve(program["argv"][0], program["argv"], env)
    before, shown, until = termios.tcgetattr(fd), b"", time.monotonic() + READY_S
    while time.monotonic() < until and (program["expect"].encode() not in shown or is_cooked(fd)):
        shown += read_some(fd, 0.05)
    return pid, fd, before


def restored_ms(program, env):
    """From the kill to the modes of before; None: they did not come back."""
    pid, fd, before = start(program, env)
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while termios.tcgetattr(fd) != before and time.monotonic() - began < RESTORED_S:
        read_some(fd, 0.001)
    took_ms = (time.monotonic() - began) * 1000
    os.waitpid(pid, 0)
    os.close(fd)
    return took_ms if took_ms < RESTORED_S * 1000 else None


def run(programs, env):
    """Each of them killed ROUNDS times."""
    told = {}
    for program in programs:
        own = {**env, "TERM": "xterm-256color", **dict(pair.split("=", 1) for pair in program["env"])}
        times = [restored_ms(program, own) for _ in range(ROUNDS)]
        back = [one for one in times if one is not None]
        told[program["name"]] = {**summary(back), "max": round(max(back), 3) if len(back) == ROUNDS else None}
    return told


def tell(report, told):
    report.title(f"a terminal given back after kill -9, {ROUNDS} times each")
    for name, one in told.items():
        report.line(f"{name}: median", one["median"], "ms")
        report.at_most(f"{name}: the longest", one["max"], "ms", PROMISED_MS)
