"""A change as a person makes it, and what stands in the store afterwards."""
import json
import time

ACCOUNT = "analytics-dev"  # of the first finding in room.FINDINGS
FIRST_ROW = 3  # of a list on the screen
ENDS = ["SUCCEEDED", "FAILED", "REFUSED", "STALE", "REJECTED", "UNVERIFIED", "UNDONE"]


def open_sheet(console):
    """The review sheet of the first finding, read and judged."""
    console.wait("accounts, ")
    console.send(":findings\r")
    console.wait("all-traffic")
    console.wait_row(FIRST_ROW, "HIGH")
    console.wait_row(FIRST_ROW, ACCOUNT)
    console.wait_gone("loading")
    until = time.monotonic() + 30
    while not console.has("y approves"):
        assert time.monotonic() < until, "the sheet does not open:\n" + console.screen()
        console.keys("g A")
        console.wait_any("y approves", "select a row", "refused", patience_s=30)


def consent(console):
    """As far as the typed name: from there on the change is under way."""
    console.keys("y")
    console.wait("type the account's name")
    console.type(ACCOUNT)
    console.wait(ACCOUNT)
    console.keys("Enter")


def approve(room, *options, **how):
    """A console in which the first finding has just been approved."""
    room.write(".config/watchdeck/watchdeck.conf", "alone_wait = 0\n")
    console = room.console(*options, rows=40, cols=160, **how)
    open_sheet(console)
    consent(console)
    return console


def journal(room):
    """The whole lines of the journal."""
    path = room.state / "journal"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [line for line in lines if line]


def records(room):
    """The whole records of the trail, as they are on the disk."""
    path = room.state / "audit"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def states(room):
    """The states of changes in the trail, the oldest first."""
    return [r.get("state") for r in records(room) if r.get("action") == "change"]


def settle(room):
    """Another console over the same store, without any fault: it settles what is open."""
    console = room.console(rows=40, cols=160)
    console.wait("accounts, ")
    console.wait_gone("loading")
    console.send(":trail\r")
    console.wait_row(1, "Trail")
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0
    console.free()


def must_agree(room, made):
    """What AWS was sent, what the trail says, and that it is whole."""
    sent = made.changes()
    told = states(room)
    assert len(sent) <= 1, f"sent {len(sent)} times"
    if sent:
        assert "INTENT" in told, f"sent without an intent on disk: {told}"
    # when its end could not be recorded, a change is settled, and its end recorded, once more
    succeeded = {r["plan_id"] for r in records(room) if r.get("state") == "SUCCEEDED"}
    assert len(succeeded) <= len(sent), f"{told} with {len(sent)} sent"
    verified = room.verify_trail()
    assert verified.status == 0, verified
    return sent, told
