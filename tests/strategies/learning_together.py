"""Populations that learn in memory, for tests: an objective with states, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Learned, Origin, Proposal, Trial
from hpo_gui.core.value import Params
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.study import Study

State = Any
Step = Callable[[State, Params, int], tuple[float, State]]


class Population:
    """A study whose states live in a dictionary; ``states`` may be robbed."""

    def __init__(
        self,
        strategy: Strategy,
        space: Space,
        step: Step,
        *,
        start: State = None,
        steps: int = 10,
        seed: int = 0,
        first: Sequence[tuple[Params, int]] = (),
        changeable: tuple[str, ...] = (),
        trials: Sequence[Trial] = (),
    ) -> None:
        self.study = Study(
            space,
            [Goal("loss", "minimize")],
            strategy,
            seed=seed,
            plan=Plan(steps=steps, learns=True, changeable=changeable),
            start=[Proposal(params, Origin("manual"), None, last) for params, last in first],
            trials=trials,
        )
        self.states: dict[int, tuple[int, State]] = {}
        self.done = 0
        self._step = step
        self._start = start
        self._steps = steps

    def run(self, workers: int = 1, most: int = 10_000) -> Population:
        """Let so many trials run at once until the end; any of them may be the next to end."""
        running: list[Trial] = []
        luck = np.random.default_rng(workers)
        while most:
            while len(running) < workers:
                asked = self.study.ask(1)
                if not asked:
                    break
                running += asked
            if not running:
                break
            trial = running.pop(int(luck.integers(len(running))))
            self._learn(trial)
            keep = set(self.study.strategy.keeps_states(self.study.history))  # type: ignore[attr-defined]
            keep |= {one.parent for one in self.study.trials if one.state.is_open}
            self.states = {n: state for n, state in self.states.items() if n in keep}
            most -= 1
        return self

    def _learn(self, trial: Trial) -> None:
        try:
            first, state = 0, self._start
            if trial.parent is not None:
                first, state = self.states[trial.parent]
            for index in range(first, trial.steps or self._steps):
                loss, state = self._step(state, trial.params, index)
                self.done += 1
                self.study.tell_step(trial.number, index, Learned({"loss": (loss,)}), 1.0, 0.0)
            self.states[trial.number] = (trial.steps or self._steps, state)
            self.study.complete(trial.number)
        except (ArithmeticError, KeyError) as error:
            self.study.fail(trial.number, Failure("raised", repr(error)))

    @property
    def best(self) -> float:
        assert self.study.best is not None
        return self.study.best.scores["loss"]

    @property
    def generations(self) -> list[list[Trial]]:
        """The trials by the step they end at."""
        ends = sorted({trial.steps or 0 for trial in self.study.trials})
        return [[t for t in self.study.trials if t.steps == end] for end in ends]
