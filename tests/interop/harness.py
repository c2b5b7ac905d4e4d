"""What the cases share: sandboxes, clients, raw signed requests, and the record of results."""
import contextlib
import functools
import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import traceback
import urllib.parse

try:
    import boto3
    import botocore.auth
    import botocore.awsrequest
    import botocore.config
    import botocore.credentials
    import botocore.exceptions
    import botocore.session
except ImportError:
    boto3 = None

AWS = shutil.which("aws", path="/usr/bin:/bin") or shutil.which("aws")
READ_ROLE, ADMIN_ROLE, ONCALL_ROLE = (
    "WatchdeckReadOnly", "OrganizationAccountAccessRole", "WatchdeckOnCall")

# The protocols by service: JSON services have their target, the others their version.
TARGETS = {"organizations": "AWSOrganizationsV20161128", "config": "StarlingDoveService",
           "kms": "TrentService", "ec2-instance-connect": "AWSEC2InstanceConnectService",
           "logs": "Logs_20140328", "ssm": "AmazonSSM",
           "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"}
VERSIONS = {"sts": "2011-06-15", "ec2": "2016-11-15", "sns": "2010-03-31"}


class Skip(Exception):
    """Raised by a case that cannot run here; a failure when what it lacks is required."""


def missing():
    """What --require can name and this machine lacks, with the reason."""
    lacks = {}
    if AWS is None or boto3 is None:
        lacks["aws"] = "the AWS CLI and boto3 are not installed (awscli, python3-boto3)"
    return lacks


CASES = []  # (name, function, what it needs: "aws" or "moto")
OPERATIONS = set()  # "service:Operation" that a case calls well


def case(name, needs="aws"):
    """needs "moto": the case is given a running Moto; else the Sandbox that all share."""
    def register(function):
        CASES.append((name, function, needs))
        return function
    return register


def operation(service, name):
    """A case that calls an operation as it should be called, and checks the parsed reply."""
    OPERATIONS.add(f"{service}:{name}")
    return case(f"{service} {name}")


