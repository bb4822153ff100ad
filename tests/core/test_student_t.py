"""Student's t agrees with SciPy to the last digits."""

import math

import pytest
from scipy import special, stats

from hpo_gui.core.student_t import incomplete_beta, t_cdf, t_quantile


@pytest.mark.parametrize("nu", [1, 2, 4, 9, 49, 1000])
@pytest.mark.parametrize("t", [-30.0, -2.0, -0.1, 0.0, 0.5, 3.0, 100.0])
def test_the_distribution_equals_scipys(t: float, nu: float) -> None:
    assert t_cdf(t, nu) == pytest.approx(stats.t.cdf(t, nu), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("nu", [1, 2, 4, 9, 49, 1000])
@pytest.mark.parametrize("share", [0.001, 0.025, 0.5, 0.9, 0.975, 0.9995])
def test_the_quantile_equals_scipys(share: float, nu: float) -> None:
    assert t_quantile(share, nu) == pytest.approx(stats.t.ppf(share, nu), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("x", "a", "b"), [(0.2, 2, 3), (0.9, 0.5, 4), (0.0, 1, 1), (1.0, 1, 1)])
def test_the_incomplete_beta_function_equals_scipys(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-12)


def test_infinities_and_nan_have_their_limits() -> None:
    assert (t_cdf(math.inf, 3), t_cdf(-math.inf, 3)) == (1.0, 0.0)
    assert math.isnan(t_cdf(math.nan, 3))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_share_outside_the_open_unit_interval_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        t_quantile(share, 3)
