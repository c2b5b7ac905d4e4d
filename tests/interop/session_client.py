"""A client of the Session Manager data channel, from the standard library alone.

Small and slow on purpose, and written apart from both the console's and the sandbox's: what the
three agree on is the protocol.
"""
import base64
import hashlib
import json
import os
import select
import socket
import ssl
import struct
import sys
import time
import urllib.parse
import uuid

OUTPUT, SIZE, REQUEST, RESPONSE, COMPLETE, FLAG, STDERR, EXIT = 1, 3, 5, 6, 7, 10, 11, 12
DISCONNECT_PORT, TERMINATE, CONNECT_ERROR = 1, 2, 3


class Closed(Exception):
    """The WebSocket has ended; status is that of its close frame, 1006 without one."""

    def __init__(self, status, reason=""):
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason


class WebSocket:
    """RFC 6455, the client's side, no extensions."""

    def __init__(self, url, ca=None, timeout=30, headers=None, proxy=None):
        """proxy: "http://USER:PASSWORD@HOST:PORT", which is asked to CONNECT."""
        where = urllib.parse.urlsplit(url)
        to = urllib.parse.urlsplit(proxy or url)
        self.socket = socket.create_connection((to.hostname, to.port), timeout)
        if proxy:
            self._tunnel(to, f"{where.hostname}:{where.port or 443}")
        if where.scheme == "wss":
            context = ssl.create_default_context(cafile=ca)
            self.socket = context.wrap_socket(self.socket, server_hostname=where.hostname)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Host": where.netloc, "Upgrade": "websocket", "Connection": "Upgrade",
                 "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        self.socket.sendall(f"GET {where.path}?{where.query} HTTP/1.1\r\n{head}\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        self.headers = {name.strip().lower(): value.strip() for name, value in (
            line.split(":", 1) for line in head.decode().split("\r\n")[1:])}
        if self.status == 101:
            expected = hashlib.sha1(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            assert base64.b64decode(self.headers["sec-websocket-accept"]) == expected

    def _tunnel(self, proxy, target):
        basic = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        self.socket.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
                            f"Proxy-Authorization: Basic {basic}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1) or b"the proxy has hung up\r\n\r\n"
        assert b" 200 " in head.split(b"\r\n")[0], head

    def _fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise Closed(1006)
        self.buffer += more

    def _take(self, n):
        while len(self.buffer) < n:
            self._fill()
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def send(self, data, opcode=2):
        mask = os.urandom(4)
        size = len(data)
        head = struct.pack(">BB", 0x80 | opcode, 0x80 | size) if size < 126 else (
            struct.pack(">BBH", 0x80 | opcode, 0xFE, size) if size < 65536 else
            struct.pack(">BBQ", 0x80 | opcode, 0xFF, size))
        whole = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(whole, "big")).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def receive(self, timeout):
        """(opcode, data) of the next frame; raises Closed, and TimeoutError after timeout."""
        self.socket.settimeout(timeout)
        first, second = self._peek(2)
        size, skip = second & 127, 2
        assert second < 128 and first & 0x70 == 0, "a server's frames have no mask"
        if size > 125:
            skip = 4 if size == 126 else 10
            size = int.from_bytes(self._peek(skip)[2:skip], "big")
        self._peek(skip + size)
        data = self._take(skip + size)[skip:]
        opcode = first & 15
        if opcode == 8:
            raise Closed(int.from_bytes(data[:2], "big") if data else 1005, data[2:].decode())
        return opcode, data

    def _peek(self, n):
        while len(self.buffer) < n:
            self._fill()
        return self.buffer[:n]

    def close(self):
        self.socket.close()


