"""Filters and sorts over many rows: ours by tests/bench/model, fzf's by its keys on a pty."""
import json
import re
import subprocess

from programs import Pty, by_itself

TYPED = "database-999"  # key by key: narrowing
COLD = ["zzzz", "non_compliant", "eu-west-1", "prod", "database-9", "data", "d"]
PLAIN = re.compile(r"^[a-z0-9_-]+$")  # what means the same to both
F_KEYS = ["\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~"]


def run_model(build, n_rows, repeats):
    told = subprocess.run(by_itself(build, [build / "tests/bench/model", "--rows", str(n_rows),
                                            "--repeats", str(repeats)]), capture_output=True, check=True)
    return json.loads(told.stdout)


def fzf_program(rows_path, n_rows, one_core):
    """Exact, unsorted: the least it can do, and what we do. One key for each cold query; those
    whose results could help another come later."""
    binds = ",".join(f"f{i + 1}:change-query({query})" for i, query in enumerate(COLD))
    core = "taskset -c 0 " if one_core else ""
    return {"name": "fzf", "expect": f"{n_rows}/{n_rows}",
            "argv": ["sh", "-c", f"exec {core}fzf -e +s --no-mouse --bind '{binds}' < {rows_path}"]}


def hits_shown(lines, n_rows):
    for line in lines:
        found = re.search(rf"(\d+)/{n_rows}\b", line)
        if found:
            return int(found.group(1))
    return None


def press(pty, fzf, keys, n_rows):
    """Until its threads sleep and it has been quiet for longer than its own timers wait."""
    result = pty.keys([(fzf, keys)], quiet_ms=150, limit_ms=20000, all_threads=True)[0]
    return {"ms": result["ms"][0] if result["ms"] else None,
            "hits": hits_shown(pty.screen(fzf), n_rows)}


def run_fzf(build, home, rows_path, n_rows, one_core):
    fzf, pty = fzf_program(rows_path, n_rows, one_core), Pty(build, home)
    cold, narrow = {}, {}
    try:
        pty.start(fzf, limit_ms=30000)
        for query, key in zip(COLD, F_KEYS):
            cold[query] = press(pty, fzf, key, n_rows)
        rss_kib = pty.idle(10)["fzf"]["rss_kib"]
        pty.end(fzf)
        pty.start(fzf, limit_ms=30000)
        for n in range(len(TYPED)):
            narrow[TYPED[:n + 1]] = press(pty, fzf, TYPED[n], n_rows)
        pty.end(fzf)
    finally:
        pty.stop()
    return {"cold": cold, "narrow": narrow, "rss_mb": round(rss_kib * 1024 / 1e6, 1)}


def least(runs, kind, query):
    """The best that fzf did for a query in any of its runs, and what it found."""
    told = [run[kind][query] for run in runs if query in run[kind]]
    times = [one["ms"] for one in told if one["ms"] is not None]
    return (min(times) if times else None), (told[0]["hits"] if told else None)


def run_sort(rows_path, column):
    """sort(1) by bytes on one column of the same lines, as something to compare with."""
    timed = subprocess.run(["bash", "-c", "TIMEFORMAT=%R; time LC_ALL=C sort --parallel=1 "
                            f"-k{column},{column} -s {rows_path} > /dev/null"],
                           capture_output=True, text=True, check=True)
    return round(float(timed.stderr) * 1000)


def run_all(build, home, rows_path, n_rows, repeats):
    """fzf before, ours, fzf behind: noise has its chance with both."""
    runs = [run_fzf(build, home, rows_path, n_rows, one_core=True)]
    model = run_model(build, n_rows, repeats)
    runs.append(run_fzf(build, home, rows_path, n_rows, one_core=False))
    return {"rows": n_rows, "watchdeck": model, "fzf_one_core": runs[0], "fzf_all_cores": runs[1],
            "sort_name_ms": run_sort(rows_path, 2)}
