"""Programs on ptys: what tests/bench/pty is asked to do, and the peers that are asked the same."""
import json
import os
import statistics
import subprocess

ROWS, COLS = 60, 200
UNSET = {"LINES", "COLUMNS", "TMUX", "NO_COLOR", "LESSOPEN", "LESSCLOSE", "FZF_DEFAULT_OPTS"}
PAGE_DOWN = "\x1b[6~"


class Pty:
    """tests/bench/pty, which holds the programs and the clock."""

    def __init__(self, build, home):
        env = {name: value for name, value in os.environ.items() if name not in UNSET}
        self.process = subprocess.Popen([build / "tests/bench/pty"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=env)
        self.env = ["TERM=xterm-256color", "LC_ALL=C.UTF-8", f"HOME={home}", "LESS=", "NNN_OPTS="]

    def do(self, verb, **order):
        self.process.stdin.write(json.dumps({"do": verb, **order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, program, **order):
        return self.do("start", name=program["name"], argv=program["argv"],
                       env=self.env + program.get("env", []), expect=program["expect"],
                       rows=ROWS, cols=COLS, **order)

    def wait(self, program, text, **order):
        return self.do("wait", name=program["name"], expect=text, **order)

    def keys(self, steps, count=1, **order):
        """steps: (program, keys). One result a step, in that order."""
        order["steps"] = [{"name": program["name"], "keys": keys} for program, keys in steps]
        return self.do("keys", count=count, **order)["steps"]

    def idle(self, ms):
        return {one["name"]: one for one in self.do("idle", ms=ms)["programs"]}

    def screen(self, program):
        return self.do("screen", name=program["name"])["lines"]

    def end(self, program):
        self.do("end", name=program["name"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def by_itself(build, argv):
    """argv, started by something small: what it then says of its own memory is its own (measure.c)."""
    return [build / "tests/bench/measure", "-1", *argv]


def measured(build, argv, env, take):
    """Runs argv with its output on a pipe: what take(that pipe) returns, and what measure.c says."""
    ours, theirs = os.pipe()
    process = subprocess.Popen([build / "tests/bench/measure", str(theirs), *argv], env=env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[theirs])
    os.close(theirs)
    with process.stdout, open(ours, encoding="utf-8") as used:
        taken = take(process.stdout)
        process.wait()
        return taken, json.loads(used.read())


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) * percent // 100] if ordered else None


def summary(values):
    """What is told of many measurements of one thing."""
    if not values:
        return {"n": 0, "median": None, "p99": None}
    return {"n": len(values), "median": round(statistics.median(values), 3),
            "p99": round(percentile(values, 99), 3)}


def make_rows(build, folder, n_rows):
    """The lines that every program is given: unique, skewed as in life."""
    path = folder / f"rows-{n_rows}"
    with open(path, "wb") as out:
        subprocess.run([build / "tests/bench/model", "--emit", str(n_rows)], stdout=out, check=True)
    return path


def make_files(folder, n_files):
    files = folder / "files"
    files.mkdir()
    for n in range(n_files):
        (files / f"file-{n:06}").touch()
    return files


def make_repository(folder, n_commits):
    """A history long enough to page through, made in one go by fast-import."""
    path = folder / "repository"
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)
    stream = []
    for n in range(1, n_commits + 1):
        text = f"commit {n:06}"
        stream.append(f"commit refs/heads/main\nmark :{n}\n"
                      f"committer Bench <bench@example.com> {1767225600 + n} +0000\n"
                      f"data {len(text)}\n{text}\n" + (f"from :{n - 1}\n" if n > 1 else "") +
                      f"M 100644 inline file\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input="".join(stream).encode(),
                   check=True)
    return path


def make_peers(folder, rows_path, n_pages):
    """less, nnn, tig and htop on something to move through for so many pages."""
    folder.mkdir()
    n = (n_pages + 2) * ROWS
    files, repository = make_files(folder, n), make_repository(folder, n)
    with open(rows_path, encoding="utf-8") as lines:
        screen = [next(lines) for _ in range(ROWS - 1)]
    return [
        {"name": "less", "argv": ["less", str(rows_path)], "expect": screen[-1].split()[0],
         "package": "less"},
        {"name": "nnn", "argv": ["nnn", str(files)], "expect": "file-000050", "package": "nnn"},
        {"name": "tig", "argv": ["tig", "-C", str(repository)], "expect": f"commit {n - 50:06}",
         "package": "tig"},
        {"name": "htop", "argv": ["htop"], "expect": "F10", "package": "htop"},
    ]


AWS_CLI = {"name": "aws --version", "argv": ["/usr/bin/aws", "--version"], "expect": "aws-cli",
           "package": "awscli"}


def version_of(package):
    told = subprocess.run(["dpkg-query", "-Wf", "${Version}", package], capture_output=True,
                          text=True, check=False)
    return told.stdout or None
