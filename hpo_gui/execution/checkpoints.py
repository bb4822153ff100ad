"""Checkpoints: what trials have learnt so far, in the user's cache folder, one file a trial.

A study has a folder of its own there. The states are a cache: a study file never holds them, and
a study whose states are gone begins its open trials anew.

Layout of a file: MAGIC, then `_HEAD` (keyed BLAKE2b of the rest, steps done), then the pickled
state. It is written under another name first, so that it is there whole or not at all. Reading a
pickle can run code: the hash, over the study, the trial, the steps and the state, is made with a
key that only this user has, so that a file that somebody planted, or moved from another study or
trial, is refused like one that the disk has torn.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac
import os
import pickle
import re
import secrets
import shutil
import struct
import time
import uuid
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from hpo_gui.core.errors import ExecutionError

MAGIC = b"HPOC\x02"
SUFFIX = ".checkpoint"
OWNER = "study.txt"
KEPT_DAYS = 30
HASH_BYTES = 32
KEY_BYTES = 32
_HEAD = struct.Struct(f"<{HASH_BYTES}sQ")
_IDENTITY = re.compile(r"[0-9a-f]{32}")


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
    folder : made when the first one is saved; its name says of which study they are
    key : of this user, see `user_key`; without one, nothing outlives this object
    """

    folder: Path
    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)

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
        head = _HEAD.pack(self._hash(trial, steps, body), steps)
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
        """The newest state of a trial; None when there is none, or it is not what was saved."""
        try:
            content = self.path(trial).read_bytes()
            start = len(MAGIC)
            written, steps = _HEAD.unpack_from(content, start)
            body = memoryview(content)[start + _HEAD.size :]
            mine = hmac.compare_digest(written, self._hash(trial, steps, body))
            if content[:start] != MAGIC or not mine:
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

    def _hash(self, trial: int, steps: int, body: bytes | memoryview) -> bytes:
        made = hashlib.blake2b(key=self.key, digest_size=HASH_BYTES)
        made.update(f"{self.folder.name}/{trial}/{steps}/".encode("utf-8", "surrogateescape"))
        made.update(body)
        return made.digest()


def user_key(path: Path) -> bytes:
    """The key of this user, made up when there is none; a new one where it cannot be kept.

    Parameters
    ----------
    path : of the key's file, which nobody else can read
    """
    with contextlib.suppress(OSError):
        key = path.read_bytes()
        if len(key) == KEY_BYTES:
            return key
    key = secrets.token_bytes(KEY_BYTES)
    with contextlib.suppress(OSError):  # two that do this at once: a cache is lost, no more
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        fresh.replace(path)
    return key


def is_identity(text: str | None) -> TypeGuard[str]:
    """Whether a text can be a study's identity: a study file of others could name any folder."""
    return text is not None and _IDENTITY.fullmatch(text) is not None


def checkpoints_of(root: Path, identity: str, study: Path, key: bytes) -> Checkpoints:
    """The checkpoints of a study, which may have been moved since; a copy gets its own.

    Parameters
    ----------
    root : folder of all checkpoints
    identity : made up when the study was made, see `is_identity`; copies of its file have the same
    study : the study file
    key : see `user_key`
    """
    return Checkpoints(folder_of_study(root, identity, study), key)


def folder_of_study(root: Path, identity: str, study: Path) -> Path:
    """A study's own folder, made where it can be; parameters as `checkpoints_of`."""
    assert is_identity(identity), "it becomes the name of a folder"
    folder = root / identity
    owner = _owner(folder)
    if owner is not None and owner != study and owner.exists():
        mark = hashlib.sha256(str(study).encode("utf-8", "replace")).hexdigest()[:8]
        folder = root / f"{identity}-{mark}"
    hand_over(folder, study)
    return folder


def hand_over(folder: Path, study: Path) -> None:
    """Note which study file a folder belongs to, where it can be made."""
    with contextlib.suppress(OSError):  # saving will say what is wrong
        folder.mkdir(parents=True, exist_ok=True)
        (folder / OWNER).write_text(str(study), encoding="utf-8", errors="surrogateescape")


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
