"""Run pip with a line of progress, a log, and advice when it fails."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from devtools.console import Stop, clear_note, note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TAIL_LINES = 6
WIDTH = 300
DULL = r"WARNING: (Location|Retrying)|Ignoring |Looking in |\s*$"
RETRIES = 3
SECONDS_WITHOUT_AN_ANSWER = 60

MISLEADING = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH")
"""Variables that would send the packages somewhere else."""

ADVICE = (
    (
        r"DO NOT MATCH THE HASHES",
        "A package differs from the one that was tested, so it was not installed. A mirror or a\n"
        "proxy may have changed it. Try another network; `PIP_INDEX_URL` names another mirror.",
    ),
    (
        r"No space left on device|not enough space",
        "The disk is full: about 1.5 GB are needed.",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed"
        r"|NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError"
        r"|Network is unreachable|Connection refused|Max retries exceeded|SSLError"
        r"|Read timed out|RemoteDisconnected|Could not fetch URL",
        "The package index could not be reached. Check the connection; behind a proxy set\n"
        "HTTPS_PROXY, for a mirror set PIP_INDEX_URL. What was downloaded is kept.",
    ),
    (
        r"No matching distribution found|Could not find a version that satisfies",
        "There is no ready-made package for this computer, or the index could not be reached.\n"
        "HPO Studio needs a 64-bit Python on Windows 10, macOS 13, Debian 12, Ubuntu 22.04 or\n"
        "another Linux with glibc 2.34 (on ARM 2.39), or anything newer.",
    ),
    (
        r"Permission denied|Access is denied|WinError 5\b|WinError 32\b",
        "A file could not be written. Close the programs that run from the environment.",
    ),
)
"""What pip says, and what to do about it; the first match counts."""


def install(python: Path, arguments: Sequence[str], what: str, log: Path) -> None:
    """Run `pip install` with the given arguments.

    Parameters
    ----------
    python : Path
        The interpreter of the environment.
    arguments : sequence of str
        What to install, and how.
    what : str
        What it is, for the message when it fails.
    log : Path
        All that pip says is appended here.

    Raises
    ------
    Stop
        When pip fails: with the end of the log, the likely cause, and what to do.
    """
    command = [
        *(str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
        *("--only-binary=:all:", "--no-compile", "--progress-bar", "off"),
        *("--retries", str(RETRIES), "--timeout", str(SECONDS_WITHOUT_AN_ANSWER)),
        *arguments,
    ]
    environment = {k: v for k, v in os.environ.items() if k not in MISLEADING}
    process = subprocess.Popen(
        command,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    with process, log.open("a", encoding="utf-8") as file:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                if re.match(r"\s*(Collecting|Downloading|Using cached|Installing)", line):
                    note(line.strip())
            code = process.wait()
        except BaseException:
            process.terminate()
            raise
    clear_note()
    if code:
        raise Stop(failure_text(log.read_text("utf-8"), what, log))


def failure_text(output: str, what: str, log: Path) -> str:
    """Return what the person reads when pip failed: what, the end of the log, what to do."""
    lines = [line for line in output.splitlines() if not re.match(DULL, line)]
    tail = "\n".join(f"    {line[:WIDTH]}" for line in lines[-TAIL_LINES:])
    return (
        f"Installing {what} failed. The end of what pip said:\n{tail}\n\n"
        f"{advice_for(output)}\n"
        f"All of it: {log}\n"
        "Then type the same command again: it repairs what is half made."
    )


def advice_for(output: str) -> str:
    """Return what to do about the failure that pip printed."""
    for pattern, advice in ADVICE:
        if re.search(pattern, output):
            return advice
    return "Read the lines above; `python3 dev.py setup --fresh` starts all over."
