"""The entry of the command line."""

from __future__ import annotations

import argparse
import io
import sys

import pytest

from hpo_gui.__main__ import COMMANDS
from hpo_gui.cli.main import main, make_parser
from hpo_gui.cli.printing import UNREAD


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
