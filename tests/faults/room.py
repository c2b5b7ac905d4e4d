"""Where a row is played: a folder and an environment of its own, the programs that run in it, and
what they leave behind."""
import contextlib
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.request

import servers
import terminal

SMALL = "accounts=6,regions=2,resources=120"
# one whose first finding is known: changes.py
FINDINGS = "accounts=6,regions=2,resources=300,seed=7"
UNHURRIED = ("--budget", "off")  # the sandbox is nobody's quota
LIMIT_S = 120  # what a program without a terminal may take
GOOD_STATUSES = (0, 3, 4)  # of --once: it has rows; findings; something is missing


class Outcome:
    """A program without a terminal that has ended."""

    def __init__(self, argv, status, out, err, usage, took_s):
        self.argv, self.status, self.out, self.err = argv, status, out, err
        self.took_s, self.peak_kib = took_s, usage.ru_maxrss

    def __str__(self):
        return (f"{' '.join(map(str, self.argv))}: status {self.status} after {self.took_s:.1f} s\n"
                f"{self.err[:2000]!r}\n{self.out[:1000]!r}")

    def must_end(self, *statuses):
        assert self.status in statuses, f"expected status {' or '.join(map(str, statuses))}: {self}"
        return self

    def must_say(self, *texts):
        """On stderr, in one of its lines each."""
        for text in texts:
            assert text in self.err, f"{text!r} was not said: {self}"
        return self

    @property
    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as wrong:
            raise AssertionError(f"no JSON ({wrong}): {self}") from wrong

    @property
    def rows(self):
        return self.json["rows"]

    @property
    def gaps(self):
        return self.json["coverage"]["gaps"]


class Sandbox:
    """A watchdeck-sandbox of the row's own, and its log of requests: the witness of what was
    sent."""

    def __init__(self, room, fault, world, latency_ms, options):
        self.log = room.path(f"requests-{len(room.sandboxes)}.jsonl")
        keep, self.parent = os.pipe()
        seeded = world if "seed=" in world else f"{world},seed={room.seed}"
        argv = [room.build / "watchdeck-sandbox", "--listen", "127.0.0.1:0", "--world", seeded,
                "--requests", self.log, "--parent-fd", str(keep), "--latency-ms", str(latency_ms),
                *options]
        if fault:
            argv += ["--fault", fault]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        pass_fds=[keep])
        os.close(keep)
        line = self.process.stdout.readline()
        assert line, f"the sandbox does not start: {argv}"
        self.ready = json.loads(line)
        self.endpoint, self.control_url = self.ready["endpoint"], self.ready["control"]
        self.account, self.region = self.ready["management_account"], self.ready["region"]

    def stop(self):
        os.close(self.parent)
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def requests(self, operation=None):
        """What it was sent so far, the oldest first; dry runs too."""
        if not self.log.exists():
            return []
        lines = self.log.read_bytes().split(b"\n")[:-1]  # the last one may be under way
        read = [json.loads(line) for line in lines]
        return [r for r in read if operation in (None, r["operation"])]

    def changes(self, operation="RevokeSecurityGroupIngress"):
        """What was asked to be changed, dry runs aside."""
        return [r for r in self.requests(operation) if not r["dry_run"]]

    def control(self, what, body=None):
        """GET {control}/what, or POST with a body."""
        data = json.dumps(body).encode() if body is not None else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(f"{self.control_url}/{what}", data)) as reply:
            return json.loads(reply.read())

    def patch(self, *operations):
        """Changes the world (RFC 6902): ("replace", "/accounts/ID/name", "x")."""
        return self.control("world", [dict(zip(("op", "path", "value"), o)) for o in operations])


