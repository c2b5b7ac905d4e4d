"""The sandbox's own options: TLS, latency, faults, the clock, the request log, its end."""
import concurrent.futures
import json
import os
import socket
import subprocess
import time
import urllib.parse

import botocore.exceptions

from harness import ADMIN_ROLE, Sandbox, case, contains, equal, fails, running


def program(sandbox, *arguments):
    return subprocess.run([os.path.join(sandbox.build, "watchdeck-sandbox"), *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)


@case("wire: the ready line")
def _(sandbox):
    ready = sandbox.ready
    equal(set(ready), {"endpoint", "access_key_id", "secret_access_key", "management_account",
                       "region", "control", "principals", "roles", "sso"})
    equal([p["name"] for p in ready["principals"]], ["oncall", "viewer", "lead"])
    for p in ready["principals"]:
        equal(set(p), {"name", "access_key_id", "secret_access_key", "may", "mfa_serial",
                       "mfa_secret"})
    assert ready["control"].startswith(ready["endpoint"] + "/")


@case("wire: bad options end with 2 and say what is wrong")
def _(sandbox):
    for arguments in (["--listen", "0.0.0.0:0"], ["--listen", "127.0.0.1"],
                      ["--listen", "127.0.0.1:99999"], ["--imds", "v3"], ["--imds", "v1,v2"],
                      ["--container", "slow"], ["--world", "accounts=many"],
                      ["--world", "planets=8"], ["--latency-ms", "-1"], ["--clock", "sundial"],
                      ["--fault", "explode"], ["--fault", "throttle:rate=7"],
                      ["--parent-fd", "x"], ["--parent-fd", "999"], ["--no-such-option"],
                      ["--latency-ms"], ["argument"]):
        done = program(sandbox, *arguments)
        equal((done.returncode, done.stdout), (2, ""), arguments)
        contains(done.stderr, "watchdeck-sandbox: ")
        contains(done.stderr, "See watchdeck-sandbox --help.")
    equal(program(sandbox, "--requests", "/no/such/folder/file").returncode, 1)
    equal(program(sandbox, "--help").returncode, 0)
    contains(program(sandbox, "--version").stdout, "watchdeck-sandbox ")


@case("wire: a port that is taken, and an output that takes nothing, end with 1 and say so")
def _(sandbox):
    taken = program(sandbox, "--listen", urllib.parse.urlsplit(sandbox.endpoint).netloc)
    equal((taken.returncode, taken.stdout), (1, ""))
    contains(taken.stderr, "Address already in use. Port 0 takes one that is free.")
    for arguments, output in ((["--rules"], ">/dev/full"), (["--operations"], ">/dev/full"),
                              ([], ">/dev/full"), ([], ">&-")):
        path = os.path.join(sandbox.build, "watchdeck-sandbox")
        done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {output}', path, *arguments],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              timeout=60)
        equal(done.returncode, 1, (arguments, output))
        contains(done.stderr, "watchdeck-sandbox: stdout: ")


@case("wire: --parent-fd and SIGTERM end it, stdin is left alone")
def _(sandbox):
    with running(sandbox):
        pass
    terminated = Sandbox(sandbox.build)
    terminated.process.terminate()
    equal(terminated.stop(), -15, "exit status")


@case("wire: --tls, with the authority that is written")
def _(sandbox):
    with running(sandbox) as plain:
        folder = os.path.join(plain.folder, "tls")
        with running(sandbox, "--tls", folder) as other:
            assert other.endpoint.startswith("https://")
            other.ca = os.path.join(folder, "ca.pem")
            equal(sorted(os.listdir(folder)), ["ca.pem"])
            equal(other.client("sts").get_caller_identity()["Account"], other.account)
            equal(other.cli("sts", "get-caller-identity")["Account"], other.account)
            other.client.cache_clear()
            other.ca = None
            try:
                other.client("sts").get_caller_identity()
                raise AssertionError("an unknown authority was trusted")
            except botocore.exceptions.SSLError:
                pass


@case("wire: IPv6")
def _(sandbox):
    with running(sandbox, "--listen", "[::1]:0") as other:
        assert other.endpoint.startswith("http://[::1]:")
        equal(other.client("sts").get_caller_identity()["Account"], other.account)


@case("wire: --latency-ms, for hundreds side by side")
def _(sandbox):
    with running(sandbox, "--latency-ms", "300") as other:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        signed = other.signed("sts", headers, body)
        begin = time.monotonic()
        equal(other.send(headers=signed, body=body).status, 200)
        assert time.monotonic() - begin >= 0.3
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda _: other.send(headers=signed, body=body).status,
                                    range(200)))
        equal(answers, [200] * 200)
        assert time.monotonic() - begin < 6, time.monotonic() - begin


