"""A strategy that thinks in a process of its own."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest
from pool_testing import is_gone
from thinking_strategies import Misbehaving, NearTheBest, VanishesInTheChild

from hpo_gui.core.errors import ExecutionError, SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.thought import Thought, think
from hpo_gui.core.trial import Failure, Origin, Proposal, Trial, TrialState
from hpo_gui.execution import reserve, thinker
from hpo_gui.execution.thinking_process import THOUGHT, ThinkingProcess

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)


class Asked:
    """A thinker and a way to wait for its answer."""

    def __init__(self, strategy: Any, seed: int = 7) -> None:
        self.thinker = ThinkingProcess(strategy, seed)
        self.rung = threading.Event()

    def begin(self, history: History) -> None:
        self.rung.clear()
        self.thinker.ask(history, self.rung.set)

    def think(self, history: History) -> Thought:
        self.begin(history)
        assert self.rung.wait(60)
        thought = self.thinker.answer()
        assert thought is not None
        assert self.thinker.answer() is None, "an answer is given once"
        return thought

    @property
    def pid(self) -> int:
        deadline = time.monotonic() + 60
        while self.thinker._talk._child is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return self.thinker._talk._child.process.pid or 0


@pytest.fixture
def ask() -> Iterator[type[Asked]]:
    made: list[Asked] = []

    class Made(Asked):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)

    yield Made
    for asked in made:
        asked.thinker.close()


def without_pid(thought: Thought) -> Thought:
    assert thought.proposal is not None
    origin = msgspec.structs.replace(thought.proposal.origin, mean=None)
    return msgspec.structs.replace(
        thought, proposal=msgspec.structs.replace(thought.proposal, origin=origin)
    )


def grown(count: int, seed: int = 0) -> HistoryBuilder:
    """A history with trials in every state."""
    builder = HistoryBuilder(SPACE, GOALS, plan=Plan(trials=50, workers=2))
    rng = np.random.default_rng(seed)
    for number in range(count):
        builder.put(proposed(number, float(rng.uniform(-1, 1))))
        if number % 4 != 3:
            end(builder, number)
    return builder


def proposed(number: int, x: float) -> Trial:
    return Trial(number, {"x": x}, Origin("near"), TrialState.RUNNING, started=5.0)


def end(builder: HistoryBuilder, number: int) -> None:
    trial = builder.trials[number]
    state = TrialState.FAILED if number % 5 == 2 else TrialState.COMPLETE
    score = math.nan if state is TrialState.FAILED else float(trial.params["x"]) ** 2
    builder.put(
        msgspec.structs.replace(
            trial,
            state=state,
            scores={"loss": score},
            fold_scores={"loss": (score, score)},
            failure=Failure("raised", "no") if state is TrialState.FAILED else None,
            told=builder.told + 1,
        )
    )


def test_it_thinks_elsewhere_what_would_be_thought_here(ask: type[Asked]) -> None:
    asked, here = ask(NearTheBest()), NearTheBest()
    builder = grown(9)
    pids = set()
    for number in range(9, 40):
        history = builder.snapshot()
        thought = asked.think(history)
        assert without_pid(thought) == without_pid(think(here, history, 7))
        assert (thought.number, thought.asked) == (number, history.told)
        assert thought.proposal is not None
        pids.add(thought.proposal.origin.mean)
        builder.put(proposed(number, float(thought.proposal.params["x"])))
        if number % 3:
            end(builder, number - number % 2)
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_what_an_open_trial_has_scored_so_far_makes_no_difference(ask: type[Asked]) -> None:
    builder = grown(8)
    before = builder.snapshot()
    half = msgspec.structs.replace(builder.trials[7], scores={"loss": -9.0})
    builder.put(half)
    asked = ask(LooksTooClosely())
    assert asked.think(before).proposal == asked.think(builder.snapshot()).proposal
    assert ask(LooksTooClosely()).think(builder.snapshot()) == asked.think(before)


class LooksTooClosely(msgspec.Struct, frozen=True):
    """Uses all that it is shown."""

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        reason = "; ".join(repr(trial) for trial in history.trials)
        return [Proposal({"x": 0.0}, Origin("looks", reason))]


def test_the_plan_and_the_whole_space_arrive(ask: type[Asked]) -> None:
    space = Space(
        [
            Categorical("kernel", ["rbf", "poly", (1, 2), None]),
            Int("degree", 2, 5, when={"kernel": ("poly",)}),
            Float("gamma", 1e-3, 8.0, log=True),
        ],
        ["degree < gamma"],
    )
    history = History(space, GOALS, plan=Plan(30, 60.0, 2))
    thought = ask(TellsWhatItSees()).think(history)
    assert thought.proposal is not None
    assert thought.proposal.origin.reason == repr((history.plan, list(space), GOALS))
    assert thought.proposal.params == space.sample(np.random.default_rng([7, 0]))


class TellsWhatItSees(msgspec.Struct, frozen=True):
    """Draws from the space, and says what it was shown."""

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        seen = repr((history.plan, list(history.space), history.goals))
        return [Proposal(history.space.sample(rng), Origin("sees", seen))]


def test_only_what_is_new_is_sent_and_in_small_parts() -> None:
    builder = grown(1000)
    first = builder.snapshot().trials
    parts = thinker.news((), first)
    assert [len(part) for part in parts] == [thinker.MOST_TRIALS] * 5
    assert [trial.number for part in parts for trial in part] == list(range(1000))
    builder.put(proposed(1000, 0.5))
    builder.put(msgspec.structs.replace(builder.trials[7], scores={"loss": 0.1}))  # a step more
    end(builder, 3)
    (part,) = thinker.news(first, builder.snapshot().trials)
    assert [(trial.number, trial.state.is_open) for trial in part] == [(3, False), (1000, True)]
    assert thinker.news(first, first) == []


def test_a_large_history_is_known_after_the_first_question(ask: type[Asked]) -> None:
    builder = grown(20_000)
    asked = ask(NearTheBest())
    times = []
    for number in range(20_000, 20_006):
        began = time.perf_counter()
        asked.think(builder.snapshot())
        times.append(time.perf_counter() - began)
        builder.put(proposed(number, 0.0))
    assert min(times[1:]) < times[0] / 3


def test_nothing_left_to_try_is_an_answer(ask: type[Asked]) -> None:
    assert ask(Misbehaving("nothing")).think(History(SPACE, GOALS)) == Thought(0, 0, None)


def test_an_error_of_the_specification_comes_back_as_it_is(ask: type[Asked]) -> None:
    asked = ask(Misbehaving("raise_studio"))
    with pytest.raises(SpecError, match=r"strategy.points must be above 0, but got 0.") as caught:
        asked.think(History(SPACE, GOALS))
    assert caught.value.remedy == "Choose more."
    thought = asked.think(grown(3).snapshot())
    assert thought.proposal is not None, "the process lives on"


@pytest.mark.parametrize(
    ("do", "says"),
    [("raise", "ZeroDivisionError: no variance"), ("exit", "SystemExit: 3")],
)
def test_another_error_is_named_with_its_traceback(ask: type[Asked], do: str, says: str) -> None:
    with pytest.raises(ExecutionError, match=f"The strategy failed: {says}") as caught:
        ask(Misbehaving(do)).think(History(SPACE, GOALS))
    assert "thinking_strategies.py" in caught.value.__notes__[0]


def test_a_proposal_that_cannot_be_sent_is_an_error_of_the_strategy(ask: type[Asked]) -> None:
    with pytest.raises(ExecutionError, match="The strategy failed: .*lambda"):
        ask(Misbehaving("unpicklable")).think(History(SPACE, GOALS))


def test_a_strategy_that_cannot_be_sent_is_refused_at_once() -> None:
    class Local:
        def propose(self, history: History, count: int, rng: Any) -> list[Proposal]:
            return []

    with pytest.raises(ExecutionError, match="The strategy must be an object that can be sent"):
        ThinkingProcess(Local(), 1)


def test_a_strategy_that_cannot_be_received_is_named(ask: type[Asked]) -> None:
    asked = ask(VanishesInTheChild())
    for _ in range(2):
        with pytest.raises(ExecutionError, match="The strategy failed: ImportError: no module"):
            asked.think(History(SPACE, GOALS))


def test_a_process_that_is_killed_in_the_middle_of_a_thought_is_replaced(
    ask: type[Asked], tmp_path: Path
) -> None:
    asked = ask(Misbehaving("die_the_first_time", at=5, mark=str(tmp_path / "mark")))
    history = grown(5).snapshot()
    assert without_pid(asked.think(history)) == without_pid(think(NearTheBest(), history, 7))
    assert (tmp_path / "mark").read_text() == "xx"


def test_a_process_that_dies_between_two_thoughts_is_replaced(ask: type[Asked]) -> None:
    asked = ask(NearTheBest())
    builder = grown(6)
    asked.think(builder.snapshot())
    first = asked.pid
    psutil.Process(first).kill()
    end(builder, 3)
    again = asked.think(builder.snapshot())
    assert without_pid(again) == without_pid(think(NearTheBest(), builder.snapshot(), 7))
    assert asked.pid != first


def test_a_process_that_dies_twice_gives_its_last_words(ask: type[Asked], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(ExecutionError, match="exit code 6 in the middle .*, twice") as caught:
        ask(Misbehaving("die", mark=str(mark))).think(History(SPACE, GOALS))
    assert caught.value.__notes__ == ["last words\n"]
    assert mark.read_text() == "xx"


def test_closing_in_the_middle_of_a_thought_kills_it_at_once(
    ask: type[Asked], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    asked = ask(Misbehaving("sleep", mark=str(mark)))
    asked.begin(History(SPACE, GOALS))
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid, folder = asked.pid, asked.thinker._talk.folder
    began = time.monotonic()
    asked.thinker.close()
    assert time.monotonic() - began < 2
    assert is_gone(pid)
    assert not folder.exists()
    assert not asked.rung.is_set()
    assert asked.thinker.answer() is None
    asked.thinker.close()


def test_a_thinker_that_is_closed_before_its_process_is_there_leaves_nothing() -> None:
    made = ThinkingProcess(NearTheBest(), 1)
    made.close()
    assert not made._thread.is_alive()
    assert made._talk._child is None
    assert not made._talk.folder.exists()


@pytest.mark.filterwarnings("ignore:subprocess")
def test_a_thinker_that_is_forgotten_takes_its_process_along(ask: type[Asked]) -> None:
    asked = Asked(NearTheBest())
    asked.think(History(SPACE, GOALS))
    pid = asked.pid
    del asked
    assert is_gone(pid)


def test_it_takes_a_process_from_its_own_reserve(ask: type[Asked]) -> None:
    reserve.dismiss()
    reserve.keep_ready(1, ["scipy.linalg"], purpose=THOUGHT)
    ready = reserve._waiting[THOUGHT][0][0].pid
    thought = ask(NearTheBest()).think(History(SPACE, GOALS))
    assert thought.proposal is not None
    assert thought.proposal.origin.mean == ready


PROGRAM = """
import threading
from thinking_strategies import Misbehaving
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.execution.thinking_process import ThinkingProcess

if __name__ == "__main__":
    import os, time
    made = ThinkingProcess(Misbehaving("sleep", mark={mark!r}), 1)
    made.ask(History(Space([Float("x", 0, 1)]), (Goal("loss", "minimize"),)), lambda: None)
    while not os.path.exists({mark!r}):
        time.sleep(0.01)
    print(made._talk._child.process.pid, flush=True)
    {ending}
"""


@pytest.mark.parametrize("ending", ["pass", "os._exit(1)", "raise KeyboardInterrupt"])
def test_no_process_is_left_when_the_program_ends(tmp_path: Path, ending: str) -> None:
    script, mark = tmp_path / "program.py", str(tmp_path / "mark")
    script.write_text(PROGRAM.format(mark=mark, ending=ending))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert time.monotonic() - began < 30
    assert is_gone(int(run.stdout))
