"""Session Manager: its operations, and sessions held by an independent client."""
import contextlib
import getpass
import hashlib
import json
import os
import random
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
import botocore.config

from cases.proxy import proxied, variables
from harness import Sandbox, Skip, case, equal, fails, operation
from cases.ssm import nodes
from cases.sts import reachable
from session_client import (CONNECT_ERROR, DISCONNECT_PORT, TERMINATE, Closed, Mux, Session,
                            WebSocket)

SSHD = "/usr/sbin/sshd"


def member(sandbox, **how):
    return sandbox.client("ssm", account=reachable(sandbox), **how)


def online(sandbox, status="Online"):
    return next(n["InstanceId"] for n in nodes(member(sandbox)) if n["PingStatus"] == status)


def start(sandbox, document=None, **parameters):
    extra = {"DocumentName": document} if document else {}
    if parameters:
        extra["Parameters"] = {name: [str(value)] for name, value in parameters.items()}
    return member(sandbox).start_session(Target=online(sandbox), **extra)


@contextlib.contextmanager
def quick(sandbox, *options, session="prompt=0"):
    """A sandbox of its own, whose terminals answer at once."""
    own = Sandbox(sandbox.build, "--session", session, *options)
    try:
        yield own
    finally:
        equal(own.stop(), 0)


def shell(sandbox, **how):
    session = Session(start(sandbox), **how)
    session.until_text("$ ")
    return session


# --- the operations ---

@operation("ssm", "StartSession")
def _(sandbox):
    client, node = member(sandbox), online(sandbox)
    started = client.start_session(Target=node, Reason="what is wrong?")
    assert started["SessionId"].startswith("interop-") and len(started["SessionId"]) == 25
    assert started["StreamUrl"].startswith(sandbox.endpoint.replace("http", "ws", 1))
    assert f"/v1/data-channel/{started['SessionId']}?role=publish_subscribe" in started["StreamUrl"]
    assert 100 < len(started["TokenValue"]) <= 300
    fails("TargetNotConnected", lambda: client.start_session(Target="i-0123456789abcdef0"), 400,
          "i-0123456789abcdef0 is not connected.")
    fails("TargetNotConnected", lambda: client.start_session(
        Target=online(sandbox, "ConnectionLost")), 400)
    fails("InvalidDocument", lambda: client.start_session(Target=node, DocumentName="AWS-None"),
          400)
    for parameters in ({}, {"command": ["a", "b"]}, {"command": ["a"], "other": ["b"]}):
        fails("InvalidParameters", lambda parameters=parameters: client.start_session(
            Target=node, DocumentName="AWS-StartInteractiveCommand", Parameters=parameters), 400)
    fails("InvalidParameters", lambda: client.start_session(
        Target=node, DocumentName="AWS-StartSSHSession", Parameters={"portNumber": ["65536"]}), 400)
    reader = sandbox.client("ssm", account=reachable(sandbox), role="WatchdeckReadOnly")
    fails("AccessDeniedException", lambda: reader.start_session(Target=node), 400)


@operation("ssm", "ResumeSession")
def _(sandbox):
    client, started = member(sandbox), start(sandbox)
    resumed = client.resume_session(SessionId=started["SessionId"])
    assert resumed["TokenValue"] != started["TokenValue"]
    equal(resumed["StreamUrl"], started["StreamUrl"])
    fails("DoesNotExistException", lambda: client.resume_session(SessionId="nobody-0"), 400)
    client.terminate_session(SessionId=started["SessionId"])
    assert "TokenValue" not in client.resume_session(SessionId=started["SessionId"])


@operation("ssm", "TerminateSession")
def _(sandbox):
    client, started = member(sandbox), start(sandbox)
    for _ in range(2):
        equal(client.terminate_session(SessionId=started["SessionId"])["SessionId"],
              started["SessionId"])
    fails("DoesNotExistException", lambda: client.terminate_session(SessionId="nobody-0"), 400)


