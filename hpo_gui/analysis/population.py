"""Populations: how the trials that go on from each other hang together, for pictures.

Notation: m trials, the parts of a population; a row is the place of a trial among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import params_key

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

NOBODY = -1


@dataclass(frozen=True)
class Lineage:
    """The parts of a population, and how they hang together.

    Attributes
    ----------
    numbers : of the trials, shape (m,)
    parents : row of the trial that each has gone on from, `NOBODY` for none, shape (m,)
    begins, ends : steps before a trial and after it, as far as it has come, shape (m,)
    generations : number of ancestors, shape (m,)
    lanes : from 0; a trial stays on its parent's lane unless it is a copy, shape (m,)
    survives : whether somebody goes on from it, or still may, shape (m,)
    stopped : whether it is the end of its lane: replaced, or failed, shape (m,)
    wins : whether it led to the best trial, shape (m,)
    """

    numbers: IntArray
    parents: IntArray
    begins: IntArray
    ends: IntArray
    generations: IntArray
    lanes: IntArray
    survives: BoolArray
    stopped: BoolArray
    wins: BoolArray

    @property
    def copies(self) -> IntArray:
        """Rows of the trials that have left their parent's lane: they copied another member."""
        rows: IntArray = np.flatnonzero(self.parents != NOBODY)
        copied: IntArray = rows[self.lanes[rows] != self.lanes[self.parents[rows]]]
        return copied

    @property
    def is_population(self) -> bool:
        """Whether some trial has gone on from another."""
        return bool((self.parents != NOBODY).any())

    def line(self, number: int) -> IntArray:
        """Rows of a trial and its ancestors, the first one first; empty when it is none of these.

        Its numbers rise: a parent is always there before its children.
        """
        row = int(np.searchsorted(self.numbers, number))
        if row >= len(self.numbers) or self.numbers[row] != number:
            return np.empty(0, dtype=np.intp)
        rows = [row]
        while self.parents[rows[-1]] != NOBODY:
            rows.append(int(self.parents[rows[-1]]))
        return np.array(rows[::-1], dtype=np.intp)


def lineage(history: History) -> Lineage:
    """The lineage of all trials that are one interval of a training, or that others go on from."""
    trials = history.trials
    parents_of_others = {trial.parent for trial in trials if trial.parent is not None}
    family = [t for t in trials if t.steps is not None or t.number in parents_of_others]
    rows = {trial.number: row for row, trial in enumerate(family)}
    parents = np.array(
        [NOBODY if t.parent is None else rows[t.parent] for t in family], dtype=np.intp
    )
    begins = np.zeros(len(family), dtype=np.intp)
    ends = np.zeros(len(family), dtype=np.intp)
    generations = np.zeros(len(family), dtype=np.intp)
    for row, trial in enumerate(family):
        if parents[row] != NOBODY:
            begins[row] = ends[parents[row]]
            generations[row] = generations[parents[row]] + 1
        ends[row] = max(trial.steps_done, begins[row])
    survives = _survivors(family, parents, begins, ends)
    wins = np.zeros(len(family), dtype=bool)
    row_of_best = None if history.best is None else rows.get(history.best.number)
    while row_of_best is not None and row_of_best != NOBODY:
        wins[row_of_best] = True
        row_of_best = int(parents[row_of_best])
    has_heirs = np.isin(np.arange(len(family)), parents)
    return Lineage(
        np.array([trial.number for trial in family], dtype=np.intp),
        parents,
        begins,
        ends,
        generations,
        _lanes(family, parents, ends),
        survives,
        ~survives & ~has_heirs,
        wins,
    )


def _survivors(
    family: Sequence[Trial], parents: IntArray, begins: IntArray, ends: IntArray
) -> BoolArray:
    """Whether somebody goes on from each, in the end, or still may.

    A trial that nobody has gone on from was replaced when as many have gone on after its last
    step as have ended there.
    """
    good = np.array([trial.state is TrialState.COMPLETE for trial in family], dtype=bool)
    is_open = np.array([trial.state.is_open for trial in family], dtype=bool)
    going_on = np.bincount(begins[parents != NOBODY]) if len(family) else np.empty(0)
    ended = np.bincount(ends[~is_open]) if (~is_open).any() else np.empty(0)
    survives = np.zeros(len(family), dtype=bool)
    for row in range(len(family) - 1, -1, -1):
        end = ends[row]
        decided = end < len(going_on) and going_on[end] >= ended[end] if good[row] else False
        survives[row] |= is_open[row] or (good[row] and not decided)
        if survives[row] and parents[row] != NOBODY:
            survives[parents[row]] = True
    return survives


