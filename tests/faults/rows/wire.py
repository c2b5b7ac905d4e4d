"""16, 19, 20, 22, 27, 29 to 35 and 43: what goes wrong between the console and a server."""
import ctypes
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time

import servers
from matrix import Unable, row
from room import GOOD_STATUSES

CALLER = "sts:GetCallerIdentity"


def ask(room, server, *options, **how):
    """The screen of accounts from a server that has nothing but GetCallerIdentity to answer."""
    return room.once_table("accounts", "--endpoint-url", server.url, *options, **how)


def must_be_harmless(outcome):
    """Nothing that a terminal acts on."""
    for text in (outcome.out, outcome.err):
        found = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]",
                          text)
        assert not found, f"{found.group()!r} came out: {outcome}"


def rows_without(room, fault):
    """What the accounts screen of the room's world shows when nothing is wrong, and what it shows
    with the fault."""
    room.sandbox()
    good = room.once("accounts")
    made = room.sandbox(fault)
    return good, room.once("accounts", env={"AWS_MAX_ATTEMPTS": "3"}), made


@row(19)
def retry_after(room):
    """At most five seconds longer than it would have waited by itself."""
    text = room.random.choice(["1e9", "-5", "NaN", "99999999999999999999", "0x10", "2147483647",
                               "9" * 60, " ", "1;2", "100000"])
    made = room.sandbox(f"throttle:operation=GetCallerIdentity,first=1,retry_after={text}"
                        .replace(";", "%3B"))
    outcome = room.once("accounts", env={"AWS_MAX_ATTEMPTS": "3"}).must_end(*GOOD_STATUSES)
    assert outcome.took_s < 10, f"retry-after {text!r} was waited for: {outcome.took_s} s"
    asked = made.requests("GetCallerIdentity")
    assert [r["status"] for r in asked][:2] == [400, 200], asked


@row(20)
def html_errors(room):
    """A load balancer's page: it is taken for what its status says, tried again, and told without
    a byte of it that a terminal would act on."""
    status = room.random.choice([500, 502, 503, 504])
    fault = f"body:is=html,status={status},operation=GetCallerIdentity"
    made = room.sandbox(fault)
    outcome = room.once_table("accounts", env={"AWS_MAX_ATTEMPTS": "3"})
    outcome.must_end(4).must_say(CALLER, str(status))
    must_be_harmless(outcome)
    assert len(made.requests()) == 3, "three attempts are the rule"
    good, recovered, made = rows_without(room, f"{fault},first=2")
    assert recovered.rows == good.rows and recovered.status == good.status, recovered
    before = room.sandboxes[-2].requests("GetCallerIdentity")
    assert len(made.requests("GetCallerIdentity")) == len(before) + 2
    own_words(room)


def own_words(room):
    """The service's own form of an error: told by its code, tried again when it is the service's
    fault and only then."""
    for code, status, attempts in (("InternalFailure", 500, 3), ("ServiceUnavailable", 503, 3),
                                   ("ValidationException", 400, 1)):
        made = room.sandbox(f"error:code={code},status={status},operation=GetCallerIdentity")
        outcome = room.once_table("accounts", env={"AWS_MAX_ATTEMPTS": "3"})
        outcome.must_end(1, 4).must_say(CALLER, code)
        must_be_harmless(outcome)
        assert len(made.requests()) == attempts, f"{code}: {made.requests()}"


def impatient(room):
    """Settings with which nobody waits long."""
    return "--config", room.write("impatient.conf", "silence_timeout_s = 4\ntls_timeout_s = 4\n"
                                  "total_timeout_s = 12\n")


@row(22, waits_s=5)
def silent_account(room):
    """One account takes connections and never answers: the others are there at once, and it is
    named."""
    room.sandbox()
    accounts = [r["account_id"] for r in room.once("accounts").rows]
    silent = room.random.choice(accounts[1:])
    made = room.sandbox(f"stall:account={silent}")
    console = room.console(*impatient(room))
    console.send(":accounts\r")
    started = time.monotonic()
    console.wait(f"{len(accounts) - 1}/{len(accounts)} accounts", 10)
    assert time.monotonic() - started < 10
    console.keys("?")
    console.wait_row(1, "Help", 2)
    outcome = room.once("accounts", *impatient(room), limit_s=100).must_end(4)
    assert {gap["account_id"] for gap in outcome.gaps} == {silent}, outcome
    assert {gap["reason"] for gap in outcome.gaps} == {"no answer in time"}, outcome
    assert len(outcome.rows) == len(accounts)
    assert made.requests(), "nothing was asked"


