"""The timeline: when each trial ran, side by side where several ran at once."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History

FloatArray = NDArray[np.float64]
MOST = 3000


@dataclass(frozen=True)
class Timeline:
    """Bars of trials on lanes.

    Attributes
    ----------
    numbers : of the trials in order of their start, shape (m,)
    begin, end : seconds since the first trial of the study started, shape (m,)
    lanes : from 0; a lane never holds two trials at once, shape (m,)
    lane_count : as many as trials ever ran at once
    busy : share of the lanes' time, from the first start to the last end, that trials ran
    left_out : earlier trials that are not among these
    """

    numbers: NDArray[np.intp]
    begin: FloatArray
    end: FloatArray
    lanes: NDArray[np.intp]
    lane_count: int
    busy: float
    left_out: int


def timeline(
    history: History,
    now: float,
    columns: TrialColumns | None = None,
    shown: NDArray[np.bool_] | None = None,
    most: int = MOST,
) -> Timeline:
    """Lay out the last ``most`` trials that started.

    A study file does not tell which worker ran what; trials go to the first lane that is free,
    which gives as many lanes as ran at once.

    Parameters
    ----------
    now : seconds since 1970, where trials that still run end for the time being
    shown : which trials pass the filter, shape (n,); the others keep their lanes, unseen
    """
    columns = columns or TrialColumns.of(history)
    started, finished = columns.started, columns.finished
    given = np.flatnonzero(np.isfinite(started))
    if not len(given):
        empty = np.empty(0)
        return Timeline(given, empty, empty, given, 0, 0.0, 0)
    order = given[np.argsort(started[given], kind="stable")]
    kept = order[-most:]
    origin = float(started[order[0]])
    begin = started[kept] - origin
    last = np.where(np.isfinite(finished[kept]), finished[kept], max(now, origin)) - origin
    end = np.maximum(last, begin)
    lanes = _lanes(begin, end)
    count = int(lanes.max()) + 1
    span = float(end.max() - begin.min())
    busy = float((end - begin).sum()) / (span * count) if span > 0 else 1.0
    visible = np.ones(len(kept), dtype=bool) if shown is None else shown[kept]
    return Timeline(
        kept[visible],
        begin[visible],
        end[visible],
        lanes[visible],
        count,
        busy,
        len(order) - len(kept),
    )


def _lanes(begin: FloatArray, end: FloatArray) -> NDArray[np.intp]:
    """Greedy interval partitioning: the lowest lane that is free; ``begin`` is sorted."""
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    lanes = np.zeros(len(begin), dtype=np.intp)
    for row, (start, stop) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        while taken and taken[0][0] <= start:
            heapq.heappush(free, heapq.heappop(taken)[1])
        lane = heapq.heappop(free) if free else len(taken)
        heapq.heappush(taken, (stop, lane))
        lanes[row] = lane
    return lanes
