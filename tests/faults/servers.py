"""Servers on loopback that answer as a row tells them to, byte for byte."""
import socket
import struct
import threading

IDENTITY = (b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account>"
            b"<Arn>arn:aws:iam::111111111111:user/x</Arn><UserId>AIDAEXAMPLE</UserId>"
            b"</GetCallerIdentityResult></GetCallerIdentityResponse>")


class Peer:
    """One connection, from the server's side."""

    def __init__(self, server, connection):
        self.server, self.socket = server, connection
        self.unread = b""

    def read_more(self):
        data = self.socket.recv(65536)
        self.server.received += data
        self.unread += data
        return data

    def read_request(self):
        """(head, body) of the next HTTP request; None when the peer has gone."""
        while b"\r\n\r\n" not in self.unread:
            if not self.read_more():
                return None
        head, _, rest = self.unread.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.unread = rest
        while len(self.unread) < length:
            if not self.read_more():
                return None
        body, self.unread = self.unread[:length], self.unread[length:]
        return head, body

    def send(self, data):
        self.socket.sendall(data)

    def reply(self, body=b"", status=200, headers=(), content_type="text/xml"):
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}",
                 f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def wait_end(self):
        """Returns when the peer has closed, or the server ends."""
        while self.read_more():
            pass

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Server:
    """Calls handler(peer) for each connection, in a thread of its own. tls: an ssl.SSLContext."""

    def __init__(self, handler, tls=None, address="127.0.0.1", port=0):
        self.handler, self.tls = handler, tls
        self.received, self.n_connections, self.errors = b"", 0, []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, port), family=family, backlog=512)
        self.address, self.port = self.listener.getsockname()[:2]
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}"
        self.open = set()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.n_connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self.open.add(connection)
        peer = Peer(self, connection)
        try:
            if self.tls:
                peer.socket = self.tls.wrap_socket(connection, server_side=True)
            self.handler(peer)
        except OSError as error:  # the peer has had enough
            self.errors.append(error)
        finally:
            self.open.discard(connection)
            peer.socket.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def answer_all(body=IDENTITY, **how):
    """A handler that answers each request alike."""
    def handler(peer):
        while peer.read_request():
            peer.reply(body, **how)
    return handler


def target_of(head, body):
    """The operation that a request asks for, by either protocol."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"x-amz-target":
            return value.strip().decode().rpartition(".")[2]
    for pair in body.split(b"&"):
        if pair.startswith(b"Action="):
            return pair[7:].decode()
    return ""
