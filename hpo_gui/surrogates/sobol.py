"""Sobol sequences: points that fill the unit cube more evenly than random ones.

Notation: n points, d dimensions, b = 30 binary digits a coordinate. Direction numbers: Joe, Kuo
(2008), SIAM J. Sci. Comput. 30(5), read from scipy's data file: `scipy.stats.qmc` itself takes
0.7 s to import. Scrambling: Matoušek (1998), On the L2-discrepancy for anchored boxes, J.
Complexity 14 (a random linear map of the digits), then a random digital shift.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BITS = 30
MAX_DIMENSIONS = 1024  # beyond these, coordinates are independent random numbers

FloatArray = NDArray[np.float64]
BitArray = NDArray[np.uint32]


def sobol_points(count: int, dimensions: int, seed: int, skip: int = 0) -> FloatArray:
    """Points ``skip`` … ``skip + count - 1`` of a scrambled Sobol sequence, shape (count, d).

    Parameters
    ----------
    count : any number of points; powers of two from a power of two on are balanced best
    dimensions : any number; the first 1,024 are Sobol's, the others are drawn at random
    seed : of the scrambling; each one (>= 0) gives another sequence, equally even
    skip : how many points to leave out at the start

    Returns
    -------
    Coordinates in [0, 1), all different within one of the first 1,024 columns. Point i is the same
    whatever ``count`` and ``skip`` are.

    Raises
    ------
    ValueError : the sequence ends after 2^30 points
    """
    if not 0 <= skip <= skip + count <= 2**BITS:
        raise ValueError(f"points must lie within 0 … 2^{BITS}, but got {skip=}, {count=}")
    inner = min(dimensions, MAX_DIMENSIONS)
    directions, shift = _scrambled(inner, seed)
    numbers = np.arange(skip, skip + count, dtype=np.uint32)
    digits = np.repeat(shift[None, :], count, axis=0)
    for bit in range(int(skip + count - 1).bit_length() if count else 0):
        chosen = (numbers >> np.uint32(bit) & np.uint32(1))[:, None]
        digits ^= chosen * directions[bit]
    points = digits.astype(np.float64) * 2.0**-BITS
    if dimensions > inner:
        points = np.hstack([points, _random_columns(count, dimensions - inner, seed, skip)])
    return points


@lru_cache(maxsize=32)
def _scrambled(dimensions: int, seed: int) -> tuple[BitArray, BitArray]:
    """Direction numbers after scrambling, shape (b, d), and the shift, shape (d,)."""
    plain = _directions(dimensions)
    rng = np.random.default_rng([seed, dimensions])
    # row r of the lower triangular matrix L says which digits go into digit r, itself always
    weights = np.uint32(1) << np.arange(BITS - 1, -1, -1, dtype=np.uint32)
    free = rng.integers(0, 2**BITS, (BITS, dimensions), dtype=np.uint32)
    above = ~(2 * weights - 1) & np.uint32(2**BITS - 1)
    rows = free & above[:, None] | weights[:, None]
    parity = np.bitwise_count(plain[None, :, :] & rows[:, None, :]) & 1  # (digit, number, d)
    directions = (parity * weights[:, None, None]).sum(axis=0, dtype=np.uint32)
    return directions, rng.integers(0, 2**BITS, dimensions, dtype=np.uint32)


@lru_cache(maxsize=8)
def _directions(dimensions: int) -> BitArray:
    """Direction numbers V_1 … V_b, the first digit highest, shape (b, d)."""
    numbers = np.zeros((BITS, dimensions), dtype=np.uint32)
    polynomials, initial = _table()
    for column in range(dimensions):
        polynomial = int(polynomials[column])
        degree = polynomial.bit_length() - 1
        m = [int(number) for number in initial[column, : max(degree, 1)]]
        while len(m) < BITS:
            if not degree:  # the first dimension is van der Corput's sequence
                m.append(1)
                continue
            following = m[-degree]
            for power in range(1, degree + 1):
                if polynomial >> (degree - power) & 1:
                    following ^= m[-power] << power
            m.append(following)
        numbers[:, column] = [value << (BITS - 1 - i) for i, value in enumerate(m)]
    return numbers


@lru_cache(maxsize=1)
def _table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Primitive polynomials (d,), bit i for x^i, and initial numbers (d, 18) of Joe and Kuo."""
    package = find_spec("scipy")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "stats/_sobol_direction_numbers.npz"
    with np.load(path, allow_pickle=False) as data:
        return data["poly"][:MAX_DIMENSIONS].copy(), data["vinit"][:MAX_DIMENSIONS].copy()


def _random_columns(count: int, columns: int, seed: int, skip: int) -> FloatArray:
    """Independent coordinates; each takes one step of the generator, so ``skip`` can jump."""
    generator = np.random.PCG64([seed, columns])
    generator.advance(skip * columns)
    return np.random.Generator(generator).random((count, columns))
