from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

import psutil
import pytest

from hpo_gui.execution import processes


def wait_for_word(connection: Connection[Any, Any]) -> None:
    connection.recv()


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test asks for, the next one starts children as usual."""
    monkeypatch.setattr(processes, "_give_way", type(processes._give_way)())


def priority_of_a_child() -> int:
    process, connection = processes.spawn(wait_for_word, "child")
    try:
        return int(psutil.Process(process.pid).nice())
    finally:
        processes.kill(process)
        connection.close()
        process.join()


@pytest.mark.usefixtures("usual")
def test_children_have_the_priority_of_their_parent() -> None:
    assert priority_of_a_child() == int(psutil.Process().nice())


@pytest.mark.usefixtures("usual")
def test_children_of_a_window_give_way() -> None:
    own = int(psutil.Process().nice())
    processes.let_children_give_way()
    theirs = priority_of_a_child()
    lower = theirs == psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else theirs > own
    assert lower


@pytest.mark.usefixtures("usual")
def test_a_child_that_has_ended_already_is_no_error() -> None:
    process, connection = processes.spawn(wait_for_word, "child")
    processes.kill(process)
    process.join()
    processes._lower_priority(process.pid)
    connection.close()
