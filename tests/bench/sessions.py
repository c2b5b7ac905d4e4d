"""Sessions with nodes, through the sandbox's gateway and agent: how much comes and at what cost, how soon
a key is echoed, in a pipeline, on a terminal, in the console's tabs, and while a million rows load."""
import json
import os
import re
import socket
import subprocess
import threading
import time

import restore
from console import NOW, Sandbox, shown_count, wait_loaded
from programs import Pty, measured, summary
from reach import environment

# The official plugin is in no Debian package: these are its figures on another machine's loopback, with
# messages of 1 KB and no pace.
PLUGIN = {"mb_s": 37.9, "us_message": 23.6, "echo_median_ms": 0.47, "echo_p99_ms": 0.85, "rss_mb": 22}

MESSAGE_BYTES = 1024
WORLD = (3000, 6, 2)  # resources, accounts, regions
TABS = 10
NODES_S = 100  # until all nodes are listed, at the latest
ROUNDS = 3
SLOW_BYTES, SLOW_S = 4_000_000, 0.001  # a page a millisecond
UNPACED, PACED = "prompt=0,limit=0", "prompt=0,pace=1000"
QUIET_MS = 4
LOAD_KEYS = 600  # so that a p99 is more than the three worst
BLOCK = 50  # keys, in less time than the rows take to load
LOADING_S = 60
CONSOLE_QUIET_MS = 20  # longer than the frame after which a console draws again


