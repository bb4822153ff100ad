"""Whether a process that was noted down still lives."""

from __future__ import annotations

TOLERANCE = 60.0  # seconds by which the clock may have been set since


def lives(process: int, since: float) -> bool:
    """Whether the process lives that had this number at a moment (seconds since 1970).

    One that began later is another one, which has got the number since.
    """
    import psutil  # NOTE: 20 ms, which the start of the program need not wait for

    try:
        return bool(psutil.Process(process).create_time() <= since + TOLERANCE)
    except psutil.AccessDenied:  # somebody else's
        return True
    except (psutil.Error, ValueError, OverflowError):
        return False
