"""kill -9 at random moments against real running studies: no finished trial may be lost.

The real program runs real studies in worker processes. It, one of its workers, or all of them are
killed: while it starts, while trials run and are written, and while files are exported. After
each kill the study must open, hold every trial that the program had told of, each once and
unchanged; the next run must name what was interrupted; and where a study depends on nothing but
its seed it must end, bit for bit, as one that was never interrupted.

Usage: python benchmarks/kills.py [kills] [seed]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import psutil

from _killed_study import KINDS, KilledStudy, Kind, Orphans, Program, Tally, same
from hpo_gui.core.trial import Trial

TRIALS = 60
START_SECONDS = 2.5  # until the first trial is told of, about
PATIENCE = 120.0


class Killing:
    """Kills until it is enough.

    Parameters
    ----------
    trials : of each study
    """

    def __init__(self, folder: Path, seed: int = 0, trials: int = TRIALS) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self.trials = trials
        self.tally = Tally()
        self.orphans = Orphans()
        self.references: dict[str, tuple[Trial, ...]] = {}

    def run(self, kills: int) -> None:
        """Kill one study after the other, so many times in all."""
        while self.tally.total < kills:
            for kind in KINDS:
                if self.tally.total < kills:
                    self.one_study(kind, kills)
                    print(f"{self.tally.total} of {kills} kills, none lost", flush=True)

    def reference(self, kind: Kind) -> tuple[Trial, ...]:
        """The trials of a study of this kind that nothing has interrupted."""
        if kind.name not in self.references:
            study = KilledStudy(kind, self.folder / f"reference {kind.name}", self.trials, Tally())
            self.references[kind.name] = study.finish()
        return self.references[kind.name]

    def one_study(self, kind: Kind, kills: int) -> None:
        """Kill one study again and again until it is done."""
        number = self.tally.studies
        study = KilledStudy(kind, self.folder / f"study {number}", self.trials, self.tally)
        while len(study.kept) < self.trials and self.tally.total < kills:
            self.one_kill(study)
        found = study.finish()
        self.orphans.check()
        self.tally.crashed += study.crashed()
        if kind.exact and not study.crashed():
            if not same(found, self.reference(kind)):
                raise AssertionError(f"{study.path} is not what it is without kills")
            self.tally.exact += 1
        while self.rng.random() < 0.75 and self.tally.total < kills:
            self.one_export_kill(study)

    def one_kill(self, study: KilledStudy) -> None:
        """Run the study, and kill it at a random moment."""
        program = study.start()
        if self.rng.random() < 0.3:
            moment = "while it starts"
            time.sleep(self.rng.uniform(0, START_SECONDS))
        else:
            moment = "while trials run and are written"
            program.wait_for(self.rng.randint(1, 8), PATIENCE)
            time.sleep(self.rng.uniform(0, 0.1))
        what = self.rng.choice(("program", "both", "worker"))
        if what == "worker":
            if study.kind.exact and study.kind.workers == 1:
                what = "program"  # a crash is a result, and with it the study is another one
            else:
                self.kill_worker(program, moment)
                time.sleep(self.rng.uniform(0, 0.6))
                what = "program"
        self.end(study, program, what, moment)

    def kill_worker(self, program: Program, moment: str) -> None:
        """Kill one of the processes that a program has started."""
        children = program.children()
        if children and program.process.poll() is None:
            victim = self.rng.choice(children)
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                return
            self.tally.count("a worker", moment)

    def end(self, study: KilledStudy, program: Program, what: str, moment: str) -> None:
        """Kill the program and perhaps its workers, and look at what is left."""
        children = program.children()
        if program.process.poll() is None:
            program.kill(what, children)
            words = "the program" if what == "program" else "the program and its workers"
            self.tally.count(words, moment)
        program.end()
        self.orphans.watch(children)
        study.look(program)

    def one_export_kill(self, study: KilledStudy) -> None:
        """Kill the program while it writes files; each is the old one or the new one."""
        files = [study.path.parent / name for name in ("trials.csv", "best.json")]
        before = [file.read_bytes() for file in files]
        program = study.export()
        time.sleep(self.rng.uniform(0.5, 2.5))
        self.end(study, program, "program", "while files are exported")
        if [file.read_bytes() for file in files] != before:
            raise AssertionError(f"a file beside {study.path} is neither the old nor the new one")


def report(tally: Tally, orphans: float, seconds: float, lost: str) -> None:
    """Print what was seen."""
    print(f"{tally.total} kills in {seconds / 60:.0f} minutes, {tally.studies} studies")
    for words, counts in (("killed", tally.kills), ("when", tally.moments)):
        for name, count in sorted(counts.items()):
            print(f"  {words:<8} {name:<36} {count:5}")
    print(f"finished trials told of before a kill          {tally.acknowledged:6}, {lost}")
    print(f"trials interrupted, named and run again        {tally.interrupted:6}")
    print(f"trials that failed as their worker was killed  {tally.crashed:6}")
    print(f"studies bit for bit as without a kill          {tally.exact:6}")
    print(f"a worker outlives its killed program by at most {orphans:.2f} s")


def main(kills: int = 500, seed: int = 0) -> int:
    """Kill and report; an error ends it when a promise was not kept."""
    began = time.monotonic()
    lost = "a promise was broken"  # until every kill was looked at
    with tempfile.TemporaryDirectory(prefix="hpo-kills-") as folder:
        killing = Killing(Path(folder), seed)
        try:
            killing.run(kills)
            lost = "lost 0"
        finally:
            report(killing.tally, killing.orphans.longest, time.monotonic() - began, lost)
    print(
        "target: 0 finished trials lost in 500 kills:", "met" if kills >= 500 else "too few kills"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