class Credentials:
    def __init__(self, key, secret, token=None):
        self.key, self.secret, self.token = key, secret, token

    @staticmethod
    def of_session(reply):
        c = reply["Credentials"]
        return Credentials(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def code(self):
        """The error's code, by whichever protocol."""
        if self.text.startswith("{"):
            return json.loads(self.text).get("__type", "").split("#")[-1]
        return self.text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in self.text else ""


class Sandbox:
    """A running watchdeck-sandbox; its end of --parent-fd is ours."""

    def __init__(self, build, *options):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="watchdeck-interop-")
        self.log_path = os.path.join(self.folder, "requests.jsonl")
        if "--world" not in options:  # clients that never retry page through CloudTrail's events
            options += ("--world", "lookups=10000")
        keep, self.parent = os.pipe()
        os.set_inheritable(keep, True)
        self.process = subprocess.Popen(
            [os.path.join(build, "watchdeck-sandbox"), "--listen", "127.0.0.1:0",
             "--requests", self.log_path, "--parent-fd", str(keep), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[keep])
        os.close(keep)
        self.ready = json.loads(self.process.stdout.readline())
        self.endpoint, self.region = self.ready["endpoint"], self.ready["region"]
        self.account = self.ready["management_account"]
        self.users = {p["name"]: Credentials(p["access_key_id"], p["secret_access_key"])
                      for p in self.ready["principals"]}
        self.ca = None
        self.session = functools.lru_cache(None)(self._session)
        self.client = functools.lru_cache(None)(self._client)

    def stop(self):
        os.close(self.parent)
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        shutil.rmtree(self.folder)
        return status

    def requests(self):
        with open(self.log_path) as lines:
            return [json.loads(line) for line in lines]

    # --- clients ---

    def _session(self, account, role, user="oncall"):
        """Credentials of a role's session in a member account."""
        reply = self.client("sts", user=user).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="interop")
        return Credentials.of_session(reply)

    def _client(self, service, user="oncall", account=None, role=ADMIN_ROLE, region=None,
                credentials=None, validate=True):
        """A boto3 client that never retries; account: through a role there."""
        who = credentials or self.users[user]
        if account and account != self.account:
            who = self.session(account, role, user)
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region or self.region,
            aws_access_key_id=who.key, aws_secret_access_key=who.secret,
            aws_session_token=who.token, verify=self.ca,
            config=botocore.config.Config(parameter_validation=validate,
                                          retries={"total_max_attempts": 1}))

    def cli_environment(self, who):
        """What the AWS CLI sees; who None: it has to find credentials itself."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "AWS_PAGER": "",
            "AWS_DEFAULT_REGION": self.region, "AWS_MAX_ATTEMPTS": "1", "LC_ALL": "C.UTF-8"}
        if who:
            environment.update({"AWS_ACCESS_KEY_ID": who.key,
                                "AWS_SECRET_ACCESS_KEY": who.secret,
                                "AWS_EC2_METADATA_DISABLED": "true"})
        if who and who.token:
            environment["AWS_SESSION_TOKEN"] = who.token
        if self.ca:
            environment["AWS_CA_BUNDLE"] = self.ca
        return environment

    def cli(self, *arguments, user="oncall", credentials=None, environment=None, check=True,
            direct=True):
        """The AWS CLI's parsed reply; with check False its exit status and stderr. environment:
        variables instead of credentials. direct False: it looks for AWS itself."""
        who = None if environment is not None else credentials or self.users[user]
        done = subprocess.run(
            [AWS, *(["--endpoint-url", self.endpoint] if direct else []), "--output", "json",
             *arguments],
            env={**self.cli_environment(who), **(environment or {})},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True)
        if not check:
            return done.returncode, done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    # --- below the SDKs ---

    def send(self, method="POST", path="/", headers=None, body=b"", endpoint=None):
        url = urllib.parse.urlsplit(endpoint or self.endpoint)
        context = ssl.create_default_context(cafile=self.ca) if self.ca else None
        connection = (http.client.HTTPSConnection(url.hostname, url.port, context=context)
                      if self.ca else http.client.HTTPConnection(url.hostname, url.port))
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        answer = Answer(reply.status, dict(reply.getheaders()), reply.read())
        connection.close()
        return answer

    def signed(self, service, headers, body, user="oncall", credentials=None, region=None,
               signer=None, sign_as=None):
        """Headers with a signature over them and body."""
        who = credentials or self.users[user]
        request = botocore.awsrequest.AWSRequest(
            "POST", self.endpoint + "/", headers=headers, data=body)
        (signer or botocore.auth.SigV4Auth)(
            botocore.credentials.Credentials(who.key, who.secret, who.token),
            sign_as or service, region or self.region).add_auth(request)
        return dict(request.headers.items())

    def call(self, service, name, parameters="", **how):
        """A signed call with a body of our own: a form without Action, or JSON text."""
        if service in TARGETS:
            headers = {"Content-Type": "application/x-amz-json-1.1",
                       "X-Amz-Target": f"{TARGETS[service]}.{name}"}
            body = parameters
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
            body = f"Action={name}&Version={VERSIONS[service]}" + (
                "&" + parameters if parameters else "")
        return self.send("POST", "/", self.signed(service, headers, body.encode(), **how),
                         body.encode())

    def control(self, what, body=None):
        path = urllib.parse.urlsplit(self.ready["control"]).path
        answer = self.send("POST" if body is not None else "GET", f"{path}/{what}",
                           {"Content-Type": "application/json"},
                           json.dumps(body).encode() if body is not None else b"")
        return answer.status, json.loads(answer.text)


@contextlib.contextmanager
def running(sandbox, *options):
    """Another sandbox with options of its own; its end is checked too."""
    other = Sandbox(sandbox.build, *options)
    try:
        yield other
    finally:
        equal(other.stop(), 0, "exit status")


# --- what cases say -------------------------------------------------------------------------------

def equal(got, expected, what=""):
    assert got == expected, f"{what or 'got'} {got!r}, expected {expected!r}"


def contains(text, part):
    assert part in text, f"{part!r} is not in {text!r}"


def fails(code, call, status=None, message=None):
    """call() must fail with that error; gives the whole error reply."""
    try:
        call()
    except botocore.exceptions.ClientError as e:
        equal(e.response["Error"]["Code"], code, "code")
        if status is not None:
            equal(e.response["ResponseMetadata"]["HTTPStatusCode"], status, "status")
        if message is not None:
            contains(e.response["Error"]["Message"], message)
        return e.response
    raise AssertionError(f"no error, expected {code}")


class Record:
    """Results as TAP lines, and their sum."""

    def __init__(self, required):
        self.required = required
        self.number = self.passed = self.failed = self.skipped = 0

    def run(self, name, function, needs, *arguments):
        self.number += 1
        try:
            function(*arguments)
        except Skip as why:
            if needs in self.required:
                return self.fail(name, str(why))
            return self._skip(name, str(why))
        except Exception:  # a case that breaks has failed, whatever broke it
            self.failed += 1
            print(f"not ok {self.number} - {name}")
            for line in traceback.format_exc().rstrip().splitlines():
                print(f"# {line}")
            return None
        self.passed += 1
        print(f"ok {self.number} - {name}", flush=True)
        return None

    def fail(self, name, why):
        self.failed += 1
        print(f"not ok {self.number} - {name} (required, but: {why})")

    def skip(self, name, why):
        self.number += 1
        self._skip(name, why)

    def _skip(self, name, why):
        self.skipped += 1
        print(f"ok {self.number} - {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.number}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 0 if self.failed == 0 and self.passed > 0 else 1
