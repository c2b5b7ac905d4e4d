"""Credentials of a machine, found by the CLI and boto3: instance metadata, container endpoints."""
import datetime
import json
import time

from harness import case, contains, equal, running

ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
TTL, TOKEN = "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"


def ask(sandbox, what, method, path, headers=None):
    return sandbox.send(method, path, headers, endpoint=sandbox.ready[what]["endpoint"])


def imds(sandbox, method, path, headers=None):
    return ask(sandbox, "imds", method, path, headers)


def imds_token(sandbox, seconds=60):
    answer = imds(sandbox, "PUT", "/latest/api/token", {TTL: str(seconds)})
    equal(answer.status, 200)
    return {TOKEN: answer.text}


def metadata(sandbox):
    # botocore glues its paths to it as it is
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": sandbox.ready["imds"]["endpoint"] + "/"}


def who(sandbox, environment):
    return sandbox.cli("sts", "get-caller-identity", environment=environment)["Arn"]


@case("imds: the CLI finds the instance's role, by either version")
def _(sandbox):
    for options in ("on", "v1", "v2"):
        with running(sandbox, "--imds", options) as other:
            equal(who(other, metadata(other)), f"arn:aws:sts::{other.account}:assumed-role/"
                                               "WatchdeckInstance/i-0a1b2c3d4e5f60718")


@case("imds: tokens and what they open")
def _(sandbox):
    with running(sandbox, "--imds", "v2") as other:
        for seconds in ("0", "21601", "many", ""):
            equal(imds(other, "PUT", "/latest/api/token", {TTL: seconds}).status, 400, seconds)
        equal(imds(other, "PUT", "/latest/api/token").status, 400)
        equal(imds(other, "PUT", "/latest/api/token",
                   {TTL: "60", "X-Forwarded-For": "10.0.0.1"}).status, 403)
        token = imds_token(other)
        for headers in (None, {TOKEN: "forged"}):
            equal(imds(other, "GET", ROLE_PATH, headers).status, 401)
        equal(imds(other, "GET", ROLE_PATH, token).text, "WatchdeckInstance")
        equal(imds(other, "GET", ROLE_PATH[:-1], token).text, "WatchdeckInstance")
        equal(imds(other, "GET", "/latest/meta-data/placement/region", token).text, other.region)
        equal(imds(other, "GET", "/latest/meta-data/placement/availability-zone/", token).text,
              other.region + "a")
        document = json.loads(imds(other, "GET", "/latest/dynamic/instance-identity/document",
                                   token).text)
        equal((document["region"], document["accountId"]), (other.region, other.account))
        for path in (ROLE_PATH + "NoSuchRole", "/latest/meta-data/ami-id", "/", "/2009-04-04/"):
            equal(imds(other, "GET", path, token).status, 404, path)
        equal(imds(other, "POST", "/latest/api/token", {TTL: "60"}).status, 405)
        other.control("clock", {"advance_s": 61})
        equal(imds(other, "GET", ROLE_PATH, token).status, 401)


@case("imds: version 1 alone has no tokens; no role, no credentials")
def _(sandbox):
    with running(sandbox, "--imds", "v1") as other:
        equal(imds(other, "PUT", "/latest/api/token", {TTL: "60"}).status, 404)
        equal(imds(other, "GET", ROLE_PATH).text, "WatchdeckInstance")
        equal(other.control("imds", {"options": "norole"})[0], 200)
        equal(imds(other, "GET", ROLE_PATH, imds_token(other)).status, 404)
        equal(imds(other, "GET", ROLE_PATH + "WatchdeckInstance").status, 404)
        status, text = other.cli("sts", "get-caller-identity", environment=metadata(other),
                                 check=False)
        equal(status, 253)
        contains(text, "Unable to locate credentials")
        for body in ({}, {"options": "v3"}, {"options": "v1,v2"}, {"options": "lasts"}):
            equal(other.control("imds", body)[0], 400, body)
    equal(sandbox.control("imds", {"options": "on"})[0], 409)


@case("imds: credentials stay until they are about to end, then there are new ones")
def _(sandbox):
    with running(sandbox, "--imds", "on,lasts=3600") as other:
        def credentials():
            answer = imds(other, "GET", ROLE_PATH + "WatchdeckInstance", imds_token(other))
            return json.loads(answer.text)
        first = credentials()
        equal((first["Code"], first["Type"]), ("Success", "AWS-HMAC"))
        ends = datetime.datetime.fromisoformat(first["Expiration"].replace("Z", "+00:00"))
        assert 3590 < ends.timestamp() - time.time() <= 3600, first
        equal(credentials(), first)
        other.control("clock", {"advance_s": 3301})
        second = credentials()
        assert second["AccessKeyId"] != first["AccessKeyId"]


@case("imds: slow beyond what the CLI waits")
def _(sandbox):
    with running(sandbox, "--imds", "slow=2500") as other:
        status, text = other.cli("sts", "get-caller-identity", environment=metadata(other),
                                 check=False)
        equal(status, 253)
        contains(text, "Unable to locate credentials")


def container_uri(sandbox):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": sandbox.ready["container"]["full_uri"]}


@case("container: the CLI by the full URI and its token")
def _(sandbox):
    with running(sandbox, "--container", "on") as other:
        token = other.ready["container"]["token"]
        arn = f"arn:aws:sts::{other.account}:assumed-role/WatchdeckTask/watchdeck-task"
        equal(who(other, {**container_uri(other), "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}),
              arn)
        status, text = other.cli(
            "sts", "get-caller-identity", check=False, environment={
                **container_uri(other), "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"})
        assert status != 0
        contains(text, "401")


@case("container: both forms below the SDKs")
def _(sandbox):
    with running(sandbox, "--container", "lasts=900") as other:
        where = other.ready["container"]
        for path, headers in ((where["relative_uri"], None),
                              ("/v1/credentials", {"Authorization": where["token"]})):
            answer = ask(other, "container", "GET", path, headers)
            equal(answer.status, 200)
            got = json.loads(answer.text)
            equal(set(got), {"AccessKeyId", "SecretAccessKey", "Token", "Expiration",
                             "AccountId"})
            ends = datetime.datetime.fromisoformat(got["Expiration"].replace("Z", "+00:00"))
            assert 880 < ends.timestamp() - time.time() <= 900, got["Expiration"]
        equal(ask(other, "container", "GET", "/v1/credentials").status, 401)
        equal(ask(other, "container", "GET", "/v2/credentials/00000000").status, 404)
        equal(ask(other, "container", "POST", where["relative_uri"]).status, 405)
