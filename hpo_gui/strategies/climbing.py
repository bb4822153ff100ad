"""Climbing in the unit cube from many starts at once: projected BFGS in batches.

A climb in numpy costs as much for ten starts as for one, since the work is in the calls.

Notation (Nocedal, Wright 2006, Numerical Optimization, chapters 3, 6 and 16)
--------
x : positions (m, d);  f, g : values (m,) and gradients (m, d)
H : approximations of the inverse Hessian of −f (m, d, d)
s, y : changes of x and of −g in a step (m, d);  ρ = 1 / yᵀs
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Slopes = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

FIRST_STEP, LONGEST_STEP = 0.1, 0.5  # along the fastest dimension
SHORTER = 0.3  # a step that gains too little
TRIALS = 8  # of step lengths
SUFFICIENT = 1e-4  # share of the promised gain (eq. 3.4)
LEAST_GAIN = 1e-7


def climb(
    slopes: Slopes, starts: FloatArray, moving: BoolArray, rounds: int
) -> tuple[FloatArray, FloatArray]:
    """Climb from each start within [0, 1]ᵈ.

    Parameters
    ----------
    slopes : values (m,) and gradients (m, d) at positions (m, d)
    starts : (m, d)
    moving : dimensions that may change (d,)
    rounds : steps at most

    Returns
    -------
    The ends (m, d) and their values (m,), nowhere smaller than at the starts.
    """
    x = starts.copy()
    count, d = x.shape
    f, g = slopes(x)
    h = np.broadcast_to(np.eye(d), (count, d, d)).copy()
    fresh = np.ones(count, dtype=bool)  # H is still the identity
    alive = np.ones(count, dtype=bool)
    for _ in range(rounds):
        blocked = ((x <= 0) & (g < 0)) | ((x >= 1) & (g > 0)) | ~moving
        free = np.where(blocked, 0.0, g)
        direction = np.where(blocked, 0.0, np.einsum("mij,mj->mi", h, free))
        downhill = np.einsum("mi,mi->m", direction, free) <= 0
        direction[downhill], h[downhill] = free[downhill], np.eye(d)
        fresh |= downhill
        size = np.abs(direction).max(axis=1)
        alive &= size > 1e-9
        if not alive.any():
            break
        size = np.maximum(size, 1e-12)
        length = np.where(fresh, FIRST_STEP / size, np.minimum(1.0, LONGEST_STEP / size))
        x_new, f_new, g_new, moved = _step(slopes, (x, f, g), direction, free, length, alive)
        s, y = x_new - x, g - g_new
        usable = np.flatnonzero(np.einsum("mi,mi->m", s, y) > 1e-12)
        if len(usable):
            h[usable] = _updated(h[usable], s[usable], y[usable], fresh[usable])
            fresh[usable] = False
        alive = moved & (f_new - f > LEAST_GAIN)
        x, f, g = x_new, f_new, g_new
    return x, f


def _step(
    slopes: Slopes,
    here: tuple[FloatArray, FloatArray, FloatArray],
    direction: FloatArray,
    free: FloatArray,
    length: FloatArray,
    alive: BoolArray,
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Backtrack until the gain is sufficient (alg. 3.1, on the projected path of section 16.7)."""
    x, f, g = here
    x_new, f_new, g_new = x.copy(), f.copy(), g.copy()
    length = length.copy()
    waiting = np.flatnonzero(alive)
    for _ in range(TRIALS):
        tried = np.clip(x[waiting] + length[waiting, None] * direction[waiting], 0.0, 1.0)
        f_tried, g_tried = slopes(tried)
        promised = np.einsum("mi,mi->m", tried - x[waiting], free[waiting])
        enough = f_tried >= f[waiting] + SUFFICIENT * promised
        done = waiting[enough]
        x_new[done], f_new[done], g_new[done] = tried[enough], f_tried[enough], g_tried[enough]
        waiting = waiting[~enough]
        if not len(waiting):
            break
        length[waiting] *= SHORTER
    moved = alive.copy()
    moved[waiting] = False
    return x_new, f_new, g_new, moved


def _updated(h: FloatArray, s: FloatArray, y: FloatArray, fresh: BoolArray) -> FloatArray:
    """The BFGS update of H (eq. 6.17); a fresh one is scaled first (eq. 6.20)."""
    sy = np.einsum("mi,mi->m", s, y)
    yy = np.einsum("mi,mi->m", y, y)
    h = h * np.where(fresh, sy / np.maximum(yy, 1e-30), 1.0)[:, None, None]
    rho = 1 / sy
    hy = np.einsum("mij,mj->mi", h, y)
    cross = np.einsum("mi,mj->mij", hy, s)
    along = (1 + rho * np.einsum("mi,mi->m", y, hy)) * rho
    h = h - rho[:, None, None] * (cross + np.swapaxes(cross, 1, 2))
    updated: FloatArray = h + along[:, None, None] * np.einsum("mi,mj->mij", s, s)
    return updated
