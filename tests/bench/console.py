"""watchdeck itself on a pty: its start, and a list of a million rows beside less, nnn and tig."""
import json
import re
import subprocess
import time

from programs import PAGE_DOWN, Pty, summary

NOW = "2026-03-01T03:00:00Z"  # what is displayed stands still: no tick is taken for a repaint
FILTERS = ["database-999", "i-0", "eu-west-1", "non_compliant", "zzzz", "prod"]
ESC = "\x1b"


class Sandbox:
    def __init__(self, build, n_rows, accounts=24, regions=4, *more):
        self.process = subprocess.Popen(
            [build / "watchdeck-sandbox", "--listen", "127.0.0.1:0", "--world",
             f"accounts={accounts},regions={regions},resources={n_rows},seed=7", *more],
            stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def env(self):
        return ["AWS_ACCESS_KEY_ID=" + self.ready["access_key_id"],
                "AWS_SECRET_ACCESS_KEY=" + self.ready["secret_access_key"],
                "AWS_REGION=" + self.ready["region"]]

    def cpu_s(self):
        """Of the sandbox so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self):
        self.process.terminate()
        self.process.wait()


def demo(build):
    """Its first frame, which waits for nothing."""
    return {"name": "watchdeck", "argv": [str(build / "watchdeck"), "--demo", "--budget", "off"],
            "expect": "watchdeck"}


def on_rows(build, sandbox, folder):
    return {"name": "watchdeck", "expect": "watchdeck", "env": sandbox.env(),
            "argv": [str(build / "watchdeck"), "--budget", "off", "--now", NOW, "--state-dir", str(folder / "state"),
                     "--endpoint-url", sandbox.ready["endpoint"]]}


def shown_count(pty, program):
    """(the rows that are listed, whether more are coming)"""
    title = pty.screen(program)[1]
    found = re.search(r"(\d+)/(\d+)(?: +\d+ marked)?( +loading)?", title)
    return (int(found.group(2)), bool(found.group(3))) if found else (0, True)


def cursor_place(pty, program):
    found = re.search(r"(\d+)/\d+", pty.screen(program)[1])
    return int(found.group(1)) if found else 0


def open_resources(pty, program, limit_s):
    """Types :resources and waits for the first rows."""
    pty.wait(program, "Triage", quiet_ms=20)
    until = time.monotonic() + limit_s
    pty.keys([(program, ":")], quiet_ms=20)
    pty.keys([(program, "resources\r")], quiet_ms=20)
    while shown_count(pty, program)[0] == 0 and time.monotonic() < until:
        pty.idle(200)


def wait_loaded(pty, program, limit_s):
    until, count, loading = time.monotonic() + limit_s, 0, True
    while loading and time.monotonic() < until:
        pty.idle(500)
        count, loading = shown_count(pty, program)
    return count


def measure_keys(pty, programs, count):
    """j and PgDn in turn through all programs, key by key, so that noise hits all alike."""
    told = {program["name"]: {} for program in programs}
    for name, keys in (("move", "j"), ("page", PAGE_DOWN)):
        results = pty.keys([(program, keys) for program in programs], count=count)
        for program, result in zip(programs, results):
            told[program["name"]][name] = {
                **summary(result["ms"]), "unanswered": result["silent"],
                "bytes_median": summary(result["n_bytes"])["median"]}
    return told


def measure_filters(pty, program):
    """Each key of each filter, until the list behind it has been repainted."""
    keys, queries = {}, {}
    for query in FILTERS:
        pty.keys([(program, "/")], quiet_ms=60, all_threads=True)
        for n, char in enumerate(query):
            result = pty.keys([(program, char)], quiet_ms=60, all_threads=True)[0]
            keys.setdefault(query[:n + 1], []).extend(result["ms"])
        queries[query] = {"hits": shown_count(pty, program)[0]}
        pty.keys([(program, ESC)], quiet_ms=60, all_threads=True)
    cold = [ms for query, times in keys.items() if len(query) == 1 for ms in times]
    narrow = [ms for query, times in keys.items() if len(query) > 1 for ms in times]
    return {"cold": summary(cold), "narrow": summary(narrow), "queries": queries,
            "keys": {query: round(max(times), 2) for query, times in keys.items() if times}}


def debug(pty, program):
    """What :debug tells, by part and what; its slowest and longest count from the last look on."""
    pty.keys([(program, ":")], quiet_ms=20)
    pty.keys([(program, "debug\r")], quiet_ms=20)
    pty.wait(program, "processor time", quiet_ms=20)
    told = {}
    for line in pty.screen(program):
        found = re.match(r"\s*(ui|network|worker|process)\s+(\S.*?)\s{2,}(\d+)\s+(\w*)", line)
        if found:
            told[f"{found.group(1)}: {found.group(2)}"] = int(found.group(3))
    pty.keys([(program, "q")], quiet_ms=20)
    return told


def run_start(build, home, programs, rounds):
    """Starts each in turn, round by round."""
    first = {program["name"]: [] for program in programs}
    painted = {program["name"]: [] for program in programs}
    sizes = {}
    pty = Pty(build, home)
    try:
        for _ in range(rounds):
            for program in programs:
                told = pty.start(program)
                if told["ok"]:
                    first[program["name"]].append(told["first_byte_ms"])
                    painted[program["name"]].append(told["painted_ms"])
                    sizes[program["name"]] = told["n_bytes"]
                pty.end(program)
    finally:
        pty.stop()
    return {name: {"first_byte_ms": summary(first[name]), "painted_ms": summary(painted[name]),
                   "bytes": sizes.get(name)} for name in first}


def run_rows(build, home, folder, peers, n_rows, n_keys, limit_s):
    """The list of n_rows: while it streams in, and when it is there."""
    sandbox = Sandbox(build, n_rows)
    program, pty, told = on_rows(build, sandbox, folder), Pty(build, home), {"rows": n_rows}
    movers = [peer for peer in peers if peer["name"] != "htop"]
    try:
        for peer in peers:
            pty.start(peer)
        pty.start(program, limit_ms=20000)
        started = time.monotonic()
        open_resources(pty, program, limit_s)
        told["first_rows_s"] = round(time.monotonic() - started, 1)
        debug(pty, program)
        told["streaming"] = measure_keys(pty, [program] + movers, n_keys)
        told["streaming_rows"], told["still_streaming"] = shown_count(pty, program)
        told["debug"] = debug(pty, program)
        told["listed"] = wait_loaded(pty, program, limit_s)
        told["loaded_s"] = round(time.monotonic() - started, 1)
        for peer in movers:  # from the top again
            pty.end(peer)
            pty.start(peer)
        pty.keys([(program, "g")], quiet_ms=50)
        told["top_again"] = unchanged_frames(pty, program)
        told["keys"] = measure_keys(pty, [program] + movers, n_keys)
        told["preview"] = summary(pty.keys([(program, "j")], count=50, quiet_ms=60)[0]["ms"])
        told["idle"] = pty.idle(5000)
        told["filters"] = measure_filters(pty, program)
        told["idle_after_filters"] = pty.idle(200)
    finally:
        pty.stop()
        sandbox.stop()
    return told


def unchanged_frames(pty, program):
    """Frames that are drawn without a change: a move up from the first row."""
    before = cursor_place(pty, program)
    results = pty.keys([(program, "k")], count=5, limit_ms=100)[0]
    return {"cursor": before, "frames": 5, "bytes": sum(results["n_bytes"])}
