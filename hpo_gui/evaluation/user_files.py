"""The users' Python files as modules: ``hpo_gui.evaluation.user_files.<stem>_<hash>``.

The name is one of our own, so that a file hides no other module. It can be imported in processes
that the user's code starts as well, where `multiprocessing`, `joblib` and the loaders of PyTorch
look functions up by it: this module is their package, whose finder reads the files' paths from
the environment, which these processes inherit.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from importlib.machinery import SOURCE_SUFFIXES, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from hpo_gui.evaluation.trust import read_trusted

VARIABLE = "HPO_STUDIO_FILE_"
"""Followed by the hash of a module's name: the environment's variable for the path of its file."""

__path__: list[str] = []  # what makes this module a package; nothing lies in it


class _TrustedLoader(SourceFileLoader):
    """Runs what was read and trusted, never a compiled copy that lies beside the file."""

    def get_code(self, fullname: str) -> CodeType:
        """The file's code; `TrustError` where the user has not said yes to it as it is now."""
        code: CodeType = self.source_to_code(read_trusted(Path(self.path)), self.path)
        return code


class _Finder:
    """Finds the files that a process above this one has registered."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of a user's module; None for every other one."""
        package, _, own = name.rpartition(".")
        file = os.environ.get(_variable(own)) if package == __name__ else None
        return None if file is None else _spec(name, file)


def register(path: Path) -> ModuleSpec | None:
    """Give a file its name as a module, here and in all processes started from now on.

    Parameters
    ----------
    path : full path

    Returns
    -------
    What to make the module of; None for a file that is no Python file (.py).
    """
    if path.suffix not in SOURCE_SUFFIXES:
        return None
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    stem = re.sub(r"\W", "_", path.stem)
    own = f"{stem}_{digest}"
    os.environ[_variable(own)] = str(path)
    return _spec(f"{__name__}.{own}", str(path))


def _variable(own: str) -> str:
    return VARIABLE + own.rpartition("_")[2].upper()


def _spec(name: str, file: str) -> ModuleSpec | None:
    return importlib.util.spec_from_file_location(name, file, loader=_TrustedLoader(name, file))


sys.meta_path.append(_Finder)
