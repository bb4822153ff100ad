"""A program that is killed at a random moment loses nothing that the file has acknowledged."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from trial_samples import make_trial

from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

KILLS = 24

WRITER = """
import sys
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile
from trial_samples import make_trial

file = StudyFile.open(sys.argv[1])
number = len(file.load())
while True:
    file.put([Trial(number, {}, Origin("random"), TrialState.RUNNING)])
    for fold in range(3):
        file.put_step(number, fold, {"accuracy": fold / 3}, 0.1, 1.0)
        sys.stdout.write(f"step {number} {fold}\\n")
        sys.stdout.flush()
    file.put([make_trial(number)])
    sys.stdout.write(f"trial {number}\\n")
    sys.stdout.flush()
    number += 1
"""


def _write_until_killed(path: Path, lines: int) -> list[str]:
    """What a writer had acknowledged when it was killed, some time after so many lines."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        heard += writer.stdout.readlines()
    return [line.strip() for line in heard if line.endswith("\n")]


def _check(file: StudyFile, heard: list[str]) -> None:
    trials = file.load()
    assert [trial.number for trial in trials] == list(range(len(trials)))
    finished = {int(line.split()[1]) for line in heard if line.startswith("trial")}
    assert finished <= set(range(len(trials)))
    for trial in trials[:-1]:
        assert trial == make_trial(trial.number)
    for line in heard:
        if line.startswith("step"):
            _, number, fold = line.split()
            assert int(fold) in {step.index for step in file.steps(int(number))}
    last = trials[-1]
    if last.state == TrialState.RUNNING:
        told = [line for line in heard if line.startswith(f"step {last.number} ")]
        assert last.steps_done >= len(told)


def test_no_acknowledged_trial_or_step_is_lost_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    StudyFile.create(path, "{}").close()
    rng = random.Random(0)
    for _ in range(KILLS):
        heard = _write_until_killed(path, rng.randint(1, 40))
        with StudyFile.open(path) as file:
            assert not file.read_only, "a dead writer must leave no lock behind"
            _check(file, heard)
            last = file.load()[-1]
            if last.state == TrialState.RUNNING:
                file.put([make_trial(last.number)])


def test_a_study_whose_writer_was_killed_can_be_read_without_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    StudyFile.create(path, "{}").close()
    heard = _write_until_killed(path, 12)
    with StudyFile.open(path, read_only=True) as file:
        _check(file, heard)


def test_a_study_is_whole_or_absent_when_its_making_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study.hpostudy"

    def die(partial: Path, path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hpo_gui.storage.database.put_in_place", die)
    with pytest.raises(KeyboardInterrupt):
        StudyFile.create(path, "{}")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    with StudyFile.create(path, "{}") as file:
        file.put([Trial(0, {}, Origin("random"))])
