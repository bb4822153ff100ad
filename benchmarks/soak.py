"""Whether the memory of the window grows without bound: many hours of a running study, sped up.

``python benchmarks/soak.py`` opens a study of ``--trials`` trials in the window and changes some
of them ``--updates`` times, as a run does that goes on for long: trials run and end, and messages,
selections, filters and pages change now and then. What the window holds must be the same at the
end as after ``--warm-up`` updates, but for ``MOST_GROWTH``: the number of trials does not change.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from window import example, finish

MOST_GROWTH = 0.05
CHANGED = 1000  # the last trials, which run again and again
EACH = 8  # trials that change in an update
SAMPLES = 40  # of the memory, over the whole
PAGES = ("run", "results", "strategy", "space", "data")
FILTERS = ("", "accuracy > 0.9", "state = complete")


def main() -> int:
    """Measure, print, and tell by the exit code whether the target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=1000)
    parser.add_argument("--profile", action="store_true", help="which lines hold what has grown")
    parsed = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["HPO_STUDIO_HOME"] = home
        soak = Soak(parsed.trials, parsed.warm_up, parsed.updates, parsed.profile)
        soak.run()
    return 0 if soak.report() <= MOST_GROWTH else 1


class Source:
    """A runner whose trials run again and again; it waits until the window has taken an update."""

    def __init__(self, spec: Any, space: Any, trials: tuple[Any, ...], updates: int) -> None:
        from hpo_gui.core.history import History

        self.study = SimpleNamespace(history=History(space, spec.goals, trials))
        self.trials = trials
        self.updates = updates
        self.taken = threading.Semaphore(1)

    def run(self) -> Iterator[Any]:
        """Yield updates: of `EACH` trials, the progress, now and then a message."""
        import numpy as np
        from msgspec import structs

        from hpo_gui.core.trial import TrialState
        from hpo_gui.study.events import Finished, Message, Progress, StateChanged, TrialChanged

        rng = np.random.default_rng(0)
        numbers = range(max(0, len(self.trials) - CHANGED), len(self.trials))
        yield StateChanged("running")
        for update in range(self.updates):
            self.taken.acquire()
            for place in range(EACH):
                number = numbers[(update * EACH // 3 + place) % len(numbers)]
                score = float(rng.beta(20, 2))
                running = structs.replace(
                    self.trials[number], state=TrialState.RUNNING, scores={}, told=None
                )
                yield TrialChanged(
                    running if (update + place) % 3 else finish(running, score)  # type: ignore
                )
            if update % 10 == 0:
                yield Message("info", f"Message {update}", "It has some words.", "", None)
            share = update / self.updates
            yield Progress(len(self.trials), None, share, float(update), 100.0, 5.0, 2, 2)
        self.taken.acquire()
        yield StateChanged("finished")
        yield Finished("All done.", True)

    def stop_now(self) -> None:
        """End soon."""
        self.updates = 0
        self.taken.release()


class Soak:
    """The window, what is done to it, and its memory in between."""

    def __init__(self, trials: int, warm_up: int, updates: int, profile: bool = False) -> None:
        self.trials, self.warm_up, self.updates = trials, warm_up, updates
        self.profile = profile
        self.every = max(1, (warm_up + updates) // SAMPLES)
        self.samples: list[tuple[int, float, int]] = []
        self.before: Any = None
        self.count = 0

    def run(self) -> None:
        """Open the window, let the updates come, close it."""
        from PySide6.QtWidgets import QApplication

        from hpo_gui.gui import run_thread
        from hpo_gui.gui.main_window import MainWindow
        from hpo_gui.gui.preferences import PreferenceStore
        from hpo_gui.gui.recent import RecentFiles
        from hpo_gui.gui.session import Session
        from hpo_gui.gui.theme import current_theme

        run_thread.BATCH_MS = 0
        self.app = QApplication.instance() or QApplication([])
        current_theme().apply(self.app)  # type: ignore[arg-type]
        self.session = Session()
        spec, space = example()
        made = make_trials(space, self.trials)
        self.session.show_history(spec, space, made)  # type: ignore[arg-type]
        self.window = MainWindow(self.session, PreferenceStore(), RecentFiles())
        self.window.resize(1440, 900)
        self.window.show()
        self.source = Source(spec, space, made, self.warm_up + self.updates)
        self.session.trials_changed.connect(self._taken)
        self.session.stopped.connect(self.app.quit)
        self.began = time.perf_counter()
        self.session.run_with(self.source)  # type: ignore[arg-type]
        self.window.show_step("run")
        self.app.exec()
        self.seconds = time.perf_counter() - self.began
        self.window.close()

    def _taken(self) -> None:
        """An update has arrived: look around now and then, measure, ask for the next one."""
        from PySide6.QtCore import QTimer

        self.count += 1
        count, session = self.count, self.session
        if count % 7 == 0:
            session.looking.select([count % self.trials])
        if count % 50 == 0:
            session.looking.set_filter(FILTERS[count // 50 % len(FILTERS)])
        if count % 100 == 0:
            self.window.show_step(PAGES[count // 100 % len(PAGES)])
        if count % 100 == 20:
            self.window.show_step("run")
        if count % self.every == 0 or count == self.warm_up:
            self._measure()
        QTimer.singleShot(0, self.source.taken.release)  # when this update has been painted

    def _measure(self) -> None:
        import psutil

        gc.collect()
        memory = psutil.Process().memory_info()
        sample = self.count, memory.rss / 2**20, len(gc.get_objects())
        self.samples.append(sample)
        count, megabytes, objects = sample
        print(f"  after {count:6,} updates {megabytes:8.1f} MB  {objects:9,} objects", flush=True)
        if self.profile:
            self._profile()

    def _profile(self) -> None:
        """Take a picture of Python's memory after the warm-up."""
        import tracemalloc

        if not tracemalloc.is_tracing():
            if self.count >= self.warm_up:
                tracemalloc.start(3)
            return
        picture = tracemalloc.take_snapshot()
        if self.before is None:
            self.before = picture
        self.after = picture

    def report(self) -> float:
        """Print what was measured; returns the share by which the memory has grown."""
        print(f"{self.trials:,} trials, {self.count:,} updates in {self.seconds:.0f} s")
        warm = [one for one in self.samples if one[0] >= self.warm_up]
        few = max(1, len(warm) // 8)
        first = sum(one[1] for one in warm[:few]) / few
        last = sum(one[1] for one in warm[-few:]) / few
        growth = last / first - 1
        print(
            f"memory growth after {self.warm_up:,} updates: {growth:+.2%}, {last - first:+.1f} MB"
        )
        print(f"objects: {warm[-1][2] - warm[0][2]:+,}   target: below {MOST_GROWTH:.0%}")
        if self.profile and self.before is not None:
            for line in self.after.compare_to(self.before, "lineno")[:25]:
                print(f"  {line}")
        return growth


def make_trials(space: Any, count: int) -> tuple[Any, ...]:
    """Finished trials of random configurations."""
    import numpy as np

    from hpo_gui.core.trial import Origin, Trial

    rng = np.random.default_rng(1)
    origin = Origin("random", "Drawn at random.")
    started = 1.7e9
    return tuple(
        finish(
            Trial(number, space.sample(rng), origin, started=started + number),
            float(rng.beta(20, 2)),
        )
        for number in range(count)
    )


if __name__ == "__main__":
    sys.exit(main())
