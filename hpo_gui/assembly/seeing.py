"""How a trial of an earlier version of the specification looks in the space as it is now.

What a trial was is its model and the values that this model had: its own defaults, then what its
version of the specification had fixed, then what was tuned. In today's space the trial is given
today's active parameters, by today's names, with the values that it really had. Where another
value is not what a trial of today would have, it stands beside them under its name, so that the
trial is no configuration of today's space; `core.fitting.why_outside` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hpo_gui.core.condition import is_active
from hpo_gui.core.history import History, See
from hpo_gui.core.parameter import Float, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params, Value, same
from hpo_gui.evaluation.joint_space import joint_space
from hpo_gui.evaluation.model_choice import MODEL

Usual = Mapping[str, Params]
"""Model -> the values that its parameters have where nothing sets them."""

COUNTS_OR_SHARES = ("max_features", "max_samples", "min_samples_leaf", "min_samples_split")
"""Parameters for which 1 is not 1.0: a number of rows or columns, or a share of them."""

FUNCTION = ""  # the name of the user's own function among the models
UNKNOWN = "unknown"  # the value of what nobody has written down


def see_from(versions: Mapping[int, StudySpec], now: StudySpec, usual: Usual) -> See | None:
    """How trials of all versions are seen in the space of ``now``; None where all are alike.

    Parameters
    ----------
    versions : the filled-in specifications of a study by their version
    usual : see `Usual`; for the user's own function the declared defaults stand in for it
    """
    lenses = {
        version: Lens(then, now, usual)
        for version, then in versions.items()
        if space_text(then) != space_text(now)
    }
    return Seeing(lenses, versions, usual) if lenses else None


def space_text(spec: StudySpec) -> bytes:
    """All that decides what a configuration means; other than ``==`` it tells true from 1."""
    return msgspec.json.encode((spec.models, spec.objective))


def version_of(history: History, number: int) -> StudySpec | None:
    """The specification that a trial was proposed with; None where its space is today's."""
    see = history.see
    if not isinstance(see, Seeing):
        return None
    lens = see.lenses.get(history.raw[number].spec_version)
    return None if lens is None else lens.then_spec


def as_it_was(spec: StudySpec, history: History, number: int) -> tuple[StudySpec, History, Trial]:
    """The specification, the history and the trial through the version of that trial.

    There the trial has what it was proposed with, by the names of that time.
    """
    then, see = version_of(history, number), history.see
    if then is None or not isinstance(see, Seeing):
        return spec, history, history.trials[number]
    before = see_from(see.versions, then, see.usual)
    space = joint_space(then.models) if then.objective is None else function_space(then)
    seen = History(space, then.goals, history.raw, plan=history.plan, see=before)
    return then, seen, seen.trials[number]


@dataclass(frozen=True)
class Seeing:
    """Sees each trial through the lens of its version; can be pickled.

    Attributes
    ----------
    lenses : of the versions whose space is another one
    """

    lenses: Mapping[int, Lens]
    versions: Mapping[int, StudySpec]
    usual: Usual

    def __call__(self, trial: Trial) -> Trial:
        lens = self.lenses.get(trial.spec_version)
        if lens is None:
            return trial
        params = lens.see(trial.params)
        return trial if params is None else msgspec.structs.replace(trial, params=params)


@dataclass(frozen=True)
class _Part:
    """A model of a study, or the user's function."""

    name: str
    space: Space
    fixed: Params
    prefix: str = ""

    def joint(self, params: Params) -> Params:
        """The values by their names in the study's space."""
        if not self.prefix:
            return params
        return {MODEL: self.name, **{self.prefix + name: v for name, v in params.items()}}

    def own(self, params: Params) -> Params:
        """The values by the model's own names."""
        if not self.prefix:
            return params
        length = len(self.prefix)
        return {name[length:]: v for name, v in params.items() if name.startswith(self.prefix)}


