"""CloudWatch Logs: its operations, what sessions write there, and what the console shows of it."""
import json
import os
import subprocess
import time

from cases.session import member, online, quick, start
from cases.sts import reachable
from cases.watchdeck import once
from harness import case, contains, equal, fails, operation
from session_client import Session


def fresh(name):
    """A name that no other case has taken."""
    return f"{name}-{time.monotonic_ns()}"


def now_ms(sandbox):
    """The world's clock, by what a new group says of itself."""
    client = sandbox.client("logs")
    client.create_log_group(logGroupName=fresh("clock"))
    return max(g["creationTime"] for g in client.describe_log_groups()["logGroups"])


def walk(client, **where):
    """All events from the head on: the end is where the token comes back. And the empty pages."""
    messages, token, empty = [], None, 0
    while True:
        page = client.get_log_events(startFromHead=True, **where,
                                     **({"nextToken": token} if token else {}))
        messages += [e["message"] for e in page["events"]]
        if page["nextForwardToken"] == token:
            return messages, empty
        empty += not page["events"]
        token = page["nextForwardToken"]


@operation("logs", "CreateLogGroup")
@operation("logs", "CreateLogStream")
@operation("logs", "DescribeLogGroups")
@operation("logs", "DescribeLogStreams")
def _(sandbox):
    client, name = sandbox.client("logs"), fresh("/case/groups")
    client.create_log_group(logGroupName=name, kmsKeyId="arn:aws:kms:eu-west-1:1:key/2")
    fails("ResourceAlreadyExistsException",
          lambda: client.create_log_group(logGroupName=name), 400)
    fails("InvalidParameterException", lambda: client.create_log_group(logGroupName="a b"), 400)
    group, = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    equal((group["logGroupName"], group["kmsKeyId"]),
          (name, "arn:aws:kms:eu-west-1:1:key/2"))
    assert group["arn"].endswith(f":log-group:{name}:*")
    for i in range(60):
        client.create_log_stream(logGroupName=name, logStreamName=f"stream-{i:02}")
    client.create_log_stream(logGroupName=name, logStreamName="other")
    fails("ResourceAlreadyExistsException", lambda: client.create_log_stream(
        logGroupName=name, logStreamName="other"), 400)
    pages = list(client.get_paginator("describe_log_streams").paginate(
        logGroupName=name, logStreamNamePrefix="stream-"))
    equal([len(p["logStreams"]) for p in pages], [50, 10])
    fails("ResourceNotFoundException",
          lambda: client.describe_log_streams(logGroupName="/case/none"), 400,
          "The specified log group does not exist.")
    fails("InvalidParameterException", lambda: client.describe_log_streams(
        logGroupName=name, nextToken="x"), 400)


@operation("logs", "PutLogEvents")
@operation("logs", "GetLogEvents")
def _(sandbox):
    client, now = sandbox.client("logs"), now_ms(sandbox)
    where = {"logGroupName": fresh("/case/events"), "logStreamName": "s"}
    client.create_log_group(logGroupName=where["logGroupName"])
    fails("ResourceNotFoundException", lambda: client.get_log_events(**where), 400,
          "The specified log stream does not exist.")
    client.create_log_stream(**where)
    equal(client.get_log_events(**where)["events"], [])
    said = [f"line {i}" for i in range(25)]
    client.put_log_events(**where, logEvents=[
        {"timestamp": now + i, "message": text} for i, text in enumerate(said)])
    got, empty = walk(client, **where, limit=10)
    equal(got, said)
    assert empty > 0, "no empty page before the end"
    newest = client.get_log_events(**where, limit=10)
    equal([e["message"] for e in newest["events"]], said[15:])
    earlier = client.get_log_events(**where, limit=10, nextToken=newest["nextBackwardToken"])
    earlier = client.get_log_events(**where, limit=10, nextToken=earlier["nextBackwardToken"])
    equal([e["message"] for e in earlier["events"]], said[5:15])
    by_cli = sandbox.cli("logs", "get-log-events", "--log-group-name", where["logGroupName"],
                         "--log-stream-name", "s", "--start-from-head", "--limit", "3")
    equal([e["message"] for e in by_cli["events"]], said[:3])
    fails("InvalidParameterException",
          lambda: client.get_log_events(**where, nextToken="f/1/s"), 400)
    fails("InvalidParameterException", lambda: client.put_log_events(**where, logEvents=[
        {"timestamp": now + 2, "message": "b"}, {"timestamp": now, "message": "a"}]), 400)
    rejected = client.put_log_events(**where, logEvents=[
        {"timestamp": now + 3 * 3600000, "message": "of tomorrow"}])["rejectedLogEventsInfo"]
    equal(rejected["tooNewLogEventStartIndex"], 0)


