"""The console's credentials beside those of the AWS CLI: one cache, the same chains."""
import json
import os
import shutil
import subprocess
import tempfile

import botocore.credentials
import botocore.session

from cases.sts import reachable, role_that_needs, web_token
from harness import ADMIN_ROLE, AWS, Skip, case, contains, equal, running

CONFIG = """[profile base]
aws_access_key_id = {key}
aws_secret_access_key = {secret}
[profile ops]
role_arn = {role}
source_profile = base
role_session_name = night@shift
duration_seconds = 3600
[profile program]
credential_process = sh -c 'cat "$0"' "{folder}/a program's output"
"""


class Home:
    """A HOME of its own, whose profiles are of the sandbox."""

    def __init__(self, sandbox):
        self.sandbox, self.folder = sandbox, tempfile.mkdtemp(prefix="watchdeck-home-")
        os.mkdir(os.path.join(self.folder, ".aws"))
        who, account = sandbox.users["oncall"], reachable(sandbox)
        self.role = f"arn:aws:iam::{account}:role/{ADMIN_ROLE}"
        with open(os.path.join(self.folder, ".aws", "config"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(key=who.key, secret=who.secret, role=self.role,
                                     folder=self.folder))
        self.environment = {
            "HOME": self.folder, "PATH": "/usr/bin:/bin", "AWS_DEFAULT_REGION": sandbox.region,
            "AWS_REGION": sandbox.region, "AWS_EC2_METADATA_DISABLED": "true",
            "LC_ALL": "C.UTF-8"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, text=True, check=False)
        assert done.returncode in (0, 3, 4), done.stderr
        return json.loads(done.stdout)

    def cli(self, profile):
        """The ARN that the AWS CLI has."""
        return self.run(AWS, "--endpoint-url", self.sandbox.endpoint, "--output", "json",
                        "--profile", profile, "sts", "get-caller-identity")["Arn"]

    def console_command(self, *options):
        program = os.path.join(self.sandbox.build, "watchdeck")
        if not os.access(program, os.X_OK):
            raise Skip("watchdeck is not built")
        return (program, "--endpoint-url", self.sandbox.endpoint, *options, "--once", "identity",
                "--format", "json")

    def console(self, profile=None):
        """The ARN that the console has."""
        options = ("--profile", profile) if profile else ()
        answer = self.run(*self.console_command(*options))
        return {row["what"]: row.get("value") for row in answer["rows"]}["principal"]

    def console_refusal(self, profile):
        """What the console says when it has none."""
        done = subprocess.run(self.console_command("--profile", profile), env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True,
                              check=False)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def botocore(self, _):
        """The same of botocore, with the cache as the AWS CLI has it; no endpoint can be named to
        the AWS CLI for the call that it makes before the one that it is asked for."""
        def client(service, **how):
            return botocore.session.Session().create_client(
                service, region_name=self.sandbox.region, endpoint_url=self.sandbox.endpoint, **how)

        who, cache = self.sandbox.users["oncall"], os.path.join(self.folder, ".aws/cli/cache")
        found = botocore.credentials.AssumeRoleCredentialFetcher(
            client, botocore.credentials.Credentials(who.key, who.secret), self.role,
            {"RoleSessionName": "night@shift", "DurationSeconds": 3600},
            cache=botocore.credentials.JSONFileCache(cache)).fetch_credentials()
        return client("sts", aws_access_key_id=found["access_key"],
                      aws_secret_access_key=found["secret_key"],
                      aws_session_token=found["token"]).get_caller_identity()["Arn"]

    def assumed(self):
        return sum(r["operation"] == "AssumeRole" and r["status"] == 200
                   for r in self.sandbox.requests())

    def write(self, name, text, mode="w"):
        with open(os.path.join(self.folder, name), mode, encoding="utf-8") as file:
            file.write(text)

    def add_profile(self, name, **keys):
        self.write(".aws/config", f"[profile {name}]\n" + "".join(
            f"{key} = {value}\n" for key, value in keys.items()), "a")


@case("credentials: what the console has assumed, the AWS CLI finds, and the other way round")
def _(sandbox):
    for first, second in ((Home.console, Home.cli), (Home.botocore, Home.console)):
        with Home(sandbox) as home:
            arn = first(home, "ops")
            assert arn.endswith(f":assumed-role/{ADMIN_ROLE}/night@shift"), arn
            n_assumed = home.assumed()
            equal(second(home, "ops"), arn)
            equal(home.assumed(), n_assumed)


@case("credentials: a credential_process as the AWS CLI splits and reads it")
def _(sandbox):
    who = sandbox.users["viewer"]
    with Home(sandbox) as home:
        home.write("a program's output", json.dumps(
            {"Version": 1, "AccessKeyId": who.key, "SecretAccessKey": who.secret}))
        arn = home.cli("program")
        assert arn.endswith(":user/viewer"), arn
        equal(home.console("program"), arn)


@case("credentials: a role that wants an external id")
def _(sandbox):
    role = role_that_needs(sandbox, "external_id")
    with Home(sandbox) as home:
        keys = {"role_arn": role["arn"], "source_profile": "base", "role_session_name": "partner"}
        home.add_profile("partner", external_id=role["external_id"], **keys)
        home.add_profile("stranger", **keys)
        contains(home.console("partner"), ":assumed-role/")
        contains(home.console_refusal("stranger"), role["arn"])


@case("credentials: a role that wants MFA, with nobody there to be asked")
def _(sandbox):
    with Home(sandbox) as home:
        home.add_profile("careful", role_arn=role_that_needs(sandbox, "mfa")["arn"],
                         source_profile="base", mfa_serial="arn:aws:iam::1:mfa/me")
        contains(home.console_refusal("careful"), "arn:aws:iam::1:mfa/me")


@case("credentials: a web identity token, by profile and by environment, read anew each time")
def _(sandbox):
    arn = role_that_needs(sandbox, "web_identity")["arn"]
    subject = "system:serviceaccount:ops:console"
    expected = f":assumed-role/{arn.split('/')[-1]}/"
    with Home(sandbox) as home:
        path = os.path.join(home.folder, "token")
        home.write("token", web_token(sandbox, subject=subject) + "\n")
        home.add_profile("pod", role_arn=arn, web_identity_token_file=path)
        contains(home.console("pod"), expected)
        home.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=path, AWS_ROLE_ARN=arn,
                                AWS_ROLE_SESSION_NAME="named")
        equal(home.console().split("/")[-1], "named")
        home.write("token", "no token")
        home.environment["AWS_ROLE_SESSION_NAME"] = "another"
        contains(subprocess.run(home.console_command(), env=home.environment, timeout=60,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                check=False).stderr, "oken")


@case("credentials: an instance's role, by either version of its metadata")
def _(sandbox):
    for options in ("on", "v1", "v2"):
        with running(sandbox, "--imds", options) as other, Home(other) as home:
            del home.environment["AWS_EC2_METADATA_DISABLED"]
            home.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = other.ready["imds"]["endpoint"]
            contains(home.console(), ":assumed-role/WatchdeckInstance/")


@case("credentials: a container's role, by its token and by its token's file")
def _(sandbox):
    with running(sandbox, "--container", "on") as other, Home(other) as home:
        door = other.ready["container"]
        home.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = door["full_uri"]
        home.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = door["token"]
        contains(home.console(), ":assumed-role/WatchdeckTask/")
        home.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
        home.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = os.path.join(
            home.folder, "token")
        home.write("token", door["token"])
        contains(home.console(), ":assumed-role/WatchdeckTask/")
