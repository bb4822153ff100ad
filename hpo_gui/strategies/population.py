"""Population-based training: members learn side by side, and the bad ones copy the good ones.

Jaderberg et al. (2017), Population based training of neural networks, arXiv 1711.09846, with
truncation selection: after each interval of training a member of the worst share goes on from the
state of a random one of the best share, with that one's parameters a little changed. The others
go on from their own states. Changes by PB2 (arXiv 2002.02518) are chosen by `strategies.pb2`.
"""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, Value, params_key
from hpo_gui.strategies.exploring import changes, explore, perturb
from hpo_gui.strategies.members import Line, Members, ends, is_good, members_of, ranked
from hpo_gui.strategies.pb2 import promising
from hpo_gui.strategies.sobol import draw_even

NAME = "population"
INTERVALS = 10  # of a training, where nobody says otherwise


class Population(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trainings that copy each other; each trial is one interval of one member.

    Attributes
    ----------
    population : number of members
    interval : steps of training before a member is compared with the others
    quantile : share of the members that is replaced, and that is copied
    explore : how the parameters of a copy change
    resample, perturb : see `strategies.exploring.perturb`
    mode : whether members wait for each other after each interval
    """

    population: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Members",
            description="Trainings side by side; each learns for all steps.",
        ),
    ] = 8
    interval: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None,
        msgspec.Meta(
            title="Interval",
            description="Steps before members are compared; none for a tenth of a training.",
        ),
    ] = None
    quantile: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            le=0.5,
            title="Replaced share",
            description="This share of the members, the worst, copies as many of the best.",
        ),
    ] = 0.25
    explore: Annotated[
        Literal["perturb", "pb2"],
        msgspec.Meta(
            title="Changes",
            description="Of a copy's parameters: at random, or where a model expects progress.",
        ),
    ] = "perturb"
    mode: Annotated[
        Literal["synchronous", "asynchronous"],
        msgspec.Meta(
            title="Members wait",
            description="For each other after each interval, or never: no worker is idle then.",
        ),
    ] = "synchronous"
    perturb: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            lt=1,
            title="Size of a change",
            description="0.2 multiplies a number by 1.2 or by 0.8.",
            extra={"advanced": True},
        ),
    ] = 0.2
    resample: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=1,
            title="Drawn anew",
            description="Probability that a parameter is drawn anew instead of changed.",
            extra={"advanced": True},
        ),
    ] = 0.25

    looks_at_scores: ClassVar[bool] = True
    needs_training: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        proposals: list[Proposal] = []
        trials = list(history.trials)
        for _ in range(count):
            members = self._members(history, trials).settled
            place = members.next
            if place is None:
                break
            proposal = _Decision(self, history, members, place, trials, rng).proposal()
            proposals.append(proposal)
            trials.append(_waiting(len(trials), proposal, history.told))
        return proposals

    def keeps_states(self, history: History) -> Container[int]:
        """Numbers of the trials from whose states a member may still go on."""
        return self._members(history, history.trials).wanted

    def closing_words(self, history: History) -> str:
        """Say how far the members have come."""
        members = self._members(history, history.trials)
        count, steps = len(members.lines), members.steps
        arrived = sum(any(is_good(t) and ends(t) >= steps for t in line) for line in members.lines)
        whole = f"{steps:,} step{'' if steps == 1 else 's'}"
        if not arrived:
            failed = sum(trial.state is TrialState.FAILED for trial in history.trials)
            return (
                f"No member of the population came to the end of its training, {whole}: "
                f"{failed:,} trial{'' if failed == 1 else 's'} failed."
            )
        if arrived == count:
            who = f"all {count:,} members have" if count > 1 else "its one member has"
        else:
            who = f"{arrived:,} of {count:,} members {'has' if arrived == 1 else 'have'}"
        return f"The population has trained to its end: {who} learnt {whole}."

    # --- what assembly asks -------------------------------------------------------------------

    def stretch(self, steps: int) -> int:
        """Steps of an interval, in a training of so many."""
        return min(self.interval or max(math.ceil(steps / INTERVALS), 1), steps)

    def length(self, steps: int, start: int) -> int:
        """Number of trials in all, where members never fail, after ``start`` given ones."""
        return max(self.population, start) * math.ceil(steps / self.stretch(steps))

    def check_plan(self, steps: int, trials: int | None) -> None:
        """Compare the options with the length of a training and the budget of trials.

        Raises
        ------
        SpecError : an interval longer than a training, or more members than trials
        """
        if self.interval is not None and self.interval > steps:
            raise SpecError(
                "strategy.interval",
                f"must be at most the steps of a training, {steps}",
                self.interval,
                remedy="Shorten it, or let trainings take more steps.",
            )
        if trials is not None and trials < self.population:
            raise SpecError(
                "strategy.population",
                f"must be at most the budget of trials, {trials}",
                self.population,
                remedy="Each interval of a member is a trial: take fewer members, or leave "
                "the budget out.",
            )

    def _members(self, history: History, trials: Line) -> Members:
        return members_of(
            history,
            trials,
            int(min(self.population, max(history.space.size, 1))),
            synchronous=self.mode == "synchronous",
            intervals=math.ceil(history.plan.steps / self.stretch(history.plan.steps)),
        )


class _Decision:
    """What one member does next."""

    def __init__(
        self,
        options: Population,
        history: History,
        members: Members,
        place: int,
        trials: list[Trial],
        rng: np.random.Generator,
    ) -> None:
        self._options = options
        self._history = history
        self._members = members
        self._place = place
        self._trials = trials
        self._rng = rng
        self._name = f"Member {place + 1} of {len(members.lines)}"

    def proposal(self) -> Proposal:
        line = self._members.lines[self._place]
        if not line:
            return self._fresh("begins")
        own = line[-1]
        rivals = self._members.rivals(self._place)
        order = ranked(self._history, rivals)
        share = self._share(len(order))
        best = [rivals[i] for i in order[:share] if i != self._place and is_good(rivals[i])]
        if not is_good(own):
            return self._replace(best)
        best = self._usable([trial for trial in best if ends(trial) >= ends(own)])
        rank = order.index(self._place)
        standing = f"number {rank + 1} of {len(order)} after step {ends(own)}"
        if rank < len(order) - share or not best:
            return self._child(own, self._legal(own), f"{self._name} goes on: {standing}.")
        return self._copy(self._any(best), f"{self._name}, {standing},")

    def _share(self, count: int) -> int:
        """How many are copied, and how many are replaced."""
        return min(max(int(self._options.quantile * count), 1), count // 2)

    def _usable(self, trials: list[Trial]) -> list[Trial]:
        lost, steps = self._members.lost, self._members.steps
        return [trial for trial in trials if trial.number not in lost and ends(trial) < steps]

    def _any(self, trials: list[Trial]) -> Trial:
        return trials[int(self._rng.integers(len(trials)))]

    def _replace(self, best: list[Trial]) -> Proposal:
        """Instead of a member that failed: a copy of a good one, else one that begins anew."""
        usable = self._usable(best)
        if not usable:  # all have failed: one step back
            there = self._members.furthest
            order = ranked(self._history, there)
            usable = self._usable([there[i] for i in order[: max(self._share(len(order)), 1)]])
        if not usable:
            return self._fresh("begins anew")
        return self._copy(self._any(usable), f"{self._name}, which failed,")

    def _fresh(self, what: str) -> Proposal:
        taken = {params_key(trial.params) for trial in self._trials[len(self._history) :]}
        params, place = draw_even(self._history, NAME, taken, self._rng)
        where = "drawn at random" if place is None else f"point {place + 1} of an even sequence"
        if params is None:  # everything has been tried once
            params = self._history.space.sample(self._rng)
        steps = self._options.stretch(self._members.steps)
        origin = Origin(NAME, f"{self._name} {what}: {where}.")
        return Proposal(params, origin, None, steps)

    def _copy(self, chosen: Trial, who: str) -> Proposal:
        """Go on from the state of another trial, with its parameters a little changed."""
        history, options = self._history, self._options
        names = history.plan.changeable or history.space.names
        newest = self._trials[-len(self._members.lines) :]
        taken = {params_key(trial.params) for trial in (*newest, chosen)}
        found: Params = {}
        if options.explore == "pb2":
            found = promising(history, self._seen(), chosen, names, self._rng)

        def change(parameter: Parameter, value: Value) -> Value:
            if parameter.name in found:
                return found[parameter.name]
            return perturb(parameter, value, options.perturb, options.resample, self._rng)

        params = explore(history.space, chosen.params, names, change, taken, self._rng)
        changed = changes(chosen.params, params)
        text = f" with {_listed(changed)} changed" if changed else ""
        return self._child(chosen, params, f"{who} copies trial {chosen.number}{text}.")

    def _seen(self) -> list[Trial]:
        """All trials, those of a round that has just begun as if they were still open."""
        seen = {trial.number for line in self._members.lines for trial in line}
        return [
            trial
            if trial.number in seen or not self._members.synchronous
            # only what was proposed counts
            else msgspec.structs.replace(trial, state=TrialState.WAITING, scores={}, curves={})
            for trial in self._trials
        ]

    def _legal(self, own: Trial) -> Params:
        space = self._history.space
        if space.contains(own.params):
            return dict(own.params)
        names = space.names
        return explore(space, own.params, names, lambda _, value: value, (), self._rng)

    def _child(self, parent: Trial, params: Params, text: str) -> Proposal:
        whole = self._members.steps
        steps = min((parent.steps or 0) + self._options.stretch(whole), whole)
        return Proposal(params, Origin(NAME, text), parent.number, steps)


def _waiting(number: int, proposal: Proposal, told: int) -> Trial:
    """A proposal as the trial that it will be."""
    return Trial(
        number,
        proposal.params,
        proposal.origin,
        parent=proposal.parent,
        steps=proposal.steps,
        asked=told,
    )


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
