"""Tables that are unusual or unusable, from the command line: what is wrong is named, or told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_studies import Said, call_here, files_below, flowers, hpo

import hpo_gui.assembly.results
from hpo_gui.assembly.opened import open_study

SPEC = """
seed = 1
[data]
source = '{source}'
{data}
[[models]]
name = "{model}"
{more}
[compute]
executor = "inline"
[budget]
trials = 2
"""

ROWS = "".join(f"{i % 7},{i * 13 % 11},{'ab'[i % 2]}\n" for i in range(60))
GOOD = f"x,y,t\n{ROWS}"


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


def run(
    folder: Path,
    table: str | bytes | None,
    data: str = "",
    *,
    source: str = "table.csv",
    model: str = "decision_tree",
    more: str = "",
) -> Said:
    """Write a table and its specification, and run it; the table is never changed."""
    if table is not None:
        content = table.encode() if isinstance(table, str) else table
        (folder / source).write_bytes(content)
    spec = SPEC.format(source=source, data=data, model=model, more=more)
    (folder / "study.toml").write_text(spec, encoding="utf-8")
    before = files_below(folder)
    said = hpo("run", folder / "study.toml", "--out", folder / "results")
    assert before.items() <= files_below(folder).items()
    return said


def refused(folder: Path, said: Said, *words: str) -> None:
    """Nothing was written, and the message says what it should."""
    assert said.code == 2, said.text
    assert said.text.splitlines()[-1].startswith("hpo-gui: "), said.text
    assert not (folder / "results").exists()
    for word in words:
        assert word in said.text


def finished(folder: Path, said: Said, *words: str) -> None:
    """Both trials are complete, and what should be told was told."""
    assert said.code == 0, said.text
    trials = open_study(folder / "results" / "study.hpostudy").trials
    assert [str(trial.state) for trial in trials] == ["complete"] * 2
    assert (folder / "results" / "model.pkl").exists()
    for word in words:
        assert word in said.text


UNUSABLE: list[tuple[str, str | bytes, str, tuple[str, ...]]] = [
    ("empty", "", "", ("table.csv is empty", "header and rows")),
    ("blank lines only", "\n\n \n", "", ("table.csv", "rows")),
    ("a header only", "x,y,t\n", "", ("must have rows below its header", "x")),
    ("one column", "x\n1\n2\n3\n", "", ("data.target", "none fits", "more rows")),
    ("one column, the target", "x\n1\n2\n3\n", 'target = "x"', ("to learn from",)),
    ("one row", "x,y,t\n1,2,a\n", 'target = "t"', ("at least two rows", "got 1")),
    ("one row, guessed", "x,y,t\n1,2,a\n", "", ("data.target", "none fits")),
    ("one row for each class", "x,y,t\n1,2,a\n2,3,b\n", "", ("fold 1", "two classes", "only “")),
    ("one class", GOOD.replace("b\n", "a\n"), 'target = "t"', ("data.target", "`t` has only “a”")),
    ("no value in the target", "x,t\n1,\n2,\n3,\n", 'target = "t"', ("`t` has no value at all",)),
    (
        "an infinite target",
        "x,t\n" + "".join(f"{i},{i * 1.37}\n" for i in range(50)) + "1,inf\n",
        'target = "t"',
        ("target `t` must be finite", "row 51", "Mend or remove"),
    ),
    ("only a constant column", "c,t\n" + "5,a\n5,b\n" * 30, 'target = "t"', ("to learn from",)),
    (
        "a single class",
        "x,t\n" + "".join(f"{i * 1.37},a\n" for i in range(60)),
        "",
        ("to learn from", "`x` is target", "`t` is ignore", "the same value in every row"),
    ),
    ("no such target", GOOD, 'target = "T"', ("data.target", "Columns are: x, y, t")),
    ("another column twice", GOOD, 'target = "t"\ngroup = "t"', ("data.group", "t")),
    ("a wrong encoding", "x,t\n1,ä\n".encode("cp1252"), "reading.encoding = 'utf-8'", ("1252",)),
    ("no encoding", GOOD, "reading.encoding = 'utf-99'", ("reading.encoding", "utf-99")),
    ("binary", bytes(range(256)) * 50, "", ("table.csv must be a table", "save it as CSV")),
    ("a web page", "<!DOCTYPE html><html></html>", "", ("table.csv", "web page")),
    ("a damaged Excel file", b"PK\x03\x04" + b"x" * 300, "", ("table.csv",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "data", "words"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE]
)
def test_an_unusable_table_is_refused_with_the_reason(
    tmp_path: Path, table: str | bytes, data: str, words: tuple[str, ...]
) -> None:
    refused(tmp_path, run(tmp_path, table, data), *words)


UNUSUAL: list[tuple[str, str | bytes, str, tuple[str, ...]]] = [
    ("a rare class", GOOD + "1,2,rare\n", 'target = "t"', ("rarest class", "has 1 row")),
    (
        "a hole in the target",
        GOOD + "1,2,\n",
        'target = "t"',
        ("1 row has no value", "is left out"),
    ),
    (
        "a guessed target",
        GOOD,
        "",
        ("Predicts `y` (classification, a guess) from 2 columns by ", "judged by accuracy."),
    ),
    ("a stated target", GOOD, 'target = "t"', ("Predicts `t` (classification) from 2 columns",)),
    ("holes in the target", GOOD + "1,2,\n1,3,\n", 'target = "t"', ("2 rows have no value",)),
    (
        "a constant column",
        "c,x,t\n" + "".join(f"5,{i % 7},{'ab'[i % 2]}\n" for i in range(60)),
        'target = "t"',
        ("`c` is ignored (the same value in every row)",),
    ),
    (
        "an empty column",
        "c,x,t\n" + "".join(f",{i % 7},{'ab'[i % 2]}\n" for i in range(60)),
        'target = "t"',
        ("`c` is ignored",),
    ),
    (
        "an empty column that is wanted",
        "c,x,t\n" + "".join(f",{i % 7},{'ab'[i % 2]}\n" for i in range(60)),
        'target = "t"\nfeatures = ["c", "x"]',
        ("`c` is a feature, though",),
    ),
    ("one name twice", "x,x,t\n" + ROWS, 'target = "t"', ("occur twice: `x`",)),
    ("mixed types", GOOD.replace("0,", "zero,", 20), 'target = "t"', ("warning: ", "x")),
    ("a guessed encoding", f"x,y,t\n{ROWS.replace('a', 'ä')}".encode("cp1252"), "", ("cp1252",)),
    ("a broken quote", 'x,y,t\n1,"2,a\n' + ROWS, 'target = "t"', ("quote",)),
    ("odd names", f'"a b","ç""d",😀\n{ROWS}', 'target = "😀"', ()),
    ("a name like a formula", f'=1+1,"__class__",t\n{ROWS}', 'target = "t"', ()),
]


@pytest.mark.parametrize(
    ("table", "data", "words"), [case[1:] for case in UNUSUAL], ids=[case[0] for case in UNUSUAL]
)
def test_an_unusual_table_runs_and_what_is_unusual_is_told(
    tmp_path: Path, table: str | bytes, data: str, words: tuple[str, ...]
) -> None:
    finished(tmp_path, run(tmp_path, table, data), *words)


def test_a_class_smaller_than_the_number_of_folds_is_told_or_refused(tmp_path: Path) -> None:
    folds = '[validation]\nkind = "stratified_k_fold"\nfolds = {}'
    table = GOOD + "1,2,rare\n3,4,rare\n"
    said = run(tmp_path, table, 'target = "t"', more=folds.format(5))
    refused(tmp_path, said, "class “rare” of t must have at least 5 rows", "got 2", "Use 2 folds")
    said = run(tmp_path, table, 'target = "t"', more=folds.format(2))
    finished(tmp_path, said, "warning: The rarest class “rare” has 2 rows")


def test_five_thousand_columns_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((24, 4999)).round(3)).add_prefix("c")
    frame["t"] = ["a", "b"] * 12
    validation = '[validation]\nkind = "hold_out"\ntest_share = 0.5'
    said = run(
        tmp_path, frame.to_csv(index=False), 'target = "t"', model="naive_bayes", more=validation
    )
    finished(tmp_path, said)
    assert len(said.text.splitlines()) < 40


def test_a_thousand_classes_run_with_a_warning(tmp_path: Path) -> None:
    rows = "".join(f"{i % 1000 / 7:.4f},{i},class {i % 1000}\n" for i in range(3000))
    validation = '[validation]\nkind = "hold_out"\ntest_share = 0.4'
    said = run(tmp_path, f"x,y,t\n{rows}", 'target = "t"', more=validation)
    finished(tmp_path, said, "warning: 1,000 classes")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    said = run(tmp_path, None, source="tables")
    refused(tmp_path, said, "must be a file, but is a folder", "Choose a file inside it")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("tabel.csv", "Did you mean `table.csv`?"),
        ("no/table.csv", "There is no folder"),
        ("sample:penguin", "Did you mean `sample:penguins`?"),
        ("", "is a folder"),
        ("n" * 3000, "too long"),
    ],
)
def test_a_missing_table_is_refused_with_its_neighbour(
    tmp_path: Path, source: str, words: str
) -> None:
    (tmp_path / "table.csv").write_text(GOOD)
    said = run(tmp_path, None, source=source)
    refused(tmp_path, said, words)
    assert len(said.text) < 600


def test_a_table_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path.name == "secret.csv":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    (tmp_path / "study.toml").write_text(
        SPEC.format(source="secret.csv", data="", model="svm", more="")
    )
    (tmp_path / "secret.csv").write_text(GOOD)
    said = hpo("run", tmp_path / "study.toml", "--out", tmp_path / "results")
    refused(tmp_path, said, "secret.csv must be readable", "Change its permissions")


def test_names_of_any_kind_go_all_the_way_to_the_model(tmp_path: Path) -> None:
    folder = tmp_path / "a folder’s “ñame” 😀 'x'"
    folder.mkdir()
    frame = flowers().rename(
        columns={"length": "lä ng 'th'", "width": 'w"i"d,th', "colour": "🎨\t", "kind": "die Art?"}
    )
    frame["die Art?"] = frame["die Art?"].map({"iris": "I é", "lily": "“L”", "rose": "🌹"})
    source = "tä ble 😀.csv"
    said = run(folder, frame.to_csv(index=False), 'target = "die Art?"', source=source)
    finished(folder, said)
    model = pd.read_pickle(folder / "results" / "model.pkl")
    raw = pd.read_csv(folder / source)
    assert set(model.predict(raw)) <= {"I é", "“L”", "🌹"}
    assert (model.predict(raw) == raw["die Art?"]).mean() > 0.8
    again = hpo("resume", folder / "results" / "study.hpostudy", "--trials", 3)
    assert again.code == 0, again.text