def spent_s(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def find_node(build, env):
    rows = subprocess.run([build / "watchdeck", "--once", "nodes", "--format", "ndjson", "--filter",
                           "ping:=Online"], env=env, stdout=subprocess.PIPE, check=False).stdout
    return json.loads(rows.splitlines()[0])["node"]


# --- off a terminal ---

def read_all(pipe, every_s):
    """From the first byte to the last; every_s: a pause after each page that is read."""
    told = {"n_bytes": 0, "first": 0, "last": 0}
    while some := os.read(pipe.fileno(), 4096 if every_s else 1 << 18):
        told["last"] = time.monotonic()
        told["first"] = told["first"] or told["last"]
        told["n_bytes"] += len(some)
        if every_s:
            time.sleep(every_s)
    return told


def take_output(build, env, node, command, every_s=0):
    """What a command on the node gives to a pipe, in which time and at what cost."""
    argv = [build / "watchdeck", "session", node, "--command", command]
    told, used = measured(build, argv, env, lambda pipe: read_all(pipe, every_s))
    return {**told, **used, "s": told["last"] - told["first"]}


def output(build, env, node, n_bytes):
    """What `head` of a node gives to a pipe, the last time to one that is read slowly; the start, which
    others measure, is taken off the cost."""
    start = min(take_output(build, env, node, "true")["cpu_s"] for _ in range(ROUNDS))
    told = [take_output(build, env, node, f"head -c {n_bytes} /dev/zero") for _ in range(ROUNDS)]
    slow = take_output(build, env, node, f"head -c {SLOW_BYTES} /dev/zero", SLOW_S)
    if not all(one["status"] == 0 and one["n_bytes"] == n_bytes for one in told) or \
            slow["n_bytes"] != SLOW_BYTES:
        return None
    best = min(told, key=lambda one: one["s"])
    return {"mb_s": round(n_bytes / best["s"] / 1e6, 1),
            "us_message": round(min(one["cpu_s"] - start for one in told) /
                                (n_bytes / MESSAGE_BYTES) * 1e6, 1),
            "rss_mb": max(one["rss_mb"] for one in told), "slow_rss_mb": slow["rss_mb"]}


def swallow(listener, told):
    connection, _ = listener.accept()
    with connection:
        while some := connection.recv(1 << 18):
            told["last"] = time.monotonic()
            told.setdefault("first", told["last"])
            told["n_bytes"] = told.get("n_bytes", 0) + len(some)


def given(build, env, node, n_bytes):
    """Bytes to a port of the node, at our own pace."""
    listener, told = socket.create_server(("127.0.0.1", 0)), {}
    taker = threading.Thread(target=swallow, args=(listener, told))
    taker.start()
    subprocess.run([build / "watchdeck", "ssh-proxy", node, str(listener.getsockname()[1])], env=env,
                   input=bytes(n_bytes), stdout=subprocess.DEVNULL, check=False)
    taker.join()
    listener.close()
    return {"mb_s": round(n_bytes / (told["last"] - told["first"]) / 1e6, 2)} \
        if told.get("n_bytes") == n_bytes else None


# --- on a terminal ---

def door(build, sandbox, node):
    """The subcommand on a terminal of its own."""
    return {"name": "session", "argv": [str(build / "watchdeck"), "session", node], "expect": "$",
            "env": [*sandbox.env(), f"AWS_ENDPOINT_URL={sandbox.ready['endpoint']}"]}


def console(build, sandbox, folder):
    return {"name": "console", "expect": "watchdeck", "env": sandbox.env(),
            "argv": [str(build / "watchdeck"), "--budget", "off", "--now", NOW, "--state-dir",
                     str(folder / f"state-{time.monotonic_ns()}"), "--endpoint-url",
                     sandbox.ready["endpoint"]]}


def echo(pty, program, n_keys, quiet_ms):
    """Keys to a line of the node's terminal that nobody reads yet; it is thrown away now and then."""
    times, silent = [], 0
    for _ in range(n_keys // 50):
        told = pty.keys([(program, "x")], count=50, quiet_ms=quiet_ms)[0]
        times += told["ms"]
        silent += told["silent"]
        pty.keys([(program, "\x15")], quiet_ms=quiet_ms)
    return {**summary(times), "silent": silent}


def on_terminal(build, home, sandbox, node, n_keys):
    program, pty = door(build, sandbox, node), Pty(build, home)
    try:
        pty.start(program, limit_ms=20000)
        pty.keys([(program, "cat >/dev/null\r")], quiet_ms=50)
        told = echo(pty, program, n_keys, QUIET_MS)
        told["rss_mb"] = round(pty.idle(100)["session"]["rss_kib"] * 1024 / 1e6, 1)
    finally:
        pty.stop()
    return told


# --- in the console ---

def type_line(pty, program, text):
    pty.keys([(program, text)], quiet_ms=CONSOLE_QUIET_MS)
    pty.keys([(program, "\r")], quiet_ms=60)


def command(pty, program, text):
    pty.keys([(program, ":")], quiet_ms=CONSOLE_QUIET_MS)
    type_line(pty, program, text)


def filter_rows(pty, program, text):
    pty.keys([(program, "/")], quiet_ms=CONSOLE_QUIET_MS)
    type_line(pty, program, text)


def list_nodes(pty, program):
    """Those that can be reached and want no reason, the cursor on the first."""
    pty.wait(program, "Triage", quiet_ms=CONSOLE_QUIET_MS, limit_ms=20000)
    command(pty, program, "nodes")
    pty.wait(program, "Online", quiet_ms=60, limit_ms=60000)
    filter_rows(pty, program, "ping:=Online account:-dev")


def open_shell(pty, program):
    pty.keys([(program, "s")], quiet_ms=60)
    pty.wait(program, "$", quiet_ms=60, limit_ms=10000)


def leave_shell(pty, program):
    """It goes on."""
    for key in ("\r", "~", "q"):
        pty.keys([(program, key)], quiet_ms=CONSOLE_QUIET_MS)


def n_shells(pty, program):
    found = re.search(r"(\d+) shells?", pty.screen(program)[0])
    return int(found.group(1)) if found else 0


def rss_mb(pty, program):
    return round(pty.idle(300)[program["name"]]["rss_kib"] * 1024 / 1e6, 1)


def in_tabs(build, home, folder, sandbox, n_keys):
    """A shell's echo in the console, and ten of them with what has scrolled off."""
    program, pty = console(build, sandbox, folder), Pty(build, home)
    try:
        pty.start(program, limit_ms=20000)
        list_nodes(pty, program)
        before_mb = rss_mb(pty, program)
        for n in range(TABS):
            open_shell(pty, program)
            type_line(pty, program, "seq 1 12000; echo all-$((40+2))")
            pty.wait(program, "all-42", quiet_ms=60, limit_ms=30000)
            if n == 0:
                told = echo(pty, program, n_keys, CONSOLE_QUIET_MS)
            leave_shell(pty, program)
            pty.keys([(program, "j")], quiet_ms=CONSOLE_QUIET_MS)
        told.update(rss_before_mb=before_mb, rss_mb=rss_mb(pty, program), tabs=n_shells(pty, program))
    finally:
        pty.stop()
    return told


def wait_for_rows(pty, program):
    """The first have come, and more are coming."""
    until, rows, loading = time.monotonic() + LOADING_S, 0, False
    while not (rows and loading) and time.monotonic() < until:
        pty.idle(20)
        rows, loading = shown_count(pty, program)


def echo_while_loading(pty, program, n_keys):
    """Blocks of keys in the tab, from the list of the rows and back to it. A block counts when rows were
    coming before it and after it; when they have all come meanwhile, they are loaded anew and it is done
    again."""
    times, told = [], {"blocks": n_keys // BLOCK, "loading": 0, "loads": 1}
    for _ in range(2 * told["blocks"]):
        if told["loading"] == told["blocks"]:
            break
        command(pty, program, "shells")
        block = pty.keys([(program, "x")], count=BLOCK, quiet_ms=CONSOLE_QUIET_MS)[0]
        pty.keys([(program, "\x15")], quiet_ms=CONSOLE_QUIET_MS)
        leave_shell(pty, program)
        told["rows_then"], still = shown_count(pty, program)
        if still:
            told["loading"] += 1
            times += block["ms"]
        else:
            told["loads"] += 1
            pty.keys([(program, "r")], quiet_ms=CONSOLE_QUIET_MS)
            wait_for_rows(pty, program)
    told["echo"] = {**summary(times), "silent": told["loading"] * BLOCK - len(times)}
    return told


def while_loading(build, home, folder, n_rows, n_keys):
    """The echo in a tab in front while the resources load behind it."""
    sandbox = Sandbox(build, n_rows, 24, 4, "--session", UNPACED)
    program, pty, told = console(build, sandbox, folder), Pty(build, home), {"rows": n_rows}
    try:
        pty.start(program, limit_ms=20000)
        list_nodes(pty, program)
        wait_loaded(pty, program, NODES_S)
        open_shell(pty, program)
        told["shells"] = n_shells(pty, program)
        leave_shell(pty, program)
        command(pty, program, "resources")
        wait_for_rows(pty, program)
        told.update(echo_while_loading(pty, program, n_keys))
    finally:
        pty.stop()
        sandbox.stop()
    return told


# --- without a node ---

def panes(build):
    """What tests/bench/pane prints: NAME VALUE UNIT a line."""
    lines = subprocess.run([build / "tests/bench/pane"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    return [[name, float(value), unit] for name, value, unit in map(str.split, lines)]


def tell_panes(report, told):
    report.title("the terminal of a shell by itself")
    for name, value, unit in told:
        report.line(name, value, unit)


# --- all of it ---

def run(build, home, folder, n_rows, n_keys):
    told = {"plugin": PLUGIN}
    for name, options, n_bytes in (("unpaced", UNPACED, 100_000_000), ("paced", PACED, 3_000_000)):
        sandbox = Sandbox(build, *WORLD, "--session", options)
        env = environment(sandbox, home)
        try:
            node = find_node(build, env)
            one = {"output": output(build, env, node, n_bytes),
                   "echo": on_terminal(build, home, sandbox, node, n_keys)}
            if name == "paced":
                one["input"] = given(build, env, node, 2_000_000)
            else:
                one["sandbox_cpu_s"] = sandbox.cpu_s()
                told["console"] = in_tabs(build, home, folder, sandbox, n_keys)
                told["restore"] = restore.run([door(build, sandbox, node),
                                               console(build, sandbox, folder)], env)
            told[name] = one
        finally:
            sandbox.stop()
    told["load"] = while_loading(build, home, folder, n_rows, LOAD_KEYS)
    return told


# --- telling ---

def tell_echo(report, name, told, median_ms=None, p99_ms=None):
    for part, limit in (("median", median_ms), ("p99", p99_ms)):
        report.line(f"{name}: {part}", told[part], "ms", limit and f"below {limit} ms (plugin)",
                    limit and (told[part] is not None and told[part] < limit))
    if told["silent"]:
        report.line(f"{name}: without an answer", told["silent"], "keys")


def tell_paced(report, told):
    report.line("paced (1,000 messages a second): output", told["output"]["mb_s"], "MB/s")
    report.line("paced: CPU a message", told["output"]["us_message"], "us")
    report.line("paced (900 messages a second): input", told["input"]["mb_s"], "MB/s")
    tell_echo(report, "paced: echo", told["echo"])


def tell_door(report, plugin, told):
    out = told["output"] or {"mb_s": 0, "us_message": None, "rss_mb": 0, "slow_rss_mb": 0}
    report.line("output off a terminal", out["mb_s"], "MB/s", f"above {plugin['mb_s']} MB/s (plugin)",
                out["mb_s"] > plugin["mb_s"])
    report.line("CPU a message of 1 KB", out["us_message"], "us",
                f"below {plugin['us_message']} us (plugin)",
                out["us_message"] is not None and out["us_message"] < plugin["us_message"])
    tell_echo(report, "echo", told["echo"], plugin["echo_median_ms"], plugin["echo_p99_ms"])
    for name, rss in (("in a pipeline", out["rss_mb"]), ("whose reader is slow", out["slow_rss_mb"]),
                      ("on a terminal", told["echo"]["rss_mb"])):
        report.line(f"RSS {name}", rss, "MB", f"below {plugin['rss_mb']} MB (plugin)",
                    0 < rss < plugin["rss_mb"])


def tell_console(report, plugin, told):
    report.title("shells in the console")
    report.line("shells that are open", told["tabs"], "", f"{TABS}", told["tabs"] == TABS)
    tell_echo(report, "echo in a tab", told)
    report.line("RSS without shells", told["rss_before_mb"], "MB")
    report.line(f"RSS with {TABS}, 12,000 lines each", told["rss_mb"], "MB",
                f"below {TABS} x {plugin['rss_mb']} MB (plugin)", told["rss_mb"] < TABS * plugin["rss_mb"])


def tell_load(report, told, idle):
    report.title(f"echo in a tab while {told['rows']:,} rows load behind it")
    if told["loading"]:
        tell_echo(report, "echo", told["echo"])
    report.line("the shell is open", told["shells"], "shell", "1 shell", told["shells"] == 1)
    report.line(f"blocks of {BLOCK} keys while rows came, loads: {told['loads']}",
                told["loading"], "blocks", f"{told['blocks']} blocks",
                told["loading"] == told["blocks"])
    if not told["loading"]:
        return  # there is nothing to compare
    report.at_most("p99 beyond that of a tab with nothing behind it",
                   round(told["echo"]["p99"] - idle["p99"], 2), "ms", 10)


def tell(report, told):
    report.title("a session in a pipeline and on a terminal; the plugin's figures were measured elsewhere")
    tell_door(report, told["plugin"], told["unpaced"])
    tell_paced(report, told["paced"])
    tell_console(report, told["plugin"], told["console"])
    restore.tell(report, told["restore"])
    tell_load(report, told["load"], told["console"])
