"""The design tokens: every colour of the window, for the light and the dark theme."""

from __future__ import annotations

from dataclasses import dataclass

OKABE_ITO_LIGHT = ("#0072B2", "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#56B4E9", "#6B7280")
OKABE_ITO_DARK = ("#56B4E9", "#2BC298", "#E69F00", "#E29CC4", "#F28A4B", "#4C8FD0", "#AEB6C4")
SERIES_MARKERS = ("circle", "triangle", "square", "diamond", "star", "triangle_down", "plus")


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Colours are ``#RRGGBB``; text colours keep 4.5 : 1 on every background.

    ``muted``, ``good`` and ``warning`` of the light theme are a little darker than first drawn,
    since they are also used on selected rows (`accent_soft`) and chips (`chip`).
    """

    name: str
    window: str
    surface: str
    raised: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    accent_hover: str
    accent_pressed: str
    accent_soft: str  # selected rows, the current step
    accent_running: str  # the share of a progress bar that is being worked on
    hover: str
    pressed: str
    chip: str
    track: str  # the empty part of bars
    good: str
    warning: str
    bad: str
    bad_text: str  # on a `bad` background
    focus_on_accent: str
    bar: str  # fold bars
    histogram: str
    hairline: str  # between rows
    plot_grid: str
    disabled_text: str
    shadow: str
    series: tuple[str, ...]

    @property
    def dark(self) -> bool:
        """Whether this is a dark theme."""
        return self.name == "dark"


LIGHT = Tokens(
    name="light",
    window="#F6F7F9",
    surface="#FFFFFF",
    raised="#FFFFFF",
    border="#E4E7EC",
    strong_border="#CBD2DC",
    text="#1A1F29",
    muted="#606A7E",
    accent="#3B5BDB",
    accent_text="#FFFFFF",
    accent_hover="#3350C4",
    accent_pressed="#2B45AD",
    accent_soft="#EEF2FF",
    accent_running="#A9B6E5",
    hover="#F3F5F8",
    pressed="#E9EDF2",
    chip="#EDF0F4",
    track="#E4E7EC",
    good="#077D55",
    warning="#9C5C00",
    bad="#C92A2A",
    bad_text="#FFFFFF",
    focus_on_accent="#1A1F29",
    bar="#5873E0",
    histogram="#93A5EB",
    hairline="#E9ECF1",
    plot_grid="#F0F2F5",
    disabled_text="#98A2B3",
    shadow="#1A1F29",
    series=OKABE_ITO_LIGHT,
)

DARK = Tokens(
    name="dark",
    window="#14171C",
    surface="#1B1F26",
    raised="#232831",
    border="#2C323C",
    strong_border="#414957",
    text="#E7EAF0",
    muted="#98A2B3",
    accent="#7C9BFF",
    accent_text="#10131A",
    accent_hover="#92ACFF",
    accent_pressed="#6A8AF0",
    accent_soft="#252C40",
    accent_running="#475680",
    hover="#20252D",
    pressed="#2A303A",
    chip="#262B34",
    track="#2C323C",
    good="#3CCB98",
    warning="#F0B45A",
    bad="#FF7B7B",
    bad_text="#10131A",
    focus_on_accent="#FFFFFF",
    bar="#6E88DE",
    histogram="#50639D",
    hairline="#272C35",
    plot_grid="#232831",
    disabled_text="#667085",
    shadow="#000000",
    series=OKABE_ITO_DARK,
)

STATE_LOOKS: dict[str, tuple[str, str]] = {
    "waiting": ("muted", "ring_dotted"),
    "running": ("accent", "ring"),
    "complete": ("good", "circle"),
    "pruned": ("muted", "diamond_open"),
    "failed": ("bad", "cross"),
    "cancelled": ("muted", "bar"),
    "retracted": ("muted", "struck_ring"),
}
"""Trial state -> (colour token, marker shape): a state is never told by colour alone."""


def state_look(state: str) -> tuple[str, str]:
    """Return the colour token and the marker shape of a trial state."""
    return STATE_LOOKS[state]


def mix(first: str, second: str, share: float) -> str:
    """Return the colour ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    parts = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2, "relative luminance")."""
    linear = [_linear(channel / 255) for channel in _channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