@operation("ssm", "DescribeSessions")
def _(sandbox):
    client, node = member(sandbox), online(sandbox)
    ids = [client.start_session(Target=node, Reason=f"list {n}")["SessionId"] for n in range(3)]
    client.terminate_session(SessionId=ids[0])

    def listed(state, **filters):
        return client.get_paginator("describe_sessions").paginate(
            State=state, PaginationConfig={"PageSize": 1},
            Filters=[{"key": key, "value": value} for key, value in filters.items()]
            or [{"key": "AccessType", "value": "Standard"}]).build_full_result()["Sessions"]
    active = [s for s in listed("Active") if s["SessionId"] in ids]
    equal([s["SessionId"] for s in active], [ids[2], ids[1]])
    equal({(s["Status"], s["Target"], s["DocumentName"]) for s in active},
          {("Connecting", node, "SSM-SessionManagerRunShell")})
    equal(active[0]["Reason"], "list 2")
    over = listed("History", SessionId=ids[0])
    equal([(s["SessionId"], s["Status"]) for s in over], [(ids[0], "Terminated")])
    assert over[0]["EndDate"] >= over[0]["StartDate"]
    equal(listed("Active", SessionId=ids[0]), [])
    assert ids[1] in [s["SessionId"] for s in listed("Active", Owner=over[0]["Owner"], Target=node)]
    equal(listed("Active", InvokedAfter="2100-01-01T00:00:00Z"), [])
    assert listed("Active", InvokedBefore="2100-01-01T00:00:00Z", Status="Connecting")
    loose = member(sandbox, validate=False)
    fails("ValidationException", lambda: loose.describe_sessions(State="Sleeping"), 400)
    fails("InvalidNextToken", lambda: loose.describe_sessions(State="Active", NextToken="x"), 400)
    fails("ValidationException", lambda: loose.describe_sessions(
        State="Active", Filters=[{"key": "Colour", "value": "red"}]), 400)
    before = [s for s in listed("History") if s["SessionId"] not in ids]
    assert before, "there were some before"
    equal(before, sorted(before, key=lambda s: s["StartDate"], reverse=True))
    for session in before:
        assert session["Status"] in ("Terminated", "Failed")
        assert session["EndDate"] >= session["StartDate"] and "assumed-role" in session["Owner"]
    one = before[-1]
    assert one in listed("History", Target=one["Target"], Owner=one["Owner"])
    equal(listed("History", SessionId=one["SessionId"]), [one])
    equal(client.terminate_session(SessionId=one["SessionId"])["SessionId"], one["SessionId"])
    assert "TokenValue" not in client.resume_session(SessionId=one["SessionId"])


@operation("ssm", "GetConnectionStatus")
def _(sandbox):
    client = member(sandbox)
    node = online(sandbox)
    reply = client.get_connection_status(Target=node)
    equal((reply["Target"], reply["Status"]), (node, "connected"))
    for absent in (online(sandbox, "ConnectionLost"), "i-0123456789abcdef0"):
        equal(client.get_connection_status(Target=absent)["Status"], "notconnected")


@case("session: the AWS CLI starts its plugin with what the plugin wants")
def _(sandbox):
    folder = os.path.join(sandbox.folder, "plugin")
    os.makedirs(folder, exist_ok=True)
    plugin, seen = (os.path.join(folder, name) for name in ("session-manager-plugin", "seen"))
    with open(plugin, "w") as script:
        script.write('#!/bin/sh\n[ $# -gt 1 ] || exit 0\n'
                     f'for argument; do printf "%s\\n" "$argument"; done > {seen}\n'
                     f'printf "%s\\n" "$AWS_SSM_START_SESSION_RESPONSE" >> {seen}\n')
    os.chmod(plugin, stat.S_IRWXU)
    who = sandbox.session(reachable(sandbox), "OrganizationAccountAccessRole")
    environment = {**sandbox.cli_environment(who), "PATH": f"{folder}:{os.environ['PATH']}"}
    node = online(sandbox)
    sandbox.cli("ssm", "start-session", "--target", node, "--document-name",
                "AWS-StartPortForwardingSession", "--parameters",
                '{"portNumber":["22"],"localPortNumber":["9999"]}', environment=environment)
    with open(seen) as lines:
        told = lines.read().splitlines()
    response = json.loads(next(line for line in told if "StreamUrl" in line))
    assert response["TokenValue"] and response["SessionId"]
    assert sandbox.region in told and "StartSession" in told and sandbox.endpoint in told
    equal(json.loads(next(line for line in told if '"Target"' in line))["Target"], node)


