"""A run without a window in trouble: it tells, waits, asks where somebody is there, and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo_gui.assembly.patience import Patience
from hpo_gui.core.errors import StorageError
from hpo_gui.study.events import NO_RESCUE, Freed, Message, Progress, Stuck

PATH = Path("out") / "study.hpostudy"
FULL = Stuck(StorageError("study.hpostudy", "cannot be written: the disk is full"), 3)


def progress(running: int = 0) -> Progress:
    return Progress(3, 10, 0.3, 1.0, None, None, running, 2)


class Run:
    """Answers of a person, and what the runner was told to do."""

    def __init__(self, *answers: str | None, asks: bool = True, seconds: float = 600.0) -> None:
        self.now = 0.0
        self.calls: list[tuple[str, Path | None]] = []
        self.said: list[str] = []
        self.answers = list(answers)
        self.patience = Patience(
            self,
            PATH,
            self.said.append,
            self.answer if asks else None,
            seconds,
            clock=lambda: self.now,
        )

    def answer(self) -> str | None:
        return self.answers.pop(0)

    def try_again(self) -> None:
        self.calls.append(("try again", None))

    def save_elsewhere(self, path: Path) -> None:
        self.calls.append(("save elsewhere", path))

    def leave(self, *, lose: bool = False) -> None:
        self.calls.append(("leave and lose" if lose else "leave", None))


def test_without_trouble_nothing_is_said_or_done() -> None:
    run = Run()
    run.patience.see(progress())
    assert (run.said, run.calls, run.patience.path) == ([], [], PATH)


def test_no_patience_at_all_is_patience_until_the_first_trouble() -> None:
    run = Run(asks=False, seconds=0)
    run.patience.see(progress())
    assert run.calls == []
    run.patience.see(FULL)
    assert run.calls == [("leave", None)]


def test_trouble_is_told_with_its_reason_once() -> None:
    run = Run(asks=False)
    run.patience.see(FULL)
    run.patience.see(FULL)
    assert len(run.said) == 2
    assert "the disk is full" in run.said[0]
    assert "memory" in run.said[1]


def test_where_nobody_is_there_it_waits_and_then_leaves_once() -> None:
    run = Run(asks=False, seconds=60)
    run.patience.see(FULL)
    for run.now in (0.0, 30.0, 59.9):
        run.patience.see(progress())
    assert run.calls == []
    for run.now in (60.0, 61.0):
        run.patience.see(progress(running=2))
    assert run.calls == [("leave", None)]
    assert run.patience.left
    rescue = Path("rescued") / "study.rescue.hpostudy"
    run.patience.see(Freed(rescue, moved=True))
    assert run.patience.path == rescue
    assert str(rescue) in run.said[-1]


def test_where_no_rescue_copy_can_be_written_it_waits_as_long_again() -> None:
    run = Run(asks=False, seconds=60)
    run.patience.see(FULL)
    run.now = 60.0
    run.patience.see(progress())
    run.patience.see(Message("error", NO_RESCUE, "All disks are full."))
    run.now = 119.0
    run.patience.see(progress())
    assert run.calls == [("leave", None)]
    run.now = 120.0
    run.patience.see(progress())
    assert run.calls == [("leave", None), ("leave and lose", None)]


def test_trouble_that_passes_starts_the_waiting_anew() -> None:
    run = Run(asks=False, seconds=60)
    run.patience.see(FULL)
    run.now = 50.0
    run.patience.see(Freed(PATH, moved=False))
    assert "can be written again" in run.said[-1]
    run.now = 100.0
    run.patience.see(FULL)
    run.now = 150.0
    run.patience.see(progress())
    assert run.calls == []
    assert run.patience.path == PATH


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        ("", ("try again", None)),
        ("  ", ("try again", None)),
        ("/other disk", ("save elsewhere", Path("/other disk") / "study.hpostudy")),
        (None, ("leave", None)),
    ],
)
def test_somebody_at_a_terminal_is_asked(
    answer: str | None, call: tuple[str, Path | None]
) -> None:
    run = Run(answer)
    run.patience.see(FULL)
    run.patience.see(progress(running=1))
    assert run.calls == [], "running trials end first"
    run.patience.see(progress())
    assert run.calls == [call]


def test_an_answer_that_did_not_help_is_followed_by_the_question_again() -> None:
    run = Run("", "/other")
    run.patience.see(FULL)
    run.patience.see(progress())
    run.patience.see(progress())
    assert [name for name, _ in run.calls] == ["try again", "save elsewhere"]
    assert sum("the disk is full" in line for line in run.said) == 3


def test_a_person_who_is_there_is_not_left_however_long_it_takes() -> None:
    run = Run(*["", "", ""], seconds=1)
    run.patience.see(FULL)
    run.now = 1000.0
    run.patience.see(progress(running=1))
    assert not run.patience.left


def test_a_study_of_that_name_in_the_other_folder_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / PATH.name).write_text("another study")
    (tmp_path / "free").mkdir()
    run = Run(str(tmp_path), str(tmp_path / "free"))
    run.patience.see(FULL)
    run.patience.see(progress())
    assert run.calls == []
    assert "Choose another folder" in run.said[-1]
    run.patience.see(progress())
    assert run.calls == [("save elsewhere", tmp_path / "free" / PATH.name)]
