"""27 to 35 and 43: what goes wrong between the console and a server."""
import re

import servers
from matrix import row

HTTP_SAYS = "sts:GetCallerIdentity"


def ask(room, server, *options, **how):
    """The screen of accounts from a server that has nothing but GetCallerIdentity to answer."""
    return room.once_table("accounts", "--endpoint-url", server.url, *options, **how)


def must_be_harmless(outcome):
    """Nothing that a terminal acts on."""
    for text in (outcome.out, outcome.err):
        found = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]",
                          text)
        assert not found, f"{found.group()!r} came out: {outcome}"


@row(20)
def html_errors(room):
    """A load balancer's page: it is taken for what its status says, tried again, and told without
    a byte of it that a terminal would act on."""
    status = room.random.choice([500, 502, 503, 504])
    page = b"<html>\x1b]0;owned\x07\x1b[2J<h1>Bad \xe2\x80\xaeGateway</h1></html>"
    server = room.server(servers.answer_all(page, status=status, content_type="text/html"))
    outcome = ask(room, server, env={"AWS_MAX_ATTEMPTS": "3"})
    outcome.must_end(4).must_say(HTTP_SAYS, str(status))
    must_be_harmless(outcome)
    assert server.received.count(b"POST ") == 3, "three attempts are the rule"

    def recovers(peer):
        peer.read_request()
        peer.reply(page, status=status, content_type="text/html")
        while peer.read_request():
            peer.reply(servers.IDENTITY)
    server = room.server(recovers)
    outcome = room.once("identity", "--endpoint-url", server.url, env={"AWS_MAX_ATTEMPTS": "3"})
    assert "111111111111" in outcome.out, outcome


@row(43)
def redirects(room):
    """Nobody else gets a request, least of all one with an Authorization."""
    stranger = room.server(servers.answer_all())
    status = room.random.choice([301, 302, 303, 307, 308])
    server = room.server(servers.answer_all(b"", status=status,
                                            headers=[f"Location: {stranger.url}/"]))
    outcome = ask(room, server)
    outcome.must_end(1).must_say(HTTP_SAYS, str(status), "elsewhere")
    assert stranger.n_connections == 0 and not stranger.received
