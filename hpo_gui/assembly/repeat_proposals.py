"""Proposals made again: by the strategy, from the history as it was, and exactly equal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from hpo_gui.assembly.past_versions import Asked
from hpo_gui.assembly.recorded import Plans
from hpo_gui.assembly.repetition import Difference
from hpo_gui.core.thought import think
from hpo_gui.core.trial import Proposal, Trial
from hpo_gui.core.value import Params, same, show
from hpo_gui.execution.call import CallCancelledError, call_in_process
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.past import Past, PastAct

BLOCKS = 4  # for each worker: later proposals take longer
LEAST = 8  # proposals of a block: a process takes a third of a second to start
PAUSE = 0.1  # seconds between two looks at how far it is
TITLE = "Proposing again"


@dataclass(frozen=True)
class Question:
    """What it takes to make proposals again; may be sent to another process.

    Attributes
    ----------
    trials : from number 0 on, at least up to the last one asked about
    asked : by the version of the specification
    versions : trial -> the version that it was proposed in
    """

    trials: tuple[Trial, ...]
    plans: Plans
    asked: Mapping[int, Asked]
    versions: Mapping[int, int]
    acts: tuple[PastAct, ...] = ()


def propose_again(
    question: Question,
    numbers: Sequence[int],
    tell: Callable[[int], None],
    workers: int | None,
) -> Difference | None:
    """The first of these trials that would be another one today; None for none.

    Parameters
    ----------
    numbers : of trials that the strategy had proposed, rising
    tell : called with how many were proposed again; may raise, to give up
    workers : processes at once; None to think in this one, as studies without processes do
    """
    if workers is None:
        return _propose_block(question, numbers, tell)
    size = max(LEAST, -(-len(numbers) // (BLOCKS * workers)))
    blocks = [numbers[first : first + size] for first in range(0, len(numbers), size)]
    return _Blocks(question, blocks, tell).run(workers)


class _Blocks:
    """Proposes in several processes, and gives up what comes after a difference."""

    def __init__(
        self, question: Question, blocks: list[Sequence[int]], tell: Callable[[int], None]
    ) -> None:
        self._question = question
        self._blocks = blocks
        self._tell = tell
        self._over = threading.Event()
        self._first: Difference | None = None
        self._done = [0] * len(blocks)

    def run(self, workers: int) -> Difference | None:
        with ThreadPoolExecutor(workers) as pool:
            waiting: set[Future[None]] = {
                pool.submit(self._propose, place) for place in range(len(self._blocks))
            }
            try:
                while waiting:
                    ended, waiting = wait(waiting, PAUSE, FIRST_COMPLETED)
                    for future in ended:
                        future.result()
                    self._tell(sum(self._done))
            finally:
                self._over.set()
        return self._first

    def _propose(self, place: int) -> None:
        block = self._blocks[place]
        if self._is_vain(block):
            return

        def count(text: str) -> None:
            self._done[place] = min(self._done[place] + text.count("\n"), len(block))

        try:
            found = call_in_process(
                _propose_and_print,
                self._question,
                block,
                cancelled=lambda: self._is_vain(block),
                on_output=count,
                title=TITLE,
            )
        except CallCancelledError:
            return
        self._done[place] = len(block)
        if found is not None and not (self._first and self._first.trial < found.trial):
            self._first = found

    def _is_vain(self, block: Sequence[int]) -> bool:
        """Whether nobody wants to know any more."""
        first = self._first
        return self._over.is_set() or (first is not None and first.trial < block[0])


def _propose_and_print(question: Question, numbers: Sequence[int]) -> Difference | None:
    """In a process of its own: each proposal is a line."""
    return _propose_block(question, numbers, lambda count: print("", flush=True))  # noqa: T201


def _propose_block(
    question: Question, numbers: Sequence[int], tell: Callable[[int], None]
) -> Difference | None:
    past: Past | None = None
    strategy: Strategy | None = None
    version = 0
    for done, number in enumerate(numbers, 1):
        trial = question.trials[number]
        if past is None or strategy is None or question.versions[number] != version:
            version = question.versions[number]
            asked = question.asked[version]
            strategy = STRATEGIES.make(asked.strategy.name, asked.strategy.options)
            past = Past(
                asked.space,
                asked.goals,
                question.trials,
                question.plans.at,
                question.acts,
                asked.see,
            )
        thought = think(strategy, past.before(number), asked.seed)
        found = compare_proposals(trial, thought.proposal)
        if found is not None:
            return found
        tell(done)
    return None


def compare_proposals(trial: Trial, now: Proposal | None) -> Difference | None:
    """What is different in a proposal today; None where it is the same."""
    if now is None:
        return Difference(trial.number, "proposal", "", "proposed", "nothing is left to try")
    for name in dict.fromkeys((*trial.params, *now.params)):
        then_value, now_value = trial.params.get(name), now.params.get(name)
        there = name in trial.params, name in now.params
        if there != (True, True) or not same(then_value, now_value):
            values = _shown(trial.params, name), _shown(now.params, name)
            return Difference(trial.number, "proposal", name, *values)
    for name, was, will_be in (
        ("the trial that it goes on from", trial.parent, now.parent),
        ("its last step", trial.steps, now.steps),
    ):
        if was != will_be:
            return Difference(trial.number, "proposal", name, _or_none(was), _or_none(will_be))
    return None


def _shown(params: Params, name: str) -> str:
    if name not in params:
        return "none"
    value = params[name]
    return repr(float(value)) if isinstance(value, float) else show(value)


def _or_none(number: int | None) -> str:
    return "none" if number is None else str(number)
