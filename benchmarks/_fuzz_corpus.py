"""What is fuzzed: for each reader a corpus of sound inputs, telling words, and how to call it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import pickletools
import sqlite3
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from hpo_gui.assembly.examples import example_spec
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.resolution import resolve
from hpo_gui.core.expression import parse_expression
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.spec import FunctionSpec, ModelSpec, ReadingSpec, StudySpec, TrainingSpec
from hpo_gui.core.spec_text import parse_spec, spec_to_json, spec_to_toml
from hpo_gui.core.trial import Failure, Learned, Origin, Trial, TrialState, add_step
from hpo_gui.evaluation.model_file import look_into_model
from hpo_gui.evaluation.reading import read_rows
from hpo_gui.evaluation.samples import list_samples, sample_path
from hpo_gui.evaluation.table import make_table
from hpo_gui.evaluation.trust import untrusted_code
from hpo_gui.storage import codec
from hpo_gui.storage.study_file import StudyFile

TABLE = b"a,b\n1,2\n"
ROWS = 8  # of the sample tables


@dataclass
class Corpus:
    """Inputs to begin from, and words that mean something to the reader."""

    inputs: list[bytes]
    words: tuple[bytes, ...] = ()


Prepared = tuple[Callable[[bytes], object], Corpus]

# --- the expression language ------------------------------------------------------------------

EXPRESSIONS = (
    "a < b and not (kernel = rbf)",
    "kernel in (rbf, 'poly', none) or a ** 2 + b >= 1e-3",
    "min(a, b) <= sqrt(abs(-b)) % 3 != true",
    "`learning rate` in [1, 2.5, 3] and 0 < a <= 10",
    "log10(exp(a)) == log(b) / 2 - -a",
)
VALUES = {"a": 1.5, "b": 0, "kernel": "rbf", "learning rate": None}
COLUMNS = {
    "a": np.array([1.0, np.nan, np.inf]),
    "b": np.array([True, False, True]),
    "kernel": np.array(["rbf", None, (1, 2)], dtype=object),
    "learning rate": np.array([1, 2, 3]),
}
SIGNS = "and or not in < <= > >= = == != + - * / % ** ( ) [ ] , ' \" ` a b kernel true none 1 .5 e"


def expression(folder: Path) -> Prepared:
    """Parse a text, then work it out on single values and on columns."""

    def run(data: bytes) -> object:
        parsed = parse_expression(data.decode("utf-8", "replace"), VALUES)
        one = parsed.evaluate(VALUES)
        parsed.evaluate(COLUMNS)
        return type(one).__name__

    words = tuple(f" {sign} ".encode() for sign in SIGNS.split())
    return run, Corpus([text.encode() for text in EXPRESSIONS], words)


# --- specifications ---------------------------------------------------------------------------


def _specs() -> list[StudySpec]:
    space = (
        Float("rate", 1e-4, 1.0, log=True),
        Int("depth", 1, 9, step=2, when={"kind": ("tree", None)}),
        Categorical("kind", ("tree", None, (1, 2), True)),
        Ordinal("size", (1, 2, 4)),
    )
    function = FunctionSpec("mine.py:step", space, ("depth < 5 or rate > 0.1",), "begin")
    return [
        example_spec("penguins"),
        StudySpec(models=(ModelSpec("svm", {"C": 1.0}), ModelSpec("random_forest", space=space))),
        StudySpec(objective=function, goals=(Goal("loss"),), training=TrainingSpec(steps=4)),
    ]


SPEC_WORDS = (
    *(b"[[models]]", b"[objective]", b"[data]", b"[budget]", b"none = true", b'type = "int"'),
    *(b'"type": "float"', b"log = true", b"when = ", b"version = 2", b"null", b"{}", b"[]"),
    *(
        b'"strategy"',
        b"[strategy]",
        b"name = ",
        b"[training]",
        b"[validation]",
        b'kind = "holdout"',
    ),
)


def spec(folder: Path) -> Prepared:
    """Read a specification, find what follows from it, and write it again."""

    def run(data: bytes) -> object:
        read = parse_spec(data.decode("utf-8", "replace"))
        untrusted_code(read, folder)
        found = resolve(read, None)
        again = parse_spec(spec_to_json(read), name="again.json")
        if again != read and again == again:  # NaN is not equal to itself
            assert "nan" in spec_to_json(read).lower(), "it has to come back as it was"
        return len(found.problems)

    inputs = [spec_to_toml(s).encode() for s in _specs()]
    inputs += [spec_to_json(s).encode() for s in _specs()]
    return run, Corpus(inputs, SPEC_WORDS)


# --- tables -----------------------------------------------------------------------------------

TABLE_WORDS = (
    *(b",", b";", b"\t", b'"', b'""', b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"NA", b"1,5"),
    *(b"2020-01-01", b"true", b"=1+1", b"\xe4", b"\x00", b" "),
)


def _sample_heads() -> list[bytes]:
    """The first lines of the bundled tables."""
    heads = []
    for sample in list_samples():
        raw = sample_path(sample).read_bytes()
        raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        heads.append(b"".join(raw.splitlines(keepends=True)[:ROWS])[:4000])
    return heads


def _read_table(data: bytes) -> object:
    frame, reading, notices = read_rows(data, Path("table.csv"), ReadingSpec())
    return make_table(frame, "table.csv", reading=reading, notices=notices).rows > ROWS


def csv(folder: Path) -> Prepared:
    """Read a text table and look at its columns."""
    heads = _sample_heads()
    others = [head.replace(b",", b";") for head in heads[:3]]
    others += [heads[0].decode().encode("utf-16"), b"a b\n1 2\n3 4\n", b"# t\nx\ty\n1\t2\n"]
    return _read_table, Corpus(heads + others, TABLE_WORDS)


def binary_table(folder: Path) -> Prepared:
    """Read Parquet, Excel, ODS, gzip and zip files."""
    import pandas as pd

    head = _sample_heads()[0]
    frame = pd.read_csv(io.BytesIO(head))
    parquet, archive = io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    with zipfile.ZipFile(archive, "w") as packed:  # stored, so that mutations reach the texts
        packed.writestr("table.csv", head)
    inputs = [parquet.getvalue(), archive.getvalue(), gzip.compress(head), *_spreadsheets()]
    words = (b"PAR1", b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02", b"\xd0\xcf\x11\xe0")
    return _read_table, Corpus(inputs, words)


def _spreadsheets() -> list[bytes]:
    """An Excel and an ODS file of a few cells, not compressed."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ods = "urn:oasis:names:tc:opendocument:xmlns:"
    cell = '<c r="{0}1"><v>1</v></c>'
    excel = {
        "[Content_Types].xml": "",
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{types}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{types}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{types}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1">'
        + cell.format("A")
        + cell.format("B")
        + '</row><row r="2"><c r="A2" t="str"><v>x</v></c></row></sheetData></worksheet>',
    }
    row = (
        '<table:table-row><table:table-cell office:value-type="float" office:value="1"/>'
        '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
        "</table:table-row>"
    )
    open_document = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f'<office:document-content xmlns:office="{ods}office:1.0" '
        f'xmlns:table="{ods}table:1.0" xmlns:text="{ods}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="S">{row * 3}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>",
    }
    made = []
    for members in (excel, open_document):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        made.append(content.getvalue())
    return made


