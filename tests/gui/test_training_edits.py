"""Edits of how trials learn, and what the window knows of how models can learn."""

from __future__ import annotations

import msgspec
import pytest

from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import Choice, FunctionSpec, ModelSpec, StudySpec, TrainingSpec
from hpo_gui.gui.learning_facts import BaseRate, learning_facts
from hpo_gui.gui.training_edits import (
    is_learning,
    learn_as_a_whole,
    learn_by_steps,
    leave,
    tune,
    tuned_options,
    with_schedule,
)

RATE = Float("learning_rate_init", 1e-4, 0.5, log=True, default=1e-3)
FINAL = Float("schedule_final", 1e-4, 0.5, log=True)
POWER = Float("schedule_power", 0.5, 4.0)
WARMUP = Float("schedule_warmup", 0.0, 0.3)


def learning(*more: Float | Int, schedule: str = "cosine", **options: float) -> StudySpec:
    model = ModelSpec("mlp", {}, (RATE, *more))
    return StudySpec(
        models=(model,), training=TrainingSpec(steps=30), schedule=Choice(schedule, options)
    )


def by_steps(spec: StudySpec, like: StudySpec | None = None) -> StudySpec:
    return learn_by_steps(spec, spec, like)


def whole(spec: StudySpec, like: StudySpec | None = None) -> StudySpec:
    return learn_as_a_whole(spec, spec, like)


def names(spec: StudySpec) -> list[str]:
    return [parameter.name for model in spec.models for parameter in model.space or ()]


def test_switching_steps_off_takes_the_schedule_and_what_is_tuned_of_it_along():
    spec = learning(FINAL)
    model = msgspec.structs.replace(spec.models[0], fixed={"alpha": 1.0, "schedule_cycles": 2})
    off = whole(msgspec.structs.replace(spec, models=(model,)))
    assert not is_learning(off)
    assert off.schedule == Choice("constant")
    assert names(off) == ["learning_rate_init"]
    assert off.models[0].fixed == {"alpha": 1.0}


def test_switching_steps_on_again_brings_everything_back():
    before = learning(FINAL, warmup=0.1)
    assert by_steps(whole(before), before) == before


def test_switching_steps_on_the_first_time_brings_usual_steps_and_no_schedule():
    on = by_steps(StudySpec(models=(ModelSpec("mlp", {}, (RATE,)),)))
    assert on.training == TrainingSpec()
    assert on.schedule == Choice("constant")


def test_a_model_chosen_meanwhile_keeps_its_own_space():
    before = learning(FINAL)
    other = StudySpec(models=(ModelSpec("sgd", {}, (Float("alpha", 0.1, 1.0),)),))
    on = by_steps(other, before)
    assert names(on) == ["alpha"]
    assert on.schedule == before.schedule


def test_what_the_steps_decide_goes_and_comes_back_with_its_conditions():
    loss = Categorical("loss", ("hinge", "log_loss"))
    kind = Categorical("learning_rate", ("optimal", "constant"))
    eta0 = Float("eta0", 1e-4, 1.0, log=True, when={"learning_rate": ("constant",)})
    model = ModelSpec("sgd", {"max_iter": 500, "average": True}, (loss, kind, eta0))
    before = StudySpec(models=(model,))
    on = by_steps(before)
    assert names(on) == ["loss", "eta0"]
    assert on.models[0].fixed == {"average": True}
    assert on.models[0].space is not None
    assert on.models[0].space[1].when == {}
    narrower = msgspec.structs.replace(on.models[0].space[1], high=0.1)
    edited = ModelSpec("sgd", {"average": True}, (loss, narrower, FINAL))
    off = whole(msgspec.structs.replace(on, models=(edited,)), before)
    assert off.models == (
        ModelSpec(
            "sgd",
            {"max_iter": 500, "average": True},
            (loss, kind, msgspec.structs.replace(eta0, high=0.1)),
        ),
    )


def test_a_recommended_space_is_left_to_be_filled_in_anew():
    filled = StudySpec(models=(ModelSpec("sgd", {}, (Categorical("learning_rate", ("a",)),)),))
    asked = StudySpec(models=(ModelSpec("sgd"),))
    on = learn_by_steps(filled, asked, None)
    assert on.models == filled.models
    assert learn_as_a_whole(on, asked, filled).models == filled.models


def test_another_schedule_keeps_what_it_has_in_common_and_drops_the_rest():
    spec = learning(WARMUP, FINAL, POWER, schedule="polynomial")
    assert names(with_schedule(spec, Choice("exponential"))) == [
        "learning_rate_init",
        "schedule_warmup",
        "schedule_final",
    ]
    same = with_schedule(spec, Choice("polynomial", {"power": 2.0}))
    assert names(same) == names(spec)


