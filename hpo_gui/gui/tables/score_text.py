"""Scores, parameters and origins as words, the same in every table, card and plot."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from hpo_gui.analysis.learning_curves import Course
from hpo_gui.core.expected_gain import ExpectedGain
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Ordinal, Parameter
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import Value, show
from hpo_gui.evaluation.metrics import metric_title

MISSING = "—"
_TITLES = {
    "bayesian": "Bayesian",
    "tpe": "TPE",
    "ehvi": "EHVI",
    "parego": "ParEGO",
    "cma_es": "CMA-ES",
    "sobol": "Sobol",
    "optuna": "Optuna",
    "default": "defaults",
}


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("trials", text)


def decimals_for(scale: float, most: int = 6) -> int:
    """Decimals that show two digits of ``scale``, such as a standard deviation; 4 when unknown."""
    if not math.isfinite(scale) or scale <= 0:
        return 4
    return min(max(1 - math.floor(math.log10(scale)), 0), most)


def score_text(value: float | None, decimals: int = 4) -> str:
    """Write a score: ``0.9657``, ``1,234``, ``3.1e-07``; "—" where there is none.

    >>> [score_text(v) for v in (0.96571, 1234.5, 800.0, 3.1e-7, float("nan"))]
    ['0.9657', '1,234.5', '800', '3.1e-07', '—']
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and size < 0.5 * 10.0**-decimals:
        return _minus(f"{value:.2g}")
    if size >= 1e7:
        return _minus(f"{value:.3e}")
    if size >= 100 and float(value).is_integer():
        return _minus(f"{value:,.0f}")
    if size >= 1000:
        return _minus(f"{value:,.{min(decimals, 1)}f}")
    return _minus(f"{value:.{min(decimals, 2) if size >= 100 else decimals}f}")


def _minus(text: str) -> str:
    return "−" + text[1:] if text.startswith("-") else text


def spread_text(sd: float, decimals: int = 3) -> str:
    """Write a standard deviation: ``± 0.011``; nothing where there is none."""
    return "" if math.isnan(sd) else f"± {score_text(sd, decimals)}"


def difference_text(value: float, half_width: float) -> str:
    """A difference with the half-width of its interval: ``0.039 ± 0.012``."""
    known = math.isfinite(half_width) and half_width > 0
    digits = decimals_for(half_width) if known else 3
    text = score_text(value, digits)
    return text if math.isnan(half_width) else f"{text} ± {score_text(half_width, digits)}"


def param_text(trial: Trial, name: str) -> str:
    """Write a trial's parameter; "—" where it does not apply."""
    return value_text(trial.params[name]) if name in trial.params else MISSING


def value_text(value: Value) -> str:
    """Write a parameter's value with as many digits as people compare."""
    if isinstance(value, float) and 0.001 <= abs(value) < 1000:
        return _minus(f"{value:.3f}" if abs(value) < 1 else f"{value:.4g}")
    if isinstance(value, float) and not value.is_integer():  # all digits would be cut in a table
        return _minus(f"{value:.3g}" if abs(value) < 1 else f"{value:,.1f}")
    return _minus(show(value)) if isinstance(value, int | float) else show(value)


def widest_texts(parameter: Parameter) -> tuple[str, ...]:
    """Texts at least as wide as those of most of its values."""
    if isinstance(parameter, Categorical | Ordinal):
        return tuple(map(value_text, parameter.values))
    ends: tuple[Value, ...] = parameter.low, parameter.high
    if isinstance(parameter, Float):  # NOTE: the ends are round numbers, what is tried is not
        ends = parameter.low * 1.2345, parameter.high / 1.2345
    return tuple(map(value_text, ends))


