"""One login for watchdeck and the AWS CLI: each reads the tokens and credentials of the other."""
import contextlib
import datetime
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from harness import AWS, Skip, case, contains, equal

ROLE = "ReadOnlyAccess"
PATIENCE_S = 60


class Home:
    """A HOME with one profile of Identity Center; newer: by an sso-session."""

    def __init__(self, sandbox, newer):
        self.sandbox, self.folder = sandbox, tempfile.mkdtemp(prefix="watchdeck-login-")
        self.start_url = sandbox.ready["sso"]["start_url"]
        self.session = "acme" if newer else None
        place = (f"sso_start_url = {self.start_url}\n"
                 f"sso_region = {sandbox.ready['sso']['region']}\n")
        role = f"sso_account_id = {sandbox.account}\nsso_role_name = {ROLE}\nregion = us-east-1\n"
        self.write(".aws/config", f"[profile prod]\nsso_session = acme\n{role}[sso-session acme]\n"
                   f"{place}sso_registration_scopes = sso:account:access\n" if newer
                   else f"[profile prod]\n{place}{role}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def token_file(self):
        name = hashlib.sha1((self.session or self.start_url).encode()).hexdigest()
        return self.path(f".aws/sso/cache/{name}.json")

    def environment(self, **more):
        return {"HOME": self.folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "AWS_PAGER": "",
                "AWS_EC2_METADATA_DISABLED": "true", **more}

    def watchdeck(self, *arguments):
        program = os.path.join(self.sandbox.build, "watchdeck")
        if not os.access(program, os.X_OK):
            raise Skip("watchdeck is not built")
        return subprocess.Popen(
            [program, "--profile", "prod", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.environment(AWS_ENDPOINT_URL=self.sandbox.endpoint))

    def identity(self):
        """What `--once identity` says, by name of the row."""
        process = self.watchdeck("--once", "identity", "--format", "json")
        out, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (0, 4), said
        return {row["what"]: row["value"] for row in json.loads(out)["rows"]}

    def cli(self, *arguments):
        done = subprocess.run(
            [AWS, "--profile", "prod", "--endpoint-url", self.sandbox.endpoint, "--output", "json",
             *arguments], env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE_S, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextlib.contextmanager
def home(sandbox, newer=True):
    it = Home(sandbox, newer)
    try:
        yield it
    finally:
        shutil.rmtree(it.folder)


def approve_next(sandbox):
    """Confirms the code that waits, as soon as one does."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        codes = sandbox.control("sso")[1]["pending"]
        if codes:
            equal(sandbox.control("sso", {"user_code": codes[0], "action": "approve"})[0], 200)
            return
        time.sleep(0.05)
    raise AssertionError("nobody has asked for a login")


def log_in(place):
    """From inside the console, played by a script."""
    place.write("login.script", "wait Log in\nwait SSO \n")
    process = place.watchdeck("--script", place.path("login.script"))
    approve_next(place.sandbox)
    _, said = process.communicate(timeout=PATIENCE_S)
    equal(process.returncode, 0, said)


def cli_code(place, command, *arguments):
    """The AWS CLI's own reader and writer of tokens."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.Popen(
        [sys.executable, os.path.join(here, "cli_sso.py"), command, place.folder, place.start_url,
         place.session or "", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=place.environment())


def result(process):
    out, said = process.communicate(timeout=PATIENCE_S)
    equal(process.returncode, 0, said)
    return out


@case("login: the AWS CLI reads the token and the credentials that watchdeck has cached")
def _(sandbox):
    for newer in (True, False):
        with home(sandbox, newer) as place:
            log_in(place)
            equal(stat.S_IMODE(os.stat(place.token_file()).st_mode), 0o600)
            token = json.loads(result(cli_code(place, "token")))
            left = (datetime.datetime.fromisoformat(token["expiresAt"].replace("Z", "+00:00"))
                    - datetime.datetime.now(datetime.timezone.utc))
            assert left.total_seconds() > 0, token["expiresAt"]
            accounts = sandbox.client("sso").list_accounts(accessToken=token["accessToken"])
            contains([a["accountId"] for a in accounts["accountList"]], sandbox.account)
            # The portal's hosts cannot be reached from here: it is the cache that serves the CLI.
            who = place.cli("sts", "get-caller-identity")
            contains(who["Arn"], f"_{ROLE}_")


@case("login: watchdeck reads the token that the AWS CLI has cached")
def _(sandbox):
    for newer in (True, False):
        with home(sandbox, newer) as place:
            login = cli_code(place, "login", sandbox.endpoint, sandbox.ready["sso"]["region"])
            approve_next(sandbox)
            result(login)
            contains(place.identity()["principal"], f"_{ROLE}_")


@case("login: a torn token file is asked for again, not tripped over")
def _(sandbox):
    with home(sandbox) as place:
        log_in(place)
        with open(place.token_file()) as file:
            whole = file.read()
        shutil.rmtree(place.path(".aws/cli"), ignore_errors=True)  # a role that was kept serves without
        place.write(os.path.relpath(place.token_file(), place.folder), whole[:len(whole) // 2])
        log_in(place)
        contains(place.identity()["principal"], f"_{ROLE}_")
