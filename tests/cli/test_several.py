"""Several specifications one after another without a window: the next one always begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpo_gui.cli.printing import INTERRUPTED, MISUSE, UNFINISHED
from hpo_gui.cli.several import Ending, folders, run_several
from hpo_gui.core.errors import StorageError, StudioError
from tests.support.small_studies import hpo

SPEC = """
name = "{0}"
[data]
source = "sample:iris"
[[models]]
name = "decision_tree"
[strategy]
name = "random"
[budget]
trials = 2
[compute]
executor = "inline"
"""
A, B, C = Path("a.toml"), Path("b.toml"), Path("sub/a.toml")


def ends(*endings: Ending | BaseException) -> Callable[[Path, Path], Ending]:
    """Runs that end so, one after another."""
    left = list(endings)

    def run(spec: Path, folder: Path) -> Ending:
        ending = left.pop(0)
        if isinstance(ending, BaseException):
            raise ending
        return ending

    return run


def test_each_has_a_folder_of_its_own_named_like_its_file() -> None:
    made = folders([A, B, C, Path("A.json"), Path("a b?.toml"), Path("...toml")], Path("out"))
    assert [path.name for path in made] == ["a", "b", "a-2", "A-3", "a_b", "study"]
    assert {path.parent for path in made} == {Path("out")}


@pytest.mark.parametrize(
    ("endings", "code", "said"),
    [
        ([Ending(0), Ending(0), Ending(0)], 0, "a.toml: done"),
        ([StudioError("x", "is bad"), Ending(0), Ending(0)], MISUSE, "a.toml: did not start"),
        ([Ending(0), Ending(UNFINISHED), Ending(0)], UNFINISHED, "b.toml: not finished"),
        ([StorageError("x", "is full"), Ending(0), Ending(0)], MISUSE, "sub/a.toml: done"),
        ([OSError(28, "No space"), Ending(0), Ending(0)], MISUSE, "No space"),
        ([Ending(1), Ending(0), Ending(0)], 1, "a.toml: failed (1)"),
        ([Ending(0), ValueError("odd"), Ending(0)], 1, "A mistake of the program"),
        ([Ending(0), MemoryError(), Ending(0)], 1, "b.toml: failed (1)"),
    ],
)
def test_one_that_fails_is_told_and_the_next_one_runs(
    capsys: pytest.CaptureFixture[str],
    endings: list[Ending | BaseException],
    code: int,
    said: str,
) -> None:
    assert run_several([A, B, C], Path("out"), ends(*endings)) == code
    shown = capsys.readouterr()
    assert said in (shown.out + shown.err).replace("\\", "/")
    assert "[3 of 3]" in shown.out


@pytest.mark.parametrize(
    "ending", [Ending(UNFINISHED, stopped=True), KeyboardInterrupt(), Ending(130, stopped=True)]
)
def test_a_study_that_the_user_stops_ends_the_queue(
    capsys: pytest.CaptureFixture[str], ending: Ending | BaseException
) -> None:
    code = run_several([A, B, C], Path("out"), ends(ending))
    assert code in (UNFINISHED, INTERRUPTED)
    shown = capsys.readouterr().err.replace("\\", "/")
    assert "a.toml: stopped" in shown
    assert "b.toml: not begun" in shown
    assert "sub/a.toml: not begun" in shown


def test_a_file_given_twice_is_refused_before_anything_runs() -> None:
    with pytest.raises(StudioError, match="must not be given twice"):
        run_several([A, B, Path("sub/../a.toml")], Path("out"), ends())


def test_real_studies_run_one_after_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(SPEC.format(name), encoding="utf-8")
    (tmp_path / "bad.toml").write_text('name = "bad"\n[data]\nsource = "gone.csv"\n')
    out = tmp_path / "results"
    files = [tmp_path / f"{name}.toml" for name in ("one", "bad", "two")]
    said = hpo("run", *files, "--out", out)
    assert said.code == MISUSE
    assert "gone.csv" in said.text
    assert sorted(path.name for path in out.iterdir()) == ["one", "two"]
    assert (out / "two" / "trials.csv").is_file()
    again = hpo("run", *files, "--out", out)
    assert again.code == MISUSE
    assert "must not exist yet" in again.text


def test_a_name_of_a_study_is_no_folder_for_results(tmp_path: Path) -> None:
    out = tmp_path / "mine.hpostudy"
    said = hpo("run", "--example", "wine", "--out", out)
    assert said.code == MISUSE
    assert "--out must be a folder" in said.text
    assert "study.hpostudy" in said.text
    assert not out.exists()
