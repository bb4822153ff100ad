"""What of a study is not compared when it is computed again, and why, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

from hpo_gui.assembly.recorded import Recorded
from hpo_gui.assembly.repeat_scores import ENDED, has_scores, unlucky
from hpo_gui.assembly.repetition import counted
from hpo_gui.assembly.starting import DEFAULT, EARLIER, TESTED, TYPED
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.evaluation.metric_table import TIMED
from hpo_gui.study.duplicates import REPEAT

GIVEN = {
    DEFAULT: "defaults",
    TYPED: "typed by hand",
    EARLIER: "of earlier studies",
    TESTED: "tested starting points",
    REPEAT: "run again by hand",
}
"""Origins of trials that no strategy has proposed, in words."""


def about_proposals(
    recorded: Recorded, count: int, unknown: Mapping[int, str], unjudged: Mapping[int, str]
) -> Iterator[str]:
    """Of the proposals and the verdicts of the first ``count`` trials.

    Parameters
    ----------
    unknown, unjudged : trial -> why its proposal, or the verdict on it, cannot be made again
    """
    trials = recorded.trials[:count]
    given = Counter(t.origin.strategy for t in trials if t.origin.strategy in GIVEN)
    if given:
        words = ", ".join(f"{GIVEN[name]} {number:,}" for name, number in given.items())
        yield f"Trials without a proposal to make again, as no strategy chose them: {words}."
    if recorded.acts:
        yield (
            f"{counted(len(recorded.acts), 'time')} a person retracted or corrected a trial: "
            "proposals were made again from the history before and after it, scores are compared "
            "as they were measured, and verdicts at that moment were not compared."
        )
    edits = len({trial.spec_version for trial in trials})
    if edits > 1:
        yield (
            f"The trials belong to {edits} versions of the specification: what was decided was "
            "decided again in the version of that time."
        )
    for what, numbers in (("proposal", unknown), ("verdict of the pruner", unjudged)):
        for why in dict.fromkeys(numbers.values()):
            those = [number for number, reason in numbers.items() if reason == why]
            yield (
                f"{counted(len(those), what)} of before or after an edit could not be compared "
                f"(the first of trial {those[0]}): {why}."
            )
    judged = {moment.trial for moment in recorded.judged}
    pruned = [trial.number for trial in trials if trial.state is TrialState.PRUNED]
    if unseen := [number for number in pruned if number not in judged]:
        yield (
            f"What the pruner saw is not recorded for {counted(len(unseen), 'trial')} that it "
            f"stopped (the first is {unseen[0]}): its verdict was not compared."
        )


def about_scores(
    trials: Sequence[Trial], count: int, scored: Container[int], left_out: Sequence[str]
) -> Iterator[str]:
    """Of the scores of the first ``count`` trials.

    Parameters
    ----------
    scored : numbers of those that were evaluated again
    left_out : metrics that were not compared
    """
    yield f"Not compared, as measured times do not repeat: {', '.join(TIMED)}."
    if asked := [name for name in left_out if name not in TIMED]:
        yield f"Not compared, as asked for: {', '.join(asked)}."
    looked_at = trials[:count]
    if number := sum(unlucky(trial) for trial in looked_at):
        yield (
            f"{counted(number, 'trial')} ended by a limit, a crash or by hand, which does not "
            "repeat: only the steps done before were compared."
        )
    ended = [trial for trial in looked_at if trial.state in ENDED and has_scores(trial, trials)]
    if number := sum(trial.number not in scored for trial in ended):
        yield f"{counted(number, 'trial')} whose parent has no scores could not be compared."
    if number := sum(trial.state.is_open for trial in looked_at):
        has = "has" if number == 1 else "have"
        yield f"{counted(number, 'trial')} {has} not finished: no scores to compare."
