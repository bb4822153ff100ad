"""What the operating system must bring on Linux: what is missing there, how to get it.

macOS and Windows bring everything that is needed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from devtools.console import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

APT_TAIL_LINES = 12


@dataclass(frozen=True)
class Need:
    """A library, program or Python module, and its package in each family of systems."""

    name: str
    apt: str
    dnf: str
    pacman: str
    kind: Literal["library", "program", "module"] = "library"


WINDOWLESS = (
    Need("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Need("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Need("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Need("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Need("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Need("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
)
"""What Qt needs to start at all, even without a screen."""

X11 = (
    Need("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Need("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Need("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Need(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Need("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Need("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Need("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Need("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Need("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Need("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
)
"""What Qt needs in addition for a window on an X11 display."""

VENV_MODULE = (
    Need(
        "ensurepip",
        f"python3.{sys.version_info.minor}-venv",
        "python3-libs",
        "python",
        kind="module",
    ),
)
"""What makes virtual environments; Debian packs it apart from Python."""

VIRTUAL_DISPLAY = (
    Need("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", kind="program"),
)
"""An X11 display in memory: the tests open the real window on it."""


def is_present(need: Need) -> bool:
    """Say whether the library can be loaded, the program or the module be found."""
    if need.kind == "program":
        return shutil.which(need.name) is not None
    if need.kind == "module":
        importlib.invalidate_caches()
        return importlib.util.find_spec(need.name) is not None
    try:
        ctypes.CDLL(need.name)
    except OSError:
        return False
    return True


def provide(
    needs: Iterable[Need], *, present: Callable[[Need], bool] = is_present
) -> tuple[Need, ...]:
    """Install what is missing where that is possible, else print the line to type.

    Returns
    -------
    tuple of Need
        What is missing after all that; empty when everything is there.
    """
    if not sys.platform.startswith("linux"):
        return ()
    wanted = tuple(needs)
    missing = tuple(need for need in wanted if not present(need))
    if not missing:
        return ()
    if may_use_apt():
        packages = _packages(missing, "apt")
        say(f"Installing system packages: {' '.join(packages)}")
        _apt_install(packages)
        missing = tuple(need for need in wanted if not present(need))
    if missing:
        say(f"Missing on this computer: {', '.join(need.name for need in missing)}.")
        say(f"Type this line, then the same command again:\n    {line_to_type(missing)}")
    return missing


def may_use_apt() -> bool:
    """Say whether this is Debian or Ubuntu, and we may install packages there."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and shutil.which("apt-get") is not None


def line_to_type(missing: Sequence[Need]) -> str:
    """Return the one command that installs what is missing on this system."""
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    if shutil.which("apt-get"):
        packages = " ".join(_packages(missing, "apt"))
        return f"{sudo}apt-get update && {sudo}apt-get install -y {packages}"
    if shutil.which("dnf"):
        return f"{sudo}dnf install -y {' '.join(_packages(missing, 'dnf'))}"
    if shutil.which("pacman"):
        return f"{sudo}pacman -S --needed {' '.join(_packages(missing, 'pacman'))}"
    names = " ".join(need.name for need in missing)
    return f"(with your package manager, install the packages that hold) {names}"


def _packages(needs: Iterable[Need], family: str) -> list[str]:
    return list(dict.fromkeys(getattr(need, family) for need in needs))


def _apt_install(packages: Sequence[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=120"]
    commands = [
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
    ]
    for command in commands:
        done = subprocess.run(
            [command[0], *wait, *command[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            say(f"`{' '.join(command)}` failed with exit code {done.returncode}:")
            say("\n".join(f"    {line}" for line in done.stdout.splitlines()[-APT_TAIL_LINES:]))
