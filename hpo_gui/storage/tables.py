"""Trials and steps in the tables of a study file: the SQL, and nothing about files.

All functions take a connection in autocommit mode; those that write run inside a transaction of
the caller's.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from hpo_gui.core.acts import Act
from hpo_gui.core.trial import Learned, StepScores, Trial, TrialState, add_step
from hpo_gui.storage import codec
from hpo_gui.storage.records import AuditEvent, StepRow

_COLUMNS = ", ".join(codec.COLUMNS)
_SELECT_TRIALS = f"SELECT {_COLUMNS} FROM trials ORDER BY number"
_SELECT_TRIAL = f"SELECT {_COLUMNS} FROM trials WHERE number = ?"
_SELECT_STEPS = (
    "SELECT trial, step, scores, counts, seconds, at FROM steps WHERE trial = ? ORDER BY step"
)
_SELECT_FROM = f"SELECT {_COLUMNS} FROM trials WHERE number >= ? ORDER BY number LIMIT ?"
_SELECT_STEPS_FROM = (
    "SELECT trial, step, scores, counts, seconds, at FROM steps"
    " WHERE trial = ? AND step >= ? ORDER BY step"
)
_UPSERT_TRIAL = (
    f"INSERT INTO trials ({_COLUMNS}) VALUES ({', '.join('?' * len(codec.COLUMNS))})"
    " ON CONFLICT (number) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in codec.COLUMNS[1:])
)

AT_ONCE = 500  # trials in a query; SQLite takes 999 values at least
NO_TRIAL = -1
MOST_NUMBER = 2**63 - 1  # of SQLite: whoever types a larger one means no trial
_SELECT_MANY = f"SELECT {_COLUMNS} FROM trials WHERE number IN ({', '.join('?' * AT_ONCE)})"

MAX_STEPS = 10_000_000  # of a trial; the scores of all before a step are kept room for


def read_trials(connection: sqlite3.Connection) -> list[Trial]:
    """All trials by number, open ones with the steps that were recorded since they were put.

    Raises
    ------
    one of `codec.BAD_ROW` : the tables hold what this program has not written
    """
    connection.execute("BEGIN")  # both tables as they were at one moment
    try:
        reader = codec.RowReader()
        with quick_memory():
            trials = [reader.trial(row) for row in connection.execute(_SELECT_TRIALS)]
        for place, trial in enumerate(trials):
            if trial.state is TrialState.RUNNING or trial.state is TrialState.WAITING:
                trials[place] = _with_steps(trial, read_steps(connection, trial.number))
        return trials
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def read_trial(connection: sqlite3.Connection, number: int) -> Trial | None:
    """One trial as it was put; None where there is none of this number.

    Raises
    ------
    one of `codec.BAD_ROW` : as in `read_trials`
    """
    row = connection.execute(_SELECT_TRIAL, (number,)).fetchone()
    return None if row is None else codec.RowReader().trial(row)


def count_trials(connection: sqlite3.Connection) -> int:
    """How many trials there are; their numbers have no gaps."""
    return int(connection.execute("SELECT ifnull(max(number), -1) FROM trials").fetchone()[0]) + 1


def write_events(connection: sqlite3.Connection, events: Iterable[AuditEvent]) -> None:
    """Add to the audit trail."""
    connection.executemany(
        "INSERT INTO events (at, kind, text, trials, act) VALUES (?, ?, ?, ?, ?)",
        (
            (
                event.at,
                event.kind,
                codec.clean(event.text),
                event.trials,
                None if event.act is None else codec.act_to_text(event.act),
            )
            for event in events
        ),
    )


def read_events(connection: sqlite3.Connection) -> list[AuditEvent]:
    """The audit trail, the oldest first.

    Raises
    ------
    one of `codec.BAD_ROW` : as in `read_trials`
    """
    rows = connection.execute("SELECT at, kind, text, trials, act FROM events ORDER BY id")
    return [
        AuditEvent(at, kind, text, trials, None if act is None else codec.text_to_act(act))
        for at, kind, text, trials, act in rows
    ]


def read_steps(connection: sqlite3.Connection, trial: int) -> list[StepRow]:
    """The steps of a trial by index."""
    rows = connection.execute(_SELECT_STEPS, (trial,))
    return [_step(row) for row in rows]


def write_trials(connection: sqlite3.Connection, trials: Iterable[Trial]) -> None:
    """Insert or replace trials; open ones without any step forget their earlier steps."""
    for trial in trials:
        connection.execute(_UPSERT_TRIAL, codec.trial_to_row(trial))
        if trial.state.is_open and trial.steps_done == 0:
            connection.execute("DELETE FROM steps WHERE trial = ?", (trial.number,))


def change_trials(connection: sqlite3.Connection, changes: Iterable[tuple[Trial, Trial]]) -> None:
    """Write what became of trials, each as it is in the table and as it is now.

    Only the columns that are others are written, which is quick with very many trials. Those that
    are not in the table are written whole.
    """
    alike: dict[tuple[str, ...], list[Trial]] = {}
    for before, after in changes:
        alike.setdefault(codec.changed_columns(before, after), []).append(after)
    for columns, trials in alike.items():
        if columns:
            names = ", ".join(f"{name} = ?" for name in columns)
            rows = (codec.columns_to_row(trial, (*columns, "number")) for trial in trials)
            update = f"UPDATE trials SET {names} WHERE number = ?"
            if connection.executemany(update, rows).rowcount != len(trials):
                write_trials(connection, trials)


def write_steps(connection: sqlite3.Connection, steps: Iterable[StepRow]) -> None:
    """Insert or replace steps of trials that are there."""
    connection.executemany(
        "INSERT OR REPLACE INTO steps (trial, step, seconds, at, scores, counts)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (s.trial, s.index, s.seconds, s.at, codec.step_to_text(s.scores), _counts(s.scores))
            for s in steps
        ],
    )


def _step(row: tuple[Any, ...]) -> StepRow:
    trial, index, scores, counts, seconds, at = row
    if not 0 <= index < MAX_STEPS:
        raise ValueError(f"step {index} is none that a trial can have")
    counts = None if counts is None else bool(counts)
    return StepRow(trial, index, codec.text_to_step(scores, counts), seconds, at)


def _counts(scores: StepScores) -> bool | None:
    return scores.counts if isinstance(scores, Learned) else None


def _with_steps(trial: Trial, steps: Iterable[StepRow]) -> Trial:
    known = trial.steps_done  # which of them counts is in the trial itself
    for step in steps:
        if not isinstance(step.scores, Learned) or step.index >= known:
            trial = add_step(trial, step.index, step.scores)
    return trial


@contextlib.contextmanager
def quick_memory() -> Iterator[None]:
    """Pause the search for cyclic garbage: among 100,000 new trials it takes half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# What a reader needs that follows a study while another program writes it: see `following`.


