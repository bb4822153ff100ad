"""A pruner that can do nothing in a study says why."""

from __future__ import annotations

from typing import Any

import pytest

from hpo_gui.core.spec import Choice
from hpo_gui.pruners.catalogue import PRUNERS, why_idle


@pytest.mark.parametrize(
    ("name", "options", "steps", "learns", "words"),
    [
        ("fold_racing", {}, 5, False, ""),
        ("fold_racing", {}, 2, False, "fewer than 3 folds"),
        ("fold_racing", {}, 20, True, "races folds"),
        ("fold_racing", {}, 0, False, ""),
        ("patience", {}, 5, False, "watches training"),
        ("patience", {}, 20, True, ""),
        ("successive_halving", {"least": 20}, 20, True, "20 steps only"),
        ("hyperband", {"least": 19}, 20, True, ""),
        ("hyperband", {"least": "many"}, 20, True, ""),
        ("median", {}, 1, False, "single step"),
        ("none", {}, 1, False, ""),
        ("nonsense", {}, 1, False, ""),
    ],
)
def test_a_pruner_says_why_it_has_nothing_to_do(
    name: str, options: dict[str, Any], steps: int, learns: bool, words: str
) -> None:
    why = why_idle(Choice(name, options), steps, learns=learns)
    assert words in why
    assert bool(words) == bool(why)


@pytest.mark.parametrize(
    ("name", "words"),
    [("fold_racing", "all folds"), ("patience", "shares of the rows"), ("median", "")],
)
def test_a_pruner_says_why_it_has_nothing_to_do_with_shares_of_the_rows(
    name: str, words: str
) -> None:
    why = why_idle(Choice(name), 4, learns=False, rows=True)
    assert words in why
    assert bool(words) == bool(why)


@pytest.mark.parametrize("learns", [True, False])
def test_with_a_single_step_every_pruner_but_none_is_idle(learns: bool) -> None:
    idle = [name for name in PRUNERS.names if why_idle(Choice(name), 1, learns=learns)]
    assert idle == [name for name in PRUNERS.names if name != "none"]
