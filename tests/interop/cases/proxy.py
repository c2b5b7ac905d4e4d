"""The CONNECT proxy, and through it the CLI as it is configured for AWS: no endpoint is named."""
import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import urllib.parse

from cases.sts import reachable
from harness import AWS, READ_ROLE, case, contains, equal, running

USER = "mallory:pass,word".replace(",", ".")


@contextlib.contextmanager
def proxied(sandbox, words="", *options):
    """A sandbox behind TLS and a proxy, with what the CLI has to know of them."""
    with running(sandbox) as folder:  # whose folder outlives the other's
        tls = os.path.join(folder.folder, "tls")
        with running(sandbox, "--tls", tls, "--proxy", USER + words, *options) as other:
            other.ca = os.path.join(tls, "ca.pem")
            yield other


def variables(sandbox, credentials=USER):
    url = urllib.parse.urlsplit(sandbox.ready["proxy"]["url"])
    return {"HTTPS_PROXY": f"http://{credentials}@{url.netloc}"}


def with_keys(sandbox, credentials=USER):
    me = sandbox.users["oncall"]
    return {**variables(sandbox, credentials), "AWS_ACCESS_KEY_ID": me.key,
            "AWS_SECRET_ACCESS_KEY": me.secret, "AWS_EC2_METADATA_DISABLED": "true"}


def connect(sandbox, target, *headers, method="CONNECT"):
    """The head of the proxy's answer to a request of our own, and the rest until it ends."""
    url = urllib.parse.urlsplit(sandbox.ready["proxy"]["url"])
    lines = [f"{method} {target} HTTP/1.1", f"Host: {target}", *headers, "", ""]
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        got = connection.recv(65536)
        if b" 200 Connection" not in got:
            while chunk := connection.recv(65536):
                got += chunk
    return got.decode()


BASIC = "Proxy-Authorization: Basic " + base64.b64encode(USER.encode()).decode()


@case("proxy: who may, and whereto")
def _(sandbox):
    with proxied(sandbox) as other:
        host = urllib.parse.urlsplit(other.endpoint).netloc
        for target in (host, "sts.us-east-1.amazonaws.com:443", "ssm.eu-west-1.api.aws:443"):
            contains(connect(other, target, BASIC), "HTTP/1.1 200 Connection established\r\n")
        for target in ("example.com:443", "127.0.0.1:1", "sts.us-east-1.amazonaws.com:80",
                       "amazonaws.com.example.com:443"):
            contains(connect(other, target, BASIC), "HTTP/1.1 502 ")
        for headers in ((), ("Proxy-Authorization: Basic AAAA",), (BASIC.replace("Basic", "B"),)):
            answer = connect(other, host, *headers)
            contains(answer, "HTTP/1.1 407 ")
            contains(answer, 'Proxy-Authenticate: Basic realm="sandbox"')
        contains(connect(other, "http://127.0.0.1/", BASIC, method="GET"), "HTTP/1.1 405 ")


@case("proxy: the CLI finds AWS through it, and says so when it may not")
def _(sandbox):
    with proxied(sandbox) as other:
        reply = other.cli("sts", "get-caller-identity", environment=with_keys(other),
                          direct=False)
        equal(reply["Account"], other.account)
        for service, command in (("ec2", "describe-regions"), ("organizations", "list-roots"),
                                 ("configservice", "describe-config-rules"),
                                 ("ssm", "describe-instance-information")):
            other.cli(service, command, environment=with_keys(other), direct=False)
        before = len(other.requests())
        status, text = other.cli("sts", "get-caller-identity", direct=False, check=False,
                                 environment=with_keys(other, "mallory:guess"))
        assert status != 0
        contains(text, "Failed to connect to proxy URL")
        equal(len(other.requests()), before)


@case("proxy: it refuses, answers with a page, dies, cuts")
def _(sandbox):
    # what is cut off half way is the proxy's fault or TLS's, by what arrives first
    either = ("SSL", "Failed to connect to proxy URL")
    for words, parts in ((",refuse", either[1:]), (",html", either), (",die", either),
                         (",cut=0", ("",)), (",cut=1000", ("",))):
        with proxied(sandbox, words) as other:
            status, text = other.cli("sts", "get-caller-identity", direct=False, check=False,
                                     environment=with_keys(other))
            assert status != 0, words
            assert any(part in text for part in parts), (words, text)
            equal(other.requests(), [], words)
    with proxied(sandbox, ",html") as other:
        contains(connect(other, "sts.amazonaws.com:443", BASIC), "<title>Access</title>")
    with proxied(sandbox, ",die") as other:
        equal(connect(other, "sts.amazonaws.com:443", BASIC), "HTTP/1.1 200 Conn")
    with proxied(sandbox, ",silent") as other:
        url = urllib.parse.urlsplit(other.ready["proxy"]["url"])
        with socket.create_connection((url.hostname, url.port)) as connection:
            connection.sendall(f"CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n{BASIC}\r\n\r\n"
                               .encode())
            connection.settimeout(0.3)
            try:
                connection.recv(1)
                raise AssertionError("it was to say nothing")
            except TimeoutError:
                pass


# --- whole chains, as in a user's shell -----------------------------------------------------------

