"""Ctrl+C while a study runs in the terminal."""

from __future__ import annotations

import signal

import pytest

from hpo_gui.cli.run import _interruptible


class Controlled:
    """A runner that remembers how it was stopped."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def stop_after_current(self) -> None:
        self.calls.append("after the running trials")

    def leave(self, *, lose: bool = False) -> None:
        self.calls.append("now")


def test_ctrl_c_once_finishes_what_runs_and_twice_stops_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runner = Controlled()
    before = signal.getsignal(signal.SIGINT)
    with _interruptible(runner):  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGINT)
        assert runner.calls == ["after the running trials"]
        assert "again to stop now" in capsys.readouterr().out
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert runner.calls == ["after the running trials", "now", "now"]
    assert signal.getsignal(signal.SIGINT) is before
