"""Many accounts, and a million rows: watchdeck beside boto3 and a bare C client, on one sandbox."""
import datetime
import json
import os
import pathlib
import sys
import time

from console import NOW, Sandbox, on_rows, shown_count, wait_loaded
from programs import Pty, measured, summary

HERE = pathlib.Path(__file__).resolve().parent
LATENCY_MS, IN_FLIGHT = 30, 32
WALKED = ("sts", "organizations", "ec2")  # what is asked before the accounts are


def environment(sandbox, home):
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8",
           "AWS_ENDPOINT_URL": sandbox.ready["endpoint"], "AWS_EC2_METADATA_DISABLED": "true"}
    env.update(pair.split("=", 1) for pair in sandbox.env())
    return env


def run(build, argv, env):
    """(what it printed, wall_s, cpu_s, rss_mb)"""
    began = time.monotonic()
    out, used = measured(build, argv, env, lambda pipe: pipe.read())
    return out, {"wall_s": round(time.monotonic() - began, 3), "cpu_s": used["cpu_s"],
                 "rss_mb": used["rss_mb"]}


def once(build, home, env, *args):
    state = home / f"state-{time.monotonic_ns()}"
    return run(build, [str(build / "watchdeck"), "--now", NOW, "--budget", "off", "--state-dir",
                str(state), "--once", *args], env)


def peer(build, argv, env):
    out, _ = run(build, [str(word) for word in argv], env)
    return json.loads(out or b"{}")


def seconds(request):
    return datetime.datetime.fromisoformat(request["time"].replace("Z", "+00:00")).timestamp()


def window(path):
    """Of the calls to the accounts: how many there were, how many went well, from the first to the
    answer of the last."""
    lines = path.read_text(encoding="utf-8").splitlines()
    requests = [json.loads(line) for line in lines]
    calls = [one for one in requests if one["service"] not in WALKED or
             one["operation"] == "AssumeRole"]
    throttled = [one for one in calls if "hrottl" in str(one["error"]) or
                 "TooMany" in str(one["error"])]
    times = [seconds(one) for one in calls]
    return {"calls": len(calls), "throttled": len(throttled),
            "wall_s": round(max(times) - min(times) + LATENCY_MS / 1000, 3)}


def fan_out(build, home, folder, accounts, regions, boto):
    """The recorders of all accounts and regions, at 30 ms an answer."""
    log = folder / f"requests-{accounts}"
    sandbox = Sandbox(build, 3000, accounts, regions, "--latency-ms", str(LATENCY_MS),
                      "--requests", str(log))
    env = environment(sandbox, home)
    try:
        _, told = once(build, home, env, "recorders")
        told["fan_out"] = window(log)
        told["sandbox_cpu_s"] = sandbox.cpu_s()
        told["bare"] = peer(build, [build / "tests/bench/bare", "calls", told["fan_out"]["calls"],
                             IN_FLIGHT], env)
        if boto:
            told["boto3"] = peer(build, [sys.executable, HERE / "boto_client.py", "accounts"], env)
    finally:
        sandbox.stop()
    return told


def throttled(build, home, folder, rate):
    log = folder / "requests-throttled"
    sandbox = Sandbox(build, 3000, 200, 4, "--requests", str(log), "--fault",
                      f"throttle:rate={rate},service=config")
    try:
        _, told = once(build, home, environment(sandbox, home), "recorders")
    finally:
        sandbox.stop()
    calls = window(log)
    config = calls["calls"]
    return {**told, **calls, "rate": rate,
            "attempts_per_success": round(config / max(1, config - calls["throttled"]), 3)}


def keys_meanwhile(build, home, folder, n_keys):
    """Keys while 1,000 accounts are being asked."""
    sandbox = Sandbox(build, 3000, 1000, 1, "--latency-ms", str(LATENCY_MS))
    program = {"name": "watchdeck", "expect": "watchdeck", "env": sandbox.env(),
               "argv": [str(build / "watchdeck"), "--now", NOW, "--budget", "off", "--state-dir",
                        str(folder / "state-keys"), "--endpoint-url", sandbox.ready["endpoint"]]}
    pty = Pty(build, home)
    try:
        pty.start(program, limit_ms=20000)
        pty.wait(program, "accounts", quiet_ms=20, limit_ms=60000)
        pty.keys([(program, ":")], quiet_ms=20)
        pty.keys([(program, "recorders\r")], quiet_ms=20)
        until = time.monotonic() + 30
        # as many rows as there are moves: at the end of the list a move changes nothing
        while shown_count(pty, program)[0] <= n_keys and time.monotonic() < until:
            pty.idle(50)
        result = pty.keys([(program, "j")], count=n_keys, limit_ms=500)[0]
        told = {**summary(result["ms"]), "unanswered": result["silent"],
                "still_loading": shown_count(pty, program)[1]}
    finally:
        pty.stop()
        sandbox.stop()
    return told


def run_accounts(build, home, folder, n_keys):
    return {"200 x 4": fan_out(build, home, folder, 200, 4, True),
            "1000 x 1": fan_out(build, home, folder, 1000, 1, False),
            "throttled": throttled(build, home, folder, 0.3),
            "keys": keys_meanwhile(build, home, folder, min(n_keys, 100))}


def thread_s(pty, name):
    """Processor time so far of a thread of the program on the pty."""
    children = pathlib.Path(f"/proc/{pty.process.pid}/task/{pty.process.pid}/children")
    for thread in pathlib.Path(f"/proc/{children.read_text().split()[-1]}/task").iterdir():
        if (thread / "comm").read_text().strip() == name:
            on_cpu_ns = (thread / "schedstat").read_text().split()[0]
            return int(on_cpu_ns) / 1e9
    return None


