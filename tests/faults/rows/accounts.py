"""15 to 18, 21 and 66: many accounts, clocks that are off, and too much at once."""
import time

from matrix import row
from room import GOOD_STATUSES

PRELOAD = "tests/libfaults-preload.so"


def off_clock(room, offset_s):
    """The environment of a machine whose clock is off; the file sets it anew."""
    path = room.write("clock", str(int(offset_s * 1000)))
    return {"LD_PRELOAD": str(room.build / PRELOAD), "FAULTS_CLOCK": str(path)}


def refused(made):
    return [r for r in made.requests() if r["status"] in (400, 401, 403)]


@row(15)
def clock_jumps(room):
    """Forward, back, and far forward, while lists are loaded again: each list comes, by signing
    anew; the screen does not stand still."""
    made = room.sandbox()
    env = off_clock(room, 0)
    console = room.console(env=env)
    console.wait("accounts, ")
    console.wait_gone("loading")
    jumps = [-3600, 86400, 0, 7 * 86400, -86400]
    room.random.shuffle(jumps)
    console.send(":accounts\r")
    console.wait("payments")
    console.wait_gone("loading")
    for jump_s in jumps[:3]:
        off_clock(room, jump_s)
        before = len(made.requests())
        console.keys("r")
        until = time.monotonic() + 30
        while not [r for r in made.requests()[before:] if r["status"] == 200
                   and r["operation"].startswith("Describe")]:
            assert time.monotonic() < until, f"after a jump of {jump_s} s nothing is read any more"
            console.bytes()
        console.wait("6/6 accounts")
        console.wait_gone("loading")
        assert not console.has("gaps: "), console.screen()
        console.keys("?")
        console.wait_row(1, "Help", 5)
        console.keys("q")
        console.wait_row(1, "Accounts", 5)
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0


@row(16)
def skewed_clock(room):
    """Sixteen minutes off: one request is refused, everything after it is signed by AWS's clock."""
    made = room.sandbox()
    offset_s = room.random.choice([-16 * 60, 16 * 60, -3 * 3600, 5 * 86400])
    outcome = room.once("accounts", env=off_clock(room, offset_s)).must_end(*GOOD_STATUSES)
    assert outcome.gaps == [] and len(outcome.rows) == 6, outcome
    assert len(refused(made)) == 1, f"{len(refused(made))} requests were refused"
    assert made.requests()[0] in refused(made)


def slowest_key(console, turns, screen):
    """The longest time from a key to the screen that it opens, in seconds."""
    slowest_s = 0
    for _ in range(turns):
        started = time.monotonic()
        console.keys("?")
        console.wait_row(1, "Help", 5)
        console.keys("q")
        console.wait_row(1, screen, 5)
        slowest_s = max(slowest_s, time.monotonic() - started)
    return slowest_s


@row(17, seeds=3)
def all_throttled(room):
    """One service refuses everything: the others are there, keys are answered, and what is sent
    stays within the quota of retries."""
    made = room.sandbox("throttle:service=config", latency_ms=5)
    env = {"AWS_MAX_ATTEMPTS": "3"}
    console = room.console(env=env)
    console.send(":accounts\r")
    console.wait_row(1, "Accounts")
    console.wait("payments")
    until = time.monotonic() + (60 if room.long else 1.5)
    times = []
    while time.monotonic() < until or len(times) < 10:
        times.append(slowest_key(console, 1, "Accounts"))
    times.sort()
    assert times[len(times) * 9 // 10] < 0.5, f"{times[-5:]} s from a key to the screen"
    sent = [r for r in made.requests() if r["service"] == "config"]
    assert sent and all(r["status"] == 400 for r in sent)
    lanes = {}
    for r in sent:
        lane = (r["account"], r["region"])
        lanes[lane] = lanes.get(lane, 0) + 1
    assert max(lanes.values()) < 120, lanes
    console.keys("ctrl-c ctrl-c")
    assert console.end() == 0
    outcome = room.once("findings", env=env)
    assert outcome.rows, f"EC2 was not throttled: {outcome}"


@row(18, seeds=3)
def burst(room):
    """A burst of throttling over all accounts, then none: all of it comes, with few attempts more
    than answers."""
    n = 1000 if room.long else 60
    made = room.sandbox(f"throttle:rate=0.3,first={n // 4}",
                        world=f"accounts={n},regions=1,resources={n * 4}", latency_ms=2)
    outcome = room.once("accounts", env={"AWS_MAX_ATTEMPTS": None}, limit_s=280)
    outcome.must_end(*GOOD_STATUSES)
    assert len(outcome.rows) == n, f"{len(outcome.rows)} rows of {n}"
    throttled = [gap for gap in outcome.gaps if "throttled" in gap["reason"]]
    assert len(throttled) <= n // 50, throttled[:3]
    sent = made.requests()
    good = [r for r in sent if r["error"] not in ("Throttling", "ThrottlingException",
                                                  "RequestLimitExceeded",
                                                  "TooManyRequestsException")]
    assert len(sent) > len(good), "nothing was throttled"
    assert len(sent) <= 1.3 * len(good), f"{len(sent)} attempts for {len(good)} answers"


@row(21, seeds=3)
def some_refuse(room):
    """Every account that refuses is named with its reason, none of the others is missing."""
    n, n_shut = (1000, 137) if room.long or room.seed == 1 else (60, 9)
    made = room.sandbox(world=f"accounts={n},regions=1,resources={n * 2}")
    good = room.once("accounts", limit_s=100)
    names = {r["account_id"]: r for r in good.rows}
    assert len(names) == n
    open_ones = [a for a, r in names.items() if r["reachable"] is True and a != made.account]
    shut = room.random.sample(open_ones, min(n_shut, len(open_ones)))
    made.patch(*[("replace", f"/accounts/{a}/role_access", "denied") for a in shut])
    outcome = room.once("accounts", limit_s=100).must_end(4)
    rows = {r["account_id"]: r for r in outcome.rows}
    assert set(rows) == set(names), "accounts are missing from the list"
    told = {gap["account_id"] for gap in outcome.gaps if gap["reason"] == "access denied"}
    assert set(shut) <= told, f"{set(shut) - told} refuse and are not named"
    before = {gap["account_id"] for gap in good.gaps}
    assert told <= set(shut) | before, f"{told - set(shut) - before} do not refuse"
    assert all(rows[a]["reachable"] is False for a in shut)
    assert all(rows[a]["reachable"] == names[a]["reachable"] for a in names if a not in shut)
    assert all(gap["iam_action"] for gap in outcome.gaps if gap["account_id"] in shut)
    table = room.once_table("accounts", limit_s=100).must_end(4)
    active = sum(r["state"] == "ACTIVE" for r in outcome.rows)
    table.must_say(f"{active - len(told)}/{active} accounts, {len(told)} denied")


@row(66)
def all_at_once(room):
    """Thousands of answers in the same moment: keys are answered, everything comes."""
    n = 600 if room.long else 150
    made = room.sandbox(world=f"accounts={n},regions=2,resources={n * 10}", latency_ms=40)
    console = room.console()
    console.send(":resources\r")
    console.wait_row(1, "Resources")
    times = [slowest_key(console, 1, "Resources") for _ in range(40)]
    times.sort()
    assert times[len(times) * 9 // 10] < 0.25, f"{times[-5:]} s from a key to the screen"
    console.send(":accounts\r")
    console.wait_row(1, "Accounts")
    console.wait_gone("loading", 60)
    times = sorted(slowest_key(console, 1, "Accounts") for _ in range(10))
    assert times[8] < 0.25, times
    assert len(made.requests()) > n