class Message:
    def __init__(self, kind, sequence, payload, payload_type=0, flags=0, identity=None):
        self.kind, self.sequence, self.payload = kind, sequence, payload
        self.payload_type, self.flags = payload_type, flags
        self.id = identity or uuid.uuid4()

    def pack(self):
        swapped = self.id.bytes[8:] + self.id.bytes[:8]
        return struct.pack(
            ">I32sIQqQ16s32sII", 116, self.kind.ljust(32).encode(), 1, int(time.time() * 1000),
            self.sequence, self.flags, swapped, hashlib.sha256(self.payload).digest(),
            self.payload_type, len(self.payload)) + self.payload

    @staticmethod
    def unpack(data):
        length = int.from_bytes(data[:4], "big")
        assert length in (112, 116)
        kind, schema, created, sequence, flags, identity, digest = struct.unpack(
            ">32sIQqQ16s32s", data[4:112])
        assert schema == 1 and created
        made = Message(kind.strip(b" \0").decode(), sequence, data[length + 4:],
                       int.from_bytes(data[112:116], "big") if length == 116 else 0, flags,
                       uuid.UUID(bytes=identity[8:] + identity[:8]))
        assert int.from_bytes(data[length:length + 4], "big") == len(made.payload)
        made.is_sound = digest == hashlib.sha256(made.payload).digest()
        return made


class Session:
    """One session. What a test wants to break on purpose is a method or a flag of its own."""

    def __init__(self, started, ca=None, version="1.2.694.0", proxy=None):
        self.id, self.url, self.ca = started["SessionId"], started["StreamUrl"], ca
        self.proxy = proxy
        self.version = version
        self.out, self.errors, self.exit_code, self.flags = b"", b"", None, []
        self.handshake = self.complete = self.closed = None
        self.events = []  # of the service: start_publication, pause_publication
        self.expected = self.next = 0
        self.held, self.unacked = {}, {}
        self.n_seen = self.n_repeated = self.n_spoilt = 0
        self.connect(started["TokenValue"])

    def connect(self, token):
        self.socket = WebSocket(self.url, self.ca, proxy=self.proxy)
        assert self.socket.status == 101, self.socket.status
        self.socket.send(json.dumps({
            "MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()), "TokenValue": token,
            "ClientId": str(uuid.uuid4()), "ClientVersion": self.version}).encode(), opcode=1)
        self.looked = 0

    def resume(self, client):
        """Through the API: a new token, a new connection, and all goes on."""
        self.socket.close()
        self.connect(client.resume_session(SessionId=self.id)["TokenValue"])

    # --- saying ---

    def say(self, payload_type, payload):
        message = Message("input_stream_data", self.next, payload, payload_type)
        self.next += 1
        self.unacked[message.sequence] = [message.pack(), time.monotonic()]
        self._push(self.unacked[message.sequence][0])

    def _push(self, data):
        """A send that fails is made good when the session is resumed."""
        try:
            self.socket.send(data)
        except OSError:
            pass

    def type(self, data):
        data = data.encode() if isinstance(data, str) else data
        for at in range(0, len(data), 1024):
            self.say(OUTPUT, data[at:at + 1024])

    def resize(self, cols, rows):
        self.say(SIZE, json.dumps({"cols": cols, "rows": rows}).encode())

    def flag(self, number):
        self.say(FLAG, struct.pack(">I", number))

    def _acknowledge(self, message):
        self._push(Message("acknowledge", 0, json.dumps({
            "AcknowledgedMessageType": message.kind, "AcknowledgedMessageId": str(message.id),
            "AcknowledgedMessageSequenceNumber": message.sequence,
            "IsSequentialMessage": True}).encode(), flags=3).pack())

    def _resend(self):
        now = time.monotonic()
        if now - self.looked < 0.1:
            return
        self.looked = now
        for waiting in list(self.unacked.values())[:50]:
            if now - waiting[1] > 0.3:
                waiting[1] = now
                self._push(waiting[0])

    # --- hearing ---

    def _answer_handshake(self, payload):
        self.handshake = json.loads(payload)
        done = [{"ActionType": a["ActionType"], "ActionStatus": 1, "ActionResult": None, "Error": ""}
                for a in self.handshake["RequestedClientActions"]]
        self.say(RESPONSE, json.dumps({"ClientVersion": self.version,
                                       "ProcessedClientActions": done, "Errors": None}).encode())

    def _take(self, message):
        kind, payload = message.payload_type, message.payload
        if kind == OUTPUT:
            self.out += payload
        elif kind == STDERR:
            self.errors += payload
        elif kind == EXIT:
            self.exit_code = int(payload.decode().removeprefix("EXIT_CODE: "))
        elif kind == REQUEST:
            self._answer_handshake(payload)
        elif kind == COMPLETE:
            self.complete = json.loads(payload)
        elif kind == FLAG:
            self.flags.append(int.from_bytes(payload, "big"))
        else:
            raise AssertionError(f"payload type {kind}")

    def _hear(self, message):
        if not message.is_sound and "publication" not in message.kind:
            self.n_spoilt += 1
        elif message.kind == "acknowledge":
            ack = json.loads(message.payload)
            assert message.flags == 3 and message.sequence == 0
            assert ack["AcknowledgedMessageType"] == "input_stream_data"
            self.unacked.pop(ack["AcknowledgedMessageSequenceNumber"], None)
        elif message.kind == "output_stream_data":
            self._hear_output(message)
        elif message.kind == "channel_closed":
            self.closed = json.loads(message.payload)
        else:
            assert message.kind in ("start_publication", "pause_publication"), message.kind
            self.events.append(message.kind)

    def _hear_output(self, message):
        self.n_seen += 1
        assert message.flags == (1 if message.sequence == 0 else 0)
        self.n_repeated += message.sequence < self.expected or message.sequence in self.held
        self._acknowledge(message)
        if message.sequence >= self.expected:
            self.held[message.sequence] = message
        while self.expected in self.held:
            self._take(self.held.pop(self.expected))
            self.expected += 1

    def pump(self, timeout=0.05):
        """One frame, or a while without one."""
        self._resend()
        try:
            opcode, data = self.socket.receive(timeout)
        except (TimeoutError, socket.timeout):
            return
        if opcode in (1, 2):
            self._hear(Message.unpack(data))
        elif opcode == 9:
            self.socket.send(data, opcode=10)

    def until(self, holds, within=60):
        """Goes on until holds(self); fails when that takes too long."""
        end = time.monotonic() + within
        while not holds(self):
            assert time.monotonic() < end, (self.out[-400:], self.errors[-400:], self.closed)
            assert not self.closed, self.closed
            self.pump()

    def until_text(self, text, within=60):
        self.until(lambda s: text.encode() in s.out, within)

    def until_closed(self, within=60):
        end = time.monotonic() + within
        while not self.closed:
            assert time.monotonic() < end, (self.out[-400:], self.errors[-400:])
            self.pump()
        return self.closed["Output"]

    def ping(self, data=b"are you there"):
        self.socket.send(data, opcode=9)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            opcode, got = self.socket.receive(30)
            if opcode == 10:
                assert got == data
                return
            self._hear(Message.unpack(got))
        raise AssertionError("no pong")


