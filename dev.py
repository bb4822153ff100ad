#!/usr/bin/env python3
"""Prepare, run and test HPO Studio: `python3 dev.py run`, `python3 dev.py test`.

This file does one thing: find a Python that fits and hand over to `packaging/devtools`. It is written in the
few words that every Python since 2.7 understands, so that a wrong Python gets a message, not a
traceback.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def fits(command):
    """Say whether the command starts a Python of a supported version."""
    code = "import sys; sys.exit(not %r <= sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call(command + ["-c", code], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def other_python():
    """Return the command of a supported Python found on PATH, the newest first, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        version = "3." + str(minor)
        candidates = [["python" + version]]
        if os.name == "nt":
            candidates.append(["py", "-" + version])
        for command in candidates:
            if fits(command):
                return command
    return None


def explain():
    """Say which Python this is, which ones fit, and where to get one."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.stderr.write(
        "HPO Studio needs Python 3.11, 3.12 or 3.13; this is Python " + found + "\n"
        "("
        + sys.executable
        + "), and no python3.13, python3.12 or python3.11 was found on PATH.\n"
        "Install one of them (from python.org, or with your system's package manager), then type:\n"
        "    python3.13 dev.py " + " ".join(sys.argv[1:]) + "\n"
    )


def main():
    """Hand over to `devtools`, in this Python when it fits, else in another one."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "packaging"))
        from devtools.commands import main as run_command

        return run_command(sys.argv[1:])
    command = other_python()
    if command is None:
        explain()
        return 1
    try:
        return subprocess.call(command + [os.path.abspath(__file__)] + sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
