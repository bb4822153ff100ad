"""The order of rows stays that of a full sort, however trials arrive."""

import numpy as np
import pytest

from hpo_gui.gui.tables.trial_order import TrialOrder

NOBODY = np.empty(0, dtype=np.intp)


def full_sort(values, descending):
    """Numbers by value, NaN last, the newest of equals first."""

    def key(number):
        value = values[number]
        missing = np.isnan(value)
        return (missing, 0 if missing else -value if descending else value, -number)

    return sorted(range(len(values)), key=key)


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_batches_end_up_where_a_full_sort_puts_them(seed, descending):
    rng = np.random.default_rng(seed)
    values = np.round(rng.random(40), 1)
    values[rng.random(40) < 0.2] = np.nan
    order = TrialOrder(lambda: values, descending)
    order.rebuild(NOBODY, np.ones(40, dtype=bool))
    assert order.shown.tolist() == full_sort(values, descending)
    for _ in range(10):
        more = np.round(rng.random(rng.integers(0, 6)), 1)
        values = np.concatenate([values, more])
        changed = rng.choice(len(values), 4, replace=False)
        values[changed] = np.round(rng.random(4), 1)
        order.update(changed, NOBODY, np.ones(len(values), dtype=bool))
        assert order.shown.tolist() == full_sort(values, descending)


def test_running_trials_stand_on_top_and_move_when_they_end():
    values = np.array([0.3, 0.9, 0.5, np.nan, np.nan])
    order = TrialOrder(lambda: values)
    everything = np.ones(5, dtype=bool)
    order.rebuild(np.array([4, 3]), everything)
    assert order.shown.tolist() == [4, 3, 1, 2, 0]
    values[3] = 0.7
    order.update(np.array([3]), np.array([4]), everything)
    assert order.shown.tolist() == [4, 1, 3, 2, 0]


def test_a_mask_hides_rows_without_sorting_again():
    values = np.array([0.3, 0.9, 0.5])
    order = TrialOrder(lambda: values)
    order.rebuild(NOBODY, np.ones(3, dtype=bool))
    order.show(NOBODY, np.array([True, False, True]))
    assert order.shown.tolist() == [2, 0]


def test_no_trials_have_no_order():
    order = TrialOrder(lambda: np.empty(0))
    order.rebuild(NOBODY, np.empty(0, dtype=bool))
    order.update(NOBODY, NOBODY, np.empty(0, dtype=bool))
    assert order.shown.tolist() == []
