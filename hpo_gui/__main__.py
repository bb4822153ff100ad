"""Start the program: the window, or the command line when a subcommand is given."""

from __future__ import annotations

import multiprocessing
import os
import sys

COMMANDS = (
    "run",
    "resume",
    "trial",
    "watch",
    "replay",
    "compare",
    "export",
    "report",
    "predict",
    "examples",
)
FOR_THE_COMMAND_LINE = (*COMMANDS, "-h", "--help", "--version")


def main() -> int:
    """Entry point of ``hpo-gui``; returns the exit code."""
    multiprocessing.freeze_support()
    _open_standard_streams()
    from hpo_gui.assembly.crash_log import recording

    arguments = sys.argv[1:]
    if arguments and arguments[0] in FOR_THE_COMMAND_LINE:
        from hpo_gui.cli.main import main as run_command

        with recording(arguments[0].strip("-")):
            return run_command(arguments)
    with recording("window"):
        from hpo_gui.gui.app import main as open_window

        return open_window(arguments)


def _open_standard_streams() -> None:
    """Open what is closed of 0, 1 and 2, so that no file or pipe of ours gets their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(number, True)  # workers need them as well
    os.close(number)


if __name__ == "__main__":
    sys.exit(main())
