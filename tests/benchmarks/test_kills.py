"""The benchmark that kills running studies: it finds what it looks for, and a few kills here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from _killed_study import KINDS, LINE, BrokenPromiseError, KilledStudy, Tally, same
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile
from kills import Killing

EXACT = KINDS[1]


class Said:
    """A program that has ended, and its lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    @property
    def trials(self) -> list[re.Match[str]]:
        return [found for line in self.lines if (found := LINE.match(line))]


def done(number: int, loss: float = 0.5) -> Trial:
    scores: dict[str, Any] = {"scores": {"loss": loss}, "fold_scores": {"loss": (loss,)}}
    times = {"started": 1.0, "finished": 2.0, "told": number + 1}
    return Trial(number, {"lr": 0.1}, Origin("random"), TrialState.COMPLETE, **scores, **times)


@pytest.fixture
def study(tmp_path: Path) -> KilledStudy:
    """A study with two finished trials and one that ran, all of which was looked at before."""
    made = KilledStudy(EXACT, tmp_path / "study", 4, Tally())
    made.path.parent.mkdir()
    with StudyFile.create(made.path, "{}") as file:
        running = Trial(2, {"lr": 0.2}, Origin("random"), TrialState.RUNNING, started=3.0)
        file.put([done(0), done(1), running])
    made.look(told(0, 1))
    assert (made.open, made.tally.acknowledged, made.tally.interrupted) == ((2,), 2, 1)
    return made


def told(*numbers: int, before: str = "") -> Any:
    lines = [f"trial {number:>4}  complete   loss 0.5  (best 0.5, trial 0)" for number in numbers]
    return Said(*([before] if before else []), *lines)


NAMED = "1 interrupted trial: Trial 2 ran when the study ended; it is continued now."


def test_a_study_that_keeps_its_promises_passes(study: KilledStudy) -> None:
    with StudyFile.open(study.path) as file:
        file.put([done(2)])
    study.look(told(2, before=NAMED))
    assert sorted(study.kept) == [0, 1, 2]


@pytest.mark.parametrize(
    ("trials", "program", "words"),
    [
        ([], told(2, before=NAMED), "trial 2 was told to be complete"),
        ([done(2, 0.75)], told(2, before=NAMED), "trial 2 had 0.5, and has"),
        ([done(1, 0.75)], told(), "trial 1 was"),
        ([structs.replace(done(2), told=2)], told(), "the order of the ends has a gap"),
        ([done(3)], told(), "the order of the ends has a gap"),
        ([done(4)], told(), "a gap in the numbers"),
        ([done(2)], told(2), "nothing was said of the interrupted trials"),
        ([done(2)], told(2, before=NAMED.replace("Trial 2", "Trial 1")), "were interrupted"),
    ],
)
def test_what_is_lost_double_or_unsaid_is_found(
    study: KilledStudy, trials: list[Trial], program: Any, words: str
) -> None:
    with StudyFile.open(study.path) as file:
        file.put(trials)
    with pytest.raises(BrokenPromiseError, match=words):
        study.look(program)


def test_a_file_that_is_gone_or_locked_is_found(study: KilledStudy) -> None:
    with StudyFile.open(study.path), pytest.raises(BrokenPromiseError, match="a lock was left"):
        study.look(told())
    study.path.unlink()
    with pytest.raises(BrokenPromiseError, match="the file is missing"):
        study.look(told())


def test_studies_are_the_same_but_for_their_times() -> None:
    later = structs.replace(done(0), started=5.0, finished=6.0)
    assert same((done(0),), (later,))
    assert not same((done(0),), (done(0, 0.5000000001),))
    assert not same((done(0), done(1)), (done(0),))


def test_a_few_kills_of_the_real_program_lose_nothing(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=3, trials=6)
    study = KilledStudy(EXACT, tmp_path / "study", killing.trials, killing.tally)
    program = study.start()
    program.wait_for(1, 60)
    killing.kill_worker(program, "early")
    program.wait_for(3, 60)
    killing.end(study, program, "both", "late")
    assert killing.tally.total == 2
    assert killing.tally.acknowledged >= 3
    assert len(study.finish()) == killing.trials
    assert study.crashed() <= 1
    killing.orphans.check()