# --- DNS -----------------------------------------------------------------------------------------

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET, MS_BIND = 0x20000, 0x10000000, 0x40000000, 4096


def enter_namespace(room):
    """A network of its own, with loopback alone and the resolver that the row is."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid = os.getuid()
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)) != 0:
        raise Unable(f"no namespaces here: {os.strerror(ctypes.get_errno())}")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"),
                           ("gid_map", f"0 {os.getgid()} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    libc.mount(b"none", b"/", None, 1 << 18 | 16384, None)  # private, recursively
    resolv = room.write("resolv.conf",
                        "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n", 0o644)
    nsswitch = room.write("nsswitch.conf", "hosts: files dns\n", 0o644)
    for path, at in ((resolv, b"/etc/resolv.conf"), (nsswitch, b"/etc/nsswitch.conf")):
        if libc.mount(str(path).encode(), at, None, MS_BIND, None) != 0:
            raise Unable(f"cannot mount over {at.decode()}")
    if subprocess.run(["ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        raise Unable("loopback cannot be brought up in a namespace")


class Resolver:
    """A DNS server (RFC 1035) on port 53 that answers every question in one way."""

    def __init__(self, way):
        self.way, self.questions = way, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            self.questions += 1
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack(">H", query[end - 4:end - 2])[0]
            code, address = self.way(kind)
            if code is None:
                continue
            answer = b""
            if address:
                packed = (socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET,
                                           address))
                answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(packed)) + packed
            head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, bool(answer), 0, 0)
            self.socket.sendto(head + query[12:end] + answer, peer)


A, AAAA = 1, 28


@row(27, waits_s=6)
def names(room):
    """No such host, a resolver in trouble or silent, a wrong address, an address of IPv6 alone:
    an error that names the host, soon."""
    enter_namespace(room)
    host = "sts.us-east-1.amazonaws.com"
    ways = [(lambda kind: (3, None), host), (lambda kind: (2, None), host),
            (lambda kind: (None, None), host),
            (lambda kind: (0, "127.0.0.9" if kind == A else None), host),
            (lambda kind: (0, "::1" if kind == AAAA else None), None)]
    way, named = ways[room.seed % len(ways)]
    resolver = Resolver(way)
    answering = servers.Server(servers.answer_all(), address="::1")
    room.closing.callback(answering.stop)
    url = f"http://{host}:{answering.port}"
    console = room.console("--endpoint-url", url)
    outcome = room.once_table("accounts", "--endpoint-url", url)
    assert outcome.took_s < 12, f"{outcome.took_s} s for a name that does not resolve: {outcome}"
    assert resolver.questions > 0, "the resolver was never asked"
    if named:
        outcome.must_end(1).must_say(named)
        assert answering.n_connections == 0
        console.keys("?")
        console.wait_row(1, "Help", 5)
    else:  # ::1 answers for an organization that it does not have
        assert answering.n_connections > 0, outcome


# --- TLS -----------------------------------------------------------------------------------------

def openssl(room, *words):
    done = subprocess.run(["openssl", *words], cwd=room.folder, capture_output=True, check=False)
    if done.returncode != 0:
        raise Unable(f"openssl: {done.stderr.decode()[-300:]}")


def make_authority(room, name):
    openssl(room, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "30",
            "-addext", "basicConstraints=critical,CA:TRUE")


def make_certificate(room, name, authority="ca", host="IP:127.0.0.1", days="30", key=None,
                     digest="-sha256"):
    key = key or ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    room.write(f"{name}.ext", f"subjectAltName={host}\n")
    openssl(room, "req", *key, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", "/CN=server")
    dates = ["-not_after" if days.startswith("2") else "-days", days]
    if dates[0] == "-not_after":  # openssl x509 of 3.0 knows no dates: ca does
        room.write("index.txt", "")
        room.write("serial", "01")
        room.write("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\n"
                   "new_certs_dir=.\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        openssl(room, "ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-out",
                f"{name}.pem", "-cert", f"{authority}.pem", "-keyfile", f"{authority}.key", "-md",
                "sha256", "-startdate", "20200101000000Z", "-enddate", days, "-extfile",
                f"{name}.ext", "-notext")
        return
    openssl(room, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
            f"{authority}.key", "-CAcreateserial", "-out", f"{name}.pem", *dates, digest,
            "-extfile", f"{name}.ext")


def context(room, name, weak=False):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        made.set_ciphers("ALL:@SECLEVEL=0")
    made.load_cert_chain(room.path(f"{name}.pem"), room.path(f"{name}.key"))
    return made


def old_tls(room):
    made = context(room, "good", weak=True)
    made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1
    return made


def self_signed(room):
    make_authority(room, "self")
    return context(room, "self")


def certificate(**how):
    def make(room):
        make_certificate(room, "bad", **how)
        return context(room, "bad", weak=True)
    return make


def stranger(room):
    make_authority(room, "other")
    make_certificate(room, "bad", authority="other")
    return context(room, "bad")


BAD_TLS = [
    certificate(days="20210101000000Z"), certificate(host="DNS:other.example"), self_signed,
    stranger, old_tls, certificate(digest="-sha1"), certificate(key=["-newkey", "rsa:512"]),
]


@row(29)
def untrusted_tls(room):
    """Whoever cannot prove to be the host gets no byte of a request."""
    make_authority(room, "ca")
    make_certificate(room, "good")
    trust = {"AWS_CA_BUNDLE": str(room.path("ca.pem"))}
    good = room.server(servers.answer_all(), tls=context(room, "good"))
    ask(room, good, env=trust)
    assert b"Action=GetCallerIdentity" in good.received, "the good server must be trusted"
    choices = BAD_TLS if room.long else [BAD_TLS[(room.seed + i) % len(BAD_TLS)] for i in (0, 3)]
    for make in choices:
        server = room.server(servers.answer_all(), tls=make(room))
        outcome = ask(room, server, env=trust).must_end(1).must_say(f"127.0.0.1:{server.port}")
        assert server.n_connections > 0 and not server.received, f"{outcome}: {server.received!r}"
        must_be_harmless(outcome)
    for spoil in (lambda peer: peer.socket.close(), lambda peer: peer.reset(),
                  lambda peer: peer.send(b"SSH-2.0-x\r\n\x1b]0;x\x07" * 20)):
        server = room.server(spoil)
        url = server.url.replace("http:", "https:")
        outcome = room.once_table("accounts", "--endpoint-url", url, env=trust).must_end(1)
        outcome.must_say(f"127.0.0.1:{server.port}")
        must_be_harmless(outcome)


# --- bytes ----------------------------------------------------------------------------------------

def lost_answers(room, fault, *reasons):
    """Every fifth answer is not whole: reads are asked again, what is lost all the same is named."""
    good, outcome, made = rows_without(room, f"{fault},rate=0.2")
    outcome.must_end(*GOOD_STATUSES)
    if not outcome.gaps:
        assert outcome.rows == good.rows, outcome
    lost = {gap["reason"] for gap in outcome.gaps if gap not in good.gaps}
    assert lost <= set(reasons), lost
    assert len(made.requests()) > len(room.sandboxes[-2].requests()), f"nothing came of {fault}"


def too_short(room):
    """Less is announced than comes: the answer is no whole document, and what is left over in the
    connection is nobody's answer."""
    room.sandbox(f"length:by=-{room.random.randrange(1, 100)},service=config,rate=0.3")
    outcome = room.once("rules").must_end(4)
    reasons = {gap["reason"] for gap in outcome.gaps}
    assert reasons <= {"malformed data", "unexpected HTTP answer", "connection lost",
                       "access denied"}, reasons
    assert "malformed data" in reasons, reasons
    assert outcome.rows, outcome


