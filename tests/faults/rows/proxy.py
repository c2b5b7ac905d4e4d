"""28: proxies that refuse, die, and answer something else."""
import socket

from matrix import row
from room import GOOD_STATUSES

USER, PASSWORD = "mallory", "canary-p4ssw0rd"

# What the proxy does, and what is said of it beside its name.
WRONG = {"refuse": "403", "html": "may be answering itself", "die": "breaks the connection",
         "silent": "no answer in time", "cut=0": "no TLS with sts.us-east-1.amazonaws.com"}


def behind_proxy(room, words=""):
    """A sandbox that is reached as AWS itself is, through its proxy: no endpoint is named."""
    sandbox = room.sandbox(options=["--tls", room.path("tls"),
                                    "--proxy", f"{USER}:{PASSWORD}{words}"])
    room.env.update(AWS_ENDPOINT_URL=None, AWS_CA_BUNDLE=str(room.path("tls/ca.pem")),
                    HTTPS_PROXY=url(sandbox, f"{USER}:{PASSWORD}@"))
    return sandbox


def url(sandbox, credentials):
    return sandbox.ready["proxy"]["url"].replace("//", "//" + credentials)


def name(sandbox):
    return "the proxy " + url(sandbox, "")[len("http://"):]


def ask(room, **how):
    """What is said, and that the password is nowhere in it."""
    log = room.path("log")
    log.unlink(missing_ok=True)
    outcome = room.once_table("accounts", "--log", log, **how)
    for text in (outcome.out, outcome.err, log.read_text() if log.exists() else ""):
        assert PASSWORD not in text, f"the password came out: {outcome}"
    return outcome


@row(28, waits_s=15)
def proxies(room):
    sandbox = behind_proxy(room)
    ask(room).must_end(*GOOD_STATUSES)
    assert sandbox.requests(), "nothing came through"
    before = len(sandbox.requests())
    for credentials in ("", f"{USER}:wrong@", f"nobody:{PASSWORD}@"):
        outcome = ask(room, env={"HTTPS_PROXY": url(sandbox, credentials)})
        outcome.must_end(1).must_say(name(sandbox), "407", "HTTPS_PROXY")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    ask(room, env={"HTTPS_PROXY": nobody}).must_end(1).must_say("cannot connect", nobody[7:])
    assert len(sandbox.requests()) == before, "something was sent all the same"
    for words, said in WRONG.items():
        other = behind_proxy(room, "," + words)
        ask(room).must_end(1).must_say(name(other), said)
        assert not other.requests(), words
    by_digest(room)
    cut_in_the_middle(room)


def by_digest(room):
    """A proxy that does not take Basic."""
    sandbox = behind_proxy(room, ",digest")
    ask(room).must_end(*GOOD_STATUSES)
    assert sandbox.requests(), "nothing came through"
    ask(room, env={"HTTPS_PROXY": url(sandbox, f"{USER}:wrong@")}).must_end(1).must_say(
        name(sandbox), "407")


def cut_in_the_middle(room):
    """Tunnels that break at any byte: what was not read is listed as a gap, or said at once."""
    behind_proxy(room, f",cut={room.random.randrange(2000, 8000)}")
    outcome = ask(room, limit_s=60)
    outcome.must_end(1, *GOOD_STATUSES)
    if outcome.status in (1, 4):
        outcome.must_say("amazonaws.com")