def prefer(client, **inputs):
    """Session preferences of an account and region."""
    content = json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs})
    name = "SSM-SessionManagerRunShell"
    try:
        version = client.update_document(Name=name, Content=content, DocumentVersion="$LATEST")
        client.update_document_default_version(
            Name=name, DocumentVersion=version["DocumentDescription"]["DocumentVersion"])
    except client.exceptions.InvalidDocument:
        client.create_document(Name=name, Content=content, DocumentType="Session",
                               DocumentFormat="JSON")


def held(own, *lines):
    """A session in which these lines were typed, after its end: its id."""
    started = start(own)
    session = Session(started)
    session.until_text("$ ")
    for line in lines:
        session.type(line.encode() + b"\n")
    session.type(b"exit\n")
    session.until_closed()
    return started["SessionId"]


def shown(own, *arguments):
    """What `watchdeck --once log` shows there, a text."""
    found, status = once(own, "log", *arguments, "--account", reachable(own),
                         "--region", own.region)
    return "\n".join(row["line"] for row in found["rows"]), found, status


def refused(own, *arguments):
    """Why it shows nothing, and its exit status."""
    who = own.users["oncall"]
    answer = subprocess.run(
        [os.path.join(own.build, "watchdeck"), "--endpoint-url", own.endpoint, "--once", "log",
         *arguments, "--account", reachable(own), "--region", own.region],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, text=True,
        env={"HOME": own.folder, "PATH": "/usr/bin:/bin", "AWS_REGION": own.region,
             "AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret})
    return answer.stderr, answer.returncode


@case("logs: what a session has shown, plain and streamed, as boto3 and the console read it")
def _(sandbox):
    with quick(sandbox) as own:
        logs, ssm = own.client("logs", account=reachable(own)), member(own)
        logs.create_log_group(logGroupName="sessions")
        prefer(ssm, cloudWatchLogGroupName="sessions", cloudWatchEncryptionEnabled=False)
        plain = held(own, "echo pl$((1+0))in; printf '\\033[31mred\\033[0m\\n'")
        got, _ = walk(logs, logGroupName="sessions", logStreamName=plain)
        assert any("pl1in" in line for line in got), got
        text, found, status = shown(own, plain)
        assert "pl1in" in text and "\x1b" not in text and "\nred\n" in text, text
        equal((status, found["coverage"]["gaps"]), (0, []))

        prefer(ssm, cloudWatchLogGroupName="sessions", cloudWatchStreamingEnabled=True)
        streamed = held(own, "echo str$((2+0))eam")
        got, _ = walk(logs, logGroupName="sessions", logStreamName=streamed)
        records = [json.loads(record) for record in got]
        equal({r["sessionId"] for r in records}, {streamed})
        equal({r["target"]["id"] for r in records}, {online(own)})
        text, found, _ = shown(own, streamed)
        assert "str2eam" in text, text
        assert all("sessionData" not in row["line"] for row in found["rows"])
        assert found["rows"][0]["who"].endswith(records[0]["userIdentity"]["arn"]), found["rows"][0]


@case("logs: a session without a log, and one whose log would not be encrypted")
def _(sandbox):
    with quick(sandbox) as own:
        logs, ssm = own.client("logs", account=reachable(own)), member(own)
        why, status = refused(own, held(own, "true"))
        contains(why, "neither a log group nor a bucket")
        equal(status, 1)
        prefer(ssm, s3BucketName="kept", s3KeyPrefix="p/")
        why, status = refused(own, held(own, "true"))
        contains(why, "S3")
        equal(status, 2)
        equal(refused(own, "nobody-0123456789abcdef0")[1], 1)

        logs.create_log_group(logGroupName="plain")
        prefer(ssm, cloudWatchLogGroupName="plain", cloudWatchEncryptionEnabled=True)
        assert "encryption is not set up" in Session(start(own)).until_closed()
        prefer(ssm, runAsEnabled=True, runAsDefaultUser="")
        assert "Invalid RunAs username" in Session(start(own)).until_closed()
        prefer(ssm, runAsEnabled=True, runAsDefaultUser="nobody-of-that-name")
        assert "does not exist" in Session(start(own)).until_closed()


@case("logs: the output of a command, its streams side by side")
def _(sandbox):
    logs, now = sandbox.client("logs", account=reachable(sandbox)), now_ms(sandbox)
    group, command = "/aws/ssm/AWS-RunShellScript", "0b7e5c1e-0000-4000-8000-000000000001"
    logs.create_log_group(logGroupName=group)
    for node, way in (("i-1", "stdout"), ("i-1", "stderr"), ("i-2", "stdout")):
        name = f"{command}/{node}/aws-runShellScript/{way}"
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[
            {"timestamp": now, "message": f"{node} says\non {way}"}])
    text, found, status = shown(sandbox, group, command)
    equal((len(found["rows"]), status), (6, 0))
    equal(len({row["stream"] for row in found["rows"]}), 3)
    assert "on stderr" in text and "i-2 says" in text, text
    contains(refused(sandbox, group, "another")[0], f"no stream of {group} in scope begins with 'another'")
