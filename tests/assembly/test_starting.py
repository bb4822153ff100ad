"""What is tried before the strategy decides, and in which order."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hpo_gui.assembly.examples import suggest_spec
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import BudgetSpec, Choice, FunctionSpec, ModelSpec, StartSpec, StudySpec
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import params_key
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.starting_points import points_for
from hpo_gui.evaluation.table import Table, read_table

WIDE = BudgetSpec(trials=1000)


@pytest.fixture(scope="module")
def penguins() -> Table:
    return read_table("sample:penguins", Path())


def study(table: Table, *models: ModelSpec, earlier: Any = (), **changes: Any) -> Resolved:
    spec = suggest_spec("sample:penguins")
    changes = {"budget": WIDE, "models": models, **changes}
    resolved = resolve(msgspec.structs.replace(spec, **changes), table, earlier)
    assert resolved.problems == ()
    assert resolved.space is not None
    assert all(resolved.space.contains(proposal.params) for proposal in resolved.start)
    return resolved


def origins(resolved: Resolved) -> list[str]:
    return [proposal.origin.strategy for proposal in resolved.start]


def test_the_defaults_come_first_then_tested_points_with_their_rank(penguins: Table) -> None:
    resolved = study(penguins, ModelSpec("svm"))
    points = points_for("svm", "classification", 220, 7)
    assert origins(resolved) == ["default", *["tested"] * len(points)]
    reasons = [proposal.origin.reason for proposal in resolved.start]
    assert reasons[1] == f"A tested starting point for svm: number 1 of {len(points)}."


@pytest.mark.parametrize("name", sorted(name for name, e in MODELS.items() if e.available))
def test_starts_are_legal_and_different_for_every_model(penguins: Table, name: str) -> None:
    data = suggest_spec("sample:penguins").data
    assert data is not None
    target = "species" if "classification" in MODELS[name].tasks else "body_mass_g"
    data = msgspec.structs.replace(data, target=target)
    resolved = study(penguins, ModelSpec(name), data=data)
    keys = {params_key(proposal.params) for proposal in resolved.start}
    assert len(keys) == len(resolved.start)


def test_the_order_is_defaults_typed_earlier_tested(penguins: Table) -> None:
    typed: dict[str, Any] = {"C": 2.0, "kernel": "linear"}
    old = Proposal({"C": 3.0, "kernel": "linear"}, Origin("earlier", "Of old."))
    start = StartSpec(configurations=(typed,))
    resolved = study(penguins, ModelSpec("svm"), earlier=(old,), start=start)
    assert origins(resolved)[:4] == ["default", "manual", "earlier", "tested"]


def test_what_was_tried_already_is_left_out_but_never_what_was_typed(penguins: Table) -> None:
    plain = study(penguins, ModelSpec("svm")).start
    default, tested = plain[0].params, plain[2].params
    start = StartSpec(configurations=(default, tested))
    old = Proposal(tested, Origin("earlier"))
    resolved = study(penguins, ModelSpec("svm"), earlier=(old,), start=start)
    counts = Counter(origins(resolved))
    assert counts == {"default": 1, "manual": 2, "tested": len(plain) - 2}


def test_each_kind_can_be_switched_off(penguins: Table) -> None:
    svm = ModelSpec("svm")
    assert set(origins(study(penguins, svm, start=StartSpec(tested=False)))) == {"default"}
    assert set(origins(study(penguins, svm, start=StartSpec(defaults=False)))) == {"tested"}
    nothing = StartSpec(defaults=False, tested=False)
    assert origins(study(penguins, svm, start=nothing)) == []


@pytest.mark.parametrize("strategy", [Choice("grid", {"points": 2}), Choice("manual")])
def test_a_strategy_that_decides_alone_gets_tested_points_only_when_told(
    penguins: Table, strategy: Choice
) -> None:
    if strategy.name == "manual":
        strategy = Choice("manual", {"configurations": [{"C": 1.0, "kernel": "linear"}]})
    svm = ModelSpec("svm", {}, (Float("C", 0.1, 10.0), Categorical("kernel", ("linear",))))
    assert origins(study(penguins, svm, strategy=strategy)) == []
    told = study(penguins, svm, strategy=strategy, start=StartSpec(tested=True))
    assert set(origins(told)) == {"tested"}


@pytest.mark.parametrize(("trials", "most"), [(1, 1), (3, 1), (7, 1), (8, 2), (20, 5), (1000, 9)])
def test_the_first_trials_take_at_most_a_quarter_but_the_defaults_always_come(
    penguins: Table, trials: int, most: int
) -> None:
    resolved = study(penguins, ModelSpec("svm"), budget=BudgetSpec(trials=trials))
    assert 1 <= len(resolved.start) <= most
    assert origins(resolved)[0] == "default"


def test_a_budget_of_time_alone_takes_all_points(penguins: Table) -> None:
    timed = study(penguins, ModelSpec("svm"), budget=BudgetSpec(seconds=60))
    assert timed.start == study(penguins, ModelSpec("svm")).start


def test_a_budget_of_time_alone_takes_one_point_of_each_cheap_model_of_several(
    penguins: Table,
) -> None:
    models = (ModelSpec("random_forest"), ModelSpec("knn"), ModelSpec("naive_bayes"))
    timed = study(penguins, *models, budget=BudgetSpec(seconds=60))
    assert [(p.origin.strategy, p.params["model"]) for p in timed.start] == [
        ("default", "naive_bayes"),
        ("default", "knn"),
        ("default", "random_forest"),
        ("tested", "naive_bayes"),
        ("tested", "knn"),
    ]


def test_an_open_budget_counts_as_what_it_is_filled_in_with(penguins: Table) -> None:
    opened = study(penguins, ModelSpec("svm"), budget=BudgetSpec())
    again = resolve(parse_spec(spec_to_toml(opened.spec)), penguins)
    assert again.start == opened.start
    assert len(opened.start) <= 15


def test_earlier_studies_come_whatever_the_budget(penguins: Table) -> None:
    earlier = [Proposal({"C": float(c), "kernel": "linear"}, Origin("earlier")) for c in (2, 3, 4)]
    budget = BudgetSpec(trials=8)
    resolved = study(penguins, ModelSpec("svm"), earlier=earlier, budget=budget)
    assert origins(resolved) == ["default", "earlier", "earlier", "earlier"]


def test_several_models_take_turns_by_rank_the_cheapest_first(penguins: Table) -> None:
    models = (ModelSpec("svm"), ModelSpec("knn"), ModelSpec("naive_bayes"))
    resolved = study(penguins, *models)
    names = [proposal.params["model"] for proposal in resolved.start]
    assert names[:6] == ["naive_bayes", "knn", "svm"] * 2
    assert origins(resolved)[:4] == ["default", "default", "default", "tested"]
    few = study(penguins, *models, budget=BudgetSpec(trials=20))
    assert [p.params["model"] for p in few.start] == names[:5]


def test_points_move_into_an_edited_space_and_stay_different(penguins: Table) -> None:
    space = (Int("max_depth", 3, 4), Int("min_samples_leaf", 5, 6, default=6))
    resolved = study(penguins, ModelSpec("decision_tree", {}, space))
    assert 2 <= len(resolved.start) <= 4
    assert {frozenset(p.params) for p in resolved.start} == {
        frozenset(("max_depth", "min_samples_leaf"))
    }


def test_points_that_contradict_a_fixed_value_or_a_constraint_are_left_out(
    penguins: Table,
) -> None:
    kernels = {
        number
        for number, point in enumerate(points_for("svm", "classification", 220, 7), 1)
        if point["kernel"] == "rbf"
    }
    fixed = study(penguins, ModelSpec("svm", {"kernel": "rbf"}))
    told = {int(p.origin.reason.split("number ")[1].split()[0]) for p in fixed.start[1:]}
    assert told
    assert told <= kernels
    strict = study(penguins, ModelSpec("svm", {}, None, ("C < 2",)))
    assert all(proposal.params["C"] < 2 for proposal in strict.start)


def test_a_foreign_estimator_and_a_function_have_no_tested_points(penguins: Table) -> None:
    estimator = ModelSpec("sklearn.svm.NuSVC", {}, (Float("nu", 0.1, 0.5, default=0.3),))
    assert origins(study(penguins, estimator)) == ["default"]
    function = FunctionSpec("mine.py:f", (Float("x", 0, 1, default=0.5),))
    spec = StudySpec(objective=function, start=StartSpec(tested=True))
    assert origins(resolve(spec, None)) == ["default"]


def test_the_size_of_a_study_counts_its_start(penguins: Table) -> None:
    space = (Int("max_depth", 1, 40), Categorical("criterion", ("gini", "entropy")))
    resolved = study(penguins, ModelSpec("decision_tree", {}, space))
    assert resolved.size == 80 + len(resolved.start)
    assert math.isinf(study(penguins, ModelSpec("svm")).size)


def test_the_section_survives_the_text() -> None:
    spec = parse_spec('[start]\ntested = false\nearlier = ["a.hpostudy", "b/c.hpostudy"]\n')
    assert spec.start == StartSpec(tested=False, earlier=("a.hpostudy", "b/c.hpostudy"))
    assert parse_spec(spec_to_toml(spec)) == spec


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('tested = "yes"', "start.tested must be true or false"),
        ('earlier = "a.hpostudy"', "start.earlier must be a list"),
        ("earlier = [3]", "start.earlier"),
        ("early = []", "start"),
    ],
)
def test_a_badly_written_section_is_told_by_its_key(text: str, words: str) -> None:
    from hpo_gui.core.errors import SpecError

    with pytest.raises(SpecError, match=words):
        parse_spec(f"[start]\n{text}\n")
