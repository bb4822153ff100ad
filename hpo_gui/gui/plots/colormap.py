"""The ordered colour map viridis (van der Walt, Smith 2015), for values from worst to best."""

from __future__ import annotations

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import mix

VIRIDIS = (
    "#440154",
    "#482878",
    "#3E4A89",
    "#31688E",
    "#26828E",
    "#1F9E89",
    "#35B779",
    "#6DCD59",
    "#B4DE2C",
    "#FDE725",
)


def ordered_color(share: float) -> str:
    """The colour of a share, 0 for the worst to 1 for the best.

    The end that would vanish on the surface is left out: yellow on white, violet on dark.
    """
    share = min(max(share, 0.0), 1.0)
    place = (0.18 + 0.82 * share if tokens().dark else 0.8 * (1 - share)) * (len(VIRIDIS) - 1)
    low = min(int(place), len(VIRIDIS) - 2)
    return mix(VIRIDIS[low], VIRIDIS[low + 1], place - low)