@case("wire: throttling, in each service's words")
def _(sandbox):
    with running(sandbox, "--fault", "throttle:operation=GetCallerIdentity;throttle:service=ec2;"
                 "throttle:service=organizations,rate=0.5") as other:
        fails("Throttling", other.client("sts").get_caller_identity, 400, "Rate exceeded")
        fails("RequestLimitExceeded", other.client("ec2").describe_regions, 503,
              "Request limit exceeded.")
        seen = set()
        for _ in range(64):
            try:
                other.client("organizations").list_roots()
                seen.add("ok")
            except botocore.exceptions.ClientError as e:
                seen.add(e.response["Error"]["Code"])
        equal(seen, {"ok", "TooManyRequestsException"})
        throttled = [r for r in other.requests() if r["error"] == "RequestLimitExceeded"]
        equal((throttled[0]["status"], throttled[0]["operation"]), (503, "DescribeRegions"))


def read_all(other, body, headers):
    """The raw bytes of the answer until the connection ends, and how it ended."""
    url = urllib.parse.urlsplit(other.endpoint)
    text = "POST / HTTP/1.1\r\n" + "".join(
        f"{k}: {v}\r\n" for k, v in {"Host": url.netloc, "Content-Length": len(body),
                                     **headers}.items()) + "\r\n"
    got = b""
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(text.encode() + body)
        try:
            while chunk := connection.recv(4096):
                got += chunk
        except ConnectionResetError:
            return got, "reset"
    return got, "end"


@case("wire: a reset at byte k; the request was carried out")
def _(sandbox):
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for count in (0, 1, 40, 300):
        with running(sandbox, "--fault", f"reset:operation=GetCallerIdentity,bytes={count}"
                     ) as other:
            got, how = read_all(other, body, other.signed("sts", headers, body))
            equal((len(got), how), (count, "reset"))
            equal([(r["operation"], r["status"]) for r in other.requests()],
                  [("GetCallerIdentity", 200)])
            other.client("ec2").describe_regions()