class Room:
    """One row, one seed."""

    def __init__(self, build, number, seed):
        self.build, self.seed = pathlib.Path(build).resolve(), seed
        self.long = False
        self.random = random.Random(f"{number}:{seed}")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"watchdeck-faults-{number}-"))
        self.watchdeck = self.build / "watchdeck"
        self.sandboxes = []
        self.closing = contextlib.ExitStack()
        self.closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder), "TMPDIR": str(self.folder), "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}

    def close(self):
        self.closing.close()

    def path(self, name):
        return self.folder / name

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    # --- what there is to talk to ---

    def sandbox(self, fault="", world=SMALL, latency_ms=0, options=()):
        """A sandbox that the programs of the room are pointed to."""
        made = Sandbox(self, fault, world, latency_ms, options)
        self.closing.callback(made.stop)
        self.sandboxes.append(made)
        self.env.update(AWS_ACCESS_KEY_ID=made.ready["access_key_id"],
                        AWS_SECRET_ACCESS_KEY=made.ready["secret_access_key"],
                        AWS_REGION=made.region, AWS_ENDPOINT_URL=made.endpoint)
        return made

    def server(self, handler, **how):
        """servers.Server(handler), whose end is that of the room."""
        made = servers.Server(handler, **how)
        self.closing.callback(made.stop)
        return made

    # --- programs ---

    def run(self, argv, env=None, limit_s=LIMIT_S, before=None, wrapper=(), stdout=None):
        """A program to its end, without a terminal. env: besides the room's (None unsets); before
        is called in the child; wrapper: what stands before argv."""
        out, err = self.path("stdout"), self.path("stderr")
        argv = [*wrapper, *argv]
        start = time.monotonic()
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            process = subprocess.Popen([str(word) for word in argv], env=self._env(env),
                                       stdin=subprocess.DEVNULL, stdout=stdout or out_file,
                                       stderr=err_file, preexec_fn=before)
        status, usage = self._wait(process, start + limit_s)
        took_s = time.monotonic() - start
        text = [path.read_bytes().decode("utf-8", "surrogateescape") for path in (out, err)]
        assert status is not None, f"{argv} has not ended after {limit_s} s: {text[1][:1000]!r}"
        return Outcome(argv, status, *text, usage, took_s)

    @staticmethod
    def _wait(process, until):
        """wait4 rather than wait: it tells what the program has used."""
        while time.monotonic() < until:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                code = process.returncode
                return (code if code >= 0 else 128 - code), usage
            time.sleep(0.005)
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = -9
        return None, usage

    def _env(self, more=None):
        env = {**self.env, **(more or {})}
        return {name: value for name, value in env.items() if value is not None}

    def once(self, screen, *options, **how):
        """watchdeck --once SCREEN as JSON."""
        return self.run([self.watchdeck, *UNHURRIED, "--once", screen, "--format", "json",
                         *options], **how)

    def once_table(self, screen, *options, **how):
        """The same as people read it: what is missing is said on stderr."""
        return self.run([self.watchdeck, *UNHURRIED, "--once", screen, *options], **how)

    def terminal(self, argv, env=None, rows=40, cols=120, **how):
        """A program on a terminal."""
        ours = ("TERM", "LC_ALL", "ESCDELAY")  # the harness sets them
        names = {name: None for name in os.environ if name not in self.env and name not in ours}
        made = terminal.Terminal(self.build, argv, {**names, **self.env, **(env or {})},
                                 rows, cols, **how)
        self.closing.callback(made.free)
        return made

    def console(self, *options, **how):
        return self.terminal([self.watchdeck, *UNHURRIED, *options], **how)

    def ready_console(self, *options, **how):
        """The console when it has loaded its first screen."""
        console = self.console(*options, **how)
        console.wait("accounts, ")
        console.wait_gone("loading")
        return console

    # --- what they leave behind ---

    @property
    def state(self):
        return self.path(".local/state/watchdeck")

    def trail(self, env=None):
        """The trail's rows as the console tells them."""
        return self.once("trail", env=env).must_end(*GOOD_STATUSES).rows

    def verify_trail(self):
        """watchdeck trail verify over the store's trail."""
        return self.run([self.watchdeck, "trail", "verify", self.state / "audit"])


def limit(kind, value):
    """For `before`: a limit of the kernel on the child."""
    return lambda: resource.setrlimit(kind, (value, value))
