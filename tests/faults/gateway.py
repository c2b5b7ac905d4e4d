"""Between the console's sessions and the sandbox's gateway: a WebSocket relay that does to the messages
what a row wants to go wrong."""
import hashlib
import re
import socket
import struct
import threading
import time
import urllib.parse
import uuid

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def frame(data, opcode=BINARY):
    """As a server sends it."""
    size = len(data)
    if size < 126:
        head = struct.pack(">BB", 0x80 | opcode, size)
    elif size < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 127, size)
    return head + data


def message(kind, payload, sequence=0, payload_type=0, header=116, digest=None):
    """One of the data channel; header and digest may be wrong ones."""
    head = struct.pack(">I32sIQqQ16s32s", header, kind.ljust(32).encode(), 1,
                       int(time.time() * 1000), sequence, 0, uuid.uuid4().bytes,
                       digest or hashlib.sha256(payload).digest())
    kind_of_payload = struct.pack(">I", payload_type) if header == 116 else b""
    return head + kind_of_payload + struct.pack(">I", len(payload)) + payload


class Frames:
    """Cuts a stream into frames: (opcode, data), without the mask."""

    def __init__(self):
        self.bytes = b""

    def feed(self, data):
        self.bytes += data
        while (one := self._next()) is not None:
            yield one

    def _next(self):
        have = self.bytes
        if len(have) < 2:
            return None
        size, at = have[1] & 127, 2
        if size > 125:
            at = 4 if size == 126 else 10
            if len(have) < at:
                return None
            size = int.from_bytes(have[2:at], "big")
        has_mask = have[1] >> 7
        whole = at + 4 * has_mask + size
        if len(have) < whole:
            return None
        data, mask = have[whole - size:whole], have[at:at + 4]
        if has_mask:
            data = bytes(byte ^ mask[i & 3] for i, byte in enumerate(data))
        self.bytes = have[whole:]
        return have[0] & 15, data


class Gateway:
    """The sessions of the room's programs go through it. down(n, k, data) gives what is sent to the
    console in the place of the k-th message on the n-th connection: raw bytes, None to cut it off;
    answer(n, head) the same of the answer to the upgrade."""

    def __init__(self, room, sandbox, down=None, answer=None):
        self.down = down or (lambda n, k, data: frame(data))
        self.answer = answer or (lambda n, head: head)
        where = urllib.parse.urlsplit(sandbox.endpoint)
        self.upstream = (where.hostname, where.port)
        self.up = []  # (when, message) that the console has sent
        self.server = room.server(self._serve)
        room.env["AWS_ENDPOINT_URL_SSMMESSAGES"] = self.server.url

    @property
    def n_connections(self):
        return self.server.n_connections

    def inputs(self, since=0.0):
        """What was sent to the node since then, acknowledgements aside."""
        return [data for at, data in self.up if at >= since and b"input_stream_data" in data[:40]]

    def _serve(self, peer):
        n = self.server.n_connections
        request = peer.read_request()
        if request is None:
            return
        with socket.create_connection(self.upstream) as far:
            host = b"Host: %s:%d" % (self.upstream[0].encode(), self.upstream[1])
            head = re.sub(rb"(?i)host: [^\r]*", host, request[0], count=1)
            far.sendall(head + b"\r\n\r\n" + peer.unread)
            threading.Thread(target=self._pass_up, args=(peer, far), daemon=True).start()
            try:
                self._pass_down(peer, far, n)
            finally:
                for one in (peer.socket, far):  # the other way ends, too
                    try:
                        one.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def _pass_up(self, peer, far):
        frames = Frames()
        try:
            while data := peer.read_more():
                far.sendall(data)
                for opcode, sent in frames.feed(data):
                    if opcode == BINARY:
                        self.up.append((time.monotonic(), sent))
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _pass_down(self, peer, far, n):
        head, k = b"", 0
        while b"\r\n\r\n" not in head:
            if not (data := far.recv(65536)):
                return
            head += data
        head, _, rest = head.partition(b"\r\n\r\n")
        told = self.answer(n, head + b"\r\n\r\n")
        peer.send(told or b"")
        if told is None or b" 101 " not in told.split(b"\r\n")[0]:
            return
        frames = Frames()
        while rest or (rest := far.recv(65536)):
            for opcode, data in frames.feed(rest):
                instead = self.down(n, k, data) if opcode == BINARY else frame(data, opcode)
                k += opcode == BINARY
                if instead is None:
                    return
                peer.send(instead)
            rest = b""