def _lanes(family: Sequence[Trial], parents: IntArray, ends: IntArray) -> IntArray:
    """A lane for each: the parent's where the parameters are the same, a free one for copies."""
    keys = [params_key(trial.params) for trial in family]
    heirs: dict[int, int] = {}
    for row, parent in enumerate(parents.tolist()):
        if parent != NOBODY and parent not in heirs and keys[row] == keys[parent]:
            heirs[parent] = row
    lanes = np.full(len(family), NOBODY, dtype=np.intp)
    free: dict[int, list[int]] = defaultdict(list)  # steps -> lanes that end there
    count = 0
    for row, parent in enumerate(parents.tolist()):
        if parent != NOBODY and heirs.get(parent) == row:
            lanes[row] = lanes[parent]
        elif parent != NOBODY and free[int(ends[parent])]:
            lanes[row] = free[int(ends[parent])].pop(0)
        else:
            lanes[row], count = count, count + 1
        if row not in heirs:  # one that failed is replaced where it should have come to
            trial = family[row]
            got_there = trial.state.is_open or trial.state is TrialState.COMPLETE
            end = int(ends[row]) if got_there else trial.steps or int(ends[row])
            free[end].append(int(lanes[row]))
    return lanes


# --- paths --------------------------------------------------------------------------------------

Path = tuple[FloatArray, FloatArray]
"""Steps and values along a trial, from where its parent has ended on; both (k,)."""


def score_paths(history: History, made: Lineage) -> tuple[Path, ...]:
    """The learning curve of each trial; an empty path before its first score."""
    metric = history.goal.metric
    paths: list[Path] = []
    for row, number in enumerate(made.numbers.tolist()):
        course = np.array(history.trials[number].course(metric), dtype=float)
        first = int(made.begins[row])
        steps, values = np.arange(first + 1, len(course) + 1, dtype=float), course[first:]
        parent = int(made.parents[row])
        if parent != NOBODY and len(paths[parent][0]) and len(steps):
            steps = np.concatenate([paths[parent][0][-1:], steps])
            values = np.concatenate([paths[parent][1][-1:], values])
        paths.append((steps, values))
    return tuple(paths)


def level_paths(made: Lineage, levels: FloatArray) -> tuple[Path, ...]:
    """Steps on a level each, with an upright line from the parent's level.

    Parameters
    ----------
    levels : where each trial lies, shape (m,); NaN for nowhere
    """
    paths: list[Path] = []
    for row, level in enumerate(levels.tolist()):
        begin, end = float(made.begins[row]), float(made.ends[row])
        steps, values = [begin, end], [level, level]
        parent = int(made.parents[row])
        if parent != NOBODY and levels[parent] != level:
            steps, values = [begin, *steps], [float(levels[parent]), *values]
        paths.append((np.array(steps), np.array(values)))
    return tuple(paths)


def parameter_levels(columns: TrialColumns, made: Lineage, name: str) -> FloatArray:
    """Positions of a parameter on its axis of the unit cube, shape (m,); NaN where inactive."""
    positions: FloatArray = columns.positions(name)[made.numbers]
    return positions


def varying(history: History, made: Lineage) -> tuple[str, ...]:
    """Names of the parameters: those that change along a lineage first, in the space's order."""
    changed: set[str] = set()
    for row, parent in enumerate(made.parents.tolist()):
        if parent == NOBODY:
            continue
        before = history.trials[int(made.numbers[parent])].params
        after = history.trials[int(made.numbers[row])].params
        changed.update(n for n in {*before, *after} if before.get(n) != after.get(n))
    names = history.space.names
    return (*(n for n in names if n in changed), *(n for n in names if n not in changed))
