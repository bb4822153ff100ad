"""Look up known vulnerabilities of the pinned packages, by pip-audit and the lock files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from devtools.console import run, say
from devtools.environment import LOCKS, Environment
from devtools.installer import install

if TYPE_CHECKING:
    from pathlib import Path

NOT_ASKED = """\
Something was found, or the list of vulnerabilities did not answer for every package (see above):
only what it answered for was checked. It has to reach the network, pypi.org or a mirror that
knows vulnerabilities; `dev.py audit -s osv` asks api.osv.dev instead."""


def audit(environment: Environment, options: list[str]) -> int:
    """Check both lock files; 0 when every package was looked up and nothing was found.

    Parameters
    ----------
    environment : Environment
        The checkout whose lock files are read. Nothing is installed into it.
    options : list[str]
        Further options for pip-audit.
    """
    python = find_pip_audit(environment)
    worst = 0
    for name in LOCKS.values():
        say(f"== {name}")
        # NOTE: `--strict`, since a package that could not be looked up is no clean one
        fixed = ("--strict", "--disable-pip", "--require-hashes", "-r", environment.root / name)
        worst = max(worst, run((python, "-m", "pip_audit", *fixed, *options)))
    if worst:
        say(NOT_ASKED)
    return worst


def find_pip_audit(environment: Environment) -> Path:
    """Return a Python that has pip-audit: in a folder of its own, made once."""
    own = Environment(environment.root / ".venv-audit", environment.root)
    if not own.script("pip-audit").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(own.folder)], check=True)
        install(own.python, ["pip-audit"], "pip-audit", own.folder / "setup.log")
    return own.python
