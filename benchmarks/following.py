"""What it costs to follow a study that another program writes: a look by how much is new.

``python benchmarks/following.py`` makes a study file with ``--trials`` finished trials, opens it
as a second window does, and measures looks while a few trials change.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from msgspec import structs
from trial_samples import make_trial

from hpo_gui.core.acting import Done
from hpo_gui.core.acts import Retract
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.following import Follower
from hpo_gui.storage.study_file import StudyFile

TARGET_MS = 20.0  # of a look with a few changes


def main() -> int:
    """Measure, print, and tell by the exit code whether the target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--looks", type=int, default=200)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.hpostudy"
        with StudyFile.create(path, "{}") as writer:
            writer.put(make_trial(number) for number in range(parsed.trials))
            follower = Follower(path, writer.load(), "{}")
            few = measure(writer, follower, parsed.trials, parsed.looks)
            follower.close()
    return 0 if few <= TARGET_MS else 1


def measure(writer: StudyFile, follower: Follower, trials: int, looks: int) -> float:
    """Print what looks cost; returns the 99th percentile of those with a few changes, in ms."""
    print(f"{trials:,} finished trials")
    print(f"  first look, nothing new        {timed(follower.look):8.2f} ms")
    idle = [timed(follower.look) for _ in range(looks)]
    print(f"  nothing was written            {statistics.median(idle):8.3f} ms")
    few = []
    for number in range(trials, trials + looks):
        running = Trial(number, {"x": 0.5}, Origin("random"), TrialState.RUNNING, started=1.0)
        writer.put([running] if number == trials else [make_trial(number - 1), running])
        writer.put_step(number, 0, {"accuracy": 0.5}, 0.1, 1.0)
        few.append(timed(follower.look))
    few.sort()
    p99 = few[int(len(few) * 0.99)]
    print(f"  three rows were written        {statistics.median(few):8.2f} ms   p99 {p99:.2f} ms")
    retracted = structs.replace(make_trial(7), state=TrialState.RETRACTED)
    writer.act([Done(Retract(7), make_trial(7), retracted, "Trial 7.")])
    print(f"  a trial was retracted          {timed(follower.look):8.2f} ms")
    return p99


def timed(look: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    began = time.perf_counter()
    look()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
