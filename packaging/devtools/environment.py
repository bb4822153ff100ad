"""The virtual environment of the checkout: made once from the lock, repaired when half made."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtools.console import Stop, say
from devtools.installer import install

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FOLDER_VARIABLE = "HPO_STUDIO_VENV"
LOCKS = {False: "requirements.txt", True: "requirements-test.txt"}
"""The lock file to install, by whether the test tools are wanted. The second holds the first."""

MARKER = "hpo-studio-setup.json"
"""A file in the environment: who made it, and what was installed completely."""

MADE_HERE = "dev.py"
"""The origin of an environment that may be removed and made again."""

Stamp = dict[str, str]


@dataclass(frozen=True)
class Environment:
    """A virtual environment for the checkout at `root`.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.
    root : Path
        The checkout whose lock files are installed and whose package it runs.
    """

    folder: Path
    root: Path = ROOT

    @property
    def python(self) -> Path:
        """The interpreter in the environment."""
        return self._script("python")

    def _script(self, name: str) -> Path:
        if os.name == "nt":
            return self.folder / "Scripts" / f"{name}.exe"
        return self.folder / "bin" / name

    def script(self, name: str) -> Path:
        """Return the path of a command that a package installed into the environment."""
        return self._script(name)

    def variables(self, **extra: str) -> dict[str, str]:
        """Return the environment variables for a program started in here."""
        kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONHOME", "PYTHONPATH"}}
        path = f"{self.python.parent}{os.pathsep}{kept.get('PATH', '')}"
        return kept | {"VIRTUAL_ENV": str(self.folder), "PATH": path} | extra

    def prepare(self, *, tests: bool, fresh: bool = False) -> None:
        """Bring the environment up to the lock; at once when it already is.

        Parameters
        ----------
        tests : bool
            Whether the tools of the tests are wanted as well.
        fresh : bool
            Make it anew, whatever is there.
        """
        if not fresh and self._is_ready(tests):
            return
        with _only_one(self.folder):
            if fresh or not self._is_ready(tests):
                self._build(tests, fresh)

    def _build(self, tests: bool, fresh: bool) -> None:
        if self._is_ours():
            stamp = self._read_stamp()
            if fresh or not self._is_whole(stamp):
                self._remove()
                self._create()
                stamp = {}
        else:
            self._check_usable(fresh)
            stamp = self._read_stamp()
        self._write_stamp({"origin": self._origin()})
        self._install(stamp, tests)
        self._write_stamp(self._wanted_stamp(tests))
        say(f"The environment is ready: {self.folder}")

    def _install(self, stamp: Stamp, tests: bool) -> None:
        log = self.folder / "setup.log"
        log.unlink(missing_ok=True)
        lock = self.root / LOCKS[tests]
        if stamp.get(lock.name) != _digest(lock):
            say(f"Installing {lock.name}: about 250 MB, a minute or so the first time")
            install(self.python, ["--require-hashes", "-r", str(lock)], lock.name, log)
        project = ["--no-deps", "--no-build-isolation", "--editable", str(self.root)]
        install(self.python, project, "HPO Studio", log)

    # -- what is there ---------------------------------------------------------------------------

    def _is_ready(self, tests: bool) -> bool:
        stamp = self._read_stamp()
        wanted = self._wanted_stamp(tests)
        return self._is_whole(stamp) and all(stamp.get(k) == v for k, v in wanted.items())

    def _is_whole(self, stamp: Stamp) -> bool:
        """Say whether what is there was once complete, for this Python and at this place."""
        place = self._place()
        return (
            all(stamp.get(key) == value for key, value in place.items())
            and self.python.exists()
            and self._base_exists()
        )

    def _is_ours(self) -> bool:
        if not self.folder.exists():
            return True
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            return True
        return self._read_stamp().get("origin") == MADE_HERE

    def _origin(self) -> str:
        return MADE_HERE if self._is_ours() else "found"

    def _check_usable(self, fresh: bool) -> None:
        """Accept an environment that somebody made by hand; never remove it."""
        code = "import sys, pip; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12), (3, 13)})"
        if not fresh and (self.folder / "pyvenv.cfg").exists() and self.python.exists():
            check = subprocess.run(
                [self.python, "-c", code], env=self.variables(), capture_output=True, check=False
            )
            if check.returncode == 0:
                return
        raise Stop(
            f"{self.folder} was not made by dev.py, so it is not removed"
            + (".\n" if fresh else ", and it is no\nvirtual environment of Python 3.11 to 3.13.\n")
            + "Remove it yourself if you do not need it, or set "
            + f"{FOLDER_VARIABLE} to another folder."
        )

    def _base_exists(self) -> bool:
        """Say whether the Python from which the environment was made is still installed."""
        try:
            lines = (self.folder / "pyvenv.cfg").read_text("utf-8").splitlines()
        except OSError:
            return False
        values = dict(line.split(" = ", 1) for line in lines if " = " in line)
        return Path(values.get("home", "")).is_dir()

    def _place(self) -> Stamp:
        origin = self._origin()
        place = {"origin": origin, "folder": str(self.folder), "project": str(self.root)}
        if origin == MADE_HERE:
            place["python"] = ".".join(str(part) for part in sys.version_info[:2])
        return place

    def _wanted_stamp(self, tests: bool) -> Stamp:
        names = ["pyproject.toml", LOCKS[tests], *([LOCKS[False]] if tests else [])]
        return self._place() | {name: _digest(self.root / name) for name in names}

    def _read_stamp(self) -> Stamp:
        try:
            content = json.loads((self.folder / MARKER).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write_stamp(self, stamp: Stamp) -> None:
        """Write what is complete now; a stamp with nothing but the origin says: unfinished."""
        target = self.folder / MARKER
        draft = target.with_suffix(".new")
        draft.write_text(json.dumps(stamp, indent=1), "utf-8")
        draft.replace(target)

    # -- make and remove -------------------------------------------------------------------------

    def _create(self) -> None:
        say(f"Making the virtual environment {self.folder}")
        base = getattr(sys, "_base_executable", sys.executable)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_stamp({"origin": MADE_HERE})
        except OSError as error:
            raise Stop(
                f"{self.folder} cannot be written ({error}).\n"
                f"Set {FOLDER_VARIABLE} to a folder that you may write to."
            ) from error
        made = subprocess.run(
            [base, "-m", "venv", str(self.folder)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if made.returncode:
            raise Stop(
                f"Python could not make the virtual environment {self.folder}:\n"
                f"{(made.stdout + made.stderr).strip()}"
            )

    def _remove(self) -> None:
        if not self.folder.exists():
            return
        if any(self.folder.iterdir()):
            say(f"Removing {self.folder}: unfinished, moved, or made by another Python")
        try:
            shutil.rmtree(self.folder)
        except OSError as error:
            raise Stop(
                f"{self.folder} could not be removed ({error}).\n"
                "Close the programs that run from it, then type the same command again."
            ) from error


def environment_of_checkout() -> Environment:
    """Return the environment to use: `.venv` in the checkout, or where HPO_STUDIO_VENV says."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named).expanduser() if named else ROOT / ".venv"
    return Environment(Path(os.path.abspath(folder)))  # noqa: PTH100  (resolve() follows links)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Stop(f"The checkout is not complete: {error}") from error


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let a second set-up of the same environment wait until the first has ended."""
    user = os.getuid() if hasattr(os, "getuid") else ""
    name = hashlib.sha256(f"{user} {folder}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"hpo-studio-setup-{name}.lock"
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # it gives up after ten seconds
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