# --- the data channel ---

@case("session: a shell answers, is resized, and ends")
def _(sandbox):
    with quick(sandbox) as own:
        session = shell(own)
        assert session.events == ["start_publication"] and session.handshake is None
        session.resize(132, 43)
        session.type("stty size; echo $((6*7)) $HOME $TERM\n")
        session.until_text("xterm-256color")
        assert b"43 132\r\n42 /" in session.out, session.out
        session.ping()
        session.type("exit 3\n")
        equal(session.until_closed(), "")
        over = member(own).describe_sessions(State="History")["Sessions"]
        equal((over[0]["SessionId"], over[0]["Status"]), (session.id, "Terminated"))


@case("session: nobody is let in without the right token, or with it twice")
def _(sandbox):
    with quick(sandbox) as own:
        started, other = start(own), start(own)
        for token in ("", "nonsense", started["TokenValue"][:-1]):
            fails_with(started, token)
        fails_with(other, started["TokenValue"])
        session = Session(started)
        session.until_text("$ ")
        fails_with(started, started["TokenValue"])
        session.type("echo still $((1+1))\n")
        session.until_text("still 2")
    with quick(sandbox, session="prompt=0,token=30") as own:
        started = start(own)
        advance(own, 31)
        fails_with(started, started["TokenValue"])
        session = Session({**started, **member(own).resume_session(SessionId=started["SessionId"])})
        session.until_text("$ ")


def fails_with(started, token, status=1008):
    try:
        Session({**started, "TokenValue": token}).pump(30)
    except Closed as closed:
        equal(closed.status, status)
        return
    raise AssertionError("the token was taken")


def advance(sandbox, seconds):
    request = urllib.request.Request(sandbox.ready["control"] + "/clock",
                                     json.dumps({"advance_s": seconds}).encode())
    urllib.request.urlopen(request, timeout=30).close()
    sandbox.session.cache_clear()  # credentials of roles may be over now
    sandbox.client.cache_clear()


@case("session: what is no WebSocket is refused")
def _(sandbox):
    started = start(sandbox)
    for headers, status in (({"Sec-WebSocket-Version": "8"}, 426), ({"Upgrade": "h2c"}, 426),
                            ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400), ({"Connection": "close"}, 426),
                            ({"Origin": "http://example.com"}, 403)):
        equal(WebSocket(started["StreamUrl"], headers=headers).status, status)


@case("session: a lost connection is resumed with nothing lost")
def _(sandbox):
    with quick(sandbox) as own:
        session, client = shell(own), member(own)
        session.type("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo en''d\n")
        for mark in (b"line 300\r", b"line 1200\r"):
            session.until(lambda s, mark=mark: mark in s.out)
            session.socket.socket.shutdown(socket.SHUT_RDWR)
            session.resume(client)
        session.until_text("end\r")
        lines = [int(line.split()[1]) for line in session.out.decode().split("\r\n")
                 if line.startswith("line ")]
        equal(lines, list(range(1, 3001)))
        status = client.describe_sessions(State="Active")["Sessions"][0]["Status"]
        equal(status, "Connected")


@case("session: a node whose client is away costs no time")
def _(sandbox):
    with quick(sandbox) as own:
        session, client = shell(own), member(own)
        session.type("yes\n")
        session.until_text("y\r\ny\r\n")
        session.socket.close()
        while client.describe_sessions(State="Active")["Sessions"][0]["Status"] != "Disconnected":
            time.sleep(0.05)

        def used():
            with open(f"/proc/{own.process.pid}/stat") as stat_file:
                return sum(map(int, stat_file.read().rsplit(")", 1)[1].split()[11:13]))
        before = used()
        time.sleep(2)
        assert used() - before < 0.4 * os.sysconf("SC_CLK_TCK"), "it spins"


