"""Trials survive the way to text and back, to the bit."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.trial import Failure, Origin, Trial, TrialState
from hpo_gui.storage import codec

names = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["$float", "$", "nan", "inf", '"nan"', "[", "{"]
)
floats = st.floats(allow_nan=False) | st.just(math.nan)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | floats
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from(["nan", "inf", "-inf", "[1]", "null"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=8,
)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
optional = st.none() | floats
trials = st.builds(
    Trial,
    number=st.integers(0, 2**62),
    params=st.dictionaries(names, values, max_size=5),
    origin=st.builds(
        Origin, texts, reason=texts, mean=optional, sd=optional, acquisition=optional
    ),
    state=st.sampled_from(TrialState),
    parent=st.none() | st.integers(0, 2**62),
    steps=st.none() | st.integers(1, 1000),
    seed=st.integers(0, 2**63 - 1),
    spec_version=st.integers(1, 100),
    scores=st.dictionaries(names, floats, max_size=4),
    fold_scores=st.dictionaries(names, st.lists(floats, max_size=5).map(tuple), max_size=4),
    started=st.none() | finite,
    finished=st.none() | finite,
    failure=st.none()
    | st.builds(Failure, st.sampled_from(["raised", "crashed", "pruned"]), texts, texts),
    asked=st.integers(0, 2**62),
    told=st.none() | st.integers(1, 2**62),
)


def _bits(value):
    """The value with floats as their bits, so that NaN equals NaN and 0.0 differs from -0.0."""
    if isinstance(value, float):
        canonical = math.nan if math.isnan(value) else value
        return ("float", struct.pack("d", canonical))
    if isinstance(value, bool | int):
        return (type(value).__name__, value)
    if isinstance(value, tuple):
        return ("tuple", *(_bits(item) for item in value))
    if isinstance(value, dict):
        return {key: _bits(item) for key, item in value.items()}
    if hasattr(value, "__struct_fields__"):
        return {name: _bits(getattr(value, name)) for name in value.__struct_fields__}
    return value


def _there_and_back(trial: Trial) -> Trial:
    return codec.RowReader().trial(codec.trial_to_row(trial))


@given(trials)
def test_a_trial_comes_back_as_it_was(trial: Trial) -> None:
    assert _bits(_there_and_back(trial)) == _bits(trial)


@given(st.dictionaries(names, floats))
def test_scores_come_back_as_they_were(scores: dict[str, float]) -> None:
    back = codec.text_to_scores(codec.scores_to_text(scores))
    assert _bits(back) == _bits(scores)
    assert list(back) == list(scores)


def test_params_keep_their_order_and_types() -> None:
    params = {"b": True, "a": 1, "c": 1.0, "layers": (64, (32, None)), "none": None, "x": "1"}
    back = _there_and_back(Trial(0, params, Origin("random"))).params
    assert _bits(back) == _bits(params)
    assert list(back) == list(params)


def test_numbers_of_numpy_are_stored_as_plain_ones() -> None:
    params = {"a": np.float64(0.1), "b": np.int64(3), "c": np.bool_(True), "d": np.float32(0.5)}
    back = _there_and_back(Trial(0, params, Origin("random"))).params
    assert back == {"a": 0.1, "b": 3, "c": True, "d": 0.5}
    assert [type(value) for value in back.values()] == [float, int, bool, float]


def test_a_traceback_with_an_undecodable_file_name_can_be_stored() -> None:
    failure = Failure("raised", "no \udcff", "in caf\udce9.py")
    back = _there_and_back(Trial(0, {}, Origin("random", "\ud800"), failure=failure))
    assert back.failure == Failure("raised", "no ?", "in caf?.py")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("state", "dancing"),
        ("params", "[1]"),
        ("params", "{"),
        ("params", "{'a': 1}"),
        ("origin", "{}"),
        ("scores", '{"accuracy": "high"}'),
        ("scores", '{"accuracy": "nan", "f1": "high"}'),
        ("scores", '{"accuracy": null}'),
        ("fold_scores", '{"accuracy": 0.5}'),
        ("fold_scores", '{"accuracy": ["inf", "x"]}'),
        ("failure", '{"kind": "unheard of", "message": ""}'),
    ],
)
def test_what_is_no_trial_is_refused(column: str, text: str) -> None:
    row = dict(zip(codec.COLUMNS, codec.trial_to_row(Trial(0, {}, Origin("x"))), strict=True))
    with pytest.raises(codec.BAD_ROW):
        codec.RowReader().trial(tuple((row | {column: text}).values()))
