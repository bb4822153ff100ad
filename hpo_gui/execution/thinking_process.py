"""A strategy that thinks in a process of its own, which can be killed at any moment.

A thread talks with the process, so that nobody waits for it: neither for a long thought nor for
a pipe that is full. It sends what is new since the last question; a process that dies in the
middle of a thought is replaced once, and told everything again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import queue
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ExecutionError, StudioError
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.plan import Plan
from hpo_gui.core.thought import Proposes, Thought
from hpo_gui.core.trial import Trial
from hpo_gui.execution import failures, output, processes, reserve, thinker
from hpo_gui.execution.returned_error import ReturnedError, unpack, with_note

THOUGHT = "thought"  # purpose of its processes in the reserve
MOST_DEATHS = 2  # in one thought
PATIENCE = 2.0  # seconds to wait for the end of a killed process
TITLE = "The strategy"


class ThinkingProcess:
    """Thinks for one study; `core.thought.Thinker` describes its methods.

    Parameters
    ----------
    strategy : must be picklable, as must be what it proposes
    seed : of the study
    modules : what the process imports while nobody asks for anything

    Raises
    ------
    ExecutionError : the strategy cannot be sent to a process
    """

    def __init__(self, strategy: Proposes, seed: int, modules: Sequence[str] = ()) -> None:
        _check(strategy)
        self._talk = _Talk(strategy, seed, tuple(modules))
        self._thread = threading.Thread(target=self._talk.run, name="thinker", daemon=True)
        self._emergency = weakref.finalize(self, _abandon, os.getpid(), self._talk)
        # It must run before multiprocessing's own hook, which waits for the process for ever.
        atexit.register(self._emergency)
        self._thread.start()

    def ask(self, history: History, then: Callable[[], None]) -> None:
        self._talk.questions.put((history, then))

    def answer(self) -> Thought | None:
        try:
            answer = self._talk.answers.get_nowait()
        except queue.Empty:
            return None
        if isinstance(answer, StudioError):
            raise answer
        return answer

    def close(self) -> None:
        self._emergency()
        atexit.unregister(self._emergency)
        self._thread.join(PATIENCE)


def _check(strategy: Proposes) -> None:
    try:
        pickle.dumps(strategy)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ExecutionError(
            TITLE,
            "must be an object that can be sent to another process",
            str(error),
            remedy="Define its class at the top level of an importable module.",
        ) from error


@dataclass(eq=False)
class _Child:
    """The process, and what it has been told."""

    process: SpawnProcess
    connection: Connection[Any, Any]
    printed: Path
    known: tuple[Trial, ...] | None = None
    plan: Plan | None = None


class _Talk:
    """What the thread does; knows nothing of the `ThinkingProcess`, which may be forgotten."""

    def __init__(self, strategy: Proposes, seed: int, modules: tuple[str, ...]) -> None:
        self.questions: queue.SimpleQueue[tuple[History, Callable[[], None]] | None]
        self.questions = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[Thought | StudioError] = queue.SimpleQueue()
        self.folder = Path(tempfile.mkdtemp(prefix="hpo-thinker-"))
        self._strategy = strategy
        self._seed = seed
        self._modules = modules
        self._child: _Child | None = None
        self._over = threading.Event()

    def run(self) -> None:
        """Answer one question after the other until `end`; the thread's target."""
        with contextlib.suppress(OSError):  # told when somebody asks
            self._start()
        while (question := self.questions.get()) is not None and not self._over.is_set():
            history, then = question
            answer = self._answer(history)
            if answer is not None:
                self.answers.put(answer)
                then()
        self._bury()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self) -> None:
        """Kill the process, in the middle of a thought or not; from any thread."""
        self._over.set()
        child = self._child
        if child is not None:
            processes.kill(child.process)
        self.questions.put(None)

    def _start(self) -> _Child:
        printed = self.folder / "output.txt"
        process, connection = reserve.start(
            thinker.main, "hpo-thinker", printed, self._modules, purpose=THOUGHT
        )
        self._child = _Child(process, connection, printed)
        if self._over.is_set():  # meanwhile
            processes.kill(process)
        return self._child

    def _answer(self, history: History) -> Thought | StudioError | None:
        """The answer to a question; None when nobody wants it any more."""
        death = ""
        for _ in range(MOST_DEATHS):
            if self._over.is_set():
                return None
            try:
                if self._child is not None and self._child.plan not in (None, history.plan):
                    self._bury()  # it would divide a budget that is another one now
                child = self._child or self._start()
                answer = self._think(child, history)
            except OSError as error:
                return ExecutionError(
                    TITLE, f"cannot think: no process could be started ({error})"
                )
            except Exception as error:  # noqa: BLE001 - what cannot be sent is told, not lost
                return with_note(
                    TITLE, "cannot think in another process", failures.describe(error)
                )
            if answer is not None:
                return answer
            death = failures.describe_exit(child.process.exitcode)
            text = output.tail(child.printed)
            self._bury()
        if self._over.is_set():
            return None
        rule = f"cannot think: its process {death} in the middle of a thought, twice"
        return with_note(TITLE, rule, text)

    def _think(self, child: _Child, history: History) -> Thought | StudioError | None:
        """Tell the process what is new and wait for its thought; None when it dies."""
        if not self._tell(child, history):
            child.process.join(PATIENCE)
            return None
        wait([child.connection, child.process.sentinel])
        try:
            if not child.connection.poll():
                raise EOFError
            answer: bytes | ReturnedError = child.connection.recv()
        except (EOFError, OSError):
            child.process.join(PATIENCE)
            return None
        if isinstance(answer, ReturnedError):
            return unpack(TITLE, answer)
        thought: Thought = pickle.loads(answer)
        return thought

    def _tell(self, child: _Child, history: History) -> bool:
        """Send what is new, and the question; False when the process is dead."""
        output.empty(child.printed)
        messages: list[Any] = [*thinker.news(child.known or (), history.trials), None]
        try:
            if child.known is None:
                builder = HistoryBuilder(
                    history.space, history.goals, plan=history.plan, edited=history.edited
                )
                setup = thinker.Setup(self._strategy, self._seed, builder)
                child.connection.send_bytes(pickle.dumps(setup))
            for message in messages:
                child.connection.send(message)
        except OSError:
            return False
        child.known, child.plan = history.trials, history.plan
        return True

    def _bury(self) -> None:
        """Free what a process leaves; kills it where it lives still."""
        child, self._child = self._child, None
        if child is not None:
            processes.kill(child.process)
            child.connection.close()
            child.process.join()
            with contextlib.suppress(ValueError):  # another thread is just noting its end
                child.process.close()


def _abandon(owner: int, talk: _Talk) -> None:
    """End the talk, also when it was forgotten or the program ends."""
    if os.getpid() == owner:  # else a fork of the program ends: the process is not its own
        talk.end()
        shutil.rmtree(talk.folder, ignore_errors=True)
