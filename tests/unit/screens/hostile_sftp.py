"""An SFTP server (version 3) whose folder has names that lead elsewhere, among one that does not.

With the argument "ends" it greets, and ends when it is asked for something."""
import struct
import sys

NAMES = [b"..", b"../evil", b"/tmp/evil", b"sub/evil", b"nul\0evil", b"fine", b""]
INIT, OPEN, CLOSE, READ, OPENDIR, READDIR = 1, 3, 4, 5, 11, 12
LSTAT, STAT, FSTAT = 7, 17, 8
FOLDER, FILE = 0o40755, 0o100644
BYTES = b"evil\n"


def string(data):
    return struct.pack(">I", len(data)) + data


def send(kind, body):
    sys.stdout.buffer.write(struct.pack(">IB", len(body) + 1, kind) + body)
    sys.stdout.buffer.flush()


def attributes(mode):
    return struct.pack(">IQI", 5, len(BYTES), mode)


def status(number, code):
    send(101, number + struct.pack(">I", code) + string(b"") + string(b""))


def answer(kind, number, path, listed):
    if kind in (STAT, LSTAT, FSTAT):
        inside = kind == FSTAT or b"fine" in path or b"evil" in path
        send(105, number + attributes(FILE if inside else FOLDER))
    elif kind in (OPEN, OPENDIR):
        send(102, number + string(b"handle"))
    elif kind == READDIR and not listed:
        names = b"".join(string(name) + string(name) + attributes(FILE) for name in NAMES)
        send(104, number + struct.pack(">I", len(NAMES)) + names)
        return True
    elif kind == READDIR:
        status(number, 1)
    elif kind == READ:
        offset, = struct.unpack(">Q", path[:8])
        if offset:
            status(number, 1)
        else:
            send(103, number + string(BYTES))
    else:
        status(number, 0 if kind == CLOSE else 8)
    return listed


def main():
    listed = False
    while len(head := sys.stdin.buffer.read(4)) == 4:
        packet = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        if packet[0] == INIT:
            send(2, struct.pack(">I", 3))
            continue
        if sys.argv[1:] == ["ends"]:
            return
        size, = struct.unpack(">I", packet[5:9])
        rest = packet[9 + size:] if packet[0] == READ else packet[9:9 + size]
        listed = answer(packet[0], packet[1:5], rest, listed)


main()