def test_an_option_is_tuned_in_every_model_and_left_in_every_one():
    open_one = ModelSpec("sgd")
    spec = StudySpec(models=(ModelSpec("mlp", {}, (RATE, FINAL)), ModelSpec("sgd", {}, ())))
    assert tuned_options(spec) == frozenset()
    tuned = tune(spec, FINAL)
    assert [len(model.space or ()) for model in tuned.models] == [2, 1]
    assert tuned_options(tuned) == {"final"}
    assert names(leave(tuned, "schedule_final")) == ["learning_rate_init"]
    left_open = tune(StudySpec(models=(open_one,)), FINAL)
    assert left_open.models == (open_one,)


def test_a_function_is_edited_as_a_model_is():
    function = FunctionSpec("train.py:step", (RATE,), start="start")
    spec = tune(StudySpec(objective=function), FINAL)
    assert is_learning(spec)
    assert tuned_options(spec) == {"final"}
    assert tuned_options(whole(spec)) == frozenset()


# --- what is known ------------------------------------------------------------------------------


def models(*chosen: ModelSpec | str) -> StudySpec:
    return StudySpec(models=tuple(m if isinstance(m, ModelSpec) else ModelSpec(m) for m in chosen))


def test_the_rate_of_a_model_is_tuned_fixed_or_its_own_default():
    tuned = learning_facts(models(ModelSpec("mlp", {}, (RATE,))), "classification")
    assert (tuned.unit, tuned.why_not, tuned.why_no_rate) == ("epochs", "", "")
    assert tuned.rate == BaseRate("learning_rate_init", 1e-3, 1e-4, 0.5)
    assert tuned.rate.is_tuned
    fixed = ModelSpec("mlp", {"learning_rate_init": 0.02}, ())
    found = learning_facts(models(fixed), "classification").rate
    assert found == BaseRate("learning_rate_init", 0.02, 0.02, 0.02)
    usual = learning_facts(models(ModelSpec("mlp", {}, ())), "classification").rate
    assert usual is not None
    assert not usual.is_tuned


def test_trees_have_steps_and_forests_no_rate():
    boosting = learning_facts(models("hist_gradient_boosting"), "regression")
    assert (boosting.unit, boosting.why_no_rate) == ("trees", "")
    forest = learning_facts(models("random_forest"), "classification")
    assert forest.why_not == ""
    assert forest.why_no_rate.startswith("Random forest has no learning rate")


def test_models_that_learn_only_as_a_whole_are_named():
    facts = learning_facts(models("mlp", "svm", "knn"), "classification")
    assert (
        facts.why_not == "Support vector machine and Nearest neighbours cannot learn step by step."
    )


def test_of_several_models_no_single_rate_is_drawn():
    facts = learning_facts(models("mlp", "sgd"), "classification")
    assert facts.rate is None
    assert facts.why_no_rate == ""
    assert learning_facts(models("mlp", "hist_gradient_boosting"), "classification").unit == ""


@pytest.mark.parametrize("spec", [models("some.package.Model"), models(), models("mlp", "a.B")])
def test_a_model_of_ones_own_may_learn_by_steps(spec: StudySpec):
    facts = learning_facts(spec, "classification")
    assert (facts.why_not, facts.why_no_rate, facts.rate) == ("", "", None)


def test_a_function_learns_by_steps_where_it_has_a_start_and_only_there():
    plain = learning_facts(StudySpec(objective=FunctionSpec("a.py:f")), "regression")
    assert "`start`" in plain.why_not
    assert not plain.always
    space = (Float("speed", 0.1, 1.0), Float("lr", 0.01, 1.0, log=True))
    function = StudySpec(objective=FunctionSpec("a.py:f", space, start="start"))
    facts = learning_facts(function, "regression")
    assert facts.always
    assert facts.rate is not None
    assert facts.rate.name == "lr"
    named = msgspec.structs.replace(function, training=TrainingSpec(rate="speed"))
    rate = learning_facts(named, "regression").rate
    assert rate is not None
    assert rate.name == "speed"


def test_a_function_without_a_learning_rate_says_so():
    function = FunctionSpec("a.py:f", (Float("x", 0.1, 1.0),), start="start")
    facts = learning_facts(StudySpec(objective=function), "regression")
    assert "no parameter for a learning rate" in facts.why_no_rate
