"""Write the lock files: every package, its tested version, its hashes, and no address."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from devtools.console import Stop, say
from devtools.environment import LOCKS, Environment
from devtools.installer import install

if TYPE_CHECKING:
    from pathlib import Path

OLDEST_PYTHON = "3.11"
ADDRESS = re.compile(r"://|\bfile:|@ ")


def write_locks(environment: Environment, *, upgrade: bool = False) -> None:
    """Resolve the dependencies of pyproject.toml for every supported Python and system.

    Parameters
    ----------
    environment : Environment
        The checkout whose lock files are written.
    upgrade : bool
        Take the newest versions; otherwise pinned versions stay where they still fit.
    """
    root = environment.root
    uv = find_uv(environment)
    build_tools = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["build-system"]
    for tests, name in LOCKS.items():
        command = [
            *(uv, "pip", "compile", "pyproject.toml", "-"),
            *("--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"),
            *("--no-build", "--no-header", "--no-annotate", "--quiet", "--output-file", name),
            *(["--upgrade"] if upgrade else []),
            *(["--extra", "test", "--constraint", LOCKS[False]] if tests else []),
        ]
        done = subprocess.run(
            command,
            cwd=root,
            input="\n".join(build_tools["requires"]),
            text=True,
            check=False,
        )
        if done.returncode:
            raise Stop(f"uv could not write {name}; see above.")
        say(f"{name}: {describe(root / name)}")


def find_uv(environment: Environment) -> str:
    """Return the path of uv: the one on PATH, else one installed in a folder of its own.

    The environment itself may be out of date, or not there: the lock is what it is made from.
    """
    found = shutil.which("uv")
    if found:
        return found
    own = Environment(environment.root / ".venv-uv", environment.root)
    if not own.script("uv").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(own.folder)], check=True)
        install(own.python, ["uv"], "uv", own.folder / "setup.log")
    return str(own.script("uv"))


def describe(lock: Path) -> str:
    """Return the number of pinned packages, after a check that the file holds no address."""
    text = lock.read_text("utf-8")
    if ADDRESS.search(text):
        raise Stop(f"{lock} holds an address; a lock names packages, versions and hashes only.")
    return f"{len(re.findall(r'^[a-z0-9]', text, re.MULTILINE))} pinned packages"
