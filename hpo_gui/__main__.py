"""Start the program: the window, or the command line when a subcommand is given."""

from __future__ import annotations

import multiprocessing
import sys

COMMANDS = ("run", "resume", "export", "examples")
FOR_THE_COMMAND_LINE = (*COMMANDS, "-h", "--help", "--version")


def main() -> int:
    """Entry point of ``hpo-gui``; returns the exit code."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments and arguments[0] in FOR_THE_COMMAND_LINE:
        from hpo_gui.cli import main as run_command

        return run_command(arguments)
    from hpo_gui.gui.app import main as open_window

    return open_window(arguments)


if __name__ == "__main__":
    sys.exit(main())
