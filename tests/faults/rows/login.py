"""23, 25 and 26: a login at IAM Identity Center that ends, that lies torn on disk; 24 for its
token."""
import collections
import datetime
import hashlib
import json
import shutil
import subprocess
import time
import urllib.request

from matrix import row
from room import GOOD_STATUSES

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


def iso(seconds):
    """So many seconds from now."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def log_in_elsewhere(room, sandbox, path):
    """As the AWS CLI does it: the token that it leaves at path."""
    def post(what, **body):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(
                sandbox.endpoint + what, json.dumps(body).encode(),
                {"Content-Type": "application/json"})) as reply:
            return json.loads(reply.read())
    place = sandbox.ready["sso"]
    client = post("/client/register", clientName="faults", clientType="public",
                  scopes=["sso:account:access"])
    who = {name: client[name] for name in ("clientId", "clientSecret")}
    device = post("/device_authorization", startUrl=place["start_url"], **who)
    sandbox.control("sso", {"user_code": device["userCode"], "action": "approve"})
    token = post("/token", grantType="urn:ietf:params:oauth:grant-type:device_code",
                 deviceCode=device["deviceCode"], **who)
    room.write(path.relative_to(room.folder), json.dumps({
        "startUrl": place["start_url"], "region": place["region"], **who,
        "accessToken": token["accessToken"], "refreshToken": token["refreshToken"],
        "expiresAt": iso(token["expiresIn"]),
        "registrationExpiresAt": iso(client["clientSecretExpiresAt"] - time.time())}))


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
    path.write_text(json.dumps({**json.loads(path.read_text()), "expiresAt": iso(-60)}))
    shutil.rmtree(room.path(".aws/cli"), ignore_errors=True)


@row(23)
def ends_in_the_middle(room):
    """One login more, and nothing that was answered is asked again."""
    so_far = room.random.randrange(1, 20)  # roles that are entered before it ends
    sandbox = room.sandbox(f"expired:operation=AssumeRole,after={so_far},first=1;"
                           "revoked:operation=GetRoleCredentials,after=1,first=1",
                           world="accounts=30,regions=2,resources=200", latency_ms=50)
    log_in_elsewhere(room, sandbox, profile(room, sandbox))
    console = room.console("--profile", "prod")
    confirm(console, sandbox)
    console.wait("30 accounts")
    console.wait_gone("loading")
    answers = collections.Counter(
        (r["operation"], r["account"], r["region"], json.dumps(r["parameters"], sort_keys=True))
        for r in sandbox.requests() if r["status"] == 200 and r["operation"].startswith(READS))
    assert len(answers) > 30
    assert max(answers.values()) == 1, answers.most_common(1)
    assert any(r["error"] == "ExpiredToken" for r in sandbox.requests()), "nothing has ended"
    assert logins(sandbox) == 2


def fifty_renew_once(room, n_processes):
    """One renews the token, all use it."""
    sandbox = room.sandbox(latency_ms=50)
    token = profile(room, sandbox)
    log_in_elsewhere(room, sandbox, token)
    let_token_lapse(room, token)
    before = json.loads(token.read_text())
    running = [subprocess.Popen([room.watchdeck, "--profile", "prod", "--once", "identity"],
                                env=room._env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for _ in range(n_processes)]
    for process in running:
        said, _ = process.communicate(timeout=300)
        assert process.returncode in GOOD_STATUSES and ":assumed-role/" in said, said
    assert [r["status"] for r in renewals(sandbox)] == [200]
    assert json.loads(token.read_text())["refreshToken"] != before["refreshToken"]


def damages(random, whole):
    """What may lie where a token should."""
    stored = json.loads(whole)

    def but(**members):
        return json.dumps({k: v for k, v in {**stored, **members}.items() if v is not None})
    return {
        "empty": "", "zeros": "\0" * len(whole), "a byte over": whole + "}", "a list": "[]",
        "cut": whole[:random.randrange(1, len(whole))], "binary": random.randbytes(200),
        "no token": but(accessToken=None), "a number for a token": but(accessToken=1),
        "an empty token": but(accessToken=""), "line breaks": but(accessToken="a\r\nHost: b"),
        "no expiry": but(expiresAt=None), "an odd expiry": but(expiresAt="soon"),
        "huge": but(accessToken="x" * (4 << 20)), "deep": "[" * 100000,
    }


@row(25)
def damaged_cache(room):
    """Without a terminal it is said what is missing; with one there is a login, and then a whole
    cache."""
    sandbox = room.sandbox()
    token = profile(room, sandbox)
    log_in_elsewhere(room, sandbox, token)
    last, whole = None, token.read_text()
    for name, damage in damages(room.random, whole).items():
        last = damage if isinstance(damage, bytes) else damage.encode()
        token.write_bytes(last)
        outcome = once(room)
        assert outcome.status == 5 and "aws sso login --profile prod" in outcome.err, (
            f"{name}: {outcome}")
        assert token.read_bytes() == last, name
    assert not sandbox.requests("GetRoleCredentials")
    log_in(room, sandbox)
    once(room).must_end(*GOOD_STATUSES)
    assert json.loads(token.read_text())["accessToken"]
    assert token.stat().st_mode & 0o777 == 0o600
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
