"""One call in a process of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import call_targets
import pytest

from hpo_gui.core.errors import DataError, ExecutionError
from hpo_gui.execution.call import CallCancelledError, call_in_process


def test_the_result_comes_back_from_another_process() -> None:
    pid, values = call_in_process(call_targets.double, [1, 2])
    assert pid != os.getpid()
    assert values == [1, 2, 1, 2]


def test_a_large_result_comes_back_whole() -> None:
    assert len(call_in_process(call_targets.large, 50_000_000)) == 50_000_000


def test_a_studio_error_keeps_its_parts() -> None:
    with pytest.raises(DataError) as caught:
        call_in_process(call_targets.refuse)
    error = caught.value
    assert (error.parameter, error.rule, error.got) == ("penguins.csv", "must have rows", 0)
    assert error.remedy == "Choose another file."
    assert "call_targets.py" in error.__notes__[0]


def test_a_studio_error_that_cannot_be_sent_keeps_its_words() -> None:
    with pytest.raises(DataError, match="lambda"):
        call_in_process(call_targets.refuse_with_lambda)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (call_targets.fail, "ZeroDivisionError"),
        (call_targets.leave, "SystemExit"),
        (call_targets.unsendable, "annot pickle|Can't pickle|Can't get local"),
    ],
)
def test_another_error_names_it_and_notes_the_traceback(function, words: str) -> None:
    with pytest.raises(ExecutionError, match=words) as caught:
        call_in_process(function, title="Fitting the final model")
    assert str(caught.value).startswith("Fitting the final model failed: ")
    assert "Traceback" in caught.value.__notes__[0]


def test_a_process_that_dies_tells_how_and_its_last_words() -> None:
    with pytest.raises(ExecutionError, match="exit code 4") as caught:
        call_in_process(call_targets.die)
    assert "last words" in caught.value.__notes__[0]


def test_a_call_that_takes_too_long_is_ended_and_the_limit_named() -> None:
    began = time.monotonic()
    with pytest.raises(ExecutionError, match=r"time limit of 0\.5 s"):
        call_in_process(time.sleep, 3600, timeout=0.5)
    assert time.monotonic() - began < 10


def test_a_call_can_be_cancelled(tmp_path: Path) -> None:
    sign = tmp_path / "begun"
    with pytest.raises(CallCancelledError):
        call_in_process(call_targets.touch_and_sleep, str(sign), cancelled=sign.exists)


def test_the_output_is_passed_on_as_it_comes(capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    call_in_process(call_targets.talk, on_output=heard.append)
    assert "".join(heard) == "one\ntwo ü\n"
    assert capfd.readouterr() == ("", "")


def test_arguments_that_cannot_be_sent_are_refused() -> None:
    with pytest.raises(ExecutionError, match="cannot be sent"):
        call_in_process(call_targets.double, lambda: 0)


def test_an_error_of_the_callers_own_functions_leaves_no_process(tmp_path: Path) -> None:
    sign = tmp_path / "begun"

    def cancelled() -> bool:
        if sign.exists():
            raise RuntimeError("from the caller")
        return False

    with pytest.raises(RuntimeError, match="from the caller"):
        call_in_process(call_targets.touch_and_sleep, str(sign), cancelled=cancelled)
