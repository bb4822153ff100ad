"""Series: the colour and marker of each strategy, the same in every plot of every study."""

from __future__ import annotations

from collections.abc import Sequence

from hpo_gui.gui.tables.score_text import origin_title
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import SERIES_MARKERS

_PLACES = {
    "bayesian": 0,
    "ehvi": 0,
    "parego": 1,
    "hill_climbing": 1,
    "random": 2,
    "manual": 3,
    "tpe": 4,
    "grid": 5,
    "default": 6,
}
_ORIGINS = {"tested": 1, "earlier": 4, "repeat": 5}
"""What else proposes trials than a strategy, with the place that each has where it is free."""


def series_places(strategies: Sequence[str]) -> list[int]:
    """The place of each strategy among the colours and markers; new ones take what is free.

    A strategy never takes the look that starting points have in other studies.
    """
    taken = {_PLACES[name] for name in strategies if name in _PLACES}
    free = [place for place in (0, 2, 3, 5, 4, 1) if place not in taken]
    places = []
    for name in strategies:
        if name in _PLACES:
            places.append(_PLACES[name])
        elif _ORIGINS.get(name) in free:
            free.remove(_ORIGINS[name])
            places.append(_ORIGINS[name])
        else:
            places.append(free.pop(0) if free else len(places) % len(SERIES_MARKERS))
    return places


def series_look(place: int) -> tuple[str, str]:
    """The colour, ``#RRGGBB``, and the marker at a place."""
    return tokens().series[place % len(tokens().series)], SERIES_MARKERS[place % 7]


def series_title(strategy: str) -> str:
    """What the legend says."""
    return origin_title(strategy)
