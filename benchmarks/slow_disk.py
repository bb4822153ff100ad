"""A network drive on which every fsync takes half a second: does the window wait for it?

A library of a few lines, compiled here and loaded before all others, slows the calls of the
system down for the whole process. A study of quick trials runs in a session, while a timer of the
window's thread notes how late it comes. Needs Linux and a C compiler.

Target: the window's thread is never held up by a write; what remains are the usual delays, which
are measured with a quick disk.

Usage: python benchmarks/slow_disk.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INSIDE = "HPO_SLOW_DISK_INSIDE"
SLOW = 0.5  # seconds that an fsync takes
TRIALS = 12
C = """
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int fd) { usleep(%(us)d); return syscall(SYS_fsync, fd); }
int fdatasync(int fd) { usleep(%(us)d); return syscall(SYS_fdatasync, fd); }
"""


def measure() -> None:
    """Run a study on a real file, and print the delays of the window's thread."""
    import numpy as np
    from PySide6.QtCore import QCoreApplication, Qt, QTimer

    from hpo_gui.core.goal import Goal
    from hpo_gui.core.parameter import Float
    from hpo_gui.core.space import Space
    from hpo_gui.core.spec import BudgetSpec
    from hpo_gui.execution.process_pool import ProcessPool
    from hpo_gui.gui.session import Session
    from hpo_gui.storage.study_file import StudyFile
    from hpo_gui.strategies.random import Random
    from hpo_gui.study.runner import Runner
    from hpo_gui.study.study import Study

    app = QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder:
        file = StudyFile.create(Path(folder) / "study.hpostudy", "{}")
        space = Space([Float("x", 0.0, 1.0)])
        study = Study(space, [Goal("score")], Random(), seed=0, store=file)
        pool = ProcessPool(Quick, 2)
        runner = Runner(study, pool, Quick.steps, budget=BudgetSpec(trials=TRIALS))
        session = Session()
        gaps: list[float] = []
        last = time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=5)
        timer.timeout.connect(beat)
        session.stopped.connect(app.quit)
        timer.start()
        began = time.perf_counter()
        session.run_with(runner)
        app.exec()
        seconds = time.perf_counter() - began
        file.close()
    late = [1000 * max(0.0, gap - 0.005) for gap in gaps]
    print(
        f"{seconds:5.1f} s for {TRIALS} trials; the window's thread was late by "
        f"{np.percentile(late, 99):.1f} ms (p99), {max(late):.1f} ms at most"
    )


class Quick:
    """Two steps that take no time."""

    steps = 2

    def start(self, params: dict[str, float], seed: int) -> None:
        return None

    def step(
        self, state: None, params: dict[str, float], index: int
    ) -> tuple[dict[str, float], None]:
        return {"score": float(params["x"])}, None


def main() -> int:
    """Measure without and with the slow disk, each in a process of its own."""
    if INSIDE in os.environ:
        measure()
        return 0
    with tempfile.TemporaryDirectory() as name:
        source, library = Path(name) / "slow.c", Path(name) / "slow.so"
        source.write_text(C % {"us": int(SLOW * 1e6)})
        subprocess.run(("cc", "-shared", "-fPIC", "-o", library, source), check=True)
        environment = {**os.environ, INSIDE: "1", "QT_QPA_PLATFORM": "offscreen"}
        for words, preload in (("quick disk", ""), (f"fsync takes {SLOW} s", str(library))):
            print(f"{words:<18}", end=" ", flush=True)
            once = {**environment, "LD_PRELOAD": preload}
            subprocess.run((sys.executable, __file__), env=once, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
