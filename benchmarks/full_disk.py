"""A disk that is really full: a study on a file system of 400 KB, which the real program fills.

Once the disk stays full, and the program must leave a rescue copy with every trial; once space is
freed after some seconds, and the study must go on and end as one on a large disk. Needs Linux, and
the right to mount in a namespace of its own.

Usage: python benchmarks/full_disk.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from _killed_study import KINDS, KilledStudy, Program, Tally, same
from hpo_gui.core.trial import Trial
from hpo_gui.storage.study_file import StudyFile

INSIDE = "HPO_FULL_DISK_INSIDE"
SIZE = 400  # KB of the file system
TRIALS = 60
PATIENCE = 4.0
FREED_AFTER = 3.0  # seconds that the disk has been full


def main() -> int:
    """Start over in a namespace of our own, then run both studies."""
    if INSIDE not in os.environ:
        command = ("unshare", "--user", "--map-root-user", "--mount", sys.executable, __file__)
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = KilledStudy(KINDS[1], folder / "reference", TRIALS, Tally()).finish()
        try:
            stays_full(folder)
            becomes_free(folder, reference)
        finally:
            for out in folder.glob("f*/out"):
                subprocess.run(("umount", "--lazy", str(out)), check=False)
    print("target: nothing is lost on a full disk: met")
    return 0


def mounted(folder: Path, name: str) -> KilledStudy:
    """A study whose results go to a small file system; its cache and rescue copies do not."""
    study = KilledStudy(KINDS[1], folder / name, TRIALS, Tally())
    study.path.parent.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}k", "tmpfs", str(study.path.parent))
    subprocess.run(command, check=True)
    return study


def run(study: KilledStudy) -> Program:
    """Run the program without a terminal."""
    spec, out = study.folder / "study.toml", study.path.parent
    options = ("--trust", "--patience", PATIENCE)
    return Program("run", spec, "--out", out, *options, folder=study.folder)


def load(path: Path) -> tuple[Trial, ...]:
    """The trials of a file."""
    with StudyFile.open(path) as file:
        return tuple(file.load())


def stays_full(folder: Path) -> None:
    """The program gives up after its patience, and nothing is lost."""
    study = mounted(folder, "full")
    program = run(study)
    program.process.wait(600)
    program.end()
    (rescued,) = (study.folder / "home" / "rescued").iterdir()
    before, after = load(study.path), load(rescued)
    finished = [sum(trial.told is not None for trial in trials) for trials in (before, after)]
    assert program.process.returncode == 3, program.lines
    assert finished[1] == len(program.trials) >= finished[0]
    print(f"full for good: {finished[0]} trials in the file, {finished[1]} in the rescue copy,")
    print(f"{len(program.trials)} told of, exit code 3")


def becomes_free(folder: Path, reference: tuple[Trial, ...]) -> None:
    """Space that is freed while the program waits lets the study go on by itself."""
    study = mounted(folder, "freed")
    ballast = study.path.parent / "ballast"
    ballast.write_bytes(bytes(150_000))

    def free() -> None:
        while not any("disk is full" in line for line in program.lines):
            time.sleep(0.05)
        time.sleep(FREED_AFTER)
        ballast.unlink()
        command = ("mount", "-o", "remount,size=100m", str(study.path.parent))
        subprocess.run(command, check=True)

    program = run(study)
    threading.Thread(target=free, daemon=True).start()
    program.process.wait(600)
    program.end()
    assert program.process.returncode == 0, program.lines
    assert any("can be written again" in line for line in program.lines), program.lines
    assert same(load(study.path), reference)
    print(f"full for {FREED_AFTER:.0f} s: the study ended as one on a large disk, bit for bit")


if __name__ == "__main__":
    sys.exit(main())
