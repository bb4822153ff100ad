"""Whose code a study may run: what the user said yes to, kept in ``trusted.json``.

A study can name a Python file of the user's, or a class by its dotted path. Importing either runs
code, so that both are refused here, in every process, until the user has said yes: to a file as
it is now (its path and SHA-256), to a class by its name. Classes of the packages that the program
itself tunes are no code of others. A model file is trusted by its SHA-256, wherever it lies: one
that this program wrote for this user, or that the user said yes to.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.errors import StorageError, TrustError
from hpo_gui.core.folders import settings_folder
from hpo_gui.core.spec import FunctionSpec, ModelSpec, StudySpec

TRUST_VARIABLE = "HPO_STUDIO_TRUST"
"""Set to 1 in the environment, everything is trusted: for scripts and tests of one's own."""

OURS = ("sklearn", "lightgbm", "xgboost", "catboost")
"""Packages whose classes may be named by any study."""

PARTS = ("estimator", "base_estimator", "final_estimator", "regressor", "classifier")
"""Parameters that hold another estimator; a study file gives its dotted path."""

FILE_NAME = "trusted.json"
MAX_BYTES = 20_000_000  # of a Python file
MAX_MODELS = 2000  # that are remembered; the oldest are forgotten
REMEDY = "Look at it, then trust it: in the window, or by `--trust` on the command line."


@dataclass(frozen=True)
class Code:
    """Code that a study runs.

    Attributes
    ----------
    name : full path of a file, or dotted path of a class
    sha256 : of the file; "" for a class
    changed : the user said yes to the file, but it is another one since
    """

    name: str
    sha256: str = ""
    changed: bool = False

    @property
    def is_file(self) -> bool:
        return bool(self.sha256)

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return Path(self.name).name if self.is_file else self.name


class _Trusted(msgspec.Struct, frozen=True):
    """The contents of ``trusted.json``."""

    files: dict[str, str] = {}
    classes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # SHA-256, the newest last


# --- what a study would run -------------------------------------------------------------------


def untrusted_code(spec: StudySpec, base: Path) -> tuple[Code, ...]:
    """What a study runs that the user has not said yes to; nothing is imported.

    Parameters
    ----------
    base : folder that the specification's paths start from
    """
    trusted = _read()
    found: dict[str, Code] = {}
    if spec.objective is not None:
        path = (base / spec.objective.function.rpartition(":")[0]).resolve()
        with contextlib.suppress(OSError, ValueError):  # not there: the run says so
            code = _file_code(path, read_source(path), trusted)
            found[code.name] = code
    classes = [model.name for model in spec.models if "." in model.name]
    for name in (*classes, *_parts(msgspec.to_builtins(spec))):
        found[name] = Code(name)
    return tuple(code for code in found.values() if not _is_trusted(code, trusted))


def _parts(value: Any, inside: bool = False) -> Iterator[str]:
    """The dotted paths in a specification that stand where an estimator is expected."""
    if isinstance(value, dict):
        named = inside or value.get("name") in PARTS
        for key, item in value.items():
            yield from _parts(item, named or str(key).rpartition(".")[2] in PARTS)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item, inside)
    elif inside and isinstance(value, str) and "." in value and _is_dotted(value):
        yield value


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


# --- the gate ---------------------------------------------------------------------------------


def check_class(name: str) -> None:
    """Refuse a class of others, by its dotted path, that the user has not said yes to.

    Raises
    ------
    TrustError : before anything of it is imported
    """
    if not _is_trusted(Code(name), _read()):
        raise refusal(Code(name))


def read_trusted(path: Path) -> bytes:
    """The bytes of a Python file that the user said yes to; what they hold may be run.

    Raises
    ------
    TrustError : the user has not said yes to the file, or it has changed since
    OSError : it cannot be read
    """
    path = path.resolve()
    content = read_source(path)
    trusted = _read()
    code = _file_code(path, content, trusted)
    if not _is_trusted(code, trusted):
        raise refusal(code)
    return content


def refusal(code: Code, remedy: str = REMEDY) -> TrustError:
    """The error for code that the user has not said yes to."""
    if not code.is_file:
        rule = "must be trusted before it is imported, which runs code"
        return TrustError(f"The class `{code.name}`", rule, remedy=remedy)
    rule = "must be trusted before it runs"
    if code.changed:
        rule = "has changed since you trusted it, and must be trusted again"
    return TrustError(f"The file {code.title}", rule, remedy=remedy)


def trust(codes: Iterable[Code]) -> None:
    """Remember that the user said yes to these.

    Raises
    ------
    StorageError : the settings cannot be written
    """
    before = _read()
    files, classes = dict(before.files), list(before.classes)
    for code in codes:
        if code.is_file:
            files[code.name] = code.sha256
        elif code.name not in classes:
            classes.append(code.name)
    _write(msgspec.structs.replace(before, files=files, classes=tuple(classes)))


def trust_chosen(name: str, base: Path) -> None:
    """Trust what the user has named by hand, ``file.py:function`` or a dotted path of a class.

    Raises
    ------
    StorageError : the settings cannot be written
    """
    chosen = StudySpec(models=(ModelSpec(name),))
    if ":" in name:
        chosen = StudySpec(objective=FunctionSpec(name))
    trust(untrusted_code(chosen, base))


def _is_trusted(code: Code, trusted: _Trusted) -> bool:
    if os.environ.get(TRUST_VARIABLE) == "1":
        return True
    if code.is_file:
        return trusted.files.get(code.name) == code.sha256
    return code.name.partition(".")[0] in OURS or code.name in trusted.classes


def _file_code(path: Path, content: bytes, trusted: _Trusted) -> Code:
    name = str(path)
    sha256 = hashlib.sha256(content).hexdigest()
    return Code(name, sha256, trusted.files.get(name, sha256) != sha256)


def read_source(path: Path) -> bytes:
    """The bytes of a Python file, which is not run; never those of a device without an end."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, "it is larger than 20 MB", str(path))
    return content


# --- model files ------------------------------------------------------------------------------


def is_trusted_model(sha256: str) -> bool:
    """Whether a model file may be loaded without a question."""
    return os.environ.get(TRUST_VARIABLE) == "1" or sha256 in _read().models


def trust_model(sha256: str) -> None:
    """Remember that the user said yes to a model file.

    Raises
    ------
    StorageError : the settings cannot be written
    """
    before = _read()
    others = tuple(known for known in before.models if known != sha256)
    _write(msgspec.structs.replace(before, models=(*others, sha256)[-MAX_MODELS:]))


def remember_model(path: Path) -> None:
    """Trust a model file that the program has just written; where it cannot, it will ask."""
    with contextlib.suppress(StorageError), path.open("rb") as file:
        trust_model(hashlib.file_digest(file, "sha256").hexdigest())


# --- the file ---------------------------------------------------------------------------------


def _read() -> _Trusted:
    """What is trusted; nothing where the file is missing or broken."""
    try:
        content = (settings_folder() / FILE_NAME).read_bytes()
        return msgspec.json.decode(content, type=_Trusted)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return _Trusted()


def _write(trusted: _Trusted) -> None:
    path = settings_folder() / FILE_NAME
    text = msgspec.json.format(msgspec.json.encode(trusted), indent=2) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            str(path),
            f"cannot be written: {error.strerror or error}",
            remedy=f"Make that folder one that can be written, or set {TRUST_VARIABLE}=1.",
        ) from error
