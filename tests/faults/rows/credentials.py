"""Credentials: many processes that want the same, and programs that hand out what is none."""
import json
import os
import pathlib
import subprocess
import time

from matrix import row
from rows import login

ROLE = "OrganizationAccountAccessRole"
N_PROCESSES = 50


def profiles(room, text, **values):
    room.write(".aws/config", text.format(**values))
    room.env.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")


def member(room):
    """An account that lets the organization's people in."""
    return next(account["account_id"] for account in room.once("accounts").rows
                if account.get("reachable") and not account["management"])


def spoil_cache(room, how):
    """What an earlier run has left at the place of each file."""
    left_s = -60 if how == "lapsed" else 240
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + left_s))
    old = {"Credentials": {"AccessKeyId": "ASIAOLD", "SecretAccessKey": "old",
                           "SessionToken": "old", "Expiration": ends}}
    texts = {"damaged": "{\"Credentials\": {\"Acc", "empty": "", "of another kind": "[1, 2]"}
    for path in room.path(".aws/cli/cache").glob("*.json"):
        path.write_text(texts.get(how, json.dumps(old)))
        os.utime(path, (time.time() - 3360,) * 2)  # when an hour's session had begun


def assumed(sandbox):
    """What was asked for with the base's keys; the screen tries to enter another account besides."""
    return [r for r in sandbox.requests("AssumeRole") if not r["principal"].endswith("/many")]


@row(24, waits_s=10)
def fifty_at_once(room):
    fifty_want_a_role(room)
    login.fifty_renew_once(room, N_PROCESSES)


def fifty_want_a_role(room):
    """One asks for the role, whatever is in the cache, and all have it."""
    sandbox = room.sandbox(latency_ms=50)
    profiles(room, "[profile base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
             "[profile ops]\nrole_arn = arn:aws:iam::{account}:role/{role}\nsource_profile = base\n"
             "role_session_name = many\n", key=sandbox.ready["access_key_id"],
             secret=sandbox.ready["secret_access_key"], account=member(room), role=ROLE)
    ask = [room.watchdeck, "--profile", "ops", "--once", "identity"]
    how = room.random.choice(["absent", "damaged", "empty", "of another kind", "lapsed", "ending"])
    if how != "absent":
        room.run(ask).must_end(0, 3, 4)
        spoil_cache(room, how)
    before = len(assumed(sandbox))
    running = [subprocess.Popen(ask, env=room._env(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for _ in range(N_PROCESSES)]
    for process in running:
        said, _ = process.communicate(timeout=300)
        assert process.returncode in (0, 3, 4) and ":assumed-role/" in said, said
    asked = len(assumed(sandbox)) - before
    assert asked == 1, f"{asked} calls with a cache that was {how}"


GOOD = '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}'

# What the program does, what is said of it.
PROGRAMS = {
    "dies": ("kill -SEGV $$", "status 139"),
    "fails": ("printf 'no \\033]0;title\\007 luck \\342\\200\\256' >&2; exit 3", "status 3"),
    "floods": ("yes '{\"Version\":1'", "1 MiB"),
    "floods the other way": ("yes >&2 & sleep 0.2; kill $!; exit 4", "status 4"),
    "prints nothing": ("true", "of no use"),
    "prints half": ("printf '{\"Version\":1,\"AccessKeyId\":\"AK'", "of no use"),
    "is of another version": ("echo '%s'" % (GOOD % ("A", "s")).replace("1", "2", 1), "Version"),
    "prints what has lapsed": (
        "echo '%s'" % (GOOD % ("A", "s")).replace("}", ",\"Expiration\":\"2001-01-01T00:00:00Z\"}"),
        "2001-01-01"),
    "is not there": (None, "cannot run"),
}


def use_program(room, script):
    path = room.write("a program", script or "", 0o700)
    command = f'sh "{path}"' if script is not None else "/nonexistent/program"
    profiles(room, "[profile p]\ncredential_process = {command}\n", command=command)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@row(61, waits_s=60)
def misbehaving_programs(room):
    """Each is named with its file and line; nothing of it reaches the terminal raw."""
    sandbox = room.sandbox()
    for what, (script, said) in PROGRAMS.items():
        use_program(room, script)
        outcome = room.once_table("identity", "--profile", "p").must_end(5).must_say(said)
        assert not set(outcome.err) & set("\033\007\u202e"), f"{what}: {outcome}"
        if what not in ("prints what has lapsed",):
            outcome.must_say("config:2")
    assert not sandbox.requests(), "something was sent without credentials"
    if room.seed == 1:
        hang(room)
    use_program(room, "echo '%s'" % (GOOD % (sandbox.ready["access_key_id"],
                                             sandbox.ready["secret_access_key"])))
    room.once_table("identity", "--profile", "p").must_end(0, 3, 4)


def hang(room):
    """One that never ends is ended after a minute, with what it has started."""
    pids = room.path("pids")
    use_program(room, f"sleep 1000 & echo $! $$ >'{pids}'; echo still waiting >&2; wait")
    start = time.monotonic()
    outcome = room.once_table("identity", "--profile", "p", limit_s=400)
    outcome.must_end(5).must_say("60 s: still waiting")
    assert time.monotonic() - start >= 59, outcome
    assert not any(is_alive(pid) for pid in pids.read_text().split())
