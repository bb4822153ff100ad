"""One function call in a process of its own, which can be killed: for what takes long once.

Reading a large file, fitting the final model: the window stays fluent, and may give up.
"""

from __future__ import annotations

import codecs
import contextlib
import pickle
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, TypeVar

from hpo_gui.core.errors import ExecutionError
from hpo_gui.execution import failures, output, processes, reserve
from hpo_gui.execution.returned_error import ReturnedError, pack, unpack, with_note

LOOK_SECONDS = 0.05  # between two looks at `cancelled` and at what is printed

Result = TypeVar("Result")


class CallCancelledError(ExecutionError):
    """The caller has given up waiting."""


def call_in_process(
    function: Callable[..., Result],
    *arguments: Any,
    timeout: float | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_output: Callable[[str], None] | None = None,
    title: str = "",
) -> Result:
    """Call a function in another process and wait for its result.

    Parameters
    ----------
    function, arguments : must be picklable, as must the result
    timeout : seconds, the start of the process (about 0.3) included
    cancelled : asked 20 times a second whether the call shall be given up
    on_output : gets what the function prints, as it is printed
    title : what the call is to the user, for messages: "Fitting the final model"

    Raises
    ------
    StudioError : as the function raised it
    CallCancelledError : ``cancelled`` said so
    ExecutionError : the function raised something else, took too long, or its process died; the
        traceback or the last output is a note of the error (PEP 678)
    """
    title = title or f"The call of {getattr(function, '__name__', 'a function')}"
    try:
        packed = pickle.dumps((function, arguments))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ExecutionError(title, "cannot be sent to another process", str(error)) from error
    with tempfile.TemporaryDirectory(prefix="hpo-call-") as folder:
        printed = Path(folder) / "output.txt"
        process, connection = reserve.start(_answer, "hpo-call", printed)
        returned = False
        try:
            _send(connection, packed)
            patience = _Patience(title, timeout, cancelled)
            answer = _await(process, connection, printed, patience, _Follower(printed, on_output))
            returned = not isinstance(answer, ReturnedError)
        finally:
            if returned:
                reserve.give_back((process, connection))
            else:
                reserve.end((process, connection))
    if isinstance(answer, ReturnedError):
        raise unpack(title, answer)
    result: Result = pickle.loads(answer)
    return result


class _Patience:
    """When to give up."""

    def __init__(
        self, title: str, timeout: float | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self.title = title
        self._timeout = timeout
        self._cancelled = cancelled
        self._began = time.monotonic()

    def check(self, printed: Path) -> None:
        if self._cancelled is not None and self._cancelled():
            raise CallCancelledError(self.title, "was cancelled")
        if self._timeout is not None and time.monotonic() >= self._began + self._timeout:
            rule = f"took longer than its time limit of {self._timeout:g} s"
            raise with_note(self.title, rule, output.tail(printed))


def _await(
    process: SpawnProcess,
    connection: Connection[Any, Any],
    printed: Path,
    patience: _Patience,
    follower: _Follower,
) -> bytes | ReturnedError:
    """Wait for the pickled result, or for what may come instead."""
    while True:
        dead = process.exitcode is not None  # asked first: its last words are read below
        wait([connection, process.sentinel], LOOK_SECONDS)
        answer = _receive(connection)
        follower.look()
        if answer is not None:
            return answer
        if dead:
            rule = f"failed: its process {failures.describe_exit(process.exitcode)}"
            raise with_note(patience.title, rule, output.tail(printed))
        patience.check(printed)


def _send(connection: Connection[Any, Any], packed: bytes) -> None:
    with contextlib.suppress(OSError):  # it died at once: the sentinel tells
        connection.send_bytes(packed)


def _receive(connection: Connection[Any, Any]) -> bytes | ReturnedError | None:
    with contextlib.suppress(EOFError, OSError):  # it died meanwhile: the sentinel tells
        if connection.poll():
            failed: ReturnedError | None = connection.recv()
            return connection.recv_bytes() if failed is None else failed
    return None


class _Follower:
    """Passes on what has been printed since the last look."""

    def __init__(self, path: Path, on_output: Callable[[str], None] | None) -> None:
        self._path = path
        self._on_output = on_output
        self._read = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def look(self) -> None:
        if self._on_output is None:
            output.trim(self._path)
            return
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        if text := self._decoder.decode(data):
            self._on_output(text)


def _answer(connection: Connection[Any, Any], printed: Path) -> str | None:
    """The child's side: sends None and the pickled result, or `ReturnedError`."""
    processes.settle_in()
    output.capture(printed)
    packed = connection.recv_bytes()
    processes.end_with_parent(printed)
    try:
        function, arguments = pickle.loads(packed)
        processes.limit_threads()
        result = pickle.dumps(function(*arguments), protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # noqa: BLE001 - reported, whatever it is
        output.flush()
        connection.send(pack(error))
        return None
    output.release()
    connection.send(None)
    connection.send_bytes(result)
    return reserve.AGAIN
