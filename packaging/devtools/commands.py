"""The commands of `dev.py`, one function each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtools import system_libraries as libraries
from devtools.checks import all_stages, pytest_stage, run_stages
from devtools.console import (
    INTERRUPTED,
    Stop,
    end_children_when_terminated,
    run,
    say,
)
from devtools.display import find_display
from devtools.environment import Environment, environment_of_checkout
from devtools.example import open_window, run_without_window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HELP = """\
python3 dev.py COMMAND

    run [ARGUMENTS]     open the window with the example study; without a display run the same
                        example in the terminal. With arguments: run `hpo-gui ARGUMENTS`
    test [ARGUMENTS]    format, lint, types, import rule and tests. With arguments: only
                        `pytest ARGUMENTS`
    setup [--fresh]     prepare the environment only; --fresh makes it anew
    bench [NAME]        run benchmarks/NAME.py; without a name, list them. Options follow the name:
                        `bench optimizers --help` lists those of a benchmark
    screenshots         take the pictures in docs/pictures anew
    lock [--upgrade]    resolve the dependencies anew and write the lock files
    audit [OPTIONS]     look up known vulnerabilities of the pinned packages, by pip-audit

Every command first makes what it needs: the virtual environment .venv (HPO_STUDIO_VENV names
another folder) with the packages of the lock file, and the system libraries of Qt.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and return its exit code."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        say(HELP)
        return 0 if arguments else 2
    name, *rest = arguments
    command = COMMANDS.get(name)
    if command is None:
        say(f"There is no command `{name}`.\n\n{HELP}")
        return 2
    end_children_when_terminated()
    try:
        return command(environment_of_checkout(), rest)
    except Stop as stop:
        say(f"\n{stop}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return INTERRUPTED


def run_program(environment: Environment, arguments: Sequence[str]) -> int:
    """Open the window, or run the example in the terminal; or run what the arguments say."""
    display = find_display()
    x11 = libraries.X11 if display == "x11" else ()
    missing = _prepare(environment, libraries.WINDOWLESS + x11)
    if arguments:
        return run((environment.python, "-m", "hpo_gui", *arguments), env=environment.variables())
    if display is None:
        return run_without_window(environment, picture=not missing)
    if missing:
        raise Stop("The window cannot open without these libraries.")
    return open_window(environment)


def run_tests(environment: Environment, arguments: Sequence[str]) -> int:
    """Run all the checks, or only pytest with the given arguments."""
    needs = libraries.WINDOWLESS + libraries.X11 + libraries.VIRTUAL_DISPLAY
    _prepare(environment, needs, tests=True)
    if arguments:
        return run_stages(environment, [pytest_stage(environment, arguments)])
    return run_stages(environment, all_stages(environment))


def set_up(environment: Environment, arguments: Sequence[str]) -> int:
    """Prepare the environment and the system libraries, nothing else."""
    unknown = [argument for argument in arguments if argument != "--fresh"]
    if unknown:
        raise Stop(f"`setup` does not know {' '.join(unknown)}; it knows --fresh.")
    x11 = libraries.X11 if find_display() == "x11" else ()
    missing = _prepare(environment, libraries.WINDOWLESS + x11, fresh="--fresh" in arguments)
    if missing:
        return 1
    say("Ready. Start the program with: python3 dev.py run")
    return 0


def run_benchmark(environment: Environment, arguments: Sequence[str]) -> int:
    """Run one benchmark in the environment, or list them."""
    folder = environment.root / "benchmarks"
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    if not arguments or arguments[0] not in names:
        say("Benchmarks: " + (", ".join(names) or "none yet"))
        return 2 if arguments else 0
    _prepare(environment, libraries.WINDOWLESS, tests=True)
    script = folder / f"{arguments[0]}.py"
    return run((environment.python, script, *arguments[1:]), env=environment.variables())


def take_screenshots(environment: Environment, arguments: Sequence[str]) -> int:
    """Take the pictures of the documentation anew."""
    _prepare(environment, libraries.WINDOWLESS, tests=True)
    script = environment.root / "docs" / "screenshots.py"
    return run((environment.python, script, *arguments), env=environment.variables())


def write_lock_files(environment: Environment, arguments: Sequence[str]) -> int:
    """Resolve the dependencies anew."""
    from devtools.lock import write_locks

    unknown = [argument for argument in arguments if argument != "--upgrade"]
    if unknown:
        raise Stop(f"`lock` does not know {' '.join(unknown)}; it knows --upgrade.")
    write_locks(environment, upgrade="--upgrade" in arguments)
    return 0


def look_up_vulnerabilities(environment: Environment, arguments: Sequence[str]) -> int:
    """Ask pip-audit about every package of the lock files."""
    from devtools.audit import audit

    return audit(environment, list(arguments))


def _prepare(
    environment: Environment,
    needs: Sequence[libraries.Need],
    *,
    tests: bool = False,
    fresh: bool = False,
) -> tuple[libraries.Need, ...]:
    """Bring system and environment up to date; return the system libraries still missing."""
    missing = libraries.provide((*needs, *libraries.VENV_MODULE))
    if set(libraries.VENV_MODULE) & set(missing):
        raise Stop("This Python cannot make a virtual environment without its module ensurepip.")
    environment.prepare(tests=tests, fresh=fresh)
    return missing


COMMANDS: dict[str, Callable[[Environment, Sequence[str]], int]] = {
    "run": run_program,
    "test": run_tests,
    "setup": set_up,
    "bench": run_benchmark,
    "screenshots": take_screenshots,
    "lock": write_lock_files,
    "audit": look_up_vulnerabilities,
}