def read_many(connection: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[Trial]:
    """Trials by their numbers in any order, `AT_ONCE` in a query, as they were put."""
    reader = codec.RowReader()
    wanted = sorted(number for number in set(numbers) if 0 <= number <= MOST_NUMBER)
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first : first + AT_ONCE]
        some += [NO_TRIAL] * (AT_ONCE - len(some))  # one statement for all, compiled once
        for row in connection.execute(_SELECT_MANY, some):
            yield reader.trial(row)


def read_from(connection: sqlite3.Connection, first: int, count: int) -> list[Trial]:
    """At most ``count`` trials from a number on, without the steps recorded since."""
    reader = codec.RowReader()
    return [reader.trial(row) for row in connection.execute(_SELECT_FROM, (first, count))]


def read_steps_from(connection: sqlite3.Connection, trial: int, first: int) -> list[StepRow]:
    """The steps of a trial from an index on."""
    return [_step(row) for row in connection.execute(_SELECT_STEPS_FROM, (trial, first))]


def add_steps(trial: Trial, steps: Iterable[StepRow]) -> Trial:
    """The trial with what was recorded of it since it was put."""
    return _with_steps(trial, steps)


def read_acts_after(connection: sqlite3.Connection, event: int) -> list[Act]:
    """What people did to trials since an entry of the audit trail, the oldest first."""
    rows = connection.execute(
        "SELECT act FROM events WHERE id > ? AND act IS NOT NULL ORDER BY id", (event,)
    )
    return [codec.text_to_act(act) for (act,) in rows]