def share_text(share: float) -> str:
    """A share as per cent, such as ``22 %``; small ones with two digits."""
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def rows_words(course: Course, shares: Sequence[float]) -> str:
    """How far a trial has come over growing shares of the rows.

    Such as ``Pruned after learning from 22 % of the rows (2 of 4 shares).``
    """
    done = min(course.done, len(shares))
    if not done:
        return ""
    words = tr("Pruned after learning") if course.end == "pruned" else tr("Has learnt")
    some = tr("{0} of the rows").format(share_text(shares[done - 1]))
    rows = tr("all rows") if done == len(shares) else some
    return tr("{0} from {1} ({2} of {3} shares).").format(words, rows, done, len(shares))


def course_words(course: Course) -> str:
    """How far a trial has learnt, and what its early end has saved.

    Such as ``Stopped after 12 of 50 steps: no better for 5, best at step 7. 38 steps saved.``
    """
    done, steps = course.done, course.steps
    if course.end == "early":
        since = done - course.counts
        if course.counts and since:
            return tr(
                "Stopped after {0} of {1} steps: no better for {2}, best at step {3}. "
                "{4} steps saved."
            ).format(done, steps, since, course.counts, course.saved)
        return tr("Over after {0} of {1} steps. {2} steps saved.").format(
            done, steps, course.saved
        )
    if course.end == "pruned":
        return tr("Pruned after {0} of {1} steps. {2} steps saved.").format(
            done, steps, course.saved
        )
    words = tr("{0} of {1} steps").format(done, steps)
    if course.counts and course.counts < done:
        words += tr(", best at step {0}").format(course.counts)
    return words


def origin_title(strategy: str) -> str:
    """A strategy's name as people read it: ``hill climbing``, ``Bayesian``, ``defaults``."""
    words = {
        "manual": tr("by hand"),
        "earlier": tr("earlier study"),
        "tested": tr("starting point"),
        "repeat": tr("run again"),
    }
    if strategy in words:
        return words[strategy]
    return _TITLES.get(strategy) or strategy.replace("_", " ")


def gain_words(gain: ExpectedGain) -> str:
    """What the next trials will bring: ``next 20 trials: better by 0.003 (0 to 0.008)``."""
    if gain.mean <= 0:
        return tr("next {0:,} trials: no gain expected").format(gain.trials)
    digits = decimals_for(max(gain.high, gain.mean), 8)
    return tr("next {0:,} trials: better by {1} ({2} to {3})").format(
        gain.trials, *(_rounded(value, digits) for value in (gain.mean, gain.low, gain.high))
    )


def _rounded(value: float, digits: int) -> str:
    return "0" if round(value, digits) == 0 else score_text(value, digits)


def gain_hint(gain: ExpectedGain, goal: Goal) -> str:
    """What `gain_words` mean, for a tooltip."""
    text = tr(
        "The next {0:,} trials are expected to make the best {1} better by {2:.2g}; four times of "
        "five by {3:.2g} to {4:.2g}. The chance that it gets {5} is {6:.0%}."
    )
    real = (
        tr("better by more than the chance of the folds ({0:.2g})").format(gain.noise)
        if gain.noise > 0
        else tr("better at all")
    )
    told = text.format(
        gain.trials,
        metric_words(goal.metric),
        gain.mean,
        gain.low,
        gain.high,
        real,
        gain.chance,
    )
    more = tr(
        "Estimated from how often and by how much the best score has improved, and from how the "
        "best scores crowd together."
    )
    return f"{told}\n\n{more}"


def metric_words(metric: str) -> str:
    """A metric's title inside a sentence: ``accuracy``, ``ROC AUC``."""
    title = metric_title(metric)
    return title[0].lower() + title[1:] if title[1:2].islower() else title


def goal_words(goal: Goal) -> str:
    """The metric with its direction where that is not "larger is better"."""
    words = metric_words(goal.metric)
    return words if goal.maximize else tr("{0} (smaller is better)").format(words)


def state_words(state: TrialState | str) -> str:
    """A state as people read it."""
    words = {
        "waiting": tr("waiting"),
        "running": tr("running"),
        "complete": tr("complete"),
        "pruned": tr("pruned"),
        "failed": tr("failed"),
        "cancelled": tr("cancelled"),
        "retracted": tr("retracted"),
    }
    return words[str(state)]
