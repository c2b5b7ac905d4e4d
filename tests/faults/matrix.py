"""The rows: everything that goes wrong around the console, by number.

A row stands when a function in rows/ is registered for it:

    @row(38)
    def pages_in_circles(room): ...

The function raises AssertionError when the console did not behave, and Unable when this machine
cannot make the fault. What has no function is "not yet", with the reason given here.
"""

UNWRITTEN = "no row is written for it yet"

NAMES = {
    1: "one allocation fails",
    2: "an allocation fails, and all after it",
    3: "one disk call fails",
    4: "the disk is full at the moment of consent",
    5: "fsync fails",
    6: "no home, or one that cannot be written",
    7: "sixteen descriptors",
    8: "little address space",
    9: "killed at any instant of a change",
    10: "killed between sending and the answer",
    11: "power cut",
    12: "torn last block of trail or journal",
    13: "two consoles, one store",
    14: "the holder of a lock dies",
    15: "the clock jumps while calls are under way",
    16: "a clock sixteen minutes off",
    17: "everything throttled for a while",
    18: "a burst of throttling over many accounts",
    19: "retry-after that makes no sense",
    20: "5xx with a page of HTML",
    21: "some of a thousand accounts refuse",
    22: "one account never answers",
    23: "an SSO token ends in the middle of a load",
    24: "fifty processes refresh at once",
    25: "a damaged SSO cache",
    26: "a refreshed token that could not be stored",
    27: "DNS says no, lies, or is slow",
    28: "proxies that refuse or die",
    29: "TLS servers that must not be trusted",
    30: "reset at any byte",
    31: "a connection that is taken and never answered",
    32: "an answer of a byte a second",
    33: "an answer in one-byte segments",
    34: "answers too big to hold",
    35: "deep, exploding and reaching-out documents",
    36: "nulls, wrong types, missing members, odd dates",
    37: "values and members that nobody knows yet",
    38: "pages in circles",
    39: "a thousand empty pages",
    40: "very many pages",
    41: "items that come twice or vanish between pages",
    42: "the subject of a sheet changes while it is open",
    43: "a redirect to somebody else",
    44: "WebSocket frames",
    45: "frames of a session agent",
    46: "an instance ends during its session",
    47: "a session that is told to pause",
    48: "a large paste into a session",
    49: "the machine sleeps during a session",
    50: "hostile text in every field",
    51: "hostile text beside the screens",
    52: "a signal at any time",
    53: "a crash",
    54: "kill -9 on a terminal",
    55: "the terminal goes away",
    56: "suspended and resumed",
    57: "a storm of sizes",
    58: "terminals and locales that are none",
    59: "an output that takes nothing",
    60: "files that are none",
    61: "credential processes that misbehave",
    62: "SSH servers that misbehave",
    63: "where secrets must not be found",
    64: "another process of the same user looks in",
    65: "links planted where we write",
    66: "thousands of answers at once",
    67: "days of random faults",
    68: "the request is edited after consent",
}

REASONS = {}  # number -> why there is no row yet


class Unable(Exception):
    """Raised by a row whose fault this machine cannot make."""


class Row:
    def __init__(self, number, function, long, waits_s, seeds):
        self.number, self.function, self.long, self.waits_s = number, function, long, waits_s
        self.seeds = seeds


ROWS = {}


def row(number, long=False, waits_s=0, seeds=None):
    """Registers the function of a row. long: takes hours, runs with --long alone. waits_s: so long
    it waits more than it works, so it is begun early. seeds: no more than so many are worth it."""
    def register(function):
        assert number in NAMES and number not in ROWS, f"row {number}"
        ROWS[number] = Row(number, function, long, waits_s, seeds)
        return function
    return register
