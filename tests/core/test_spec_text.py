"""Specifications as text: exact round trips, and errors that name path, rule, value and remedy."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import ModelSpec, StartSpec, StudySpec
from hpo_gui.core.spec_text import (
    parse_spec,
    read_spec,
    spec_from_dict,
    spec_to_dict,
    spec_to_json,
    spec_to_toml,
)
from tests.core.random_spaces import specs

PENGUINS = """
version = 1
name = "penguins"
seed = 7

[data]
source = "penguins.csv"
target = "species"
ignore = ["year"]
test_share = 0.2

[[models]]
name = "random_forest"
fixed = { n_estimators = 200, class_weight = { none = true } }
[models.space]
max_depth = { type = "int", low = 1, high = 50, log = true, or_none = true }
bootstrap = { type = "categorical", choices = [true, false] }
layers = { type = "categorical", choices = [[64, 32], [16], { none = true }] }
max_samples = { type = "float", low = 0.5, high = 1.0, when = { bootstrap = [true] } }

[validation]
kind = "stratified_k_fold"
folds = 5
shuffle = true

[[goals]]
metric = "accuracy"

[strategy]
name = "auto"

[pruner]
name = "fold_racing"

[budget]
trials = 60
seconds = 120

[compute]
workers = 2
"""


def assert_same(read: StudySpec, spec: StudySpec) -> None:
    """Equal, with parameters in the same order, and true not mixed up with 1."""
    assert read == spec
    texts = [json.dumps(spec_to_dict(one), sort_keys=True) for one in (read, spec)]
    assert texts[0] == texts[1]


@given(specs())
@settings(max_examples=60)
def test_json_gives_the_same_specification_back(spec: StudySpec) -> None:
    assert_same(parse_spec(spec_to_json(spec)), spec)


@given(specs())
@settings(max_examples=60)
def test_toml_gives_the_same_specification_back(spec: StudySpec) -> None:
    assert_same(parse_spec(spec_to_toml(spec)), spec)


def test_a_specification_is_read_as_a_person_writes_it() -> None:
    spec = parse_spec(PENGUINS)
    assert spec.validation is not None
    assert spec.validation.name == "stratified_k_fold"
    assert spec.validation.options == {"folds": 5, "shuffle": True}
    assert spec.budget.seconds == 120
    (model,) = spec.models
    assert model.fixed == {"n_estimators": 200, "class_weight": None}
    assert model.space == (
        Int("max_depth", 1, 50, log=True, or_none=True),
        Categorical("bootstrap", (True, False)),
        Categorical("layers", ((64, 32), (16,), None)),
        Float("max_samples", 0.5, 1.0, when={"bootstrap": (True,)}),
    )


def test_a_written_specification_has_a_line_for_each_parameter() -> None:
    text = spec_to_toml(parse_spec(PENGUINS))
    assert 'max_depth = {type = "int", low = 1, high = 50, log = true, or_none = true}' in text
    assert 'kind = "stratified_k_fold"' in text
    assert parse_spec(text) == parse_spec(PENGUINS)


def test_a_function_may_have_its_space_beside_it() -> None:
    text = """
    [objective]
    function = "f.py:objective"
    [space]
    x = { type = "float", low = 0, high = 1 }
    """
    spec = parse_spec(text)
    assert spec.objective is not None
    assert spec.objective.space == (Float("x", 0, 1),)


def test_lists_in_values_become_tuples_everywhere() -> None:
    spec = parse_spec("""
    strategy = { name = "grid", values = { layers = [[64, 32], [16]] } }
    start = { configurations = [{ layers = [64, 32] }] }
    [[models]]
    name = "mlp"
    fixed = { layers = [64, 32] }
    """)
    assert spec.models[0].fixed == {"layers": (64, 32)}
    assert spec.start.configurations == ({"layers": (64, 32)},)
    assert spec.strategy.options == {"values": {"layers": ((64, 32), (16,))}}


def test_a_strategy_may_be_just_a_name() -> None:
    assert parse_spec('strategy = "grid"').strategy.name == "grid"


def _model(**parameter: Any) -> dict[str, Any]:
    return {"models": [{"name": "svc", "space": {"C": parameter}}]}


BAD: list[tuple[Any, str, str, Any, str]] = [
    # specification, key path, rule, value got, remedy
    ({"nme": 1}, "nme", "is not a known key", 1, "Did you mean `name`?"),
    ({"zzz": 1}, "zzz", "is not a known key", 1, "Known keys are: version, name"),
    ({"name": 3}, "name", "must be text", 3, ""),
    ({"version": "1"}, "version", "must be a whole number from 1", "1", ""),
    ({"version": True}, "version", "must be a whole number from 1", True, ""),
    ({"version": 9}, "version", "must be at most 1", 9, "newer version"),
    ({"seed": -1}, "seed", "must be a whole number of at least 0", -1, ""),
    ({"seed": 2**40}, "seed", "must be a whole number of at most 4294967295", 2**40, ""),
    ({"data": 3}, "data", "must be a table or left out", 3, ""),
    ({"data": {}}, "data", "must have `source`", {}, ""),
    ({"data": {"source": "x", "sorce": 1}}, "data.sorce", "is not a known key", 1, "`source`"),
    (
        {"data": {"source": "x", "task": "foo"}},
        "data.task",
        "must be auto, classification or regression",
        "foo",
        "",
    ),
    (
        {"data": {"source": "x", "types": {"a": "number", "b": "float"}}},
        "data.types.b",
        "must be number, category, text or date",
        "float",
        "",
    ),
    ({"data": {"source": "x", "types": {"b": 3}}}, "data.types.b", "must be text", 3, ""),
    (
        {"data": {"source": "x", "reading": {"decimal": ";"}}},
        "data.reading.decimal",
        "must be . or ,",
        ";",
        "",
    ),
    ({"data": {"source": "x", "test_share": 1}}, "data.test_share", "below 1", 1, ""),
    ({"models": {"name": "x"}}, "models", "must be a list", {"name": "x"}, ""),
    ({"models": [3]}, "models[0]", "must be a table", 3, ""),
    ({"models": [{}]}, "models[0]", "must have `name`", {}, ""),
    ({"models": [{"name": "x", "space": 3}]}, "models[0].space", "must be a table", 3, ""),
    (
        {"models": [{"name": "x", "space": {"a": 3}}]},
        "models[0].space.a",
        "must be a table",
        3,
        "",
    ),
    (_model(low=1, high=2), "models[0].space.C", "must have `type`", {"low": 1, "high": 2}, ""),
    (
        _model(type="flot", low=1, high=2),
        "models[0].space.C.type",
        "must be float, int, categorical or ordinal",
        "flot",
        "",
    ),
    (_model(type="float", low="1", high=2), "models[0].space.C.low", "must be a number", "1", ""),
    (
        _model(type="float", low=1, high=2, lg=True),
        "models[0].space.C.lg",
        "is not a known key",
        True,
        "Did you mean `log`?",
    ),
    (_model(type="int", low=1.5, high=2), "models[0].space.C.low", "a whole number", 1.5, ""),
    (
        _model(type="float", low=3, high=1),
        "models[0].space.C.low",
        "must not be above `high`",
        (3, 1),
        "Swap the two ends",
    ),
    (
        _model(type="float", low=0, high=1, log=True),
        "models[0].space.C.low",
        "must be above 0 for a log range",
        0,
        "use a linear scale",
    ),
    (
        _model(type="float", low=0, high=1, when={"C": [1]}),
        "models[0].space.C.when",
        "must not name the parameter itself",
        {"C": (1,)},
        "",
    ),
    (
        _model(type="float", low=0, high=1, when={"kernel": 3}),
        "models[0].space.C.when.kernel",
        "must be a list",
        3,
        "",
    ),
    (
        {
            "models": [
                {"name": "a", "space": {"C": {"type": "int", "low": 1, "high": 2}}},
                *_model(type="int", low=2, high=1)["models"],
            ]
        },
        "models[1].space.C.low",
        "must not be above `high`",
        (2, 1),
        "Swap",
    ),
    (
        {"models": [{"name": "a", "space": {"": {"type": "int", "low": 1, "high": 2}}}]},
        'models[0].space.""',
        "must be text without backquotes",
        "",
        "",
    ),
    ({"objective": {}}, "objective", "must have `function`", {}, ""),
    (
        {"objective": {"function": "f"}, "space": {"x": {"type": "int", "low": 2, "high": 1}}},
        "space.x.low",
        "must not be above",
        (2, 1),
        "Swap",
    ),
    (
        {"objective": {"function": "f"}, "space": {"x": {"type": "int", "low": "a", "high": 1}}},
        "space.x.low",
        "must be a whole number",
        "a",
        "",
    ),
    ({"strategy": 3}, "strategy", "must be a table", 3, ""),
    ({"strategy": {"points": 3}}, "strategy", "must have `name`", {"points": 3}, ""),
    ({"validation": {"folds": 3}}, "validation", "must have `kind`", {"folds": 3}, ""),
    ({"validation": {"kind": 3}}, "validation.kind", "must be text", 3, ""),
    ({"goals": [{}]}, "goals[0]", "must have `metric`", {}, ""),
    ({"goals": [{"metric": " "}]}, "goals[0].metric", "must name a metric", " ", ""),
    (
        {"goals": [{"metric": "r2", "direction": "up"}]},
        "goals[0].direction",
        "must be maximize or minimize",
        "up",
        "",
    ),
    ({"metrics": "r2"}, "metrics", "must be a list", "r2", ""),
    (
        {"preprocessing": {"scaling": "log"}},
        "preprocessing.scaling",
        "must be auto, none, standard, robust, minmax or quantile",
        "log",
        "",
    ),
    ({"start": {"configurations": [3]}}, "start.configurations[0]", "must be a table", 3, ""),
    ({"budget": {"trials": 0}}, "budget.trials", "a whole number of at least 1", 0, ""),
    ({"budget": {"trials": 2.5}}, "budget.trials", "a whole number or left out", 2.5, ""),
    ({"budget": {"seconds": -1}}, "budget.seconds", "must be a number above 0", -1, ""),
    (
        {"budget": {"target": math.inf}},
        "budget.target",
        "must be a finite number",
        math.inf,
        "out",
    ),
    ({"budget": {"seconds": math.inf}}, "budget.seconds", "a finite number", math.inf, "out"),
    ({"compute": {"workers": 600}}, "compute.workers", "of at most 512", 600, ""),
    (
        {"compute": {"executor": "gpu"}},
        "compute.executor",
        "must be processes or inline",
        "gpu",
        "",
    ),
    ([], "study", "must be a table of sections", [], ""),
]


@pytest.mark.parametrize(("raw", "path", "rule", "got", "remedy"), BAD)
def test_a_bad_specification_is_refused_with_path_rule_value_and_remedy(
    raw: Any, path: str, rule: str, got: Any, remedy: str
) -> None:
    with pytest.raises(SpecError) as caught:
        spec_from_dict(raw)
    assert caught.value.parameter == path
    assert rule in caught.value.rule
    assert caught.value.got == got
    assert remedy in caught.value.remedy
    assert path in str(caught.value)


@pytest.mark.parametrize("text", ["{", "name = ", "a = 1\na = 2", "{" * 100_000, "\x00"])
def test_text_that_is_neither_toml_nor_json_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"my\.toml must be TOML or JSON"):
        parse_spec(text, name="my.toml")


def test_endlessly_nested_values_are_refused() -> None:
    text = '{"strategy": {"name": "x", "y": ' + "[" * 900 + "]" * 900 + "}}"
    with pytest.raises(SpecError, match="so deep in each other"):
        parse_spec(text)


def test_a_json_file_is_read_as_json_whatever_it_holds() -> None:
    with pytest.raises(SpecError, match="must be a table of sections"):
        parse_spec("[1]", name="my.json")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read: No such file"):
        read_spec(tmp_path / "missing.toml")
    with pytest.raises(SpecError, match="cannot be read: Is a directory"):
        read_spec(tmp_path)
    (tmp_path / "latin.toml").write_bytes('name = "größe"'.encode("latin-1"))
    with pytest.raises(SpecError, match="must be text in UTF-8"):
        read_spec(tmp_path / "latin.toml")


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text('{"name": "größe"}', encoding="utf-8-sig")
    assert read_spec(path).name == "größe"


def test_the_recommended_space_stays_left_out() -> None:
    spec = StudySpec(models=(ModelSpec("svc"),))
    assert "space" not in spec_to_toml(spec)
    assert parse_spec(spec_to_toml(spec)).models[0].space is None
    empty = StudySpec(models=(ModelSpec("svc", space=()),))
    assert parse_spec(spec_to_toml(empty)).models[0].space == ()


def _function(space: str) -> str:
    return f'[objective]\nfunction = "a.py:f"\n[objective.space]\n{space}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            _function(
                "\n".join(f'x{n} = {{ type = "float", low = 0, high = 1 }}' for n in range(5001))
            ),
            "objective.space must have at most 5,000 parameters, but got 5001",
        ),
        (
            _function(f"x = {{ type = 'categorical', choices = {list(range(20_001))} }}"),
            "objective.space.x.choices must be at most 20,000, but got 20001",
        ),
        (
            json.dumps({"models": [{"name": "svm"}] * 5001}),
            "models must be at most 5,000, but got 5001",
        ),
    ],
    ids=["parameters", "choices", "models"],
)
def test_spaces_that_no_study_could_search_are_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec(text)


def test_a_parameter_may_be_called_none() -> None:
    """A table of names with that one alone looks like the value that TOML does not have."""
    models = (ModelSpec("a.B", fixed={"none": True}), ModelSpec("a.C", fixed={"x": None}))
    start = StartSpec(configurations=({"none": True}, {"fixed": None}))
    spec = StudySpec(models=models, start=start)
    assert parse_spec(spec_to_toml(spec)) == spec
    assert parse_spec(spec_to_json(spec)) == spec
