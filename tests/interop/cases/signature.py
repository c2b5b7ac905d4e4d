"""Signatures that AWS refuses, in the words of each protocol family."""
import datetime
import urllib.parse

import botocore.auth

from harness import Credentials, case, contains, equal, fails

FAMILIES = ("sts", "config", "ec2")
CALLS = {"sts": "GetCallerIdentity", "config": "DescribeConfigRules", "ec2": "DescribeRegions"}


def body_of(service):
    return "{}" if service == "config" else ""


def refused(sandbox, service, code, status, message=None, **how):
    answer = sandbox.call(service, CALLS[service], body_of(service), **how)
    equal((answer.code, answer.status), (code, status), service)
    if message:
        contains(answer.text, message)
    assert answer.headers["x-amzn-RequestId"]
    if service != "config":
        contains(answer.text, answer.headers["x-amzn-RequestId"])


def at(minutes):
    """A signer whose clock is that many minutes ahead."""
    class Signer(botocore.auth.SigV4Auth):
        def add_auth(self, request):
            real = botocore.auth.datetime

            class Shifted(datetime.datetime):
                @classmethod
                def utcnow(cls):
                    return datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)

            class Module:
                datetime = Shifted
            botocore.auth.datetime = Module
            try:
                super().add_auth(request)
            finally:
                botocore.auth.datetime = real
    return Signer


@case("signature: a wrong secret")
def _(sandbox):
    wrong = Credentials(sandbox.users["oncall"].key, "not the secret")
    does_not_match = "The request signature we calculated does not match"
    refused(sandbox, "sts", "SignatureDoesNotMatch", 403, does_not_match, credentials=wrong)
    refused(sandbox, "config", "InvalidSignatureException", 400, does_not_match,
            credentials=wrong)
    refused(sandbox, "ec2", "AuthFailure", 401, "AWS was not able to validate",
            credentials=wrong)
    status, stderr = sandbox.cli("sts", "get-caller-identity", credentials=wrong, check=False)
    equal(status, 254)
    contains(stderr, "An error occurred (SignatureDoesNotMatch) when calling the "
                     "GetCallerIdentity operation")


@case("signature: an unknown key, or a session's key without its token")
def _(sandbox):
    nobody = Credentials("AKIAXXXXXXXXXXXXXXXX", "secret")
    session = sandbox.session(sandbox.account, "WatchdeckOnCall")
    for who in (nobody, Credentials(session.key, session.secret),
                Credentials(session.key, session.secret, session.token[:-1] + "A"),
                Credentials(sandbox.users["oncall"].key, sandbox.users["oncall"].secret, "T")):
        refused(sandbox, "sts", "InvalidClientTokenId", 403,
                "The security token included in the request is invalid", credentials=who)
        refused(sandbox, "config", "UnrecognizedClientException", 400, credentials=who)
        refused(sandbox, "ec2", "AuthFailure", 401, credentials=who)


@case("signature: nothing is signed")
def _(sandbox):
    answer = sandbox.send(body=b"Action=GetCallerIdentity&Version=2011-06-15", headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    equal((answer.code, answer.status), ("MissingAuthenticationToken", 403))
    answer = sandbox.send(body=b"{}", headers={
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "StarlingDoveService.DescribeConfigRules"})
    equal((answer.code, answer.status), ("MissingAuthenticationTokenException", 400))


@case("signature: half a signature")
def _(sandbox):
    answer = sandbox.send(body=b"Action=GetCallerIdentity&Version=2011-06-15", headers={
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20150830/us-east-1/sts/aws4_request"})
    equal((answer.code, answer.status), ("IncompleteSignature", 400))
    contains(answer.text, "Authorization header requires 'Signature' parameter.")
    contains(answer.text, "'X-Amz-Date'")


@case("signature: the clock may be wrong by 5 minutes, 15 with Query, either way")
def _(sandbox):
    for service, window, code, status in (
            ("sts", 15, "SignatureDoesNotMatch", 403),
            ("config", 5, "InvalidSignatureException", 400),
            ("ec2", 5, "AuthFailure", 401)):
        words = service != "ec2"
        refused(sandbox, service, code, status,
                f"- {window} min.)" if words else None, signer=at(-window - 0.2))
        refused(sandbox, service, code, status,
                "Signature not yet current: " if words else None, signer=at(window + 0.2))
        for minutes in (0.3 - window, window - 0.3):
            answer = sandbox.call(service, CALLS[service], body_of(service), signer=at(minutes))
            assert answer.code not in (code,), (service, minutes, answer.text)


@case("signature: a scope for something else")
def _(sandbox):
    answer = sandbox.call("config", "DescribeConfigRules", "{}", sign_as="nosuchservice")
    equal((answer.code, answer.status), ("InvalidSignatureException", 400))
    contains(answer.text, "Credential should be scoped to correct service")
    answer = sandbox.call("config", "DescribeConfigRules", "{}", sign_as="ssm")
    equal(answer.code, "UnknownOperationException")


@case("signature: what was signed cannot be altered")
def _(sandbox):
    headers = {"Content-Type": "application/x-amz-json-1.1",
               "X-Amz-Target": "StarlingDoveService.DescribeConfigRules"}
    signed = sandbox.signed("config", headers, b"{}")
    equal(sandbox.send(headers=signed, body=b"{ }").code, "InvalidSignatureException")
    other = {**signed, "X-Amz-Target": "StarlingDoveService.DeleteConfigRule"}
    equal(sandbox.send(headers=other, body=b"{}").code, "InvalidSignatureException")
    more = {**signed, "X-Amz-Security-Token": "token"}
    answer = sandbox.send(headers=more, body=b"{}")
    equal(answer.code, "InvalidSignatureException")
    contains(answer.text, "were not signed")
    equal(sandbox.send("POST", "/?x=1", signed, b"{}").code, "InvalidSignatureException")


@case("signature: the query form")
def _(sandbox):
    url = sandbox.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60,
                                                       HttpMethod="GET")
    split = urllib.parse.urlsplit(url)
    answer = sandbox.send("GET", f"/?{split.query}")
    equal(answer.status, 200)
    contains(answer.text, f"<Account>{sandbox.account}</Account>")
    answer = sandbox.send("GET", f"/?{split.query.replace('GetCallerIdentity', 'AssumeRole')}")
    equal((answer.code, answer.status), ("SignatureDoesNotMatch", 403))
    answer = sandbox.send("GET", "/?" + split.query.replace("X-Amz-Expires=60",
                                                            "X-Amz-Expires=6000000"))
    equal((answer.code, answer.status), ("IncompleteSignature", 400))


@case("signature: sessions end")
def _(sandbox):
    session = sandbox.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{sandbox.account}:role/WatchdeckOnCall", RoleSessionName="short",
        DurationSeconds=900)
    who = Credentials.of_session(session)
    sandbox.client("sts", credentials=who).get_caller_identity()
    sandbox.control("clock", {"advance_s": 901})
    token = "The security token included in the request is expired"
    refused(sandbox, "sts", "ExpiredToken", 403, token, credentials=who)
    refused(sandbox, "config", "ExpiredTokenException", 400, token, credentials=who)
    refused(sandbox, "ec2", "RequestExpired", 400, "Request has expired.", credentials=who)
    fresh = sandbox.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{sandbox.account}:role/WatchdeckOnCall", RoleSessionName="fresh",
        DurationSeconds=900)
    sandbox.client("sts", credentials=Credentials.of_session(fresh)).get_caller_identity()
    sandbox.session.cache_clear()
    sandbox.client.cache_clear()
    fails("ExpiredToken", sandbox.client("sts", credentials=who).get_caller_identity, 403)