@dataclass(frozen=True)
class Lens:
    """From the space of one specification to that of another."""

    then_spec: StudySpec
    now_spec: StudySpec
    usual: Usual
    _then: dict[str, _Part] = field(init=False)
    _glasses: dict[str, _Glass] = field(init=False)

    def __post_init__(self) -> None:
        then, now = _parts(self.then_spec), _parts(self.now_spec)
        glasses = {
            name: _Glass.between(part, now[name], self.usual.get(name, {}))
            for name, part in then.items()
            if name in now
        }
        object.__setattr__(self, "_then", then)
        object.__setattr__(self, "_glasses", glasses)

    def see(self, params: Params) -> Params | None:
        """A configuration of then as it is seen now; None where it is the same."""
        then = self._part_of(params)
        if then is None:
            return None
        glass = self._glasses.get(then.name)
        if glass is None:
            own = then.own(params).items()
            return {MODEL: then.name, **{f"{then.name}.{name}": v for name, v in own}}
        if glass.is_clear:
            return None
        seen = glass.now.joint(glass.see(then.own(params)))
        return None if _equal(seen, params) else seen

    def _part_of(self, params: Params) -> _Part | None:
        if len(self._then) > 1:
            name = params.get(MODEL)
            return self._then.get(name) if isinstance(name, str) else None
        return next(iter(self._then.values()), None)


@dataclass(frozen=True)
class _Glass:
    """From the values of one model, or of the function, then to those of the same one now.

    Attributes
    ----------
    had : for each of today's parameters, parents first, what trials had that did not tune it
    counted : of these, those whose whole numbers mean something else today
    beside : name -> what trials had that did not tune it, and what those of today have, for
        everything that is set then or now and not tuned today
    is_clear : every configuration looks as it did
    """

    then: _Part
    now: _Part
    had: tuple[tuple[Parameter, Value], ...]
    counted: frozenset[str]
    beside: tuple[tuple[str, Value, Value], ...]
    is_clear: bool

    @classmethod
    def between(cls, then: _Part, now: _Part, usual: Params) -> _Glass:
        """Prepare what is the same for all trials: there may be 100,000 of them."""
        old, new = then.space, now.space

        def had(name: str) -> Value:
            declared = new[name] if name in new.names else None
            return _first(name, then.fixed, usual, _declared(declared))

        def has(name: str) -> Value:
            declared = old[name] if name in old.names else None
            return _first(name, now.fixed, usual, _declared(declared))

        untuned = dict.fromkeys((*old.names, *then.fixed, *now.fixed))
        untuned = {name: None for name in untuned if name not in new.names}
        beside = tuple((name, had(name), has(name)) for name in untuned)
        counted = frozenset(
            p.name
            for p in new
            if p.name in COUNTS_OR_SHARES
            and isinstance(p, Float)
            and not (p.name in old.names and isinstance(old[p.name], Float))
        )
        return cls(
            then,
            now,
            tuple((parameter, had(parameter.name)) for parameter in new.parents_first),
            counted,
            beside,
            then.prefix == now.prefix
            and old.names == new.names
            and all(p.when == new[p.name].when for p in old)
            and not counted
            and all(same(was, is_now) for _, was, is_now in beside),
        )

    def see(self, own: Params) -> Params:
        """Today's active parameters, and beside them what a trial of today would not have."""
        found: Params = {}
        for parameter, value in self.had:
            if not parameter.when or is_active(parameter.when, found):
                name = parameter.name
                value = own.get(name, value)
                if value is not UNKNOWN and not (name in self.counted and _is_whole(value)):
                    found[name] = value
        seen = {name: found[name] for name in self.now.space.names if name in found}
        for name, was, is_now in self.beside:
            if name in own:
                was = own[name]
            elif name in self.then.space:
                continue  # it was inactive
            if not same(was, is_now):
                seen[name] = was
        return seen


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _first(name: str, fixed: Params, usual: Params, otherwise: Value) -> Value:
    for values in (fixed, usual):
        if name in values:
            return values[name]
    return otherwise


def _declared(parameter: Parameter | None) -> Value:
    """The default that a person has declared: what the parameter has where nothing sets it."""
    if parameter is None or parameter.default is msgspec.UNSET:
        return UNKNOWN
    return parameter.default


def function_space(spec: StudySpec) -> Space:
    """The space of the user's own function."""
    assert spec.objective is not None
    return Space(spec.objective.space, spec.objective.constraints)


def _parts(spec: StudySpec) -> dict[str, _Part]:
    if spec.objective is not None:
        return {FUNCTION: _Part(FUNCTION, function_space(spec), {})}
    several = len(spec.models) > 1
    return {
        model.name: _Part(
            model.name,
            Space(model.space or (), model.constraints),
            model.fixed,
            f"{model.name}." if several else "",
        )
        for model in spec.models
    }


def _equal(first: Params, second: Params) -> bool:
    return first.keys() == second.keys() and all(
        value is second[name] or same(value, second[name]) for name, value in first.items()
    )
