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
        length = len(self.prefix)
        return {name[length:]: v for name, v in params.items() if name.startswith(self.prefix)}


@dataclass(frozen=True)
class Lens:
    """From the space of one specification to that of another.

    Attributes
    ----------
    then, now : the parts of both by their names
    """

    then_spec: StudySpec
    now_spec: StudySpec
    usual: Usual
    then: dict[str, _Part] = field(init=False)
    now: dict[str, _Part] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "then", _parts(self.then_spec))
        object.__setattr__(self, "now", _parts(self.now_spec))

    def see(self, params: Params) -> Params | None:
        """A configuration of then as it is seen now; None where it is the same."""
        then = self._part_of(params)
        if then is None:
            return None
        own = then.own(params)
        now = self.now.get(then.name)
        if now is None:
            return {MODEL: then.name, **{f"{then.name}.{name}": v for name, v in own.items()}}
        seen = self._in_space(then, own, now)
        seen |= self._beside(then, own, now, seen)
        joint = now.joint(seen)
        return None if _equal(joint, params) else joint

    def _part_of(self, params: Params) -> _Part | None:
        if len(self.then) > 1:
            name = params.get(MODEL)
            return self.then.get(name) if isinstance(name, str) else None
        return next(iter(self.then.values()), None)

    def _in_space(self, then: _Part, own: Params, now: _Part) -> Params:
        """Today's active parameters with the values that they really had."""
        seen: Params = {}
        for parameter in now.space.parents_first:
            if is_active(parameter.when, seen):
                value = self._then(then, own, parameter.name, parameter)
                if value is not UNKNOWN and _means_the_same(parameter, then, value):
                    seen[parameter.name] = value
        return {name: seen[name] for name in now.space.names if name in seen}

    def _beside(self, then: _Part, own: Params, now: _Part, seen: Params) -> Params:
        """Values that a trial of today would not have."""
        found: Params = {}
        for name in dict.fromkeys((*own, *then.fixed, *now.fixed)):
            inactive_then = name in then.space and name not in own
            if name in now.space or inactive_then:
                continue
            was = self._then(then, own, name)
            tuned = then.space[name] if name in then.space.names else None
            if not same(was, self._now(now, name, tuned)):
                found[name] = was
        return found

    def _then(
        self, then: _Part, own: Params, name: str, parameter: Parameter | None = None
    ) -> Value:
        """The value that a parameter had, tuned or not."""
        for values in (own, then.fixed, self.usual.get(then.name, {})):
            if name in values:
                return values[name]
        return _declared(parameter)

    def _now(self, now: _Part, name: str, parameter: Parameter | None) -> Value:
        """The value that a trial of today has where it is not tuned."""
        for values in (now.fixed, self.usual.get(now.name, {})):
            if name in values:
                return values[name]
        return _declared(parameter)


def _declared(parameter: Parameter | None) -> Value:
    """The default that a person has declared: what the parameter has where nothing sets it."""
    if parameter is None or parameter.default is msgspec.UNSET:
        return UNKNOWN
    return parameter.default


def _means_the_same(parameter: Parameter, then: _Part, value: Value) -> bool:
    """Whether a value means in today's parameter what it meant then."""
    if parameter.name not in COUNTS_OR_SHARES or not isinstance(parameter, Float):
        return True
    was_share = parameter.name in then.space and isinstance(then.space[parameter.name], Float)
    return was_share or not isinstance(value, int) or isinstance(value, bool)


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
