"""63: where secrets must not be found: on the terminal, in files, in what other processes see."""
import base64
import json
import os
import resource
import signal
import urllib.parse

from matrix import row
from rows import login

SECRET_MEMBERS = ("secret", "token", "password")
LEAST = 12  # shorter ones are found anywhere
BY_PROFILE = {"AWS_PROFILE": "prod", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def secrets_in(tree):
    """The values of all members of a document that are called as secrets are."""
    if isinstance(tree, list):
        return {s for item in tree for s in secrets_in(item)}
    if not isinstance(tree, dict):
        return set()
    found = {s for item in tree.values() for s in secrets_in(item)}
    return found | {value for key, value in tree.items() if isinstance(value, str)
                    and len(value) >= LEAST and any(m in key.lower() for m in SECRET_MEMBERS)}


def stored(room):
    """What the console shares with the AWS CLI, as it is to be: the one place for them."""
    found = set()
    for path in room.path(".aws").rglob("*.json"):
        assert os.stat(path).st_mode & 0o777 == 0o600, f"{path} can be read by others"
        found |= secrets_in(json.loads(path.read_text()))
    return found


def forms(secret):
    """As it is, and as it travels."""
    raw = secret.encode()
    return {raw, raw.hex().encode(), base64.b64encode(raw)[:-4], base64.urlsafe_b64encode(raw)[:-4],
            urllib.parse.quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}


def must_not_hold(secrets, where, data):
    for secret in secrets:
        for form in forms(secret):
            assert form not in data, f"{secret[:6]}... is in {where}"


def scan_files(room, secrets):
    """Everything that was written below the room's folder, which is home, TMPDIR and all."""
    for path in room.folder.rglob("*"):
        kept = room.path(".aws") in path.parents or path.name == "program"
        if path.is_file() and not kept:
            must_not_hold(secrets, path, path.read_bytes())
            assert not path.name.startswith("core"), f"a core was left: {path}"


def scan_process(secrets, pid, environment):
    """What others see of it, and of what it has started."""
    names = ["cmdline", "comm"] + (["environ"] if environment else [])
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    for each in [str(pid), *children]:
        for name in names:
            try:
                with open(f"/proc/{each}/{name}", "rb") as file:
                    must_not_hold(secrets, f"/proc/{each}/{name}", file.read())
            except OSError:
                pass  # it has ended, or is not to be looked at: so much the better


def look_around(console):
    """Screens that tell who and what, a copy, a prompt with a history, a wrong command."""
    for command, seen in (("identity", "Identity"), ("settings", "Settings"),
                          ("accounts", "Accounts"), ("trail", "Trail")):
        console.type(f":{command}\r")
        console.wait_row(1, seen)
    for keys in ("d", "q", "J", "q", "&"):
        console.keys(keys)
    console.type(":no-such-command\r")
    console.wait("no-such-command")


def crash_and_scan(room, console, secrets, environment=True):
    """Ends by a crash, as the worst of ends: no core, no secret in what is said."""
    scan_process(secrets, console.pid, environment)
    os.kill(console.pid, signal.SIGSEGV)
    assert console.end() == 128 + signal.SIGSEGV
    must_not_hold(secrets, "what went to the terminal", console.bytes())
    must_not_hold(secrets, "the screen", console.screen().encode())
    scan_files(room, secrets)


def scan_once(room, secrets):
    for screen in ("identity", "accounts", "trail", "settings"):
        outcome = room.once(screen, "--log", room.path("log"))
        must_not_hold(secrets, f"--once {screen}", (outcome.out + outcome.err).encode())


@row(63, seeds=2)
def canaries(room):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.chdir(room.folder)  # where a core would be left
    of_identity_center(room)
    of_a_process(room)
    of_mfa(room)


def of_identity_center(room):
    sandbox = room.sandbox()
    login.profile(room, sandbox)
    room.env.update(BY_PROFILE)
    room.env["HTTPS_PROXY"] = "http://mallory:canary-p4ssw0rd@127.0.0.1:1"  # of no use on loopback
    console = room.console("--log", str(room.path("log")))
    login.confirm(console, sandbox)
    console.wait("5/6 accounts")
    secrets = stored(room)
    assert len(secrets) >= 5, "of the login, and of the role it leads to"
    look_around(console)
    scan_once(room, secrets | {"canary-p4ssw0rd"})
    crash_and_scan(room, console, secrets)
    must_not_hold({"canary-p4ssw0rd"}, "what went to the terminal", console.bytes())
    del room.env["HTTPS_PROXY"]


def of_a_process(room):
    """What a credential process prints stays with us; what it is given is nothing of ours."""
    sandbox = room.sandbox()
    secret = sandbox.ready["secret_access_key"]
    keys = json.dumps({"Version": 1, "AccessKeyId": sandbox.ready["access_key_id"],
                       "SecretAccessKey": secret})
    program = room.write("program", f"#!/bin/sh\nenv >{room.path('given')}\necho '{keys}'\n", 0o700)
    room.write(".aws/config", f"[profile prod]\nregion = us-east-1\n"
                              f"credential_process = {program}\n")
    room.env.update(BY_PROFILE, AWS_CONFIG_FILE=None)
    console = room.console("--log", str(room.path("log")))
    console.wait("5/6 accounts")
    look_around(console)
    scan_once(room, {secret} | stored(room))
    crash_and_scan(room, console, {secret} | stored(room))


def of_mfa(room):
    """A code that was typed, and what came of it."""
    sandbox = room.sandbox()
    role = next(r["arn"] for r in sandbox.ready["roles"] if r["needs"] == "mfa")
    told = sandbox.control("mfa", {"user": "oncall"})
    secret = sandbox.ready["secret_access_key"]
    room.write(".aws/config", f"[profile base]\naws_access_key_id = "
                              f"{sandbox.ready['access_key_id']}\n"
                              f"aws_secret_access_key = {secret}\n"
                              f"[profile prod]\nregion = us-east-1\nsource_profile = base\n"
                              f"role_arn = {role}\nmfa_serial = {told['serial']}\n")
    room.env.update(BY_PROFILE, AWS_CONFIG_FILE=None)
    for path in room.path(".aws/cli/cache").glob("*"):
        path.unlink()
    console = room.console("--log", str(room.path("log")))
    console.wait("MFA code")
    console.type(told["code"])
    console.keys("enter")
    console.wait("5/6 accounts")
    assert any(r["status"] == 200 and "SerialNumber" in r["parameters"]
               for r in sandbox.requests("AssumeRole")), "no code was sent"
    assert told["code"] not in console.screen()
    log = room.path("log").read_text() if room.path("log").exists() else ""
    assert told["code"] not in log, "the code is in the log"
    crash_and_scan(room, console, {secret} | stored(room))
