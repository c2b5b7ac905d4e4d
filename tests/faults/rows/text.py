"""50, 51: hostile text, wherever text comes from; and 42: a subject that changes under the hand."""
import re
import unicodedata

import changes
import servers
from matrix import row
from room import FINDINGS, GOOD_STATUSES

# What a terminal writes by itself, as xterm has it: the console's own sequences.
OWN = re.compile(rb"\x1b\[[?>]?[0-9;]*[A-Za-z@`]|\x1b[=>78MDEc]|\x1b[()][0AB]|\x0f|\x0e")
HOSTILE = [
    "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x1b[5n", "\x9b2J", "\x1bP1$q\x1b\\", "\x1b_x\x1b\\",
    "\x07", "\r\nfake line", "\x08\x08\x08", "\u202egnp.exe", "\u2066x\u2069",
    "zero\u200bwidth", "\ufefftop", "\U000e0041\U000e0042", "a" + "\u0301" * 30,
    "\u2028two\u2029", "\x7f", "\x85", "\u061c", "=1+1",
]
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def judge(data, where, lines=True):
    """Decodes by itself; whatever a terminal would act on is a failure."""
    for piece in OWN.split(data):
        try:
            text = piece.decode()
        except UnicodeDecodeError as wrong:
            raise AssertionError(f"{where}: no UTF-8: {piece[max(0, wrong.start - 20):][:60]!r}")
        for at, char in enumerate(text):
            fine = char in "\n\r\x08\t" if lines else char in "\n"
            assert fine or unicodedata.category(char) not in FORBIDDEN, (
                f"{where}: {char!r} came out: {text[max(0, at - 40):at + 40]!r}")
        assert not re.search("\u0301{5}", text), f"{where}: a tower of marks: {text!r}"


def hostile_texts(room):
    """As a random mixture, the whole list among them by and by."""
    mixed = ["".join(room.random.choices(HOSTILE + ["x", "y", " "], k=4)) for _ in range(6)]
    return room.random.sample(HOSTILE, 6) + mixed


@row(50)
def hostile_fields(room):
    """In names, mail addresses, tags, descriptions and configurations: on every screen, in every
    format, in and out of UTF-8. (Every field of every screen with every vector is what the test
    screens_test_text_door does; this is what is random.)"""
    made = room.sandbox()
    accounts = room.once("accounts").rows
    texts = hostile_texts(room)
    clean = [t.replace("\x00", "") for t in texts]
    for i, account in enumerate(accounts):
        path = f"/accounts/{account['account_id']}"
        made.patch(("replace", f"{path}/name", f"n{i} {clean[i % len(clean)]}"),
                   ("replace", f"{path}/email", f"{clean[(i + 1) % len(clean)]}@x"),
                   ("replace", f"{path}/tags",
                    {clean[(i + 2) % len(clean)]: clean[(i + 3) % len(clean)]}))
    for screen in ("accounts", "findings", "triage"):
        for form in ("json", "csv", "table", "ndjson"):
            outcome = room.run([room.watchdeck, "--once", screen, "--format", form])
            outcome.must_end(*GOOD_STATUSES)
            text = outcome.out.replace("\r\n", "\n") if form == "csv" else outcome.out
            judge(text.encode("utf-8", "surrogateescape"), f"{screen} {form}", False)
            judge(outcome.err.encode("utf-8", "surrogateescape"), "stderr", False)
    for locale in ("C.UTF-8", "C"):
        console = room.console(env={"LC_ALL": locale}, rows=60, cols=150)
        for screen in ("accounts", "findings", "resources"):
            console.send(f":{screen}\r")
            console.wait_row(1, screen.capitalize())
            console.wait_gone("loading")
            console.keys("j d")
            console.keys("q J")
            console.keys("q")
        console.keys("ctrl-c ctrl-c")
        assert console.end() == 0
        judge(console.bytes(), f"the terminal in {locale}")
        assert b"\x07" not in console.bytes() and b"\x1b]" not in console.bytes()
        console.free()


@row(51)
def hostile_elsewhere(room):
    """In errors, the exit text, the log, the trail, prompts and the command line itself."""
    text = "".join(room.random.choices(HOSTILE, k=5))
    body = (f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{'x'}"
            "</Message></Error></ErrorResponse>").encode()
    xml = "".join(c for c in text if c in "\r\n\t" or ord(c) > 31)
    body = body.replace(b"x<", xml.encode() + b"<")
    server = room.server(servers.answer_all(body, status=403))
    log = room.path("log")
    outcome = room.once_table("accounts", "--endpoint-url", server.url, "--log", log)
    outcome.must_end(4, 5).must_say("access denied")
    judge(outcome.err.encode("utf-8", "surrogateescape"), "stderr", False)
    judge(log.read_bytes(), "the log", False)
    word = text.replace("\x00", "")
    for words in (["--once", word], ["--format", word], ["--filter", word, "--once", "accounts"],
                  ["--config", word], [word], ["--profile", word, "--once", "accounts"],
                  ["trail", "verify", word]):
        outcome = room.run([room.watchdeck, *words])
        judge(outcome.err.encode("utf-8", "surrogateescape"), f"stderr of {words}", False)
        judge(outcome.out.encode("utf-8", "surrogateescape"), f"stdout of {words}", False)
    console = room.console("--endpoint-url", server.url)
    console.wait("NEEDS A DECISION")
    console.wait_gone("connecting")
    console.keys(":")
    console.wait_row(39, ":")
    for char in word:
        if char >= " ":
            console.send(char)
    console.keys("ctrl-c")
    console.keys("ctrl-c ctrl-c")
    console.end()
    judge(console.bytes(), "the terminal")
    assert b"\x1b]" not in console.bytes(), "a title was set"


@row(42)
def subject_changes(room):
    """The rule is changed or removed by somebody else while its sheet is open: nothing is sent, and
    never to another one."""
    made = room.sandbox(world=FINDINGS)
    console = room.console(rows=40, cols=160)
    changes.open_sheet(console)
    sheet = "\n".join(console.rows())
    account, region, group = (re.search(pattern, sheet)[1] for pattern in (
        r"account +\S+ \((\d{12})\)", r"region +(\S+)", r"\((sg-[0-9a-f]+)\)"))
    path = f"/resources/{account}/{region}/AWS::EC2::SecurityGroup/{group}"
    if room.random.random() < 0.5:
        made.patch(("remove", path))
    else:
        made.patch(("replace", f"{path}/rules", []))
    changes.consent(console)
    console.wait_any("STALE", "stale", "changed", "gone", "refused", "not found", patience_s=40)
    assert not made.changes(), made.changes()
    console.keys("ctrl-c ctrl-c")
    console.end()
    assert "SUCCEEDED" not in changes.states(room)
    sent = [r for r in made.requests("RevokeSecurityGroupIngress")]
    assert all(group == r["parameters"].get("GroupId") for r in sent), sent
