"""Find out whether a window can be shown."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Display = Literal["native", "wayland", "x11"]

ANSWER_SECONDS = 2.0
X11_TCP_BASE = 6000
WINDOWLESS_PLATFORMS = {"offscreen", "minimal", "vnc"}


def find_display(environ: Mapping[str, str] = os.environ) -> Display | None:
    """Return the kind of display that answers, or None when no window can be shown.

    A display that is only named (a stale DISPLAY variable) does not count: Qt would abort on it.
    """
    if environ.get("QT_QPA_PLATFORM", "").split(":")[0] in WINDOWLESS_PLATFORMS:
        return None
    if not sys.platform.startswith("linux"):
        return "native"
    if wayland_answers(environ):
        return "wayland"
    if x11_answers(environ.get("DISPLAY", "")):
        return "x11"
    return None


def wayland_answers(environ: Mapping[str, str]) -> bool:
    """Say whether the compositor that WAYLAND_DISPLAY names accepts a connection."""
    name = environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    return _unix_socket_answers(str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))


def x11_answers(display: str) -> bool:
    """Say whether the X server that `display` names (`:0`, `host:10.0`) accepts a connection."""
    match = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", display)
    if match is None:
        return False
    host, number = match["host"], int(match["number"])
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"
        return _unix_socket_answers(path) or _unix_socket_answers("\0" + path)
    try:
        address = (host, X11_TCP_BASE + number)
        with socket.create_connection(address, timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False


def _unix_socket_answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(path)
        except OSError:
            return False
    return True