@case("session: connections end after an hour, sessions by idleness and age")
def _(sandbox):
    with quick(sandbox, session="prompt=0,idle=60,max=65") as own:
        session = shell(own)
        session.type("echo on\n")
        session.until_text("on\r")
        advance(own, 3595)
        session.type("x=5\n")
        session.until(lambda s: not s.unacked)
        advance(own, 6)
        try:
            session.until(lambda s: False)
        except Closed as closed:
            equal((closed.status, closed.reason), (1000, "Bye"))
        session.resume(member(own))
        session.type("echo x is $x\n")
        session.until_text("x is 5")
        advance(own, 300)
        equal(session.until_closed(), "")
        assert "maximum" in member(own).describe_sessions(State="History")["Sessions"][0]["Details"]
    with quick(sandbox, session="prompt=0,idle=1") as own:
        session = shell(own)
        advance(own, 61)
        equal(session.until_closed(), "")


@case("session: somebody else terminates it")
def _(sandbox):
    with quick(sandbox) as own:
        session = shell(own)
        member(own).terminate_session(SessionId=session.id)
        equal(session.until_closed(), "")
        try:
            session.pump(30)
            session.pump(30)
        except Closed as closed:
            equal(closed.status, 1000)


@case("session: commands, with and without exit status")
def _(sandbox):
    with quick(sandbox) as own:
        session = Session(start(own, "AWS-StartInteractiveCommand", command="tty; read x; echo [$x]"))
        session.until_text("/dev/pts/")
        session.type("hello\r")
        equal(session.until_closed(), "")
        assert b"[hello]" in session.out and session.handshake is None
        session = Session(start(own, "AWS-StartNonInteractiveCommand", separateOutputStream="true",
                                command="echo out; echo err >&2; exit 7"))
        equal(session.until_closed(), "")
        equal((session.out, session.errors, session.exit_code), (b"out\n", b"err\n", 7))
        equal(session.handshake["RequestedClientActions"][0]["ActionParameters"],
              {"SessionType": "NonInteractiveCommands", "Properties": None})
        assert session.complete["HandshakeTimeToComplete"] > 0
        session = Session(start(own, "AWS-StartNonInteractiveCommand",
                                command="head -c 300000 /dev/zero | tr '\\0' x; echo y >&2"))
        equal(session.until_closed(), "")
        equal((session.out.count(b"x"), session.errors, session.exit_code), (300000, b"", None))
        session = Session(start(own, "AWS-StartNonInteractiveCommand", separateOutputStream="true",
                                command="echo go; exec sleep 1000"))
        session.until_text("go")
        session.type(b"\x03")
        equal(session.until_closed(), "")
        equal(session.exit_code, 130)


@case("session: documents of one's own, and what the preferences say")
def _(sandbox):
    with quick(sandbox) as own:
        client, node = member(own), online(own)

        def create(name, **content):
            client.create_document(Name=name, DocumentType="Session", DocumentFormat="JSON",
                                   Content=json.dumps({"schemaVersion": "1.0", **content}))
        create("greet", sessionType="InteractiveCommands", parameters={
            "who": {"type": "String", "default": "you", "allowedPattern": "^[a-z]*$"}},
            properties={"linux": {"commands": "echo hello {{ who }}"}})
        session = Session(start(own, "greet", who="me"))
        equal(session.until_closed(), "")
        equal(session.out, b"hello me\r\n")
        fails("InvalidParameters", lambda: start(own, "greet", who="me; reboot"), 400)
        fails("InvalidDocument", lambda: start(own, "AWS-DisableIncomingSSHOnPort22"), 400)
        create("SSM-SessionManagerRunShell", sessionType="Standard_Stream", inputs={
            "s3BucketName": "logs", "s3KeyPrefix": "p/", "cloudWatchLogGroupName": "group",
            "kmsKeyId": "alias/session-manager-encryption", "idleSessionTimeout": "30",
            "maxSessionDuration": "45", "shellProfile": {"linux": "echo pro$((1+1))file"}})
        started = client.start_session(Target=node)
        listed = client.describe_sessions(State="Active")["Sessions"][0]
        equal(listed["MaxSessionDuration"], "45")
        assert listed["OutputUrl"]["S3OutputUrl"].endswith(f"logs/p/{started['SessionId']}.log")
        assert listed["OutputUrl"]["CloudWatchOutputUrl"].endswith(started["SessionId"])
        session = Session(started)
        session.until(lambda s: s.handshake)
        action = session.handshake["RequestedClientActions"][1]
        equal(action["ActionParameters"]["KMSKeyId"], "alias/session-manager-encryption")
        assert "data key" in session.until_closed()  # this client has none
        content = json.loads(client.get_document(Name="SSM-SessionManagerRunShell")["Content"])
        del content["inputs"]["kmsKeyId"]
        client.update_document(Name="SSM-SessionManagerRunShell", Content=json.dumps(content),
                               DocumentVersion="$LATEST")
        client.update_document_default_version(Name="SSM-SessionManagerRunShell",
                                               DocumentVersion="2")
        session = Session(start(own))
        session.until_text("pro2file")


