"""The locked test set: rows put away before tuning, opened once, at export."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError

DRAWS = 50  # random choices of groups, of which the most representative one is taken

Rows = NDArray[np.intp]


def lock_rows(
    share: float,
    seed: int,
    *,
    codes: NDArray[np.int64] | None = None,
    groups: NDArray[np.int64] | None = None,
    times: NDArray[np.float64] | None = None,
    rows: int,
) -> tuple[Rows, Rows]:
    """Divide rows into those that tuning sees and those that are locked away.

    With times, the latest rows are locked, and rows of the same time stay on one side. With
    groups, whole groups are. Otherwise rows are drawn, from each class in its proportion.

    Parameters
    ----------
    share : of the rows to lock, in [0, 1); 0 locks none
    seed : of the drawing; the same seed locks the same rows
    codes : (n,) classes, or None for regression
    groups : (n,) group codes, or None
    times : (n,) sortable, or None
    rows : n

    Returns
    -------
    train, test : row numbers; ascending, or by time when there is one

    Raises
    ------
    DataError : too few rows, groups or times for both sides
    """
    order = np.arange(rows) if times is None else np.argsort(times, kind="stable")
    if share == 0:
        return order, np.empty(0, dtype=np.intp)
    rng = np.random.default_rng([seed, 0x7E57])
    if groups is not None:
        locked = _lock_groups(share, rng, groups, codes, times)
    elif times is not None:
        locked = _lock_latest(share, times)
    else:
        locked = _lock_drawn(share, rng, codes, rows)
    _check_sides(share, locked)
    return order[~locked[order]], order[locked[order]]


def _lock_latest(share: float, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The latest rows; a moment that the border falls into goes to the side that fits better."""
    ordered = np.sort(times)
    border = len(times) - round(share * len(times))
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    starts = starts[starts > 0]
    if len(starts) == 0:
        raise DataError(
            "data.test_share",
            "needs at least two different times",
            share,
            remedy="Choose another time column, or lock no test set.",
        )
    start = starts[np.argmin(np.abs(starts - border))]
    return np.asarray(times >= ordered[start])


def _lock_drawn(
    share: float, rng: np.random.Generator, codes: NDArray[np.int64] | None, rows: int
) -> NDArray[np.bool_]:
    """Rows drawn by chance, from each class in proportion, leaving at least one of each."""
    locked = np.zeros(rows, dtype=bool)
    strata = np.zeros(rows, dtype=np.int64) if codes is None else codes
    sizes = np.bincount(strata)
    for code, count in enumerate(_quotas(sizes, round(share * rows), rng)):
        members = np.flatnonzero(strata == code)
        locked[rng.permutation(members)[:count]] = True
    return locked


def _quotas(sizes: NDArray[np.int64], total: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How many rows of each class: in proportion, by largest remainder, never all of a class."""
    exact = sizes * (total / sizes.sum())
    quotas = np.floor(exact).astype(np.int64)
    remainders = exact - quotas + 1e-9 * rng.random(len(sizes))
    for code in np.argsort(-remainders)[: total - int(quotas.sum())]:
        quotas[code] += 1
    return np.asarray(np.minimum(quotas, np.maximum(sizes - 1, 0)), dtype=np.int64)


def _lock_groups(
    share: float,
    rng: np.random.Generator,
    groups: NDArray[np.int64],
    codes: NDArray[np.int64] | None,
    times: NDArray[np.float64] | None,
) -> NDArray[np.bool_]:
    """Whole groups: the latest ones, or the draw that is nearest in size and classes."""
    sizes = np.bincount(groups)
    if len(sizes) < 2:
        raise DataError(
            "data.group",
            "needs at least two groups to lock one of them",
            len(sizes),
            remedy="Choose another group column, or lock no test set.",
        )
    wanted = share * len(groups)
    if times is not None:
        last = np.full(len(sizes), -np.inf)
        np.maximum.at(last, groups, times)
        return _take_groups(np.argsort(-last, kind="stable"), sizes, wanted)[groups]
    classes = np.zeros(len(groups), dtype=np.int64) if codes is None else codes
    counts = np.bincount(classes)
    best, best_miss = None, np.inf
    for _ in range(DRAWS):
        locked = _take_groups(rng.permutation(len(sizes)), sizes, wanted)[groups]
        got = np.bincount(classes[locked], minlength=len(counts))
        miss = float(np.abs(got - share * counts).sum())
        if best is None or miss < best_miss:
            best, best_miss = locked, miss
    assert best is not None
    return best


def _take_groups(
    order: NDArray[np.intp], sizes: NDArray[np.int64], wanted: float
) -> NDArray[np.bool_]:
    """The first groups of an order until there are nearly enough rows; never all groups."""
    filled = np.cumsum(sizes[order])
    count = int(np.argmin(np.abs(filled - wanted))) + 1
    taken = np.zeros(len(sizes), dtype=bool)
    taken[order[: min(count, len(order) - 1)]] = True
    return taken


def _check_sides(share: float, locked: NDArray[np.bool_]) -> None:
    if 0 < locked.sum() < len(locked):
        return
    raise DataError(
        "data.test_share",
        f"must leave rows on both sides of {len(locked)} rows",
        share,
        remedy="Choose a larger share, lock no test set, or bring more rows.",
    )
