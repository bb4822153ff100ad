"""Trials as rows of a study file and back, exact to the bit.

JSON has no NaN and no infinity. Where only numbers can stand (scores), they are written as
``"nan"``, ``"inf"`` and ``"-inf"``. Where any value can stand (parameters), as an object with one
key, ``{"$float": "nan"}``; a user's own key that begins with ``$`` gets another one in front.
Arrays are tuples on this side.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from hpo_gui.core.acts import Act
from hpo_gui.core.trial import (
    Failure,
    Learned,
    Measured,
    Origin,
    StepScores,
    Trial,
    TrialState,
)
from hpo_gui.core.value import Params, Value

COLUMNS = (
    "number",
    "state",
    "spec_version",
    "parent",
    "steps",
    "seed",
    "asked",
    "told",
    "started",
    "finished",
    "params",
    "origin",
    "scores",
    "fold_scores",
    "curves",
    "failure",
    "note",
    "tags",
    "was",
    "measured",
)
_NONE = type(None)
_TYPES: tuple[tuple[type, ...], ...] = (
    (int,),
    (str,),
    (int,),
    (int, _NONE),
    (int, _NONE),
    (int,),
    (int,),
    (int, _NONE),
    (float, _NONE),
    (float, _NONE),
    (str,),
    (str,),
    (str,),
    (str,),
    (str,),
    (str, _NONE),
    (str,),
    (str,),
    (str, _NONE),
    (str, _NONE),
)
Row: TypeAlias = tuple[Any, ...]
"""One value for each of `COLUMNS`."""

BAD_ROW = (ValueError, TypeError, RecursionError)

_Number: TypeAlias = float | str
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_STATES = {state.value: state for state in TrialState}
_FLOAT = "$float"


class _OriginText(msgspec.Struct, omit_defaults=True):
    """`Origin` with numbers that may be words."""

    strategy: str
    reason: str = ""
    mean: _Number | None = None
    sd: _Number | None = None
    acquisition: _Number | None = None


class _MeasuredText(msgspec.Struct, omit_defaults=True):
    """`Measured` with numbers that may be words."""

    state: TrialState
    scores: dict[str, _Number] = {}
    fold_scores: dict[str, tuple[_Number, ...]] = {}
    failure: Failure | None = None


_encode = msgspec.json.Encoder().encode
_decode_params = msgspec.json.Decoder(dict[str, Any]).decode
_decode_scores = msgspec.json.Decoder(dict[str, float]).decode
_decode_scores_with_words = msgspec.json.Decoder(dict[str, _Number]).decode
_decode_steps = msgspec.json.Decoder(dict[str, tuple[float, ...]]).decode
_decode_steps_with_words = msgspec.json.Decoder(dict[str, tuple[_Number, ...]]).decode
_decode_origin = msgspec.json.Decoder(_OriginText).decode
_decode_failure = msgspec.json.Decoder(Failure).decode
_decode_act = msgspec.json.Decoder(Act).decode
_decode_tags = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_measured = msgspec.json.Decoder(_MeasuredText).decode


def trial_to_row(trial: Trial) -> Row:
    """Write a trial as a row."""
    return columns_to_row(trial, COLUMNS)


def columns_to_row(trial: Trial, columns: Sequence[str]) -> Row:
    """Write some of the `COLUMNS` of a trial."""
    return tuple(
        [
            getattr(trial, name) if name not in _WRITERS else _WRITERS[name](getattr(trial, name))
            for name in columns
        ]
    )


def changed_columns(before: Trial, after: Trial) -> tuple[str, ...]:
    """Those of the `COLUMNS` that a changed trial does not share with the one it was made from."""
    pairs = zip(COLUMNS, _values(before), _values(after), strict=True)
    return tuple([name for name, old, new in pairs if old is not new])


class RowReader:
    """Reads rows; what many of them have in common is looked at once."""

    def __init__(self) -> None:
        self._origins: dict[str, Origin] = {}
        self._sound_types: set[tuple[type, ...]] = set()

    def trial(self, row: Row) -> Trial:
        """Read a row.

        Raises
        ------
        one of `BAD_ROW` : the row cannot be what `trial_to_row` has written
        """
        types = tuple(map(type, row))
        if types not in self._sound_types:
            _check_types(types)
            self._sound_types.add(types)
        (number, state, spec_version, parent, steps, seed, asked, told) = row[:8]
        started, finished, params, origin, scores, fold_scores, curves, failure = row[8:16]
        note, tags, was, measured = row[16:]
        for name in (state, was):
            if name is not None and name not in _STATES:
                raise ValueError(f"unknown state {name!r}")
        return Trial(
            number=number,
            params=text_to_params(params),
            origin=self._origin(origin),
            state=_STATES[state],
            parent=parent,
            steps=steps,
            seed=seed,
            spec_version=spec_version,
            scores=text_to_scores(scores),
            fold_scores=_text_to_columns(fold_scores),
            curves={} if curves == "{}" else _text_to_columns(curves),
            started=started,
            finished=finished,
            failure=None if failure is None else _decode_failure(failure),
            asked=asked,
            told=told,
            note=note,
            tags=() if tags == "[]" else _decode_tags(tags),
            was=None if was is None else _STATES[was],
            measured=None if measured is None else _read_measured(measured),
        )

    def _origin(self, text: str) -> Origin:
        origin = self._origins.get(text)
        if origin is None:
            raw = _decode_origin(text)
            numbers = (_read_optional(n) for n in (raw.mean, raw.sd, raw.acquisition))
            origin = self._origins[text] = Origin(raw.strategy, raw.reason, *numbers)
        return origin


def _check_types(types: tuple[type, ...]) -> None:
    """SQLite keeps values of any type in any column."""
    for name, found, right in zip(COLUMNS, types, _TYPES, strict=True):
        if found not in right:
            raise ValueError(f"{name} is of type {found.__name__}")


def act_to_text(act: Act) -> str:
    """Write an act; half characters are cleaned out of its words."""
    return clean(_json(act))


def text_to_act(text: str) -> Act:
    """Read an act; an exception of `BAD_ROW` for anything else."""
    act: Act = _decode_act(text)
    return act


def scores_to_text(scores: Mapping[str, float]) -> str:
    """Write metric -> score."""
    return _json({name: _write(score) for name, score in scores.items()})


def text_to_scores(text: str) -> dict[str, float]:
    """Read metric -> score; an exception of `BAD_ROW` for anything else."""
    if not _holds_words(text):
        return _decode_scores(text)
    return {name: _read(score) for name, score in _decode_scores_with_words(text).items()}


def step_to_text(scores: StepScores) -> str:
    """Write what a step gave; numbers for a fold, arrays for what was learnt."""
    return (
        _columns_to_text(scores.folds) if isinstance(scores, Learned) else scores_to_text(scores)
    )


def text_to_step(text: str, counts: bool | None) -> StepScores:
    """Read what a step gave; ``counts`` is None for a fold."""
    if counts is None:
        return text_to_scores(text)
    return Learned(_text_to_columns(text), counts)


def _columns_to_text(columns: Mapping[str, tuple[float, ...]]) -> str:
    return _json({name: [_write(v) for v in values] for name, values in columns.items()})


def _text_to_columns(text: str) -> dict[str, tuple[float, ...]]:
    if not _holds_words(text):
        return _decode_steps(text)
    columns = _decode_steps_with_words(text)
    return {name: tuple([_read(score) for score in column]) for name, column in columns.items()}


def _holds_words(text: str) -> bool:
    """Whether a number that is not finite may be in there; True costs a little time."""
    return '"nan"' in text or 'inf"' in text


def text_to_params(text: str) -> Params:
    """Read the parameters; an exception of `BAD_ROW` for anything else."""
    params = _decode_params(text)
    if "[" in text or text.find("{", 1) > 0:
        return {name: _read_value(value) for name, value in params.items()}
    return params


def _json(value: Any) -> str:
    return _encode(value).decode()


def _write(number: float) -> _Number:
    number = float(number)
    return number if math.isfinite(number) else str(number)


def _read(number: _Number) -> float:
    if isinstance(number, str):
        if number not in _NOT_FINITE:
            raise ValueError(f"{number!r} is not a number")
        return _NOT_FINITE[number]
    return number


def _read_optional(number: _Number | None) -> float | None:
    return None if number is None else _read(number)


def _write_origin(origin: Origin) -> _OriginText:
    numbers = (origin.mean, origin.sd, origin.acquisition)
    written = (None if number is None else _write(number) for number in numbers)
    return _OriginText(clean(origin.strategy), clean(origin.reason), *written)


def _clean_failure(failure: Failure) -> Failure:
    return Failure(failure.kind, clean(failure.message), clean(failure.traceback))


def _write_measured(measured: Measured) -> _MeasuredText:
    return _MeasuredText(
        measured.state,
        {name: _write(score) for name, score in measured.scores.items()},
        {
            name: tuple([_write(v) for v in values])
            for name, values in measured.fold_scores.items()
        },
        None if measured.failure is None else _clean_failure(measured.failure),
    )


def _read_measured(text: str) -> Measured:
    raw = _decode_measured(text)
    return Measured(
        raw.state,
        {name: _read(score) for name, score in raw.scores.items()},
        {name: tuple([_read(v) for v in values]) for name, values in raw.fold_scores.items()},
        raw.failure,
    )


def _write_value(value: Value) -> Any:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_FLOAT: str(float(value))}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {_escape(str(key)): _write_value(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_write_value(item) for item in value]
    return value.item()  # a number of numpy


def _escape(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _read_value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple([_read_value(item) for item in value])
    if isinstance(value, dict):
        if value.keys() == {_FLOAT}:
            return _read(value[_FLOAT])
        return {
            key[1:] if key.startswith("$") else key: _read_value(item)
            for key, item in value.items()
        }
    return value


def clean(text: str) -> str:
    """Text without the half characters that undecodable file names contain."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


_values = operator.attrgetter(*COLUMNS)
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "state": lambda state: state.value,
    "params": lambda params: _json({name: _write_value(value) for name, value in params.items()}),
    "origin": lambda origin: _json(_write_origin(origin)),
    "scores": lambda scores: scores_to_text(scores),
    "fold_scores": lambda columns: _columns_to_text(columns),
    "curves": lambda columns: _columns_to_text(columns),
    "failure": lambda failure: None if failure is None else _json(_clean_failure(failure)),
    "note": clean,
    "tags": lambda tags: _json([clean(tag) for tag in tags]),
    "was": lambda was: None if was is None else was.value,
    "measured": lambda was: None if was is None else _json(_write_measured(was)),
}
"""How the columns are written that do not stand in a row as they are."""