# --- model files ------------------------------------------------------------------------------


def model(folder: Path) -> Prepared:
    """List what a pickle, or a file of joblib, would import."""
    import joblib

    path = folder / "model.pkl"
    parts = [np.arange(5.0), {"a": ("b", None, 2**70)}, OrderedDict(c=Path("d"), e=np.float64(1))]
    parts.append(np.array([Fraction(1, 2), None]))
    inputs = [pickle.dumps(parts, protocol=protocol) for protocol in range(6)]
    for compress in (0, 3):
        file = io.BytesIO()
        joblib.dump(parts, file, compress=compress)
        inputs.append(file.getvalue())

    def run(data: bytes) -> object:
        path.write_bytes(data)
        file = look_into_model(path)
        return f"{file.kind} {bool(file.names)} {file.doubt}"

    opcodes = tuple(opcode.code.encode("latin-1") for opcode in pickletools.opcodes)
    return run, Corpus(inputs, (*opcodes, b"os", b"system", b"\x80\x04", b"cos\nsystem\n"))


# --- study files ------------------------------------------------------------------------------


def _trials() -> list[Trial]:
    origin = Origin("bayesian", "why", 0.5, float("inf"), 0.1)
    done = Trial(0, {"rate": 0.1, "kind": (1, {"a": None})}, origin, TrialState.RUNNING)
    for index in range(3):
        done = add_step(done, index, {"loss": 0.5 + index, "size": float("nan")})
    learnt = Trial(1, {"rate": float("inf")}, Origin("default"), TrialState.RUNNING, parent=0)
    learnt = add_step(learnt, 0, Learned({"loss": (0.1, 0.2)}))
    failed = Trial(
        2,
        {"kind": None},
        origin,
        TrialState.FAILED,
        failure=Failure("raised", "no", "Traceback"),
        started=1.0,
        finished=2.0,
        told=1,
    )
    return [done, learnt, failed]


