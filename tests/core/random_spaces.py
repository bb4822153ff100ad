"""Hypothesis strategies for parameters, spaces and specifications."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    PreprocessingSpec,
    ReadingSpec,
    StartSpec,
    StudySpec,
)
from hpo_gui.core.value import identity

positions = st.floats(0, 1)
finite = st.floats(-1e9, 1e9, allow_nan=False)
words = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=6)
names = st.one_of(words, st.sampled_from(["learning rate", "größe", "a.b", "x-1", "and", "none"]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(words.filter(lambda word: word != "none"), inner, max_size=2),
    ),
    max_leaves=4,
)


@st.composite
def floats(draw: st.DrawFn, name: str = "x") -> Float:
    log = draw(st.booleans())
    ends = st.floats(1e-12, 1e12) if log else finite
    low, high = sorted((draw(ends), draw(ends)))
    options: dict[str, Any] = {"log": log, "or_none": draw(st.booleans())}
    finest = max((high - low) / 1000, max(abs(low), abs(high)) * 1e-10)  # of 12 digits
    if not log and high - low > finest and draw(st.booleans()):
        options["step"] = draw(st.floats(finest, (high - low) * 1.5))
    if draw(st.booleans()):
        options["mean"] = draw(st.floats(low, high))
        options["sd"] = draw(st.floats(1e-3, 1e3))
    return Float(name, low, high, **options)


@st.composite
def integers(draw: st.DrawFn, name: str = "x") -> Int:
    log = draw(st.booleans())
    ends = st.integers(1, 10**12) if log else st.integers(-(10**12), 10**12)
    ends = st.one_of(ends, st.integers(1, 50))
    low, high = sorted((draw(ends), draw(ends)))
    options: dict[str, Any] = {"log": log, "or_none": draw(st.booleans())}
    if not log:
        options["step"] = draw(st.integers(1, 20))
    if draw(st.booleans()):
        options["mean"] = draw(st.floats(low, high))
        options["sd"] = draw(st.floats(1e-3, 1e3))
    return Int(name, low, high, **options)


choices = st.lists(values, min_size=1, max_size=5, unique_by=identity).map(tuple)


def parameters(name: str = "x") -> st.SearchStrategy[Parameter]:
    return st.one_of(
        floats(name),
        integers(name),
        choices.map(lambda listed: Categorical(name, listed)),
        choices.map(lambda listed: Ordinal(name, listed)),
    )


small_ints = st.tuples(st.integers(-5, 5), st.integers(0, 6)).map(lambda t: (t[0], t[0] + t[1]))


def small(name: str) -> st.SearchStrategy[Parameter]:
    """Parameters with few values, so that a grid of all of them can be listed."""
    return st.one_of(
        small_ints.map(lambda ends: Int(name, *ends)),
        st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True).map(
            lambda listed: Categorical(name, tuple(listed))
        ),
        st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True).map(
            lambda listed: Ordinal(name, tuple(listed))
        ),
    )


@st.composite
def conditional_spaces(draw: st.DrawFn, constrained: bool = False) -> Space:
    """Up to five small parameters; later ones may depend on earlier ones, in any order."""
    made: list[Parameter] = []
    for name in "abcde"[: draw(st.integers(1, 5))]:
        parameter = draw(small(name))
        when = {}
        for parent in (
            draw(st.lists(st.sampled_from(made), max_size=2, unique_by=id)) if made else []
        ):
            allowed = parent.grid(100)
            when[parent.name] = tuple(
                draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=3, unique=True))
            )
        made.append(type(parameter)(**{**_fields(parameter), "when": when}))
    rules: list[str] = []
    if constrained and len(made) > 1:
        pairs = st.sampled_from(["a <= b", "a + b < 6", "a != b", "not (a > 2 and b > 2)"])
        rules = draw(st.lists(pairs, max_size=2, unique=True))
    return Space(draw(st.permutations(made)), rules)


def _fields(parameter: Parameter) -> dict[str, Any]:
    return {name: getattr(parameter, name) for name in parameter.__struct_fields__}


texts = st.text(min_size=1, max_size=12)
params = st.dictionaries(names, values, max_size=3)


@st.composite
def parameter_lists(draw: st.DrawFn) -> tuple[Parameter, ...]:
    wanted = draw(st.lists(names, max_size=4, unique=True))
    return tuple(draw(parameters(name)) for name in wanted)


@st.composite
def specs(draw: st.DrawFn) -> StudySpec:
    """Any specification that can be written; it need not make sense."""
    data = draw(
        st.none()
        | st.builds(
            DataSpec,
            source=texts,
            target=st.none() | texts,
            features=st.none() | st.lists(texts, max_size=3).map(tuple),
            ignore=st.lists(texts, max_size=3).map(tuple),
            types=st.dictionaries(texts, st.sampled_from(["number", "text"]), max_size=2),
            task=st.sampled_from(["auto", "regression"]),
            test_share=st.sampled_from([0.0, 0.2]),
            reading=st.builds(
                ReadingSpec, header=st.none() | st.booleans(), separator=st.none() | texts
            ),
        )
    )
    model = st.builds(
        ModelSpec,
        name=texts,
        fixed=params,
        space=st.none() | parameter_lists(),
        constraints=st.lists(texts, max_size=2).map(tuple),
    )
    family = st.builds(
        Choice,
        name=texts,
        options=st.dictionaries(
            words.filter(lambda w: w not in ("name", "kind", "none")), values, max_size=2
        ),
    )
    return StudySpec(
        name=draw(texts),
        seed=draw(st.integers(0, 2**32 - 1)),
        data=data,
        models=tuple(draw(st.lists(model, max_size=2))),
        objective=draw(
            st.none() | st.builds(FunctionSpec, function=texts, space=parameter_lists())
        ),
        validation=draw(st.none() | family),
        preprocessing=draw(
            st.builds(PreprocessingSpec, numbers=st.sampled_from(["median", "zero"]))
        ),
        goals=tuple(
            Goal(metric, direction)
            for metric, direction in draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(["accuracy", "fit_time", "my score"]),
                        st.sampled_from([None, "maximize", "minimize"]),
                    ),
                    max_size=2,
                )
            )
        ),
        metrics=tuple(draw(st.lists(texts, max_size=2))),
        start=StartSpec(
            defaults=draw(st.none() | st.booleans()),
            configurations=tuple(draw(st.lists(params, max_size=2))),
        ),
        strategy=draw(family),
        pruner=draw(family),
        budget=BudgetSpec(
            trials=draw(st.none() | st.integers(1, 10**6)),
            seconds=draw(st.none() | st.floats(0.1, 1e6)),
            target=draw(st.none() | finite),
        ),
        compute=ComputeSpec(
            workers=draw(st.none() | st.integers(1, 512)),
            executor=draw(st.sampled_from(["processes", "inline"])),
        ),
    )


def ends(parameter: Float | Int) -> tuple[float, float]:
    return parameter.low, parameter.high


def is_close(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)
