"""Plays rows, each with each seed in a process of its own, some at a time, and tells how they
went."""
import importlib
import os
import pathlib
import re
import selectors
import signal
import sys
import time
import traceback

import matrix
from room import Room

JOB_LIMIT_S = 300  # a row that takes longer has failed
LONG_LIMIT_S = 80 * 3600
WHY_FIRST, WHY_LAST = 6, 12  # lines of a failure's story that are shown


class Job:
    """One row with one seed, in a child that leads a process group: what it starts ends with it."""

    def __init__(self, row, seed, options):
        self.row, self.seed, self.said = row, seed, b""
        self.out, child_end = os.pipe()
        self.until = time.monotonic() + (LONG_LIMIT_S if options.long else JOB_LIMIT_S)
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.close(self.out)
            os._exit(play(row, seed, options, child_end))
        os.close(child_end)

    def read(self):
        """False when it has said all."""
        data = os.read(self.out, 65536)
        self.said += data
        return bool(data)

    def end(self):
        """(how it went, why)"""
        os.close(self.out)
        late = time.monotonic() > self.until
        if late:
            os.killpg(self.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        why = self.said.decode(errors="replace").strip()
        if late:
            return "FAIL", "not over in time"
        return {0: ("ok", ""), 2: ("unable", why)}.get(status, ("FAIL", why or f"status {status}"))


def play(row, seed, options, out):
    """In the child. 0: it stands; 1: it does not; 2: the fault cannot be made here."""
    room, status, why = None, 1, ""
    started = time.monotonic()
    try:
        room = Room(options.build, row.number, seed)
        room.long, room.seconds = options.long, options.seconds
        row.function(room)
        status = 0
    except matrix.Unable as unable:
        status, why = 2, str(unable)
    except AssertionError as wrong:
        frames = traceback.extract_tb(wrong.__traceback__)
        frame = [frame for frame in frames if "/rows/" in frame.filename][-1]
        why = f"{wrong}\n(rows/{pathlib.Path(frame.filename).name}:{frame.lineno})"
    except BaseException:  # a row that breaks has failed, whatever broke it
        why = traceback.format_exc()
    finally:
        if room is not None:
            room.close()
    if os.environ.get("FAULTS_TIMES"):
        print(f"# row {row.number} seed {seed}: {time.monotonic() - started:.1f} s",
              file=sys.stderr, flush=True)
    os.write(out, why.encode(errors="replace")[-60000:])
    return status


def shortened(why):
    lines = [line.rstrip() for line in why.splitlines() if line.strip()]
    left_out = len(lines) - WHY_FIRST - WHY_LAST
    if left_out <= 1:
        return lines
    return lines[:WHY_FIRST] + [f"... {left_out} lines ..."] + lines[-WHY_LAST:]


class Runner:
    def __init__(self, options, numbers):
        self.options, self.numbers = options, numbers
        for path in sorted((pathlib.Path(__file__).parent / "rows").glob("*.py")):
            importlib.import_module(f"rows.{path.stem}")
        self.results = {}  # number -> [(seed, how, why)]
        self.told = set()
        self.passed = self.failed = self.skipped = 0

    def _seeds(self, row):
        if self.options.seed is not None:
            return [self.options.seed]
        n = self.options.seeds
        return range(1, (n if self.options.long or not row.seeds else min(n, row.seeds)) + 1)

    def _chosen(self):
        numbers = sorted(self.numbers or matrix.NAMES)
        unknown = [n for n in numbers if n not in matrix.NAMES]
        if unknown:
            sys.exit(f"faults: there is no row {unknown[0]}: they go from 1 to 68")
        return numbers

    def run(self):
        numbers = self._chosen()
        rows = [matrix.ROWS[n] for n in numbers if n in matrix.ROWS]
        rows = [row for row in rows if self.options.long or not row.long]
        self.results = {row.number: [] for row in rows}
        waiting = [(row, seed) for row in sorted(rows, key=lambda row: -row.waits_s)
                   for seed in self._seeds(row)]
        self._play_all(waiting, numbers)
        self._tell(numbers)
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed or not (self.passed or self.skipped) else 0

    def _play_all(self, waiting, numbers):
        selector, running = selectors.DefaultSelector(), set()
        try:
            while waiting or running:
                while waiting and len(running) < self.options.jobs:
                    job = Job(*waiting.pop(0), self.options)
                    selector.register(job.out, selectors.EVENT_READ, job)
                    running.add(job)
                ready = {key.data for key, _ in selector.select(timeout=1)}
                over = {job for job in running if (job in ready and not job.read())
                        or time.monotonic() > job.until}
                for job in over:
                    selector.unregister(job.out)
                    self.results[job.row.number].append((job.seed, *job.end()))
                running -= over
                self._tell(numbers)
        finally:
            for job in running:
                job.until = 0
                job.end()

    # --- telling ---

    def _tell(self, numbers):
        """The rows that are over, in their order."""
        for number in numbers:
            if number in self.told:
                continue
            row = matrix.ROWS.get(number)
            results = self.results.get(number)
            if results is not None and len(results) < len(self._seeds(row)):
                return
            self.told.add(number)
            self._tell_row(number, row, results)

    def _tell_row(self, number, row, results):
        if results is None:
            why = (matrix.REASONS.get(number, matrix.UNWRITTEN) if row is None
                   else "it takes hours: run it with --long")
            return self._line("not yet" if row is None else "skip", number, why)
        for seed, how, why in sorted(results):
            if how == "FAIL":
                self._line("FAIL", number, "")
                for line in shortened(why):
                    print(f"      {line[:300]}")
                print(f"      again: ./dev faults --row {number} --seed {seed}", flush=True)
                return None
        unable = [why for _, how, why in results if how == "unable"]
        return self._line("skip" if unable else "ok", number, unable[0] if unable else "")

    def _line(self, how, number, why):
        self.passed += how == "ok"
        self.failed += how == "FAIL"
        self.skipped += how in ("skip", "not yet")
        why = re.sub(r"\s+", " ", why)
        print(f"{how:7} {number:2} {matrix.NAMES[number]}{': ' + why if why else ''}", flush=True)
