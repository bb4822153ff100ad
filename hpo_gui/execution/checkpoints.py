"""Checkpoints: what trials have learnt so far, in the user's cache folder, one file a trial.

A study has a folder of its own there. The states are a cache: a study file never holds them, and
a study whose states are gone begins its open trials anew.

Layout of a file: MAGIC, then `_HEAD` (CRC-32 of the rest, steps done), then the pickled state.
It is written under another name first, so that it is there whole or not at all; a disk that tears
it nevertheless is found out by the checksum.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import pickle
import shutil
import struct
import time
import zlib
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ExecutionError

MAGIC = b"HPOC\x01"
SUFFIX = ".checkpoint"
OWNER = "study.txt"
KEPT_DAYS = 30
_HEAD = struct.Struct("<IQ")


@dataclass(frozen=True)
class Checkpoint:
    """A state, and how many steps it took to get there."""

    steps: int
    state: Any


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one study; may be sent to another process.

    Attributes
    ----------
    folder : made when the first one is saved
    """

    folder: Path

    def check(self) -> None:
        """Find out whether states can be kept, before any trial learns something.

        Raises
        ------
        ExecutionError : the folder cannot be made or written
        """
        trial = self.folder / "trial.new"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            trial.write_bytes(MAGIC)
            trial.unlink()
        except OSError as error:
            raise ExecutionError(
                "The cache folder, where trials keep what they have learnt,",
                f"must be one that can be written ({error.strerror or error})",
                str(self.folder),
                remedy=_remedy(error),
            ) from error

    def save(self, trial: int, steps: int, state: Any) -> None:
        """Keep the state of a trial after so many steps, instead of the one before.

        Raises
        ------
        ExecutionError : the state cannot be pickled, or the file cannot be written
        """
        try:
            body = pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # a user's object may raise anything
            raise ExecutionError(
                "The state of a trial",
                "must be something that can be pickled, to go on from it later",
                f"{type(error).__name__}: {error}",
                remedy="Return plain values, arrays or models as the state of a step.",
            ) from error
        path = self.path(trial)
        fresh = path.with_suffix(".new")
        head = _HEAD.pack(zlib.crc32(body), steps)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.writelines((MAGIC, head, body))
            fresh.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise ExecutionError(
                "The checkpoint of a trial",
                f"must be written ({error.strerror or error})",
                str(path),
                remedy=_remedy(error),
            ) from error

    def load(self, trial: int) -> Checkpoint | None:
        """The newest state of a trial; None when there is none, or it is damaged.

        Only files that this program has written in the user's own cache folder are read.
        """
        try:
            content = self.path(trial).read_bytes()
            start = len(MAGIC)
            checksum, steps = _HEAD.unpack_from(content, start)
            body = memoryview(content)[start + _HEAD.size :]
            if content[:start] != MAGIC or zlib.crc32(body) != checksum:
                return None
            return Checkpoint(steps, pickle.loads(body))
        except Exception:  # noqa: BLE001 - a class that is gone or has changed raises anything
            return None

    def forget(self, trial: int) -> None:
        """Delete the state of a trial; no error when there is none."""
        with contextlib.suppress(OSError):
            self.path(trial).unlink(missing_ok=True)

    def forget_others(self, wanted: Container[int]) -> None:
        """Delete the states of all trials but the wanted ones."""
        for path in self.folder.glob(f"*{SUFFIX}"):
            if not path.stem.isdigit() or int(path.stem) not in wanted:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def path(self, trial: int) -> Path:
        """Where the state of a trial is kept."""
        return self.folder / f"{trial}{SUFFIX}"


def checkpoints_of(root: Path, identity: str, study: Path) -> Checkpoints:
    """The checkpoints of a study, which may have been moved since; a copy gets its own.

    Parameters
    ----------
    root : folder of all checkpoints
    identity : made up when the study was made; copies of its file have the same
    study : the study file
    """
    folder = root / identity
    owner = _owner(folder)
    if owner is not None and owner != study and owner.exists():
        mark = hashlib.sha256(str(study).encode("utf-8", "replace")).hexdigest()[:8]
        folder = root / f"{identity}-{mark}"
    with contextlib.suppress(OSError):  # saving will say what is wrong
        folder.mkdir(parents=True, exist_ok=True)
        (folder / OWNER).write_text(str(study), encoding="utf-8", errors="surrogateescape")
    return Checkpoints(folder)


def sweep(root: Path, now: float | None = None) -> None:
    """Delete what belongs to no study any more, or was not used for a month."""
    oldest = (time.time() if now is None else now) - KEPT_DAYS * 24 * 3600
    with contextlib.suppress(OSError):
        for folder in root.iterdir():
            owner = _owner(folder)
            newest = max((path.stat().st_mtime for path in folder.iterdir()), default=0.0)
            if owner is None or not owner.exists() or newest < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space on that disk."
    return "Make the cache folder one that can be written."


def _owner(folder: Path) -> Path | None:
    """The study file that a folder belongs to."""
    try:
        text = (folder / OWNER).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return Path(text)
