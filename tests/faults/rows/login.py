"""23 to 26: a login at IAM Identity Center that ends, that many want, that lies torn on disk."""
import collections
import datetime
import hashlib
import json
import shutil
import subprocess

from matrix import row
from room import GOOD_STATUSES

PROCESSES = 50
READS = ("Describe", "List", "Select")
ENOSPC = 28


def profile(room, sandbox):
    """A profile `prod`; where its token will lie."""
    sso = sandbox.ready["sso"]
    room.env["AWS_CONFIG_FILE"] = str(room.write(
        "config", f"[profile prod]\nsso_session = acme\nsso_account_id = {sandbox.account}\n"
        f"sso_role_name = {sso['roles'][0]}\nregion = {sandbox.region}\n"
        f"[sso-session acme]\nsso_start_url = {sso['start_url']}\nsso_region = {sso['region']}\n"))
    return room.path(f".aws/sso/cache/{hashlib.sha1(b'acme').hexdigest()}.json")


def confirm(console, sandbox):
    """What the person does when the dialog asks."""
    console.wait("Log in")
    code, = sandbox.control("sso")["pending"]
    sandbox.control("sso", {"user_code": code, "action": "approve"})
    console.wait_gone("Log in")


def log_in(room, sandbox):
    console = room.console("--profile", "prod")
    confirm(console, sandbox)
    console.wait("org:")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0


def once(room, **how):
    return room.once("identity", "--profile", "prod", **how)


def logins(sandbox):
    return len(sandbox.requests("StartDeviceAuthorization"))


def renewals(sandbox):
    return [r for r in sandbox.requests("CreateToken")
            if r["parameters"]["grantType"] == "refresh_token"]


def let_token_lapse(room, path):
    """As if an hour had passed; the role's credentials are gone with it."""
    token = json.loads(path.read_text())
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    token["expiresAt"] = past.strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(json.dumps(token))
    shutil.rmtree(room.path(".aws/cli"))


@row(23)
def ends_in_the_middle(room):
    """One login more, and nothing that was answered is asked again."""
    sandbox = room.sandbox(latency_ms=20, options=["--clock", "manual"])
    profile(room, sandbox)
    console = room.console("--profile", "prod")
    confirm(console, sandbox)
    wanted = room.random.randrange(10, 40)
    while sum(r["operation"].startswith(READS) for r in sandbox.requests()) < wanted:
        assert not console.has("loading was cancelled")
    sandbox.control("clock", {"advance_s": 36000})
    confirm(console, sandbox)
    console.wait_gone("loading")
    console.wait("org:")
    answers = collections.Counter(
        (r["operation"], r["account"], r["region"], json.dumps(r["parameters"], sort_keys=True))
        for r in sandbox.requests() if r["status"] == 200 and r["operation"].startswith(READS))
    assert len(answers) > wanted
    assert max(answers.values()) == 1, answers.most_common(1)
    assert any(r["status"] in (400, 401, 403) for r in sandbox.requests()), "nothing has lapsed"
    assert logins(sandbox) == 2


def fifty_renew_a_token(room):
    """Of row 24 the other half: one renews the token, and all find it."""
    sandbox = room.sandbox()
    token = profile(room, sandbox)
    log_in(room, sandbox)
    let_token_lapse(room, token)
    argv = [str(room.watchdeck), "--profile", "prod", "--once", "identity"]
    processes = [subprocess.Popen(argv, env=room.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                 for _ in range(PROCESSES)]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode in GOOD_STATUSES, said
    assert [r["status"] for r in renewals(sandbox)] == [200]
    assert logins(sandbox) == 1


@row(25)
def damaged_cache(room):
    sandbox = room.sandbox()
    token = profile(room, sandbox)
    log_in(room, sandbox)
    whole = token.read_bytes()
    damages = [b"", b"\0" * len(whole), whole[:room.random.randrange(1, len(whole))],
               whole + b"}", bytes(room.random.randrange(256) for _ in range(200))]
    damage = damages[room.seed % len(damages)]
    shutil.rmtree(room.path(".aws/cli"))
    token.write_bytes(damage)
    once(room).must_end(5).must_say("aws sso login --profile prod")
    assert token.read_bytes() == damage
    log_in(room, sandbox)
    once(room).must_end(*GOOD_STATUSES)
    assert json.loads(token.read_text())["accessToken"]
    assert logins(sandbox) == 2


@row(26)
def renewed_and_lost(room):
    """The renewal serves the program that has got it; the next one asks for a login."""
    sandbox = room.sandbox()
    token = profile(room, sandbox)
    log_in(room, sandbox)
    let_token_lapse(room, token)
    before = token.read_bytes()
    once(room, env={"LD_PRELOAD": str(room.build / "tests/libfaults-preload.so"),
                    "FAULTS_BELOW": str(room.path(".aws/sso")),
                    "FAULTS_DISK": f"rename:1:{ENOSPC}:ever"}).must_end(*GOOD_STATUSES)
    assert [r["status"] for r in renewals(sandbox)] == [200]
    assert token.read_bytes() == before
    assert [p.name for p in token.parent.iterdir() if p.suffix not in (".json", ".lock")] == []
    shutil.rmtree(room.path(".aws/cli"))
    once(room).must_end(5).must_say("aws sso login --profile prod")
    log_in(room, sandbox)
    once(room).must_end(*GOOD_STATUSES)