JSON_WORDS = (
    *(b'"nan"', b'"inf"', b'"-inf"', b'{"$float": "nan"}', b'{"$float": 1}', b'"$$x"', b"null"),
    *(b"true", b"1e999", b'"\\ud800"', b"complete", b"waiting", b"running"),
)


def row(folder: Path) -> Prepared:
    """Read the row of a trial: its columns are lines."""
    rows = [codec.trial_to_row(trial) for trial in _trials()]

    def run(data: bytes) -> object:
        lines = data.decode("utf-8", "replace").split("\n")[: len(codec.COLUMNS)]
        values: list[Any] = [_value(line) for line in lines]
        values += [None] * (len(codec.COLUMNS) - len(values))
        try:
            trial = codec.RowReader().trial(tuple(values))
        except codec.BAD_ROW as error:
            return f"refused: {type(error).__name__}"
        codec.trial_to_row(trial)
        return trial.state.value

    inputs = ["\n".join(json.dumps(value) for value in row).encode() for row in rows]
    return run, Corpus(inputs, JSON_WORDS)


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def study(folder: Path) -> Prepared:
    """Open a study file of mutated bytes, with all its trials."""
    path = folder / "study.hpostudy"
    _write_study(path)
    sound = path.read_bytes()

    def run(data: bytes) -> object:
        _clear(folder)
        path.write_bytes(data)
        opened = open_study(path)
        return len(read_history(opened).trials)

    return run, Corpus([sound], (b"CREATE TABLE", b"trials", *JSON_WORDS))


def cells(folder: Path) -> Prepared:
    """Open a sound study file with one mutated cell: ``table column row value`` is the input."""
    path = folder / "study.hpostudy"
    _write_study(path)
    sound = path.read_bytes()
    places = []
    with sqlite3.connect(path) as connection:
        for table in ("meta", "specs", "trials", "steps", "events", "data"):
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})"):
                for (value,) in connection.execute(f"SELECT {column} FROM {table} LIMIT 3"):
                    places.append((table, column, value))
    connection.close()

    def run(data: bytes) -> object:
        place, _, value = data.partition(b" ")
        table, column, _ = places[sum(place) % len(places)]
        _clear(folder)
        path.write_bytes(sound)
        edited = sqlite3.connect(path)
        text: Any = _value(value.decode("utf-8", "replace"))
        if isinstance(text, bool | list | dict) or (isinstance(text, int) and abs(text) >= 2**63):
            text = value.decode("utf-8", "replace")
        try:
            with edited:
                edited.execute(f"UPDATE {table} SET {column} = ?", (text,))
        except (sqlite3.Error, UnicodeEncodeError):
            return "not even a database"
        finally:
            edited.close()
        opened = open_study(path)
        with StudyFile.open(path) as file:
            file.load_data()
            file.events()
        return len(read_history(opened).trials)

    inputs = [b"%c %s" % (n % 256, str(value).encode()) for n, (*_, value) in enumerate(places)]
    return run, Corpus(inputs, JSON_WORDS + SPEC_WORDS)


def _write_study(path: Path) -> None:
    with StudyFile.create(path, spec_to_json(_specs()[2])) as file:
        file.put(_trials())
        file.put_step(0, 1, {"loss": 0.25}, 0.1, 1.0)
        file.log("note", "a text")
        file.set_meta("base", str(path.parent))
        file.set_meta("seconds", "1.5")
        file.store_data("t.csv", hashlib.sha256(TABLE).hexdigest(), TABLE)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()


TARGETS: dict[str, Callable[[Path], Prepared]] = {
    "expression": expression,
    "spec": spec,
    "csv": csv,
    "binary_table": binary_table,
    "row": row,
    "study": study,
    "cells": cells,
    "model": model,
}