@row(30)
def resets(room):
    """At any byte of an answer, by a reset, by an end, or because its length is told wrong: reads
    are asked again. At any byte of a request: told, and asked again too, since nothing but a read
    was sent."""
    k = room.random.choice([0, 1, 17, 60, 120, 200, 260])  # an answer is longer
    lost_answers(room, f"reset:bytes={k}", "connection lost")
    lost_answers(room, f"close:bytes={k}", "connection lost")
    lost_answers(room, f"length:by={room.random.randrange(1, 200)}", "connection lost")
    too_short(room)
    for _ in range(4):
        stop_at = room.random.randrange(1, 400)  # a request is longer
        turns = []

        def handler(peer):
            turns.append(1)
            while len(turns) < 3 and len(peer.unread) < stop_at:
                if not peer.read_more():
                    return
            if len(turns) < 3:
                peer.reset()
            else:
                servers.answer_all()(peer)
        server = room.server(handler)
        ask(room, server, env={"AWS_MAX_ATTEMPTS": "3"})
        assert len(turns) >= 3, f"reset at byte {stop_at} of a request: {len(turns)} connections"


@row(31, waits_s=5)
def never_answered(room):
    """The handshake of TLS gets no answer: told within the time for connecting."""
    server = room.server(lambda peer: peer.wait_end())
    url = server.url.replace("http:", "https:")
    outcome = room.once_table("accounts", "--endpoint-url", url, *impatient(room)).must_end(1)
    outcome.must_say(f"127.0.0.1:{server.port}", "no answer in time")
    assert outcome.took_s < 15, outcome
    assert server.received[:1] == b"\x16" and b"Authorization" not in server.received


