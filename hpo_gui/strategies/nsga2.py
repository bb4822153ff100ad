"""NSGA-II: an evolution of trials along the Pareto front of several goals.

Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Transactions
on Evolutionary Computation 6, as a steady state (Durillo et al. 2009, "On the effect of the
steady-state selection scheme in multi-objective genetic algorithms", EMO): there are no
generations to wait for. Before every proposal the survivors are chosen anew among all finished
trials (`strategies.survivors`), and one child of two of them is made (`strategies.variation`). So
the state is a function of the history, and any number of workers keeps busy.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key
from hpo_gui.strategies.random import draw_new, is_known
from hpo_gui.strategies.sobol import draw_even
from hpo_gui.strategies.survivors import Survivors, survivors
from hpo_gui.strategies.variation import cross, mutate, spare_positions

TRIES = 100  # children in search of a new and legal configuration
MOST_POPULATION = 50  # that is chosen by itself
LEAST_POPULATION = 10
SHARE = 0.075  # of the budget that the population has; measured, see docs/benchmarks.md
ASSUMED = 200  # trials, where there is no budget of them and no more were made

Taken = set[frozenset[tuple[str, object]]]


class Nsga2(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evolution with non-dominated sorting and crowding.

    Attributes
    ----------
    population : survivors that children come from; 0 for what suits the budget
    crossover : share of the children that have two parents
    eta : distribution index of crossover and mutation; larger stays nearer to the parents
    """

    population: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=1000,
            title="Population",
            description="Trials that new ones descend from; 0 takes what suits the budget.",
        ),
    ] = 0
    crossover: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=1,
            title="Crossover",
            description="Share of the new trials that mix two others; the rest change one.",
        ),
    ] = 0.9
    eta: Annotated[
        float,
        msgspec.Meta(
            ge=1,
            le=100,
            title="Nearness",
            description="Distribution index: the larger, the nearer to its parents is a trial.",
        ),
    ] = 10.0

    looks_at_scores: ClassVar[bool] = True
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        population = self.population or usual_population(history)
        living = survivors(history, population)
        taken: Taken = set()
        proposals: list[Proposal] = []
        for _ in range(count):
            if not len(living) or len(history) + len(taken) < population:
                params, _ = draw_even(history, "nsga2", taken, rng)
                reason = "One of the first trials, far apart, that the others will descend from."
            else:
                params, reason = self._child(history, living, taken, rng)
                if params is None:
                    params = draw_new(history, taken, rng)
                    reason = "Drawn at random: all children of the best are known."
            if params is None:
                break
            taken.add(params_key(params))
            proposals.append(Proposal(params, Origin("nsga2", reason)))
        return proposals

    def _child(
        self, history: History, living: Survivors, taken: Taken, rng: np.random.Generator
    ) -> tuple[Params | None, str]:
        """A new legal configuration of one parent or two, and who they are."""
        space = history.space
        for _ in range(TRIES):
            first, second = _winner(living, rng), _winner(living, rng)
            one, other = history.matrix[living.numbers[[first, second]]]
            mixes = first != second and rng.random() < self.crossover
            row = cross(space, one, other, self.eta, rng) if mixes else one.copy()
            row = np.where(np.isnan(row), spare_positions(space, rng), row)
            active = [space.names.index(name) for name in space.decode(row)]
            changed = mutate(space, row, active, self.eta, rng)
            params = space.decode(row)
            if space.feasible(params) and not is_known(params, history, taken):
                names = [space.names[column] for column in changed]
                return params, _reason(living, first, second if mixes else None, names)
        return None, ""


def usual_population(history: History) -> int:
    """How many survivors suit the budget: few where it is small, so that they have children."""
    trials = history.plan.trials or max(len(history), ASSUMED)
    return int(min(max(trials * SHARE, LEAST_POPULATION), MOST_POPULATION))


def _winner(living: Survivors, rng: np.random.Generator) -> int:
    """The better one of two survivors (binary tournament)."""
    one, other = (int(row) for row in rng.integers(len(living), size=2))
    return one if living.better(one, other) else other


def _reason(living: Survivors, first: int, second: int | None, changed: list[str]) -> str:
    """Whose child a configuration is, for people."""
    numbers = living.numbers.tolist()
    who = f"Trial {numbers[first]}"
    if second is not None:
        who = f"Trials {numbers[first]} and {numbers[second]} mixed"
    if not changed:
        return f"{who}."
    shown = changed if len(changed) <= 3 else [*changed[:2], f"{len(changed) - 2} others"]
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{who}, with {text} changed."
