"""The child in which a strategy thinks: it keeps a history of its own, and is told what is new.

parent → child: the pickled `Setup` first, then tuples of trials that are new or have ended, and
    `None`, which asks for a thought
child → parent: a pickled `Thought` or a `ReturnedError`, one for each `None`

Two threads: the main one thinks, the other one listens to the parent, and ends the process when
the parent is gone.
"""

from __future__ import annotations

import contextlib
import importlib
import pickle
import queue
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.thought import Proposes, Thought, as_proposed, think
from hpo_gui.core.trial import Trial
from hpo_gui.execution import output, processes
from hpo_gui.execution.returned_error import ReturnedError, pack

MOST_TRIALS = 200  # in one message: pickling more at once would hold up the parent's other threads

Inbox = queue.SimpleQueue[Any]


class Setup(msgspec.Struct, frozen=True):
    """Who thinks, and about what: an empty history, and the seed of the study."""

    strategy: Proposes
    seed: int
    builder: HistoryBuilder


def news(before: Sequence[Trial], now: Sequence[Trial]) -> list[tuple[Trial, ...]]:
    """What the child must be told that knows ``before``, in messages of a moderate size.

    Of an open trial it learns once what was proposed; what it has done since depends on timing.
    """
    changed = [
        as_proposed(trial) if trial.state.is_open else trial
        for trial, known in zip(now, before, strict=False)
        if trial is not known and not (trial.state.is_open and known.state.is_open)
    ]
    changed += [
        as_proposed(trial) if trial.state.is_open else trial for trial in now[len(before) :]
    ]
    return [
        tuple(changed[first : first + MOST_TRIALS])
        for first in range(0, len(changed), MOST_TRIALS)
    ]


def main(connection: Connection[Any, Any], printed: Path, modules: Sequence[str]) -> None:
    """Run the child; the target of its process.

    Parameters
    ----------
    modules : imported while nobody asks for anything
    """
    processes.settle_in()
    output.capture(printed)
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(
        target=_listen, args=(connection, printed, inbox), name="inbox", daemon=True
    ).start()
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    mind = _Mind(inbox.get())
    processes.limit_threads()  # of what is loaded by now, the strategy's own imports included
    while True:
        message = inbox.get()
        if message is not None:
            mind.learn(message)
            continue
        answer = mind.think()
        output.flush()
        connection.send(answer)


def _listen(connection: Connection[Any, Any], printed: Path, inbox: Inbox) -> None:
    with contextlib.suppress(EOFError, OSError):  # the parent is gone, or wants it to go
        inbox.put(connection.recv_bytes())
        while processes.wait_for_parent(connection):
            inbox.put(connection.recv())
    processes.die(printed)


class _Mind:
    """The strategy with its memory of the study; what goes wrong is its next answer."""

    def __init__(self, packed: bytes) -> None:
        self._setup: Setup | None = None
        self._error: ReturnedError | None = None
        try:
            self._setup = pickle.loads(packed)
        except BaseException as error:  # noqa: BLE001 - reported, whatever it is
            self._error = pack(error)

    def learn(self, trials: tuple[Trial, ...]) -> None:
        if self._setup is not None:
            for trial in trials:
                self._setup.builder.put(trial)

    def think(self) -> bytes | ReturnedError:
        if self._setup is None:
            assert self._error is not None
            return self._error
        try:
            history = self._setup.builder.snapshot()
            thought: Thought = think(self._setup.strategy, history, self._setup.seed)
            return pickle.dumps(thought, protocol=pickle.HIGHEST_PROTOCOL)
        except BaseException as error:  # noqa: BLE001 - reported, whatever it is
            return pack(error)
