"""Verdicts of pruners asked for again: what was stopped must be stopped on what was seen then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hpo_gui.assembly.repetition import Difference
from hpo_gui.core.spec import Choice
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.pruner import Pruner
from hpo_gui.study.past import Judged, Past


def judge_again(
    pasts: Mapping[int, Past],
    trials: Sequence[Trial],
    moments: Sequence[tuple[Judged, int, Choice]],
    tell: Callable[[int], None],
) -> Difference | None:
    """The first trial that a pruner would let go on today; None for none.

    Parameters
    ----------
    pasts : by the version of the specification
    moments : what was seen when each of them was stopped, in which version, and the pruner, by
        number
    tell : called with how many were judged again; may raise, to give up
    """
    pruners: dict[str, Pruner] = {}
    for done, (moment, version, choice) in enumerate(moments, 1):
        key = repr(choice)
        if key not in pruners:
            pruners[key] = PRUNERS.make(choice.name, choice.options)
        history = pasts[version].at(moment)
        trial = history.trials[moment.trial]
        if pruners[key].should_stop(history, trial) is None:
            failure = trials[moment.trial].failure
            why = failure.message if failure is not None else "it was stopped"
            return Difference(moment.trial, "end", "", f"stopped ({why})", "it would go on")
        tell(done)
    return None
