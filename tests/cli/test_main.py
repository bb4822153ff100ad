"""The entry of the command line."""

from __future__ import annotations

import argparse

from hpo_gui.__main__ import COMMANDS
from hpo_gui.cli.main import make_parser


def test_every_subcommand_is_known_where_the_program_chooses_between_window_and_terminal() -> None:
    actions = make_parser()._actions
    subcommands = next(a for a in actions if isinstance(a, argparse._SubParsersAction))
    assert set(subcommands.choices) == set(COMMANDS)