def configure(sandbox, text):
    folder = os.path.join(sandbox.folder, ".aws")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config"), "w") as config:
        config.write(text)


def sign_in(sandbox, profile):
    """aws sso login, with somebody who reads the code it shows and approves it."""
    process = subprocess.Popen(
        [AWS, "sso", "login", "--no-browser", "--profile", profile],
        env={**sandbox.cli_environment(None), **variables(sandbox), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    killer = threading.Timer(60, process.kill)
    killer.start()
    said = ""
    for line in process.stdout:
        said += line
        if re.fullmatch("[A-Z]{4}-[A-Z]{4}\n", line):
            equal(sandbox.control("sso", {"user_code": line.strip(), "action": "approve"})[0],
                  200)
    killer.cancel()
    equal(process.wait(), 0, said)
    return said


SSO_PROFILES = """
[sso-session company]
sso_start_url = {start_url}
sso_region = {region}
sso_registration_scopes = sso:account:access
[profile admin]
sso_session = company
sso_account_id = {account}
sso_role_name = AdministratorAccess
[profile legacy]
sso_start_url = {start_url}
sso_region = {region}
sso_account_id = {account}
sso_role_name = ReadOnlyAccess
[profile member]
source_profile = legacy
role_arn = arn:aws:iam::{member}:role/{role}
"""


@case("proxy: aws sso login, its profiles, a role behind one; the token refreshes itself")
def _(sandbox):
    with proxied(sandbox) as other:
        member = reachable(other)
        configure(other, SSO_PROFILES.format(account=other.account, member=member,
                                             role=READ_ROLE, **other.ready["sso"]))

        def who(profile):
            return other.cli("sts", "get-caller-identity", "--profile", profile,
                             environment=variables(other), direct=False)["Arn"]
        equal(other.control("sso", {"token_s": 60})[0], 200)
        contains(sign_in(other, "admin"), "Successfully logged into Start URL")
        contains(who("admin"), "AWSReservedSSO_AdministratorAccess_")
        cached = os.path.join(other.folder, ".aws", "cli", "cache")
        for name in os.listdir(cached):
            os.unlink(os.path.join(cached, name))
        other.control("sso", {"token_s": 3600})
        contains(who("admin"), "AWSReservedSSO_AdministratorAccess_")
        grants = [r["parameters"]["grantType"] for r in other.requests()
                  if r["operation"] == "CreateToken" and r["status"] == 200]
        # a token of a minute is refreshed before each use, one of an hour is not
        equal(grants, ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token",
                       "refresh_token"])
        sign_in(other, "legacy")
        contains(who("legacy"), "AWSReservedSSO_ReadOnlyAccess_")
        contains(who("member"), f":{member}:assumed-role/{READ_ROLE}/")
        equal(other.control("sso", {"action": "revoke"})[0], 200)
        for name in os.listdir(cached):
            os.unlink(os.path.join(cached, name))
        status, text = other.cli("sts", "get-caller-identity", "--profile", "legacy",
                                 environment=variables(other), direct=False, check=False)
        assert status != 0
        contains(text, "The SSO session associated with this profile has expired")


@case("proxy: web identity by the environment; a role behind instance metadata")
def _(sandbox):
    with proxied(sandbox, "", "--imds", "v2") as other:
        role = next(r["arn"] for r in other.ready["roles"] if r["needs"] == "web_identity")
        path = os.path.join(other.folder, "token")
        with open(path, "w") as file:
            file.write(other.control("web-identity", {})[1]["token"])
        reply = other.cli("sts", "get-caller-identity", direct=False, environment={
            **variables(other), "AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": role,
            "AWS_ROLE_SESSION_NAME": "pod"})
        contains(reply["Arn"], ":assumed-role/WatchdeckWebIdentity/pod")
        oncall = next(r["arn"] for r in other.ready["roles"] if r["arn"].endswith("OnCall"))
        configure(other, f"[profile machine]\ncredential_source = Ec2InstanceMetadata\n"
                         f"role_arn = {oncall}\nrole_session_name = chained\n")
        reply = other.cli("sts", "get-caller-identity", "--profile", "machine", direct=False,
                          environment={**variables(other), "NO_PROXY": "127.0.0.1",
                                       "AWS_EC2_METADATA_SERVICE_ENDPOINT":
                                       other.ready["imds"]["endpoint"] + "/"})
        contains(reply["Arn"], ":assumed-role/WatchdeckOnCall/chained")


@case("proxy: an external id from a profile")
def _(sandbox):
    with proxied(sandbox) as other:
        role = next(r for r in other.ready["roles"] if r["needs"] == "external_id")
        me = other.users["oncall"]
        configure(other, f"[profile base]\naws_access_key_id = {me.key}\n"
                         f"aws_secret_access_key = {me.secret}\n"
                         f"[profile partner]\nsource_profile = base\nrole_arn = {role['arn']}\n"
                         f"external_id = {role['external_id']}\n")
        reply = other.cli("sts", "get-caller-identity", "--profile", "partner", direct=False,
                          environment=variables(other))
        contains(reply["Arn"], ":assumed-role/WatchdeckPartner/")
        records = other.requests()
        equal([r["operation"] for r in records], ["AssumeRole", "GetCallerIdentity"])
        assert me.secret not in json.dumps(records)