# --- ports ---

class Echo:
    """A service that sends everything back, and counts its connections."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.count = self.listener.getsockname()[1], 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection = self.listener.accept()[0]
            self.count += 1
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    @staticmethod
    def _echo(connection):
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@case("session: ports, several connections at once, byte for byte")
def _(sandbox):
    echo = Echo()
    with quick(sandbox) as own:
        session = Session(start(own, "AWS-StartPortForwardingSession", portNumber=echo.port,
                                localPortNumber=0))
        session.until(lambda s: s.complete)
        equal(session.handshake["RequestedClientActions"][0]["ActionParameters"],
              {"SessionType": "Port", "Properties": {
                  "portNumber": str(echo.port), "localPortNumber": "0",
                  "type": "LocalPortForwarding"}})
        mux = Mux(session)
        streams = {mux.open(): random.Random(n).randbytes(150000) for n in range(3)}
        for stream, data in streams.items():
            mux.send(stream, data)
        mux.until(lambda m: all(len(m.data[s]) >= len(d) for s, d in streams.items()))
        for stream, data in streams.items():
            equal(hashlib.sha256(mux.data[stream]).digest(), hashlib.sha256(data).digest())
        mux.close(3)
        mux.until(lambda m: 3 in m.ended)
        equal(echo.count, 3)
        session.flag(TERMINATE)
        equal(session.until_closed(), "")


@case("session: a port where nobody listens, and hosts that are forbidden")
def _(sandbox):
    with quick(sandbox) as own:
        session = Session(start(own, "AWS-StartPortForwardingSessionToRemoteHost",
                                host="db.internal", portNumber=closed_port()))
        session.until(lambda s: s.complete)
        equal(session.handshake["RequestedClientActions"][0]["ActionParameters"]["Properties"][
            "host"], "db.internal")
        mux = Mux(session)
        stream = mux.open()
        mux.until(lambda m: stream in m.ended)
        equal(session.flags, [CONNECT_ERROR])
        session = Session(start(own, "AWS-StartPortForwardingSessionToRemoteHost",
                                host="169.254.169.254", portNumber=80))
        assert "forbidden" in session.until_closed()
        session = Session(start(own, "AWS-StartSSHSession", portNumber=closed_port()))
        assert "Unable to connect to specified port: Connection refused" in session.until_closed()


@case("session: SSH's port as a plain stream, and port 22 somewhere else")
def _(sandbox):
    echo, data = Echo(), random.Random(5).randbytes(200000)
    with quick(sandbox, session=f"prompt=0,port=22:{echo.port}") as own:
        session = Session(start(own, "AWS-StartSSHSession"))
        session.until(lambda s: s.complete)
        equal(session.handshake["RequestedClientActions"][0]["ActionParameters"]["Properties"],
              {"portNumber": "22"})
        session.type(data)
        session.until(lambda s: len(s.out) >= len(data))
        assert session.out == data


@contextlib.contextmanager
def ssh_server(folder):
    """An OpenSSH server on loopback: its port, and the options of a client that may enter."""
    if not os.path.exists(SSHD):
        raise Skip("openssh-server is not installed")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        os.path.join(folder, name)], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    port = closed_port()
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", "/dev/null", *(
        part for option in (
            f"Port={port}", "ListenAddress=127.0.0.1", f"HostKey={folder}/host", "UsePAM=no",
            f"AuthorizedKeysFile={folder}/user.pub", "StrictModes=no", "PermitRootLogin=yes",
            "PidFile=none") for part in ("-o", option))], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port, ["-i", f"{folder}/user", "-o", "StrictHostKeyChecking=no", "-o",
                     f"UserKnownHostsFile={folder}/known", "-o", "BatchMode=yes", "-F", "none"]
    finally:
        server.terminate()
        server.wait(timeout=30)


@case("session: OpenSSH's own client through it")
def _(sandbox):
    folder = tempfile.mkdtemp(dir=sandbox.folder)
    data = random.Random(7).randbytes(1000000)
    with ssh_server(folder) as (port, options), quick(
            sandbox, session=f"prompt=0,limit=0,port=22:{port}") as own:
        reply = os.path.join(folder, "reply")
        with open(reply, "w") as out:
            started = start(own, "AWS-StartSSHSession", portNumber=22)
            json.dump({key: started[key] for key in ("SessionId", "TokenValue", "StreamUrl")}, out)
        client = os.path.join(os.path.dirname(__file__), "..", "session_client.py")
        done = subprocess.run(
            ["ssh", *options, "-o", f"ProxyCommand={sys.executable} {client} {reply}",
             f"{getpass.getuser()}@node", "sha256sum; exit 5"],
            input=data, capture_output=True, timeout=120)
        equal(done.returncode, 5, done.stderr)
        equal(done.stdout.split()[0].decode(), hashlib.sha256(data).hexdigest())


@case("session: old agents and old clients have one connection at a time")
def _(sandbox):
    echo = Echo()
    for options, version in (("prompt=0,agent=2.3.722.1", "1.2.694.0"), ("prompt=0", "0.0.1")):
        before = echo.count
        with quick(sandbox, session=options) as own:
            session = Session(start(own, "AWS-StartPortForwardingSession", portNumber=echo.port),
                              version=version)
            session.until(lambda s: s.complete)
            session.type(b"first")
            session.until(lambda s: s.out == b"first")
            session.flag(DISCONNECT_PORT)
            session.type(b"second")
            session.until(lambda s: s.out == b"firstsecond")
            equal(echo.count - before, 2)
            session.flag(TERMINATE)
            equal(session.until_closed(), "")


@case("session: over TLS")
def _(sandbox):
    with quick(sandbox, "--tls", os.path.join(sandbox.folder, "session-tls")) as own:
        own.ca = os.path.join(sandbox.folder, "session-tls", "ca.pem")
        started = start(own)
        assert started["StreamUrl"].startswith("wss://127.0.0.1:")
        session = Session(started, ca=own.ca)
        session.until_text("$ ")
        session.type("head -c 200000 /dev/zero | tr '\\0' '\\170'; echo; echo fi''n\n")
        session.until_text("fin\r")
        equal(session.out.count(b"x"), 200000)


@case("session: through a proxy, by the names that AWS has")
def _(sandbox):
    with proxied(sandbox, "", "--session", "prompt=0") as other:
        proxy = variables(other)["HTTPS_PROXY"]
        who = other.session(reachable(other), "OrganizationAccountAccessRole")
        client = boto3.client(
            "ssm", region_name=other.region, aws_access_key_id=who.key,
            aws_secret_access_key=who.secret, aws_session_token=who.token, verify=other.ca,
            config=botocore.config.Config(proxies={"https": proxy}))
        started = client.start_session(Target=online(other))
        assert started["StreamUrl"].startswith(
            f"wss://ssmmessages.{other.region}.amazonaws.com/v1/data-channel/"), started["StreamUrl"]
        session = Session(started, ca=other.ca, proxy=proxy)
        session.until_text("$ ")
        session.type("echo $((6*7))\n")
        session.until_text("42")


# --- what goes wrong on the way ---

FAULTS = {
    "lose": "lose:rate=0.05", "double": "double:rate=0.2", "late": "late:rate=0.1,ms=60",
    "digest": "digest:rate=0.1", "drop": "drop:after=150,first=2,rate=0.05",
    "bye": "bye:after=150,first=2,rate=0.05",
    "all": "lose:rate=0.03;double:rate=0.05;late:rate=0.05;digest:rate=0.02",
}


def survive(session, client, holds):
    """Until holds(session), resuming whenever the connection ends."""
    n_resumed = 0
    while True:
        try:
            session.until(holds)
            return n_resumed
        except (Closed, ConnectionError):
            n_resumed += 1
            session.resume(client)


def faulty(name):
    @case(f"session: byte for byte through a fault: {name}")
    def _(sandbox):
        data = random.Random(name).randbytes(120000)
        with quick(sandbox, "--fault", FAULTS[name], session="prompt=0,limit=0,resend=all") as own:
            echo = Echo()
            session = Session(start(own, "AWS-StartSSHSession", portNumber=echo.port))
            client = member(own)
            n = survive(session, client, lambda s: s.complete)
            session.type(data)
            n += survive(session, client, lambda s: len(s.out) >= len(data) and not s.unacked)
            assert session.out == data
            assert n >= 1 if name in ("drop", "bye") else n == 0, n
            assert session.n_spoilt > 0 or "digest" not in FAULTS[name]
            assert session.n_repeated > 0 or name not in ("double", "all")
            session.flag(TERMINATE)
            equal(session.until_closed(), "")


for fault in FAULTS:
    faulty(fault)


@case("session: a node that is gone for a while, and one that stays away")
def _(sandbox):
    with quick(sandbox, "--fault", "pause:after=12,first=1,ms=2500") as own:
        session = shell(own)
        for n in range(12):
            session.type(f"echo n$(({n}+100))\n")
            session.until_text(f"n{n + 100}\r")
        equal(session.events[:2], ["start_publication", "pause_publication"])
        assert 2 <= session.events.count("pause_publication") <= 4, session.events
        equal(session.events[-1], "start_publication")
    with quick(sandbox, "--fault", "pause:ms=0") as own:
        session = Session(start(own))
        session.until(lambda s: s.events.count("pause_publication") >= 2)
        assert not session.out
        member(own).terminate_session(SessionId=session.id)
        equal(session.until_closed(), "")


@case("session: connections and nodes that go when a test says so")
def _(sandbox):
    with quick(sandbox) as own:
        session, client = shell(own), member(own)

        def control(**what):
            request = urllib.request.Request(own.ready["control"] + "/sessions",
                                             json.dumps(what).encode())
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.load(reply)["sessions"]
        for action, status in (("bye", 1000), ("drop", 1006)):
            equal([s["session"] for s in control(action=action)], [session.id])
            try:
                session.until(lambda s: False)
            except (Closed, ConnectionError) as closed:
                equal(getattr(closed, "status", 1006), status)
            session.resume(client)
            session.type(f"echo {action}$((3*3))\n")
            session.until_text(f"{action}9")
        control(action="pause", session=session.id)
        session.type("echo la$((1+1))te\n")
        session.until(lambda s: s.events[-1] == "pause_publication")
        control(action="back")
        session.until_text("la2te")
        equal(session.events[-1], "start_publication")
        control(options="agent=2.3.722.1")
        session = Session(start(own, "AWS-StartNonInteractiveCommand", command="true"))
        session.until_closed()
        equal(session.handshake["AgentVersion"], "2.3.722.1")


@case("session: more messages than the service takes")
def _(sandbox):
    with quick(sandbox, session="prompt=0,limit=100") as own:
        session = shell(own)
        try:
            for _ in range(400):
                session.type("\n")
            session.until(lambda s: False)
        except Closed as closed:
            equal(closed.status, 1008)