class Mux:
    """smux version 1 over a session's stream."""

    def __init__(self, session):
        self.session, self.next_id, self.data, self.ended, self.at = session, 3, {}, set(), 0

    def _say(self, command, stream, data=b""):
        self.session.type(struct.pack("<BBHI", 1, command, len(data), stream) + data)

    def open(self):
        stream, self.next_id = self.next_id, self.next_id + 2
        self.data[stream] = b""
        self._say(0, stream)
        return stream

    def send(self, stream, data):
        for at in range(0, len(data), 32768):
            self._say(2, stream, data[at:at + 32768])

    def close(self, stream):
        self._say(1, stream)

    def pump(self):
        self.session.pump()
        out = self.session.out
        while len(out) - self.at >= 8:
            version, command, size, stream = struct.unpack("<BBHI", out[self.at:self.at + 8])
            assert version == 1 and command in (1, 2, 3)
            if len(out) - self.at - 8 < size:
                return
            data = out[self.at + 8:self.at + 8 + size]
            self.at += 8 + size
            if command == 2 and stream in self.data:
                self.data[stream] += data
            if command == 1:
                self.ended.add(stream)

    def until(self, holds, within=60):
        end = time.monotonic() + within
        while not holds(self):
            assert time.monotonic() < end
            self.pump()


def bridge(path):
    """Standard input and output over the session whose StartSession reply lies in path: what ssh
    wants of a ProxyCommand."""
    with open(path) as reply:
        session = Session(json.load(reply))
    session.until(lambda s: s.complete)
    os.set_blocking(0, False)
    while not session.closed:
        if len(session.unacked) < 200 and select.select([0], [], [], 0)[0]:
            data = os.read(0, 8192)
            if not data:
                return
            session.type(data)
        session.pump(0.005)
        while session.out:
            session.out = session.out[os.write(1, session.out):]


if __name__ == "__main__":
    bridge(sys.argv[1])