@row(32, waits_s=12)
def slow_loris(room):
    """A byte now and then does not hold a place for ever."""
    room.sandbox(f"slow:bytes={room.random.randrange(300)},ms=2500,operation=GetCallerIdentity")
    outcome = room.once_table("accounts", *impatient(room), limit_s=100).must_end(1)
    outcome.must_say(CALLER, "no answer in time")
    assert outcome.took_s < 30, outcome


@row(33, seeds=2)
def one_byte_segments(room):
    room.sandbox()
    good = room.once("identity")
    made = room.sandbox("slow:ms=1")
    outcome = room.once("identity", limit_s=100)
    assert outcome.status == good.status, outcome
    assert [row for row in outcome.rows if "requests" not in str(row)] == [
        row for row in good.rows if "requests" not in str(row)] or len(outcome.rows) == len(
            good.rows), outcome
    assert made.requests()


@row(34)
def too_big(room):
    """Half a gibibyte, headers without end, a bomb of gzip: an error, and no memory for it."""
    made = room.sandbox("huge:operation=GetCallerIdentity")
    outcome = room.once_table("accounts").must_end(1).must_say(CALLER, "larger than allowed")
    assert outcome.peak_kib < 100 << 10, f"{outcome.peak_kib} KiB"
    assert made.requests()

    def headers(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        for i in range(1000):
            peer.send(b"".join(b"X-%d-%d: y\r\n" % (i, k) for k in range(1000)))
        peer.send(b"Content-Length: 0\r\n\r\n")
    server = room.server(headers)
    outcome = ask(room, server).must_end(1).must_say(CALLER)
    assert outcome.peak_kib < 100 << 10, f"{outcome.peak_kib} KiB"
    bomb = subprocess.run("head -c 100000000 /dev/zero | gzip -9", shell=True, check=True,
                          capture_output=True).stdout
    server = room.server(servers.answer_all(bomb, headers=["Content-Encoding: gzip"]))
    outcome = ask(room, server).must_end(1).must_say(CALLER)
    must_be_harmless(outcome)
    assert outcome.peak_kib < 100 << 10, f"{outcome.peak_kib} KiB"


@row(35)
def hostile_documents(room):
    """Depth, entities and references to elsewhere: an error, nothing opened."""
    stranger_server = room.server(servers.answer_all(b"stolen"))
    secret = room.write("secret.txt", "canary-5f2c")
    for fault, screen in (("body:is=deep,operation=GetCallerIdentity", "accounts"),
                          ("body:is=entities,operation=GetCallerIdentity", "accounts"),
                          (f"body:is=external,to={stranger_server.url}/x.dtd,"
                           "operation=GetCallerIdentity", "accounts")):
        made = room.sandbox(fault)
        outcome = room.once_table(screen).must_end(1).must_say(CALLER, "malformed")
        assert outcome.took_s < 20 and outcome.peak_kib < 100 << 10, outcome
        assert made.requests()
    made = room.sandbox("body:is=deep,service=config")
    outcome = room.once("rules").must_end(4, 1)
    assert outcome.peak_kib < 150 << 10 and made.requests(), outcome
    made = room.sandbox(f"body:is=external,to=file://{secret},operation=GetCallerIdentity")
    trace = room.path("trace")
    outcome = room.run([room.watchdeck, "--once", "accounts"],
                       wrapper=["strace", "-f", "-o", trace, "-e", "trace=openat,open,connect"])
    outcome.must_end(1)
    opened = trace.read_text(errors="replace")
    assert "connect(" in opened, "strace saw nothing"
    assert "secret.txt" not in opened and "canary" not in outcome.out + outcome.err
    assert stranger_server.n_connections == 0


@row(43)
def redirects(room):
    """Nobody else gets a request, least of all one with an Authorization."""
    somebody = room.server(servers.answer_all())
    status = room.random.choice([301, 302, 303, 307, 308])
    fault = f"redirect:to={somebody.url}/,status={status}"
    made = room.sandbox(f"{fault},operation=GetCallerIdentity")
    outcome = room.once_table("accounts", env={"AWS_MAX_ATTEMPTS": "3"})
    outcome.must_end(1).must_say(CALLER, str(status), "elsewhere")
    assert len(made.requests()) == 1, "it was asked again"
    made = room.sandbox(f"{fault},service=config")
    room.once("rules").must_end(1, 4)
    assert made.requests("DescribeConfigRules")
    assert somebody.n_connections == 0 and not somebody.received
