"""The benchmark of the expected gain, on one quick problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from expected_gain import main


def test_it_compares_and_keeps_what_it_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["--problems", "branin", "--strategies", "random", "--seeds", "0"]
    wanted += ["--keep", str(tmp_path)]
    assert main(wanted) == 0
    first = capsys.readouterr()
    assert "branin random 0" in first.err
    assert "gain < 0.05" in first.out
    assert "20 in vain" in first.out
    assert main(wanted) == 0
    assert "branin random 0" not in capsys.readouterr().err
