"""The pruners by name, one line each."""

from __future__ import annotations

from typing import Any

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.pruners.none import NoPruner

PRUNERS: Catalogue[Any] = Catalogue(
    "pruner",
    (
        Entry(
            "none",
            "None",
            "Use when every configuration should be measured to the end.",
            NoPruner,
        ),
    ),
)
