"""Learning-rate schedules: what holds for every one of them, and what each promises."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Parameter
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.schedules import (
    SCHEDULES,
    check_overrides,
    make_schedule,
    tunable,
    without_overrides,
)

RANGES: dict[str, Any] = {
    "warmup": st.floats(0, 0.9),
    "warmup_start": st.floats(1e-6, 1),
    "final": st.floats(1e-6, 1),
    "floor": st.floats(1e-6, 1),
    "drop": st.floats(0.01, 0.99),
    "every": st.floats(0.01, 1),
    "cycles": st.integers(1, 20),
    "multiplier": st.floats(1, 4),
    "power": st.floats(0.1, 10),
    "rise": st.floats(0.01, 0.9),
    "start": st.floats(1e-6, 1),
    "curve": st.sampled_from(("cosine", "linear")),
    "patience": st.floats(0, 1),
    "min_delta": st.floats(0, 1),
}
LOSSES = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60)
ENDS_AT_FINAL = ("cosine", "exponential", "polynomial", "one_cycle")
WARMS_UP = tuple(name for name in SCHEDULES.names if name != "one_cycle")


@st.composite
def choices(draw: Any, names: tuple[str, ...] = SCHEDULES.names) -> Choice:
    """Any schedule with any legal options."""
    name = draw(st.sampled_from(names))
    fields = SCHEDULES[name].kind.__struct_fields__
    return Choice(name, draw(st.fixed_dictionaries({}, optional={f: RANGES[f] for f in fields})))


def factors(choice: Choice, steps: int, losses: tuple[float, ...] = ()) -> list[float]:
    schedule = make_schedule(choice)
    return [schedule.factor(step, steps, losses) for step in range(steps)]


def value(choice: Choice, option: str) -> Any:
    return getattr(make_schedule(choice), option)


# --- every schedule -----------------------------------------------------------------------------


@given(choices(), st.integers(1, 400), LOSSES)
def test_a_factor_is_finite_above_zero_and_at_most_one(choice, steps, losses):
    schedule = make_schedule(choice)
    for step in range(steps + 2):
        factor = schedule.factor(step, steps, losses)
        assert math.isfinite(factor)
        assert 0 < factor <= 1


@given(choices(), st.integers(2, 60), LOSSES, st.integers(0, 59))
def test_a_factor_knows_nothing_of_later_losses(choice, steps, losses, step):
    schedule = make_schedule(choice)
    assert schedule.factor(step, steps, losses) == schedule.factor(step, steps, losses[:step])


@given(choices(tuple(name for name in SCHEDULES.names if name != "plateau")), LOSSES)
def test_only_plateau_looks_at_losses(choice, losses):
    assert factors(choice, 20, tuple(losses)) == factors(choice, 20)


@given(choices(), st.integers(2, 50), st.integers(2, 9))
def test_finer_steps_of_the_same_training_meet_the_same_rates(choice, steps, finer):
    if choice.name == "plateau":
        choice = Choice("plateau", {**choice.options, "patience": 1.0})
    coarse = factors(choice, steps)
    fine = factors(choice, (steps - 1) * finer + 1)
    assert fine[::finer] == pytest.approx(coarse, rel=1e-6)


@given(choices(), LOSSES)
def test_a_single_step_takes_the_base_rate(choice, losses):
    assert make_schedule(choice).factor(0, 1, losses) == 1.0


@given(choices(WARMS_UP), st.integers(2, 300))
def test_the_warm_up_rises_in_a_line_from_its_start(choice, steps):
    warmup, start = value(choice, "warmup"), value(choice, "warmup_start")
    rising = [f for step, f in enumerate(factors(choice, steps)) if step / (steps - 1) < warmup]
    assert rising == sorted(rising)
    if rising:
        assert rising[0] == start
    bends = [a - 2 * b + c for a, b, c in zip(rising, rising[1:], rising[2:], strict=False)]
    assert bends == pytest.approx([0.0] * len(bends), abs=1e-12)


@given(choices(WARMS_UP), st.integers(3, 300))
def test_after_the_warm_up_comes_the_same_shape_in_less_time(choice, steps):
    warm = Choice(choice.name, {**choice.options, "warmup": 0.5})
    plain = Choice(choice.name, {**choice.options, "warmup": 0.0})
    late = factors(warm, 2 * steps - 1)[steps - 1 :]
    assert late == pytest.approx(factors(plain, steps), rel=1e-6)


@given(choices(ENDS_AT_FINAL), st.integers(2, 300))
def test_the_last_step_and_all_beyond_have_the_final_rate(choice, steps):
    schedule, final = make_schedule(choice), value(choice, "final")
    for step in (steps - 1, steps, 10 * steps):
        assert schedule.factor(step, steps, ()) == pytest.approx(final, rel=1e-9)


@given(choices(("cosine", "exponential", "polynomial", "one_cycle")))
def test_where_nothing_restarts_the_rate_never_jumps(choice):
    calm = {"cycles": 1, "warmup": 0.2, "power": max(choice.options.get("power", 1.0), 1.0)}
    known = SCHEDULES[choice.name].kind.__struct_fields__
    smooth = Choice(
        choice.name, {**choice.options, **{k: v for k, v in calm.items() if k in known}}
    )
    rates = factors(smooth, 5001)
    jumps = [abs(a - b) for a, b in pairwise(rates)]
    assert max(jumps) < 0.04


# --- each of them -------------------------------------------------------------------------------


def test_constant_is_constant():
    assert factors(Choice("constant"), 5) == [1.0] * 5


def test_steps_drop_after_each_stretch_and_never_for_the_last_moment_alone():
    rates = factors(Choice("step", {"drop": 0.5, "every": 0.25}), 12)
    assert rates == [1.0] * 3 + [0.5] * 3 + [0.25] * 3 + [0.125] * 3


def test_steps_stop_at_the_floor():
    choice = Choice("step", {"drop": 0.1, "every": 0.1, "floor": 0.05})
    assert factors(choice, 21)[-1] == 0.05


def test_exponential_has_the_same_ratio_everywhere():
    rates = factors(Choice("exponential", {"final": 0.01}), 11)
    ratios = [b / a for a, b in pairwise(rates)]
    assert ratios == pytest.approx([0.01**0.1] * 10)


def test_cosine_is_half_way_in_the_middle():
    assert factors(Choice("cosine", {"final": 0.2}), 3) == pytest.approx([1.0, 0.6, 0.2])


def test_each_cycle_of_cosine_is_longer_and_begins_at_the_base_rate():
    # cycles of 1, 2 and 4 sevenths of the training, 10 steps to a seventh
    rates = factors(Choice("cosine", {"cycles": 3, "multiplier": 2.0, "final": 0.01}), 71)
    assert [step for step, rate in enumerate(rates) if rate == pytest.approx(1.0)] == [0, 10, 30]
    assert rates[5] == pytest.approx(rates[20]) == pytest.approx(rates[50])
    assert rates[9] < 0.1
    assert rates[29] < 0.1


def test_polynomial_of_power_one_is_a_straight_line():
    rates = factors(Choice("polynomial", {"final": 0.2, "power": 1.0}), 5)
    assert rates == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2])


@pytest.mark.parametrize("curve", ["cosine", "linear"])
def test_one_cycle_rises_to_the_base_rate_once_and_falls(curve):
    choice = Choice("one_cycle", {"rise": 0.3, "start": 0.1, "final": 0.01, "curve": curve})
    rates = factors(choice, 101)
    assert (rates[0], rates[30], rates[100]) == pytest.approx((0.1, 1.0, 0.01))
    assert rates[:31] == sorted(rates[:31])
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert rates[15] == pytest.approx(0.55)


def plateau(losses: list[float], **options: float) -> list[float]:
    """The factors of 10 steps, the rate dropping to half after 2 steps without a better loss."""
    given = {"drop": 0.5, "patience": 0.2, **options}
    return factors(Choice("plateau", given), 10, tuple(losses))


def test_plateau_keeps_the_rate_while_the_loss_becomes_better():
    assert plateau([1.0 - i / 10 for i in range(10)]) == [1.0] * 10
    assert plateau([-1.0 - i / 10 for i in range(10)]) == [1.0] * 10


def test_plateau_drops_after_its_patience_again_and_again():
    expected = [1.0] * 3 + [0.5] * 2 + [0.25] * 2 + [0.125] * 2 + [0.0625]
    assert plateau([1.0] * 10) == expected


def test_plateau_waits_anew_after_a_better_loss():
    assert plateau([1.0, 1.0, 0.5, 0.5, 0.4, 0.4, 0.4, 0.3, 0.3]) == [1.0] * 7 + [0.5] * 3


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_losses_that_are_no_numbers_are_no_improvement(odd):
    assert plateau([1.0] + [odd] * 9) == plateau([1.0] * 10)
    assert plateau([odd] * 10)[:5] == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_plateau_wants_more_than_min_delta_also_of_losses_below_zero():
    slowly = [-1.0 - 0.001 * i for i in range(10)]
    assert plateau(slowly, min_delta=0.1) == plateau([1.0] * 10)
    assert plateau(slowly, min_delta=0.0) == [1.0] * 10


def test_plateau_counts_from_the_end_of_the_warm_up_on():
    rates = plateau([1.0] * 10, warmup=0.5)
    assert rates[:5] == sorted(rates[:5])
    assert rates[5:] == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_plateau_stops_at_the_floor():
    assert min(plateau([1.0] * 10, floor=0.2)) == 0.2


# --- the catalogue ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "path"),
    [
        (Choice("cosine", {"final": -0.1}), "schedule.final"),
        (Choice("cosine", {"final": 0.0}), "schedule.final"),
        (Choice("cosine", {"final": 1e6}), "schedule.final"),
        (Choice("exponential", {"final": math.nan}), "schedule.final"),
        (Choice("step", {"drop": 1.5}), "schedule.drop"),
        (Choice("step", {"every": 0.0}), "schedule.every"),
        (Choice("constant", {"warmup": 1.0}), "schedule.warmup"),
        (Choice("cosine", {"cycles": 2.5}), "schedule.cycles"),
        (Choice("polynomial", {"power": math.inf}), "schedule.power"),
        (Choice("cosine", {"power": 1.0}), "schedule.power"),
        (Choice("one_cycle", {"curve": "round"}), "schedule.curve"),
        (Choice("cosin"), "schedule"),
    ],
)
def test_a_schedule_that_could_give_a_wrong_rate_cannot_be_made(choice, path):
    with pytest.raises(SpecError) as caught:
        make_schedule(choice)
    assert caught.value.parameter == path


@pytest.mark.parametrize("entry", tuple(SCHEDULES), ids=lambda entry: entry.name)
def test_every_schedule_says_when_to_use_it_and_where_it_comes_from(entry):
    assert entry.use_when.startswith("Use when ")
    assert entry.references
    assert all("arXiv" in reference for reference in entry.references)


@pytest.mark.parametrize("name", SCHEDULES.names)
def test_recommended_parameters_start_from_the_options_and_make_schedules_throughout(name):
    parameters = tunable(name)
    assert len({parameter.name for parameter in parameters}) == len(parameters)
    check_overrides(Choice(name), parameters)
    made = make_schedule(Choice(name))
    for parameter in parameters:
        option = parameter.name.removeprefix("schedule_")
        assert parameter.default_value == getattr(made, option)


def test_recommended_parameters_start_from_what_was_chosen():
    found = {parameter.name: parameter for parameter in tunable("cosine", {"final": 0.02})}
    assert found["schedule_final"].default_value == 0.02


def test_a_chosen_value_outside_of_the_recommended_range_is_brought_into_it():
    found = {parameter.name: parameter for parameter in tunable("cosine", {"cycles": 12})}
    assert found["schedule_cycles"].default_value == 5


# --- what a trial changes -----------------------------------------------------------------------


def test_a_trial_changes_options_of_the_schedule():
    params = {"eta0": 0.1, "schedule_final": 0.5, "schedule_cycles": 2}
    made = make_schedule(Choice("cosine", {"warmup": 0.1}), params)
    assert msgspec.to_builtins(made) == {
        "warmup": 0.1,
        "warmup_start": 0.1,
        "final": 0.5,
        "cycles": 2,
        "multiplier": 2.0,
    }
    assert without_overrides(params) == {"eta0": 0.1}


def test_a_trial_changes_the_schedule_itself_and_keeps_the_options_that_fit():
    base = Choice("cosine", {"warmup": 0.1, "cycles": 3})
    made = make_schedule(base, {"schedule_name": "polynomial", "schedule_power": 2.0})
    assert made == SCHEDULES.make("polynomial", {"warmup": 0.1, "power": 2.0})


@pytest.mark.parametrize(
    ("params", "parameter", "words"),
    [
        ({"schedule_powr": 2.0}, "schedule_powr", "is not an option of cosine"),
        ({"schedule_final": 7.0}, "schedule_final", "of at most 1"),
        ({"schedule_final": None}, "schedule_final", "must be a number"),
        ({"schedule_name": "sine"}, "schedule_name", "Did you mean `cosine`?"),
        ({"schedule_name": 3}, "schedule_name", "must be one of"),
        ({"schedule_name": "step", "schedule_power": 1.0}, "schedule_power", "Tie"),
    ],
)
def test_what_a_trial_cannot_change_is_named_as_the_trial_has_it(params, parameter, words):
    with pytest.raises(SpecError) as caught:
        make_schedule(Choice("cosine"), params)
    assert caught.value.parameter == parameter
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("space", "parameter"),
    [
        ([Float("schedule_final", 1e-3, 2.0)], "schedule_final"),
        ([Float("schedule_power", 1.0, 2.0)], "schedule_power"),
        ([Float("schedule_cycles", 1.0, 2.0)], "schedule_cycles"),
        ([Int("schedule_cycles", 1, 50)], "schedule_cycles"),
        ([Float("schedule_final", 0.1, 1.0, or_none=True)], "schedule_final"),
        ([Categorical("schedule_name", ("cosine", "sine"))], "schedule_name"),
        (
            [
                Categorical("schedule_name", ("cosine", "polynomial")),
                Float("schedule_power", 1.0, 2.0),
            ],
            "schedule_power",
        ),
    ],
)
def test_a_space_with_trials_that_would_fail_is_refused_beforehand(space, parameter):
    with pytest.raises(SpecError) as caught:
        check_overrides(Choice("cosine"), space)
    assert caught.value.parameter == parameter


def test_a_space_of_several_schedules_with_conditions_is_fine():
    space: list[Parameter] = [
        Categorical("schedule_name", ("cosine", "polynomial")),
        Float("schedule_power", 1.0, 2.0, when={"schedule_name": ("polynomial",)}),
        Float("eta0", 1e-4, 1.0, log=True),
    ]
    check_overrides(Choice("constant", {"warmup": 0.1}), space)
