"""The console's credentials beside those of the AWS CLI: one cache, the same chains."""
import json
import os
import shutil
import subprocess
import tempfile

import botocore.credentials
import botocore.session

from cases.sts import reachable
from harness import ADMIN_ROLE, AWS, Skip, case, equal

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

    def console(self, profile):
        """The ARN that the console has."""
        program = os.path.join(self.sandbox.build, "watchdeck")
        if not os.access(program, os.X_OK):
            raise Skip("watchdeck is not built")
        answer = self.run(program, "--endpoint-url", self.sandbox.endpoint, "--profile", profile,
                          "--once", "identity", "--format", "json")
        rows = {row["what"]: row.get("value") for row in answer["rows"]}
        return rows["principal"]

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
        return sum(r["operation"] == "AssumeRole" for r in self.sandbox.requests())

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)


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
