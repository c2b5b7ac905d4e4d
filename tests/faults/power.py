"""What a power cut leaves of a folder: its writes as preload.c has noted them, replayed up to a point, and
of what was not synced by then as much as chance will have."""
import pathlib
import shutil


class Inode:
    def __init__(self):
        self.now, self.synced = bytearray(), b""


class Record:
    def __init__(self, kind, at, data, time_us, path):
        self.kind, self.at, self.data, self.time_us, self.path = kind, at, data, time_us, path


def read(path):
    """The records of FAULTS_WRITES, the oldest first."""
    data, records = path.read_bytes(), []
    while data:
        head, _, data = data.partition(b"\n")
        kind, at, size, time_us, name = head.decode().split(" ", 4)
        records.append(Record(kind, int(at), data[:int(size)], int(time_us), name))
        data = data[int(size):]
    return records


class Disk:
    """names: what the folder says; kept: what it says for sure."""

    def __init__(self):
        self.names, self.kept = {}, {}

    def play(self, record):
        getattr(self, record.kind)(record)

    def made(self, record):
        self.names.setdefault(record.path, Inode())

    def written(self, record):
        now = self.names.setdefault(record.path, Inode()).now
        now.extend(bytes(max(0, record.at - len(now))))
        now[record.at:record.at + len(record.data)] = record.data

    def cut(self, record):
        now = self.names.setdefault(record.path, Inode()).now
        now.extend(bytes(max(0, record.at - len(now))))
        del now[record.at:]

    def synced(self, record):
        if record.path in self.names:
            inode = self.names[record.path]
            inode.synced = bytes(inode.now)
            return
        below = record.path.rstrip("/") + "/"
        for names in (self.kept, self.names):  # a folder: what it lacks now is gone for good
            for path in [p for p in names if p.startswith(below) and "/" not in p[len(below):]]:
                if path in self.names:
                    self.kept[path] = self.names[path]
                else:
                    del self.kept[path]

    def renamed(self, record):
        if record.path in self.names:
            self.names[record.data.decode()] = self.names.pop(record.path)

    def leave(self, random):
        """{path: bytes} as the next start finds it."""
        names = random.choice([self.names, self.kept])
        return {path: left_of(inode, random) for path, inode in names.items()}


def left_of(inode, random):
    now, synced = bytes(inode.now), inode.synced
    if now == synced or not now.startswith(synced):
        return random.choice([now, synced])
    return random.choice([
        synced, now, now[:random.randrange(len(synced), len(now) + 1)],
        synced + bytes(len(now) - len(synced)),  # its length came to the disk, its bytes did not
    ])


def write(folder, files):
    """The folder as the cut has left it."""
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    for path, data in files.items():
        file = pathlib.Path(path)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(0o600)
