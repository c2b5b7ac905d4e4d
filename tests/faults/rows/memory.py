"""1 and 2: allocations that fail, one by one and for ever."""
import os
import signal

import changes
from matrix import row
from room import FINDINGS, GOOD_STATUSES
from rows.store import PRELOAD, REFUSALS, VERIFIED

TRIES = 8
IN_A_CHANGE = 4000  # allocations, more than a change makes


def failing_memory(room, spec, from_file=None):
    return {"LD_PRELOAD": str(room.build / PRELOAD), "FAULTS_MEMORY": spec,
            **({"FAULTS_FROM": str(from_file)} if from_file else {})}


def count_allocations(room, screen):
    told = room.path("allocations")
    good = room.once(screen, env={"LD_PRELOAD": str(room.build / PRELOAD),
                                  "FAULTS_MEMORY_COUNT": str(told)}).must_end(*GOOD_STATUSES)
    return good, int(told.read_text())


def in_a_list(room, kind):
    """A list without a terminal: it is whole, or what it lacks is named, or it ends with a word."""
    room.sandbox()
    screen = room.random.choice(["accounts", "rules", "nodes", "findings"])
    good, n = count_allocations(room, screen)
    for _ in range(TRIES):
        spec = f"{room.random.randrange(1, n + 1)}{kind}"
        outcome = room.once(screen, env=failing_memory(room, spec))
        told = f"{screen}, {spec} of {n}: {outcome}"
        assert outcome.status in (1, 2, 5, *GOOD_STATUSES), told
        assert outcome.status in GOOD_STATUSES or outcome.err.strip(), f"not a word: {told}"
        if outcome.status == good.status and not outcome.gaps and not outcome.err:
            assert len(outcome.rows) == len(good.rows), f"rows are lost silently: {told}"


def in_a_change(room, kind):
    """While a change is made: the terminal is given back, nothing is recorded by half, nothing is sent
    twice."""
    made = room.sandbox(world=FINDINGS)
    trigger = room.path("now")
    spec = f"{room.random.randrange(1, IN_A_CHANGE)}{kind}"
    console = room.console(rows=40, cols=160, env=failing_memory(room, spec, trigger))
    changes.open_sheet(console)
    trigger.touch()
    console.keys("y")
    told = console.wait_any("type the account's name", "out of memory", *REFUSALS, patience_s=30)
    if told == "type the account's name":
        console.type(changes.ACCOUNT)
        console.keys("Enter")
        told = console.wait_any(VERIFIED, "out of memory", *REFUSALS, patience_s=40)
    if told != "out of memory" and alive(console.pid):
        os.kill(console.pid, signal.SIGTERM)
    status = console.end()
    assert status in (0, 1, 2, 128 + signal.SIGTERM), f"{spec}: status {status}"
    now, before = console.modes()
    assert now == before and not console.is_alternate(), f"{spec}: the terminal is not given back"
    trigger.unlink()
    changes.settle(room)
    changes.must_agree(room, made)


def alive(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"


@row(1, seeds=3)
def one_allocation_fails(room):
    in_a_list(room, "")
    in_a_change(room, "")


@row(2, seeds=3)
def all_allocations_fail(room):
    in_a_list(room, ":ever")
    in_a_change(room, ":ever")
