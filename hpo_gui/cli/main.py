"""The headless twin of the window: the entry of its subcommands."""

from __future__ import annotations

import argparse
import io
import sys

from hpo_gui.cli.compare import add_compare
from hpo_gui.cli.examples import add_examples
from hpo_gui.cli.export import add_export
from hpo_gui.cli.predict import add_predict
from hpo_gui.cli.printing import (
    INTERRUPTED,
    MISUSE,
    UNREAD,
    complain,
    mute,
    our_mistake,
    output_fails,
)
from hpo_gui.cli.replay import add_replay
from hpo_gui.cli.report import add_report
from hpo_gui.cli.run import add_resume, add_run
from hpo_gui.cli.trials import add_trial
from hpo_gui.cli.watch import add_watch
from hpo_gui.core.errors import StudioError
from hpo_gui.core.version import __version__


def main(arguments: list[str]) -> int:
    """Run a subcommand; returns the exit code, see `cli.printing`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # of letters that the terminal does not have
    parsed = make_parser().parse_args(arguments)
    try:
        code: int = parsed.action(parsed)
        print(end="", flush=True)  # else Python would fail in its own words, after us
        return code
    except StudioError as error:
        return complain(str(error), MISUSE)
    except BrokenPipeError:
        # The reader of our output has gone: there is nobody to tell, now and when Python ends.
        mute()
        return UNREAD  # not 0: what was asked for may have ended in the middle
    except OSError as error:
        if output_fails():
            mute()
            return complain(f"The output cannot be written: {error.strerror or error}.", MISUSE)
        what = error.filename or "A file"
        return complain(f"{what} cannot be used: {error.strerror or error}.", MISUSE)
    except KeyboardInterrupt:
        return complain("Interrupted.", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - told with all its details
        return our_mistake(error)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hpo-gui",
        description="Hyperparameter tuning by point and click; without a subcommand the window "
        "opens.",
    )
    parser.add_argument("--version", action="version", version=f"HPO Studio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    for add in (
        add_run,
        add_resume,
        add_trial,
        add_watch,
        add_replay,
        add_compare,
        add_export,
        add_report,
        add_predict,
        add_examples,
    ):
        add(commands)
    return parser