def run_policy(build, home, folder, n_keys):
    """Keys while the security-group rules of 200 accounts are read and judged; 80,000 resources have
    about 21,000 of them."""
    sandbox = Sandbox(build, 80000, 200, 1)
    program = on_rows(build, sandbox, folder)
    pty = Pty(build, home)
    try:
        told = {"rules": peer(build, [sys.executable, HERE / "boto_client.py", "rules"],
                              environment(sandbox, home)).get("n")}
        pty.start(program, limit_ms=20000)
        pty.wait(program, "accounts", quiet_ms=200, limit_ms=60000)
        before_s = thread_s(pty, "wd-worker")
        pty.keys([(program, ":")], quiet_ms=20)
        pty.keys([(program, "findings\r")], quiet_ms=20)
        until = time.monotonic() + 60
        while shown_count(pty, program)[0] <= n_keys and time.monotonic() < until:
            pty.idle(20)
        result = pty.keys([(program, "j")], count=n_keys, limit_ms=500)[0]
        told.update(summary(result["ms"]), unanswered=result["silent"],
                    still_loading=shown_count(pty, program)[1])
        wait_loaded(pty, program, 60)
        told["findings"] = shown_count(pty, program)[0]
        told["worker_s"] = round(thread_s(pty, "wd-worker") - before_s, 3)
    finally:
        pty.stop()
        sandbox.stop()
    return told


def run_million(build, home, n_rows):
    sandbox = Sandbox(build, n_rows)
    env = environment(sandbox, home)
    aggregator = "organization"
    try:
        once(build, home, env, "rules")  # the world is evaluated once, for whoever comes first
        before_s = sandbox.cpu_s()
        out, told = once(build, home, env, "resources", "--format", "csv", "--filter", "zzzz")
        told["sandbox_cpu_s"] = round(sandbox.cpu_s() - before_s, 2)
        told["rows"] = n_rows
        told["bare"] = peer(build, [build / "tests/bench/bare", "rows", aggregator], env)
        told["boto3"] = peer(build, [sys.executable, HERE / "boto_client.py", "rows", aggregator], env)
    finally:
        sandbox.stop()
    return told


def tell_fan_out(report, name, told):
    calls = told["fan_out"]
    ideal_s = calls["calls"] * LATENCY_MS / 1000 / IN_FLIGHT
    report.title(f"{name} accounts x regions, {calls['calls']} calls of {LATENCY_MS} ms")
    report.at_most("the accounts: wall", round(calls["wall_s"], 2), "s", round(1.15 * ideal_s, 2),
                   f"at most 1.15 x {ideal_s:.2f} s")
    report.line("start to end, the organization first: wall", told["wall_s"], "s")
    report.line("bare C client, as many calls: wall", told["bare"]["wall_s"], "s")
    report.line("CPU", told["cpu_s"], "s")
    report.line("bare C client: CPU", told["bare"]["cpu_s"], "s")
    report.line("the sandbox: CPU", told["sandbox_cpu_s"], "s")
    report.line("RSS", told["rss_mb"], "MB")
    boto = told.get("boto3")
    if boto:
        report.line(f"boto3, {boto['n']} calls, ten workers: wall", boto["wall_s"], "s")
        report.line("boto3: CPU", boto["cpu_s"], "s")
        report.at_most("CPU beside boto3", told["cpu_s"], "s", boto["cpu_s"] / 40,
                       f"at most a fortieth, {boto['cpu_s'] / 40:.3f} s")


def tell_accounts(report, told):
    tell_fan_out(report, "200 x 4", told["200 x 4"])
    tell_fan_out(report, "1000 x 1", told["1000 x 1"])
    slow = told["throttled"]
    report.title(f"{slow['rate']:.0%} of the attempts throttled by chance")
    floor = 1 / (1 - slow["rate"])
    report.at_most("attempts for a success", slow["attempts_per_success"], "", 1.05 * floor,
                   f"at most 1.05 x {floor:.2f}, what chance takes")
    keys = told["keys"]
    report.title("keys while 1,000 accounts are asked" +
                 ("" if keys["still_loading"] else " (they were done before the keys were)"))
    report.line("move: median", keys["median"], "ms")
    report.at_most("move: p99", keys["p99"], "ms", 16)


def tell_policy(report, told):
    report.title("the rules of security groups in 200 accounts, read, judged and listed")
    report.line("rules", told["rules"], "rules", "20,000 at least",
                told["rules"] is not None and told["rules"] >= 20000)
    report.line("of which are listed", told["findings"], "rows")
    report.at_most("CPU of the worker", told["worker_s"], "s", 1)
    report.line("move meanwhile: median", told["median"], "ms")
    report.at_most("move meanwhile: p99", told["p99"], "ms", 16)
    if not told["still_loading"]:
        report.line("keys were slower than the rules", told["unanswered"], "keys")


def tell_million(report, told):
    report.title(f"{told['rows']:,} resources by aggregator queries")
    for name, one in (("watchdeck", told), ("bare C client, one chain", told["bare"]),
                      ("boto3 paginator", told["boto3"])):
        report.line(f"{name}: wall", one.get("wall_s"), "s")
        report.line(f"{name}: CPU", one.get("cpu_s"), "s")
        report.line(f"{name}: RSS", one.get("rss_mb"), "MB")
    report.line("bare C client: rows", told["bare"].get("n"), "rows", f"{told['rows']:,}",
                told["bare"].get("n") == told["rows"])
    report.line("the sandbox meanwhile: CPU", told["sandbox_cpu_s"], "s")
    report.at_most("CPU beside the bare C client", told["cpu_s"], "s",
                   1.3 * told["bare"].get("cpu_s", 0),
                   f"at most 1.3 x {told['bare'].get('cpu_s')} s")
    report.at_most("RSS of a million rows", told["rss_mb"], "MB", 140)
