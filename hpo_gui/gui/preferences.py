"""Preferences: what the user chose, in one readable file that is replaced as a whole.

Window state (geometry, splitters) is no preference: it lives in `QSettings`, see `window_state`.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import structs
from PySide6.QtCore import QObject, QSettings, Signal

from hpo_gui.gui.study_files import settings_folder

_PLAIN_LINE = re.compile(
    rb"""\s* | \[[\w%]+\]
    | [\w%\\]+ = (?: "@ByteArray\((?:[^"\\]|\\.)*\)" | @ByteArray\((?:[^",;\\]|\\.)*\) )""",
    re.VERBOSE,
)
"""What Qt writes for bytes: one value, quoted or without what would begin another one."""


class Preferences(msgspec.Struct, frozen=True):
    """What the user chose.

    Attributes
    ----------
    theme : of the window
    options : "simple" hides what is rarely needed, everywhere; it never resets it
    folder : where the last file was opened, or ""
    log_shown : whether the log panel is open
    """

    theme: Literal["system", "light", "dark"] = "system"
    options: Literal["simple", "all"] = "simple"
    folder: str = ""
    log_shown: bool = False


class PreferenceStore(QObject):
    """Holds the preferences and keeps them in ``preferences.json``.

    A file that cannot be read is put aside as ``preferences.json.broken``; the window starts with
    defaults, never with an error.

    Signals
    -------
    changed : the preferences are another value
    """

    changed = Signal()

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = (folder or settings_folder()) / "preferences.json"
        self.problem = ""
        self.value = self._read()

    def change(self, **changes: Any) -> None:
        """Change some preferences and write them down."""
        value = structs.replace(self.value, **changes)
        if value == self.value:
            return
        self.value = value
        self.problem = write_atomically(self.path, msgspec.json.encode(value))
        self.changed.emit()

    def _read(self) -> Preferences:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Preferences)
        except FileNotFoundError:
            return Preferences()
        except OSError as error:
            self.problem = str(error)
        except msgspec.MsgspecError as error:
            self.problem = f"{self.path.name}: {error}"
            put_aside(self.path)
        return Preferences()


def write_atomically(path: Path, data: bytes) -> str:
    """Replace a JSON file as a whole, indented for people; why that failed, or ""."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(data, indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        return str(error)
    return ""


def put_aside(path: Path) -> None:
    """Keep a broken file under another name, so that nothing of it is lost."""
    try:
        path.replace(path.with_name(path.name + ".broken"))
    except OSError:
        return  # it stays where it is and is replaced at the next change


def window_state(folder: Path | None = None) -> QSettings:
    """Geometry and splitters of the window, in ``window.ini`` beside the preferences.

    Qt would read any value that somebody has put there, and PySide unpickles those of Python,
    which can run code: a file with anything but bytes in it is put aside.
    """
    path = (folder or settings_folder()) / "window.ini"
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        lines = []
    if not all(map(_PLAIN_LINE.fullmatch, lines)):
        put_aside(path)
    return QSettings(str(path), QSettings.Format.IniFormat)
