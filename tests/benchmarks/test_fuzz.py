"""Mutated and random files end in a message: what `bench fuzz` does for minutes, for a moment."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import _fuzz_corpus
import coverage_fuzz
import fuzz
from hpo_gui.core.errors import ExpressionError, SpecError, StorageError, StudioError
from hpo_gui.core.expression import parse_expression
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.core.spec_text import parse_spec, spec_from_dict
from hpo_gui.evaluation.reading import read_rows
from hpo_gui.storage.database import plain_errors

TIMES = {"expression": 300, "spec": 60, "csv": 8, "binary_table": 40, "row": 200, "study": 15}
quick = settings(max_examples=40)


@pytest.mark.parametrize("name", list(_fuzz_corpus.TARGETS))
def test_a_mutated_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    run, corpus = _fuzz_corpus.TARGETS[name](tmp_path)
    rng = random.Random(1)
    sound = corpus.inputs[:10]
    results = [run(data) for data in sound]
    assert not any(str(result).startswith("refused") for result in results)
    for _ in range(TIMES.get(name, 15)):
        with contextlib.suppress(StudioError):
            run(fuzz.mutate(rng.choice(sound), corpus, rng))


@quick
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_table_or_none(data: bytes) -> None:
    try:
        frame, _, _ = read_rows(data, Path("any.csv"), ReadingSpec())
    except StudioError:
        return
    assert len(frame)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
SECTIONS = "name seed data models objective validation goals start strategy pruner training budget"


@quick
@given(st.dictionaries(st.sampled_from([*SECTIONS.split(), "space", "x", "none"]), anything))
def test_any_values_are_a_specification_or_refused(raw: dict[str, Any]) -> None:
    for read in (lambda: spec_from_dict(raw), lambda: parse_spec(json.dumps(raw))):
        try:
            made = read()
        except SpecError:
            continue
        assert made.version == 1


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("none = true", "must be a table of sections"),
        ("[" * 100_000, "must be TOML or JSON"),
        ('{"a": ' * 100_000, "so deep in each other"),
        ("a." * 50_000 + "b = 1", "so deep in each other"),
        ("1.1." * 200 + "1 = 1", "so deep in each other"),
    ],
)
def test_odd_specifications_are_refused(text: str, rule: str) -> None:
    with pytest.raises(SpecError, match=rule):
        parse_spec(text)


def test_numbers_beyond_all_limits_are_refused_in_expressions() -> None:
    assert parse_expression("a and " + "1" * 400, {"a"}).evaluate({"a": 1})
    with pytest.raises(ExpressionError, match=r"must have numbers below 1\.8e308"):
        parse_expression("a + 1 > 2", {"a"}).evaluate({"a": 10**400})
    assert parse_expression("a % 2 != true", {"a"}).evaluate({"a": 3})


def test_a_text_of_a_study_file_that_is_no_text_is_damage(tmp_path: Path) -> None:
    refused = pytest.raises(StorageError, match="a text in it is not UTF-8")
    with refused, plain_errors(tmp_path / "x.hpostudy"):
        b"\x8a".decode()


@pytest.mark.parametrize("seconds", ["", "nan", "-1", "much", "inf"])
@pytest.mark.parametrize("base", ["x" * 5000, "/gone", "a\0b"])
def test_a_study_file_with_odd_notes_opens(tmp_path: Path, seconds: str, base: str) -> None:
    from hpo_gui.assembly.opened import open_study
    from hpo_gui.storage.study_file import StudyFile

    path = tmp_path / "odd.hpostudy"
    with StudyFile.create(path, "{}") as file:
        file.set_meta("seconds", seconds)
        file.set_meta("base", base)
    opened = open_study(path)
    assert (opened.seconds, opened.base) == (0.0, tmp_path)


@pytest.fixture
def timers() -> Iterator[None]:
    if not hasattr(fuzz.signal, "setitimer"):
        pytest.skip("Windows has no such timers")
    before = fuzz.signal.signal(fuzz.signal.SIGALRM, fuzz._hang)
    yield
    fuzz.signal.signal(fuzz.signal.SIGALRM, before)


def test_the_fuzzer_tells_crashes_hangs_and_messages_apart(
    timers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "HANG_SECONDS", 0.02)

    def target(data: bytes) -> object:
        if data == b"hang":
            while True:
                pass
        if data == b"message":
            raise SpecError("x", "must be 12", 3)
        return 1 // (data != b"crash")

    ends = {data: fuzz._try(target, data) for data in (b"hang", b"message", b"crash", b"")}
    assert ends[b"hang"][0] == "hang"
    assert ends[b"message"] == ("SpecError: must be ", "")
    assert ends[b"crash"][0].startswith("ZeroDivisionError in test_fuzz.py")
    assert ends[b""] == ("read: 1", "")


def test_fuzzing_by_coverage_knows_every_reader_and_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tuple(_fuzz_corpus.TARGETS) == coverage_fuzz.TARGETS
    assert coverage_fuzz._escaped(b'a"\\\x00\xff') == "a\\x22\\x5c\\x00\\xff"
    monkeypatch.setattr(coverage_fuzz, "find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["coverage_fuzz.py"])
    with pytest.raises(SystemExit):
        coverage_fuzz.main()
    assert "needs the package atheris" in capsys.readouterr().err
