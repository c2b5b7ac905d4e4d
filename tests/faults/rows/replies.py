"""36 to 41: answers that are whole, well signed, and not what anybody expects."""
import time

from matrix import row
from room import GOOD_STATUSES

SCREENS = ["accounts", "resources", "rules", "findings", "recorders", "aggregators", "triage",
           "identity", "nodes"]


FIRST_ROW = 3  # of a list on the screen


def key_of(screen_row):
    """What a row is about, whatever its other columns say."""
    return tuple(str(screen_row.get(name)) for name in
                 ("account_id", "region", "name", "id", "resource_id", "arn", "rule", "group_id"))


@row(36)
def odd_values(room):
    """Rows with what could be read, or an error that names the call: never a crash, never no
    word."""
    is_what = room.random.choice(["null", "type", "date", "missing"])
    share = room.random.choice(["0.02", "0.1", "0.5", "1"])
    for service in ("config", "ec2", "organizations", "sts", "ssm"):
        made = room.sandbox(f"wrong:is={is_what},share={share},service={service}")
        for screen in room.random.sample(SCREENS, 4):
            outcome = room.once(screen)
            outcome.must_end(1, *GOOD_STATUSES)
            assert outcome.out or outcome.err, f"not a word: {outcome}"
            if outcome.status in GOOD_STATUSES:
                assert isinstance(outcome.rows, list)
            assert "\x1b" not in outcome.out + outcome.err
        assert made.requests()


@row(37)
def news(room):
    """Values that are new are shown as they are, in as many rows as ever."""
    room.sandbox()
    good = {screen: room.once(screen) for screen in ("accounts", "rules", "recorders")}
    for service, screen in (("organizations", "accounts"), ("config", "rules"),
                            ("config", "recorders")):
        room.sandbox(f"strange:service={service}")
        outcome = room.once(screen).must_end(*GOOD_STATUSES)
        assert len(outcome.rows) == len(good[screen].rows), outcome
        assert "SANDBOX_NEW" in outcome.out, f"the new value is not shown: {outcome}"
        assert outcome.json["coverage"]["asked"] == good[screen].json["coverage"]["asked"], (
            f"{service}: fewer were asked: {outcome}")


@row(38)
def pages_in_circles(room):
    """A list that goes round ends where it comes by again, says so, and keeps what it has."""
    circle = room.random.choice([1, 2, 3, 50])
    operation, screen, named = room.random.choice([
        ("ListAccountsForParent", "accounts", "organizations:ListAccountsForParent"),
        ("DescribeConfigRules", "rules", "config:DescribeConfigRules"),
        ("DescribeSecurityGroups", "findings", "ec2:DescribeSecurityGroups")])
    room.sandbox()
    good = room.once(screen)
    plain = len(room.sandboxes[-1].requests(operation))
    made = room.sandbox(f"loop:operation={operation},pages={circle}")
    outcome = room.once(screen).must_end(4)
    looped = [gap for gap in outcome.gaps if gap["operation"] == named]
    assert looped and all("token" in gap["reason"] for gap in looped), outcome
    assert {key_of(r) for r in outcome.rows} >= {key_of(r) for r in good.rows} or outcome.rows, (
        f"what was read is gone: {outcome}")
    asked = len(made.requests(operation))
    assert len(looped) * (circle + 1) <= asked <= plain * (circle + 2), (
        f"{operation}: {asked} requests for a circle of {circle}, {plain} without one")


@row(39)
def blank_pages(room):
    """A thousand pages with nothing on them: it can be seen that it goes on, and Esc ends it."""
    made = room.sandbox("blank:operation=ListOrganizationalUnitsForParent,pages=1000",
                        latency_ms=5)
    console = room.console()
    console.send(":accounts\r")
    console.wait_row(1, "Accounts")
    until = time.monotonic() + 30
    while len(made.requests("ListOrganizationalUnitsForParent")) < 20:
        assert time.monotonic() < until, "nothing is asked"
        console.bytes()
    started = time.monotonic()
    console.keys("?")
    console.wait_row(1, "Help", 2)
    assert time.monotonic() - started < 1
    console.keys("q")
    console.wait_row(1, "Accounts")
    console.send(":quit\r")
    assert console.end(5) == 0
    n = len(made.requests())
    time.sleep(0.3)
    assert len(made.requests()) <= n + 1, "it still asks after its end"
    made = room.sandbox("blank:operation=DescribeConfigRules,pages=200")
    good = room.once("rules").must_end(*GOOD_STATUSES)
    assert good.rows and len(made.requests("DescribeConfigRules")) > 200
    assert not [gap for gap in good.gaps if "token" in gap["reason"]], good


@row(40, seeds=2)
def many_pages(room):
    """Very many rows in very many pages: memory within bounds, keys answered meanwhile."""
    n_rows = 500000 if room.long else 20000
    room.sandbox(world=f"accounts=6,regions=2,resources={n_rows}", latency_ms=1)
    console = room.console()
    console.send(":resources\r")
    console.wait_row(1, "Resources")
    times = []
    for _ in range(20):
        started = time.monotonic()
        console.keys("?")
        console.wait_row(1, "Help")
        console.keys("q")
        console.wait_row(1, "Resources")
        times.append(time.monotonic() - started)
    # two keys each; the machine may be busy otherwise, but not nine times of ten
    assert sorted(times)[17] < 0.5, f"{times} s from a key to the screen"
    console.wait_gone("loading", 600 if room.long else 60)
    with open(f"/proc/{console.pid}/status", encoding="ascii") as status:
        rss_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert rss_kib < 150 << 10, f"{rss_kib} KiB"
    outcome = room.once("resources", limit_s=300).must_end(*GOOD_STATUSES)
    assert abs(len(outcome.rows) - n_rows) <= n_rows / 10, len(outcome.rows)


@row(41)
def twice_and_gone(room):
    """What comes twice is there once, and the cursor stays with its row when others go."""
    room.sandbox()
    for screen in room.random.sample(["accounts", "rules", "recorders", "resources", "findings"],
                                     3):
        room.sandbox()
        good = room.once(screen)
        made = room.sandbox("twice:")
        outcome = room.once(screen)
        assert len(outcome.rows) == len(good.rows), (
            f"{screen}: {len(outcome.rows)} rows instead of {len(good.rows)}")
        assert outcome.status == good.status and made.requests()
        if screen == "accounts":
            assert outcome.rows == good.rows, f"{screen}: {outcome}"
    made = room.sandbox()
    names = [r["name"] for r in room.once("accounts").rows]
    kept, renamed = room.random.sample(names[1:], 2)
    accounts = {r["name"]: r["account_id"] for r in room.once("accounts").rows}
    console = room.console(env={"NO_COLOR": "1"})
    console.send(":accounts\r")
    console.wait(kept)
    console.wait_gone("loading")
    line = next(n for n, text in enumerate(console.rows()) if f" {kept} " in text)
    console.keys("g" + " j" * (line - FIRST_ROW))
    console.wait(f"NAME        {kept} ")
    made.patch(("replace", f"/accounts/{accounts[renamed]}/name", "aaaa-first"),
               ("replace", f"/accounts/{accounts[renamed]}/ou", "Security"))
    console.keys("r")
    console.wait("aaaa-first")
    console.wait_gone("loading")
    console.wait(f"NAME        {kept} ")
