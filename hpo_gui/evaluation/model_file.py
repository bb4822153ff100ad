"""Model files: what they would import is listed, and nothing of it is until the user says yes.

A pickle, and so a file of joblib, can run any code while it is loaded, whatever names it holds.
Skops loads only what it is allowed to, but some of that can do harm when the model predicts: a
call of any method, for one. Hence both are asked about, but for files of this program's own.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal, cast

from hpo_gui.core.errors import DataError, TrustError
from hpo_gui.evaluation.pickle_names import pickle_names
from hpo_gui.evaluation.reading import read_bytes
from hpo_gui.evaluation.size_limits import CHUNK, DAMAGED, check_memory
from hpo_gui.evaluation.trust import OURS, is_trusted_model

SUFFIXES = (".skops", ".pkl", ".pickle", ".joblib")
USUAL = (*OURS, "numpy", "scipy", "pandas", "joblib")
"""Packages that models of tables are made of."""

SKOPS_MEMBER = "schema.json"
REMEDY = "Look at the list, then trust it by `--trust`. A file that you did not make may do harm."
ZLIB = b"\x78"
_OPEN: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
    b"\x5d\x00": lzma.LZMAFile,
}
"""How files of joblib that are packed begin, and what unpacks them."""


@dataclass(frozen=True)
class ModelFile:
    """A model's file that was looked into.

    Attributes
    ----------
    path : where it was read
    kind : how it is loaded
    sha256 : of the file
    content : its bytes, unpacked; what is loaded is what was looked at
    names : the types and functions that loading would import, unusual ones first
    doubt : why there may be more than `names` tells; "" where there is no reason to think so
    """

    path: Path
    kind: Literal["skops", "pickle"]
    sha256: str
    content: bytes = field(repr=False)
    names: tuple[str, ...]
    doubt: str = ""

    @property
    def trusted(self) -> bool:
        """Whether it may be loaded: written by this program, or accepted by the user before."""
        return is_trusted_model(self.sha256)

    @property
    def unusual(self) -> tuple[str, ...]:
        """Names of packages that models of tables are not made of."""
        return tuple(name for name in self.names if is_unusual(name))


def is_unusual(name: str) -> bool:
    """Whether a dotted name belongs to none of the packages that models are made of."""
    return name.partition(".")[0] not in USUAL


def warning_of(file: ModelFile) -> str:
    """What loading a file that the user has not said yes to could do, in one or two sentences."""
    name = file.path.name
    if file.kind == "pickle":
        return (
            f"{name} is a pickle that this program did not write for you. Loading it can run any "
            "code, and do all that you can do on this computer."
        )
    return (
        f"{name} was not written by this program for you. Skops loads nothing but what is listed "
        "here; but some of it can be misused once the model predicts."
    )


def look_into_model(path: Path) -> ModelFile:
    """Read a model's file, and find out what loading it would import. Nothing is imported.

    Raises
    ------
    DataError : it cannot be read, is no model's file, or would not fit into memory
    """
    raw = read_bytes(path)
    sha256 = hashlib.sha256(raw).hexdigest()
    if raw.startswith(b"PK\x03\x04"):
        names = _skops_names(raw, path)
        return ModelFile(path, "skops", sha256, raw, _sorted(names))
    content = _unpacked(raw, path)
    found: dict[str, None] = {}
    doubt = ""
    try:
        for name in pickle_names(io.BytesIO(content)):
            found[name] = None
    except Exception as error:  # a pickle may be made to break what reads it
        if not content.startswith(b"\x80") and not found:
            raise _no_model(path) from error
        doubt = "it could not be read to its end"
    return ModelFile(path, "pickle", sha256, content, _sorted(found), doubt)


def load_model(file: ModelFile) -> Any:
    """Load a model that the user has said yes to (`trust.trust_model`).

    Raises
    ------
    TrustError : the user has not said yes to the file
    DataError : it cannot be loaded, or holds nothing that predicts
    """
    if not file.trusted:
        raise TrustError(
            f"The model {file.path.name}",
            "must be trusted before it is loaded, which can run code",
            remedy=REMEDY,
        )
    try:
        model = _load(file)
    except ImportError as error:
        raise DataError(
            file.path.name,
            f"needs a package that is not installed: {error}",
            remedy="Install it into the environment of this program.",
        ) from error
    except Exception as error:
        raise DataError(
            file.path.name,
            f"cannot be loaded: {type(error).__name__}: {error}",
            remedy="It may be damaged, or made by other versions of its packages.",
        ) from error
    if not callable(getattr(model, "predict", None)):
        raise DataError(file.path.name, "must hold a model that predicts", type(model).__name__)
    return model


def _load(file: ModelFile) -> Any:
    if file.kind == "skops":
        import skops.io

        return skops.io.loads(file.content, trusted=list(file.names))
    import joblib

    return joblib.load(io.BytesIO(file.content))  # reads plain pickles too


def _sorted(names: dict[str, None] | list[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (not is_unusual(name), name)))


def _skops_names(raw: bytes, path: Path) -> list[str]:
    """The types in a skops file that skops does not load by itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if SKOPS_MEMBER not in archive.namelist():
                raise _no_model(path)
            check_memory(path.name, float(sum(info.file_size for info in archive.infolist())))
        if find_spec("skops") is None:
            raise DataError(
                path.name,
                "needs the package skops, which is not installed",
                remedy="Type `pip install skops`.",
            )
        import skops.io

        return list(skops.io.get_untrusted_types(data=raw))
    except DataError:
        raise
    except Exception as error:
        raise DataError(path.name, f"must be a sound skops file ({error})") from error


def _unpacked(raw: bytes, path: Path) -> bytes:
    """The pickle in a file that joblib may have packed."""
    parts, total = [], 0
    try:
        for part in _parts(raw):
            parts.append(part)
            total += len(part)
            check_memory(path.name, 2.0 * total)
    except DAMAGED as error:
        raise _no_model(path) from error
    return b"".join(parts)


def _parts(raw: bytes) -> Iterator[bytes]:
    for mark, open_packed in _OPEN.items():
        if raw.startswith(mark):
            with open_packed(io.BytesIO(raw)) as stream:
                yield from iter(lambda: stream.read(CHUNK), b"")
            return
    if not raw.startswith(ZLIB):
        yield raw
        return
    unpack = zlib.decompressobj()
    while part := unpack.decompress(raw, CHUNK):
        yield part
        raw = unpack.unconsumed_tail


def _no_model(path: Path) -> DataError:
    return DataError(
        path.name,
        "must be a model: a file of skops, pickle or joblib",
        remedy="Choose a file that ends in .skops, .pkl or .joblib.",
    )
