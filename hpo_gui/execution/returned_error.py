"""An error on its way from a child process to whoever asked the child for something."""

from __future__ import annotations

import pickle

import msgspec

from hpo_gui.core.errors import ExecutionError, StudioError
from hpo_gui.execution import failures


class ReturnedError(msgspec.Struct, frozen=True):
    """A pickled `StudioError`, or the description of something else."""

    error: bytes
    text: str
    details: str


def pack(error: BaseException) -> ReturnedError:
    """In the child: make an error ready to be sent, whatever it is."""
    details = failures.raised(error).traceback
    if not isinstance(error, StudioError):
        return ReturnedError(b"", failures.describe(error), details)
    try:
        packed = pickle.dumps(error)
    except Exception:  # noqa: BLE001 - what it got cannot be sent, but its text can
        shown = repr(error.got)
        packed = pickle.dumps(type(error)(error.parameter, error.rule, shown, remedy=error.remedy))
    return ReturnedError(packed, "", details)


def unpack(title: str, returned: ReturnedError) -> StudioError:
    """The error that the child met, with its traceback as a note (PEP 678)."""
    if not returned.error:
        return with_note(title, f"failed: {returned.text}", returned.details)
    error: StudioError = pickle.loads(returned.error)
    error.add_note(returned.details)
    return error


def with_note(title: str, rule: str, details: str) -> ExecutionError:
    """An error of what ``title`` names to the user; ``details`` become a note."""
    error = ExecutionError(title, rule)
    if details:
        error.add_note(details)
    return error
