"""Optuna: any of its samplers as a strategy, where Optuna is installed.

A sampler is asked within a study of Optuna's own, in memory, that is told our history anew for
each proposal: so a proposal depends on the history and the generator alone. How a parameter is put
to Optuna is in `_suggest`; conditions become branches, parents first.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, Value, identity, params_key
from hpo_gui.strategies.random import draw_new, is_known

TRIES = 10  # questions in search of a new configuration that keeps the constraints

NEEDS = {"CmaEsSampler": "cmaes", "GPSampler": "torch"}
REMEMBERING = ("CmaEsSampler", "NSGAIISampler", "NSGAIIISampler", "QMCSampler")
"""Samplers that note something at every trial they are asked for, and build on it."""


class OptunaSampler(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sampler of Optuna's.

    Normal distributions are unknown to Optuna: it searches such ranges evenly.

    Attributes
    ----------
    sampler : its class in ``optuna.samplers``
    arguments : for its constructor, by name; the seed is set by the study
    """

    sampler: Annotated[
        Literal[
            "TPESampler",
            "GPSampler",
            "CmaEsSampler",
            "NSGAIISampler",
            "NSGAIIISampler",
            "QMCSampler",
            "RandomSampler",
        ],
        msgspec.Meta(title="Sampler", description="Its name in optuna.samplers."),
    ] = "TPESampler"
    arguments: Annotated[
        dict[str, Any],
        msgspec.Meta(
            title="Arguments",
            description='For the sampler, by name: {"n_startup_trials": 20}.',
        ),
    ] = {}

    looks_at_scores: ClassVar[bool] = True

    def check_installed(self) -> None:
        """Raises `SpecError` with a remedy where Optuna, or what the sampler needs, is missing."""
        if find_spec("optuna") is None:
            raise SpecError(
                "strategy",
                "optuna needs the package Optuna, which is not installed",
                remedy="Type `pip install optuna`, or choose another strategy.",
            )
        needed = NEEDS.get(self.sampler)
        if needed is not None and find_spec(needed) is None:
            raise SpecError(
                "strategy.sampler",
                f"needs the package {needed}, which is not installed",
                self.sampler,
                remedy=f"Type `pip install {needed}`, or choose another sampler.",
            )

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        """Raises `SpecError` for arguments that the sampler does not take."""
        self.check_installed()
        taken: set[frozenset[tuple[str, object]]] = set()
        proposals: list[Proposal] = []
        for _ in range(count):
            params = self._ask(history, proposals, taken, rng)
            reason = f"Suggested by Optuna's {self.sampler} after {history.told} finished trials."
            if params is None:
                params = draw_new(history, taken, rng)
                reason = f"Drawn at random: Optuna's {self.sampler} suggested nothing new."
                if params is None:
                    break
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("optuna", reason)))
        return proposals

    def _ask(
        self,
        history: History,
        pending: list[Proposal],
        taken: set[frozenset[tuple[str, object]]],
        rng: np.random.Generator,
    ) -> Params | None:
        optuna = importlib.import_module("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampler = self._make(optuna, history, rng)
            study = optuna.create_study(direction="minimize")
            study.sampler = sampler
            if self.sampler not in REMEMBERING:
                study.sampler = optuna.samplers.RandomSampler(seed=0)
            _replay(optuna, study, history)
            for proposal in pending:
                _enqueue(study, history.space, proposal.params)
            study.sampler = sampler
            tries = TRIES
            if self.sampler == "QMCSampler":  # its sequence starts with what is known
                tries += len(history)
            for _ in range(tries):
                trial = study.ask()
                params = _suggest(history.space, trial)
                if history.space.feasible(params) and not is_known(params, history, taken):
                    return params
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return None

    def _make(self, optuna: Any, history: History, rng: np.random.Generator) -> Any:
        given: dict[str, Any] = {"seed": int(rng.integers(2**31))}
        if self.sampler == "QMCSampler":  # one sequence for all trials; only the rest is random
            given["independent_sampler"] = optuna.samplers.RandomSampler(seed=given["seed"])
            given["seed"] = abs(history.trials[0].seed) % 2**31 if history.trials else 0
        try:
            return getattr(optuna.samplers, self.sampler)(**given | self.arguments)
        except (TypeError, ValueError) as error:
            raise SpecError(
                "strategy.arguments",
                f"must be arguments of {self.sampler} ({error})",
                self.arguments,
                remedy="See the sampler's page in Optuna's documentation.",
            ) from error


def _replay(optuna: Any, study: Any, history: History) -> None:
    """Ask and tell all trials in the order in which they were asked and told."""
    states = optuna.trial.TrialState
    asked: dict[int, Any] = {}
    finished = sorted(
        (trial for trial in history.trials if not trial.state.is_open),
        key=lambda trial: (trial.told or trial.number + 1, trial.number),
    )
    place = 0

    def tell_until(told: int) -> None:
        nonlocal place
        while place < len(finished) and (finished[place].told or place + 1) <= told:
            trial = finished[place]
            place += 1
            if trial.number in asked:
                _tell(states, study, asked[trial.number], trial, history)

    for trial in history.trials:
        tell_until(trial.asked)
        handle = _enqueue(study, history.space, trial.params)
        if handle is not None:
            asked[trial.number] = handle
    tell_until(len(history) + history.told + 1)


def _enqueue(study: Any, space: Space, params: Params) -> Any:
    """Let the study ask for a given configuration; None where it does not fit the space."""
    fixed = _fixed(space, params)
    if fixed is None:
        return None
    study.enqueue_trial(fixed)
    trial = study.ask()
    _suggest(space, trial)
    return trial


def _tell(states: Any, study: Any, handle: Any, trial: Trial, history: History) -> None:
    loss = float(history.losses[trial.number, 0])
    if trial.state is TrialState.COMPLETE and np.isfinite(loss):
        study.tell(handle, loss)
    elif trial.state is TrialState.PRUNED and np.isfinite(loss):
        handle.report(loss, step=trial.steps_done)
        study.tell(handle, state=states.PRUNED)
    else:
        study.tell(handle, state=states.FAIL)


# --- parameters as Optuna knows them ----------------------------------------------------------


def _none(parameter: Parameter) -> str:
    """The name of the choice between a number and none; no parameter can have it."""
    return f"{parameter.name}\nnone"


def _suggest(space: Space, trial: Any) -> Params:
    """The configuration that a trial of Optuna's suggests, asked for parents first."""
    params: Params = {}
    for parameter in _parents_first(space):
        active = space.prune({**params, parameter.name: None})
        if parameter.name in active:
            params[parameter.name] = _value(parameter, trial)
    return space.prune(params)


def _value(parameter: Parameter, trial: Any) -> Value:
    name = parameter.name
    if isinstance(parameter, Categorical):
        return parameter.choices[trial.suggest_categorical(name, range(len(parameter.choices)))]
    if isinstance(parameter, Ordinal):
        return parameter.values[trial.suggest_int(name, 0, len(parameter.values) - 1)]
    if parameter.or_none and trial.suggest_categorical(_none(parameter), (False, True)):
        return None
    count = parameter.size - parameter.or_none
    if isinstance(parameter, Int):
        high = parameter.low + (int(count) - 1) * parameter.step
        if parameter.log:
            return trial.suggest_int(name, parameter.low, high, log=True)
        return trial.suggest_int(name, parameter.low, high, step=parameter.step)
    if parameter.step is not None:
        index = trial.suggest_int(name, 0, int(count) - 1)
        number = min(parameter.low + index * parameter.step, parameter.high)
    else:
        number = trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
    return parameter.decode(parameter.encode(number))


def _fixed(space: Space, params: Mapping[str, Value]) -> dict[str, Any] | None:
    """What Optuna must suggest for a configuration; None where it does not fit the space."""
    if set(space.prune(params)) != set(params) or set(space.complete(params)) != set(params):
        return None
    fixed: dict[str, Any] = {}
    for name, value in params.items():
        parameter = space[name]
        if not parameter.contains(value):
            return None
        if isinstance(parameter, Categorical | Ordinal):
            keys = [identity(choice) for choice in parameter.values]
            fixed[name] = keys.index(identity(value))
            continue
        if parameter.or_none:
            fixed[_none(parameter)] = value is None
        if isinstance(parameter, Float) and parameter.step is not None and value is not None:
            fixed[name] = round((value - parameter.low) / parameter.step)
        elif value is not None:
            fixed[name] = value
    return fixed


def _parents_first(space: Space) -> list[Parameter]:
    placed: dict[str, Parameter] = {}
    while len(placed) < len(space):
        for parameter in space:
            if all(parent in placed for parent in parameter.when):
                placed.setdefault(parameter.name, parameter)
    return list(placed.values())
