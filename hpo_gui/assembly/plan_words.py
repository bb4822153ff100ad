"""What a study is going to do, in a line: what it predicts, from what, by what, judged by what."""

from __future__ import annotations

from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.roles import Roles

MOST_NAMED = 4  # models


def plan_notice(spec: StudySpec, roles: Roles, guessed: bool) -> Notice:
    """The line that is told before a study runs without a window, where much may be a guess.

    Parameters
    ----------
    spec : with everything filled in
    roles : of its table; with a target
    guessed : nobody has said which column is the target

    Examples
    --------
    >>> plan_notice(spec, roles, guessed=True).text
    '(classification, a guess) from 6 columns by random_forest, judged by accuracy.'
    """
    assert roles.target is not None
    count = len(roles.features)
    names = [model.name for model in spec.models]
    if len(names) > MOST_NAMED:
        names[MOST_NAMED:] = [f"{len(names) - MOST_NAMED} more"]
    how = f"{roles.task}, a guess" if guessed else roles.task
    text = (
        f"({how}) from {count:,} column{'s' * (count != 1)} "
        f"by {', '.join(names)}, judged by {', '.join(goal.metric for goal in spec.goals)}."
    )
    return Notice("info", f"Predicts `{roles.target}`", text, roles.target)