@case("wire: the request log")
def _(sandbox):
    with running(sandbox) as other:
        other.client("ec2", user="viewer", region="eu-west-1").describe_regions(
            RegionNames=["us-east-1"])
        fails("DryRunOperation", lambda: other.client("ec2").describe_regions(DryRun=True))
        other.send(body=b"Action=DescribeRegions&Version=2016-11-15", headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        first, second, third = other.requests()
        for record in (first, second, third):
            equal(list(record), ["time", "request_id", "service", "region", "account",
                                 "principal", "operation", "dry_run", "parameters", "status",
                                 "error"])
        equal({k: first[k] for k in list(first)[2:]}, {
            "service": "ec2", "region": "eu-west-1", "account": other.account,
            "principal": "viewer", "operation": "DescribeRegions", "dry_run": False,
            "parameters": {"RegionNames": ["us-east-1"]}, "status": 200, "error": None})
        equal((second["dry_run"], second["status"]), (True, 412))
        equal((third["principal"], third["status"]), (None, 403))


@case("wire: the control path moves the clock and edits the world")
def _(sandbox):
    with running(sandbox, "--clock", "manual", "--world", "start=2026-03-01T03:00:00Z") as other:
        equal(other.control("state")[1]["now"], "2026-03-01T03:00:00.000Z")
        status, state = other.control("clock", {"advance_s": 90})
        equal((status, state["now"]), (200, "2026-03-01T03:01:30.000Z"))
        equal(other.control("state")[1]["now"], "2026-03-01T03:01:30.000Z")
        for body in ({"advance_s": -1}, {"advance_s": "1"}, {"advance_s": 1.5}, {}, []):
            equal(other.control("clock", body)[0], 400, body)
        assert other.control("world", {"op": "nonsense"})[0] >= 400
        equal(other.control("world", [{"op": "test", "path": "/no/such/place", "value": 1}])[0]
              >= 400, True)


@case("wire: equal seeds make equal worlds, keys and all but the secrets")
def _(sandbox):
    with running(sandbox, "--world", "accounts=6,resources=100,seed=11") as one, \
            running(sandbox, "--world", "accounts=6,resources=100,seed=11") as two:
        same = ("management_account", "region", "access_key_id")
        equal([one.ready[k] for k in same], [two.ready[k] for k in same])
        assert one.ready["secret_access_key"] != two.ready["secret_access_key"]
        assert one.ready["control"].split("/")[-1] != two.ready["control"].split("/")[-1]

        def ids(which):
            return [a["Id"] for a in which.client("organizations").list_accounts()["Accounts"]]
        equal(ids(one), ids(two))
        equal(len(ids(one)), 6)


@case("wire: a session is an account's, and a region a place of its own")
def _(sandbox):
    from cases.sts import reachable
    account = reachable(sandbox)
    seen = {}
    for region in ("us-east-1", "eu-west-1"):
        client = sandbox.client("ec2", account=account, region=region, role=ADMIN_ROLE)
        seen[region] = {g["GroupId"] for g in client.get_paginator(
            "describe_security_groups").paginate().build_full_result()["SecurityGroups"]}
    assert seen["us-east-1"] and seen["eu-west-1"]
    assert not seen["us-east-1"] & seen["eu-west-1"]
    home = {g["GroupId"] for g in sandbox.client("ec2").get_paginator(
        "describe_security_groups").paginate().build_full_result()["SecurityGroups"]}
    assert not home & seen["us-east-1"]


@case("wire: a large body in pieces, several requests on one connection")
def _(sandbox):
    url = urllib.parse.urlsplit(sandbox.endpoint)
    with socket.create_connection((url.hostname, url.port)) as connection:
        for _ in range(3):
            body = ("Action=DescribeRegions&Version=2016-11-15" + "".join(
                f"&Filter.1.Value.{n}={'x' * 50}" for n in range(1, 150))
                + "&Filter.1.Name=region-name").encode()
            headers = sandbox.signed("ec2", {
                "Content-Type": "application/x-www-form-urlencoded"}, body)
            head = "POST / HTTP/1.1\r\n" + "".join(
                f"{k}: {v}\r\n" for k, v in {"Host": url.netloc, "Content-Length": len(body),
                                             **headers}.items()) + "\r\n"
            data = head.encode() + body
            for at in range(0, len(data), 700):
                connection.sendall(data[at:at + 700])
            answer = connection.recv(65536)
            contains(answer.decode(), "200 OK")
            contains(answer.decode(), "DescribeRegionsResponse")


@case("wire: json replies carry what json can")
def _(sandbox):
    answer = sandbox.call("organizations", "ListRoots", "{}")
    equal(answer.headers["Content-Type"], "application/x-amz-json-1.1")
    equal(len(answer.headers["x-amzn-RequestId"]), 36)
    assert answer.headers["Date"].endswith("GMT")
    json.loads(answer.text)
