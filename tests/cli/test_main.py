"""The entry of the command line."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from pathlib import Path

import pytest

from hpo_gui.__main__ import COMMANDS
from hpo_gui.cli.main import main, make_parser
from hpo_gui.cli.printing import MISUSE, UNREAD
from tests.cli.test_result_files import own
from tests.support.small_studies import hpo


def test_every_subcommand_is_known_where_the_program_chooses_between_window_and_terminal() -> None:
    actions = make_parser()._actions
    subcommands = next(a for a in actions if isinstance(a, argparse._SubParsersAction))
    assert set(subcommands.choices) == set(COMMANDS)


def test_what_nobody_read_to_its_end_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run or a replay that ended in the middle must not look as if it were done."""

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["examples"]) == UNREAD
    sys.stdout.close()  # what the program has put in its place


class Full(io.StringIO):
    """The output goes to a disk that is full once it has taken some lines."""

    def __init__(self, lines: int = 0) -> None:
        super().__init__()
        self.lines = lines
        self.pending = 0

    def write(self, text: str) -> int:
        self.pending += text.count("\n")
        return len(text)

    def flush(self) -> None:
        if self.pending > self.lines:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_run_whose_output_cannot_be_written_says_so_and_closes_its_study(
    lines: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "r"
    monkeypatch.setattr(sys, "stdout", Full(lines))
    code = main(["run", str(own(tmp_path)), "--out", str(out), "--trust"])
    sys.stdout.close()  # what the program has put in its place
    monkeypatch.undo()
    assert code == MISUSE
    said = capsys.readouterr().err
    assert "The output cannot be written: No space left on device" in said
    assert [path.name for path in out.iterdir()] == ["study.hpostudy"], "no lock, no log"
    assert hpo("resume", out / "study.hpostudy", "--trust").code == 0


def test_output_that_cannot_be_written_in_the_end_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    code = main(["examples"])
    sys.stdout.close()
    assert code == MISUSE
    assert "The output cannot be written" in capsys.readouterr().err


def test_a_program_without_any_output_is_none_whose_output_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["examples"]) == 0
    assert main(["run", str(tmp_path / "gone.toml")]) == MISUSE
    assert "output" not in capsys.readouterr().err


@pytest.mark.parametrize("text", ["nan", "-1", "inf", "-inf", "long"])
def test_a_patience_that_never_ends_or_has_ended_before_is_refused(
    text: str, tmp_path: Path
) -> None:
    said = hpo("run", own(tmp_path), "--out", tmp_path / "r", f"--patience={text}", "--trust")
    assert said.code == MISUSE
    assert f"--patience: must be a number of at least 0, but got '{text}'" in said.text
    assert not (tmp_path / "r").exists()
