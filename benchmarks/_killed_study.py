"""A study that is run by the real program, killed at any moment, and looked at after each kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil

from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

OBJECTIVE = """
import random
import time


def start(params, seed):
    rng = random.Random(seed)
    return {"x": rng.uniform(5, 10), "speed": 0.0}


def step(state, params, index):
    time.sleep(0.01)
    speed = params["momentum"] * state["speed"] - params["lr"] * 2 * state["x"]
    x = state["x"] + speed
    return {"loss": min(x * x, 1e9)}, {"x": x, "speed": speed}


def score(params):
    time.sleep(0.03)
    return {"loss": (params["lr"] - 0.3) ** 2 + params["momentum"] * 0.1}
"""
SPACE = """
[objective.space]
lr = { type = "float", low = 0.001, high = 0.5, log = true }
momentum = { type = "float", low = 0.0, high = 0.9 }

[[goals]]
metric = "loss"
"""
LINE = re.compile(r"^trial +(\d+)  (complete|failed|pruned|cancelled) *(?:loss (\S+))?")
INTERRUPTED = re.compile(r"^(\d+) interrupted trials?: Trials? ([\d, ]+)")
ORPHAN_SECONDS = 20.0
OVER = (TrialState.COMPLETE, TrialState.FAILED)


@dataclass(frozen=True)
class Kind:
    """A kind of study.

    Attributes
    ----------
    exact : a resumed study must be the uninterrupted one, bit for bit
    """

    name: str
    workers: int
    strategy: str
    function: str
    more: str = ""
    exact: bool = True

    def spec(self, trials: int) -> str:
        """The specification as TOML."""
        objective = f'[objective]\nfunction = "objective.py:{self.function}"\n'
        if self.function == "step":
            objective += 'start = "start"\n'
        return (
            f'version = 1\nname = "{self.name}"\nseed = 7\n\n{objective}{SPACE}\n'
            f'[strategy]\nname = "{self.strategy}"\n\n[budget]\ntrials = {trials}\n\n'
            f"[compute]\nworkers = {self.workers}\n\n{self.more}"
        )


KINDS = (
    Kind("one worker, TPE", 1, "tpe", "score"),
    Kind("two workers, random, steps", 2, "random", "step", "[training]\nsteps = 5\n"),
    Kind("two workers, TPE", 2, "tpe", "score", exact=False),
)


class BrokenPromiseError(AssertionError):
    """A promise was not kept."""


@dataclass
class Tally:
    """What was seen in all kills."""

    kills: dict[str, int] = field(default_factory=dict)
    moments: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0  # finished trials that the program had told of when it was killed
    interrupted: int = 0  # trials that ran when it was killed
    crashed: int = 0  # trials that failed as their worker was killed
    studies: int = 0
    exact: int = 0  # studies that ended bit for bit as the uninterrupted one

    def count(self, what: str, moment: str) -> None:
        """Count a kill."""
        self.kills[what] = self.kills.get(what, 0) + 1
        self.moments[moment] = self.moments.get(moment, 0) + 1

    @property
    def total(self) -> int:
        """All kills."""
        return sum(self.kills.values())


class Program:
    """The command line in a process of its own, and what it has said."""

    def __init__(self, *arguments: object, folder: Path) -> None:
        environment = {**os.environ, "HPO_STUDIO_HOME": str(folder / "home")}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hpo_gui", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(line.rstrip())

    @property
    def trials(self) -> list[re.Match[str]]:
        """The lines about finished trials."""
        return [found for line in list(self.lines) if (found := LINE.match(line))]

    def wait_for(self, trials: int, seconds: float) -> None:
        """Wait until it has told of so many trials, or has ended, or time is over."""
        until = time.monotonic() + seconds
        while len(self.trials) < trials and self.process.poll() is None:
            if time.monotonic() > until:
                raise BrokenPromiseError(
                    f"no {trials} trials within {seconds} s: {self.lines[-5:]}"
                )
            time.sleep(0.001)

    def children(self) -> list[psutil.Process]:
        """All processes that it has started."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def kill(self, what: str, children: list[psutil.Process]) -> None:
        """Kill the program, or everything."""
        if what == "both":
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        for child in children if what == "both" else ():
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self.end()

    def end(self) -> None:
        """Wait for its end, and for all that it has said."""
        self.process.wait(60)
        self._listener.join(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Orphans:
    """Waits for the workers of killed programs, beside what goes on.

    Attributes
    ----------
    longest : seconds that one has outlived its program at most
    alive : those that are still there after a long time
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.alive: list[psutil.Process] = []
        self._watchers: list[threading.Thread] = []

    def watch(self, children: list[psutil.Process]) -> None:
        """Wait for these from now on."""
        watcher = threading.Thread(target=self._wait, args=(children,))
        watcher.start()
        self._watchers.append(watcher)

    def _wait(self, children: list[psutil.Process]) -> None:
        began = time.monotonic()
        _, alive = psutil.wait_procs(children, timeout=ORPHAN_SECONDS)
        self.longest = max(self.longest, time.monotonic() - began)
        self.alive += alive

    def check(self) -> None:
        """All are gone by now, or will be soon."""
        for watcher in self._watchers:
            watcher.join()
        self._watchers.clear()
        if self.alive:
            raise BrokenPromiseError(f"workers outlive the program: {self.alive}")


def identity(trial: Trial) -> tuple[object, ...]:
    """What a trial has in common with the one of an uninterrupted study: all but times."""
    scores = {k: v for k, v in trial.scores.items() if not k.endswith("_time")}
    return trial.number, trial.params, trial.state, scores, trial.fold_scores, trial.curves


class KilledStudy:
    """One study, from its first trial to its last, through many kills."""

    def __init__(self, kind: Kind, folder: Path, trials: int, tally: Tally) -> None:
        self.kind = kind
        self.folder = folder
        self.trials = trials
        self.tally = tally
        self.path = folder / "out" / "study.hpostudy"
        self.kept: dict[int, Trial] = {}  # that were finished at the last look
        self.open: tuple[int, ...] = ()  # that ran at the last kill
        folder.mkdir(parents=True)
        (folder / "objective.py").write_text(OBJECTIVE)
        (folder / "study.toml").write_text(kind.spec(trials))

    def start(self) -> Program:
        """Run it, or go on with it."""
        if self.path.exists():
            arguments: tuple[object, ...] = ("resume", self.path)
        else:
            arguments = ("run", self.folder / "study.toml", "--out", self.path.parent)
        return Program(*arguments, "--trust", folder=self.folder)

    def export(self) -> Program:
        """Write its files anew."""
        out = self.path.parent
        files = ("--trials", out / "trials.csv", "--params", out / "best.json")
        return Program("export", self.path, *files, folder=self.folder)

    def finish(self) -> tuple[Trial, ...]:
        """Run to the end without a kill; all trials."""
        program = self.start()
        program.process.wait(600)
        program.end()
        if program.process.returncode:
            raise BrokenPromiseError("\n".join(program.lines[-20:]))
        self.look(program)
        self.tally.studies += 1
        return tuple(self.kept[number] for number in sorted(self.kept))

    def look(self, program: Program) -> None:
        """Check all that was promised, after the end of a program."""
        self._check_told(program)
        if not self.path.exists():
            if program.trials or self.kept:
                raise BrokenPromiseError(f"the file is missing: {self.path}")
            return
        with StudyFile.open(self.path) as file:
            if file.read_only:
                raise BrokenPromiseError(f"a lock was left: {file.read_only_reason}")
            trials = file.load()
        if [trial.number for trial in trials] != list(range(len(trials))):
            raise BrokenPromiseError(f"a gap in the numbers of {self.path}")
        over = {trial.number: trial for trial in trials if trial.told is not None}
        if sorted(trial.told or 0 for trial in over.values()) != list(range(1, len(over) + 1)):
            raise BrokenPromiseError(f"the order of the ends has a gap in {self.path}")
        for number, trial in self.kept.items():
            if over.get(number) != trial:
                raise BrokenPromiseError(f"trial {number} was {trial} and is {over.get(number)}")
        for told in program.trials:
            self._check_kept(told, over)
        self.tally.acknowledged += len(program.trials)
        self.kept = over
        running = (trial.number for trial in trials if trial.state is TrialState.RUNNING)
        self.open = tuple(running)
        self.tally.interrupted += len(self.open)

    def _check_kept(self, told: re.Match[str], over: dict[int, Trial]) -> None:
        """A trial that the program has told of is in the file with this score."""
        number, state, score = int(told[1]), told[2], told[3]
        trial = over.get(number)
        if trial is None or str(trial.state) != state:
            raise BrokenPromiseError(f"trial {number} was told to be {state}, and is {trial}")
        if state == "complete" and f"{trial.scores['loss']:.6g}" != score:
            raise BrokenPromiseError(f"trial {number} had {score}, and has {trial.scores}")

    def _check_told(self, program: Program) -> None:
        """The trials that were interrupted were named before anything else went on."""
        found = [match for line in program.lines if (match := INTERRUPTED.match(line))]
        if not self.open or not program.trials:
            return
        if not found:
            raise BrokenPromiseError(f"nothing was said of the interrupted trials {self.open}")
        named = tuple(int(number) for number in found[0][2].split(","))
        if int(found[0][1]) != len(self.open) or named != self.open[:5]:
            raise BrokenPromiseError(f"named {found[0][0]!r}, but {self.open} were interrupted")

    def crashed(self) -> int:
        """How many trials failed as their worker died."""
        failures = (trial.failure for trial in self.kept.values())
        return sum(failure is not None and failure.kind == "crashed" for failure in failures)


def same(found: tuple[Trial, ...], reference: tuple[Trial, ...]) -> bool:
    """Whether two studies are the same but for their times, bit for bit."""
    ours, theirs = [identity(t) for t in found], [identity(t) for t in reference]
    return msgspec.json.encode(ours) == msgspec.json.encode(theirs)
