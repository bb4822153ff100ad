"""Very many trials are retracted in the window and restored: how long, and what stands still.

``python benchmarks/many_acts.py`` opens a study file of ``--trials`` trials in the window, selects
all, retracts them, and takes that back, each as a user does. A timer tells for how long the
window's thread took no events. ``--profile`` shows where that thread spends its time.

Targets: both done in 12 s, no standstill over 100 ms.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from window import example, known_trials

TARGET_SECONDS = 12.0
TARGET_MS = 100.0
TICK_MS = 5
CALM = 500  # ticks without work in a row after which all is done: the file is looked at meanwhile


def main() -> int:
    """Measure, print, and tell by the exit code whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--page", default="run", help="the page that is shown")
    parser.add_argument("--profile", action="store_true", help="where the window spends its time")
    parsed = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["HPO_STUDIO_HOME"] = home
        path = Path(home) / "many.hpostudy"
        make_study(path, parsed.trials)
        met = measure(path, parsed.page, parsed.profile)
    return 0 if met else 1


def make_study(path: Path, count: int) -> None:
    """Write a study file of finished trials."""
    from hpo_gui.core.spec_text import spec_to_json
    from hpo_gui.storage.study_file import StudyFile

    spec, space = example()
    with StudyFile.create(path, spec_to_json(spec)) as file:
        file.put(known_trials(space, count))


class Watch:
    """For how long the window's thread took no events, by a timer, and how busy it was."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.begin()

    def begin(self) -> None:
        """Forget what was before."""
        self.late: list[tuple[float, float]] = []  # milliseconds, of them own work
        self._last, self._used = time.perf_counter(), time.thread_time()
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        self.late.append(((now - self._last) * 1000 - TICK_MS, (used - self._used) * 1000))
        self._last, self._used = now, used

    @property
    def is_calm(self) -> bool:
        """Whether the last ticks came while the window did next to nothing."""
        return len(self.late) >= CALM and all(own < TICK_MS for _, own in self.late[-CALM:])


def measure(path: Path, page: str, profile: bool) -> bool:
    """Open, retract all, take it back; whether the targets hold."""
    from PySide6.QtWidgets import QApplication

    from hpo_gui.core.acting import Acted, undoing
    from hpo_gui.core.acts import Retract
    from hpo_gui.gui.assembly_engine import AssemblyEngine
    from hpo_gui.gui.main_window import MainWindow
    from hpo_gui.gui.preferences import PreferenceStore
    from hpo_gui.gui.recent import RecentFiles
    from hpo_gui.gui.session import Session
    from hpo_gui.gui.tables.trial_store import trial_store
    from hpo_gui.gui.theme import current_theme

    app = QApplication([])
    current_theme().apply(app)
    session = Session(AssemblyEngine())
    window = MainWindow(session, PreferenceStore(), RecentFiles())
    window.resize(1440, 900)
    window.show()
    watch = Watch()

    def until(happened: Callable[[], bool]) -> None:
        while not happened():
            app.processEvents()
            time.sleep(0.001)

    session.opening.open_study(path)
    until(lambda: len(session.builder.trials) > 0)
    window.show_step(page)
    watch.begin()
    until(lambda: watch.is_calm)
    numbers = list(range(len(session.builder.trials)))
    session.looking.select(numbers)
    watch.begin()
    until(lambda: watch.is_calm)
    told: list[Acted] = []
    session.acted.connect(told.append)
    met = True

    def act(words: str, acts: Any, wanted: int) -> None:
        nonlocal met
        told.clear()
        watch.begin()
        profiler = cProfile.Profile(builtins=False)
        began, used, mine = time.perf_counter(), time.process_time(), time.thread_time()
        if profile:
            profiler.enable()
        session.live.act(acts)
        # All is told: the file has it, and the window shows it.
        until(lambda: bool(told))
        until(lambda: int((trial_store(session).columns.states == wanted).sum()) == len(numbers))
        seconds = time.perf_counter() - began
        calm_after = len(watch.late) + CALM
        until(lambda: len(watch.late) >= calm_after and watch.is_calm)
        profiler.disable()
        calm, mine = time.perf_counter() - began, time.thread_time() - mine
        used = time.process_time() - used
        worst = max(ms for ms, _ in watch.late)
        own = max(work for _, work in watch.late)
        over = sum(ms > TARGET_MS for ms, _ in watch.late)
        met &= seconds <= TARGET_SECONDS * len(numbers) / 100_000 and worst <= TARGET_MS
        print(
            f"{words:<10}{seconds:7.2f} s   stands still at most {worst:6.0f} ms "
            f"(own work {own:5.0f} ms), {over} times over {TARGET_MS:.0f} ms; "
            f"calm after {calm:.1f} s; processor {used:.1f} s, of it the window {mine:.1f}",
            flush=True,
        )
        if profile:
            pstats.Stats(profiler).sort_stats("cumulative").print_stats(35)

    from hpo_gui.core.trial import STATE_CODES, TrialState

    acts = [Retract(number, "measured") for number in numbers]
    print(f"{len(numbers):,} trials selected, page {page}")
    act("retract", acts, STATE_CODES[TrialState.RETRACTED])
    act("undo", undoing(told[0]), STATE_CODES[TrialState.COMPLETE])
    window.close()
    return met


if __name__ == "__main__":
    sys.exit(main())
