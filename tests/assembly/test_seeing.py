"""How trials of earlier versions look in the space as it is now."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hpo_gui.assembly.resolution import make_space
from hpo_gui.assembly.seeing import see_from
from hpo_gui.core.fitting import why_outside
from hpo_gui.core.parameter import Categorical, Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import FunctionSpec, ModelSpec, StudySpec
from hpo_gui.core.trial import Origin, Trial
from hpo_gui.core.value import Params
from tests.core.random_spaces import conditional_spaces

USUAL: dict[str, Params] = {
    "svm": {"C": 1.0, "kernel": "rbf", "gamma": 0.25, "shrinking": True},
    "tree": {"max_depth": None, "min_samples_leaf": 1, "max_features": None},
}
C = Float("C", 0.1, 10.0, log=True)
DEPTH = Int("max_depth", 1, 9, or_none=True)


def of_svm(*space: Parameter, rules: tuple[str, ...] = (), **fixed: object) -> StudySpec:
    return StudySpec(models=(ModelSpec("svm", fixed, space, rules),))


def of_tree(*space: Parameter, **fixed: object) -> StudySpec:
    return StudySpec(models=(ModelSpec("tree", fixed, space),))


def both(first: StudySpec, second: StudySpec) -> StudySpec:
    return StudySpec(models=(*first.models, *second.models))


def of_function(*space: Parameter) -> StudySpec:
    return StudySpec(objective=FunctionSpec("f.py:f", space))


def seen(then: StudySpec, now: StudySpec, params: Params) -> Params:
    see = see_from({1: then, 2: now}, now, USUAL)
    trial = Trial(0, params, Origin("random"))
    return trial.params if see is None else see(trial).params


def reason(then: StudySpec, now: StudySpec, params: Params) -> str:
    return why_outside(make_space(now), seen(then, now, params))


def test_a_wider_range_changes_nothing() -> None:
    now = of_svm(Float("C", 0.01, 100.0, log=True))
    trial = Trial(0, {"C": 3.0}, Origin("random"))
    see = see_from({1: of_svm(C), 2: now}, now, USUAL)
    assert see is not None
    assert see(trial) is trial
    assert reason(of_svm(C), now, {"C": 3.0}) == ""


def test_what_a_narrower_range_leaves_out_says_so() -> None:
    now = of_svm(Float("C", 0.1, 5.0))
    assert seen(of_svm(C), now, {"C": 9.0}) == {"C": 9.0}
    assert reason(of_svm(C), now, {"C": 9.0}) == "C = 9 is above today's range"
    assert reason(of_svm(C), of_svm(Float("C", 5.0, 9.0)), {"C": 2.0}).endswith(
        "below today's range"
    )


def test_a_new_parameter_has_the_value_that_trials_really_had() -> None:
    now = of_svm(C, Float("gamma", 0.01, 1.0), Categorical("shrinking", (False, True)))
    params = {"C": 3.0, "gamma": 0.25, "shrinking": True}
    assert seen(of_svm(C), now, {"C": 3.0}) == params
    assert seen(of_svm(C, gamma=0.5), now, {"C": 3.0}) == {**params, "gamma": 0.5}
    assert seen(of_tree(DEPTH), of_tree(Int("max_depth", 1, 9, or_none=True)), {"max_depth": None})


def test_a_new_parameter_whose_default_lies_outside_says_so() -> None:
    now = of_svm(C, Float("gamma", 0.5, 1.0, default=0.7))
    assert reason(of_svm(C), now, {"C": 3.0}) == "gamma = 0.25 is below today's range"


def test_a_parameter_that_is_no_longer_tuned_fits_where_it_had_what_trials_of_today_have() -> None:
    then = of_svm(C, Float("gamma", 0.01, 1.0))
    assert seen(then, of_svm(C), {"C": 3.0, "gamma": 0.25}) == {"C": 3.0}
    assert seen(then, of_svm(C, gamma=0.5), {"C": 3.0, "gamma": 0.5}) == {"C": 3.0}
    words = "gamma = 0.5 is not what today's trials have"
    assert reason(then, of_svm(C), {"C": 3.0, "gamma": 0.5}) == words
    assert reason(then, of_svm(C, gamma=0.3), {"C": 3.0, "gamma": 0.25}).startswith("gamma = 0.25")


def test_another_fixed_value_is_another_function() -> None:
    assert reason(of_svm(C), of_svm(C, shrinking=False), {"C": 3.0}).startswith("shrinking = true")
    assert reason(of_svm(C, shrinking=False), of_svm(C), {"C": 3.0}).startswith("shrinking = fal")
    assert reason(of_svm(C), of_svm(C, shrinking=True), {"C": 3.0}) == ""
    assert reason(of_svm(C), of_svm(C, unheard=1), {"C": 3.0}).startswith("unheard = unknown")


def test_what_was_inactive_says_nothing() -> None:
    kernel = Categorical("kernel", ("rbf", "linear"))
    gamma = Float("gamma", 0.01, 1.0, when={"kernel": ("rbf",)})
    then = of_svm(kernel, gamma)
    assert reason(then, of_svm(kernel, gamma=0.9), {"kernel": "linear"}) == ""
    assert reason(then, of_svm(gamma=0.9), {"kernel": "rbf", "gamma": 0.9}) == ""
    everywhere = of_svm(kernel, Float("gamma", 0.01, 1.0))
    assert seen(everywhere, then, {"kernel": "linear", "gamma": 0.9}) == {"kernel": "linear"}
    assert seen(then, everywhere, {"kernel": "linear"}) == {"kernel": "linear", "gamma": 0.25}


def test_removed_choices_and_broken_rules_are_outside() -> None:
    then = of_svm(Categorical("kernel", ("rbf", "poly")))
    now = of_svm(Categorical("kernel", ("rbf", "linear")))
    assert reason(then, now, {"kernel": "poly"}) == "kernel = poly is no choice today"
    assert reason(then, now, {"kernel": "rbf"}) == ""
    ruled = of_svm(C, Float("gamma", 0.01, 1.0), rules=("C * gamma < 1",))
    assert reason(of_svm(C), ruled, {"C": 9.0}) == "it does not keep `C * gamma < 1`"


def test_choices_of_another_type_do_not_take_a_number_for_a_truth() -> None:
    then = of_svm(Categorical("shrinking", (True, False)))
    now = of_svm(Categorical("shrinking", (1, 0)))
    assert reason(then, now, {"shrinking": True}) == "shrinking = true is no choice today"


def test_a_count_is_no_share() -> None:
    then = of_tree(Int("min_samples_leaf", 1, 9))
    now = of_tree(Float("min_samples_leaf", 0.0, 1.0))
    assert reason(then, now, {"min_samples_leaf": 1}) == "it has no value for min_samples_leaf"
    assert reason(of_tree(), now, {}) == "it has no value for min_samples_leaf"
    assert reason(of_tree(Int("C", 1, 9)), of_tree(Float("C", 1, 9)), {"C": 1}) == ""


def test_one_model_becomes_one_of_several_and_back() -> None:
    one, several = of_svm(C), both(of_svm(C), of_tree(DEPTH))
    assert seen(one, several, {"C": 3.0}) == {"model": "svm", "svm.C": 3.0}
    assert seen(several, one, {"model": "svm", "svm.C": 3.0}) == {"C": 3.0}
    other = {"model": "tree", "tree.max_depth": 3}
    assert seen(several, one, other) == other
    assert reason(several, one, other) != ""
    assert reason(one, of_tree(DEPTH), {"C": 3.0}).startswith("model = svm")


def test_a_function_s_new_parameter_had_its_declared_default() -> None:
    x, y = Float("x", 0.0, 1.0), Float("y", 0.0, 1.0, default=0.5)
    assert seen(of_function(x), of_function(x, y), {"x": 0.1}) == {"x": 0.1, "y": 0.5}
    assert seen(of_function(x, y), of_function(x), {"x": 0.1, "y": 0.5}) == {"x": 0.1}
    assert reason(of_function(y), of_function(x, y), {"y": 0.1}) == "it has no value for x"
    words = "x = 0.1 is not what today's trials have"
    assert reason(of_function(x, y), of_function(y), {"x": 0.1, "y": 0.1}) == words


def test_trials_of_a_version_that_is_not_there_stay_as_they_are() -> None:
    see = see_from({1: of_svm(C), 3: of_svm(DEPTH)}, of_svm(DEPTH), USUAL)
    assert see is not None
    trial = Trial(0, {"C": 3.0}, Origin("random"), spec_version=2)
    assert see(trial) is trial


def test_versions_with_equal_spaces_need_no_seeing() -> None:
    assert see_from({1: of_svm(C), 2: structs.replace(of_svm(C), name="b")}, of_svm(C), {}) is None


@settings(max_examples=60, deadline=None)
@given(space=conditional_spaces(constrained=True), position=st.lists(st.floats(0, 1), max_size=12))
def test_a_trial_of_the_same_space_is_seen_as_it_is_alone_and_among_several(
    space: Space, position: list[float]
) -> None:
    rules = tuple(rule.text for rule in space.constraints)
    own = of_svm(*space.parameters, rules=rules)
    several = both(own, of_tree(DEPTH))
    params = space.decode([*position, *[0.5] * len(space)][: len(space)])
    trial = Trial(0, params, Origin("random"))
    for now in (own, several):
        see = see_from({1: own, 2: structs.replace(own, models=())}, now, USUAL)
        assert see is not None
        there = pickle.loads(pickle.dumps(see))(trial)
        legal = make_space(now).contains(there.params)
        assert legal == space.contains(params)
        back = see_from({1: now, 2: own}, own, USUAL)
        assert (there if back is None else back(there)).params == params
        assert why_outside(make_space(now), there.params) == "" or not legal
