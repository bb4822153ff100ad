"""Manual tuning: the configurations that the user typed, in their order, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import freeze, params_key


class Manual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Typed configurations; more can be added while a study runs.

    Attributes
    ----------
    configurations : tables ``parameter = value``; parameters left out get their defaults
    """

    configurations: Annotated[
        tuple[dict[str, Any], ...],
        msgspec.Meta(
            title="Configurations",
            description="One table a trial; what is left out gets its default.",
        ),
    ] = ()

    looks_at_scores: ClassVar[bool] = False
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        """Raises `SpecError` for a configuration that is not legal."""
        space = history.space
        proposals: list[Proposal] = []
        taken: set[frozenset[tuple[str, object]]] = set()
        for typed in self.configurations:
            given = {name: freeze(value) for name, value in typed.items()}
            params = space.check({**_missing(history, given), **given})
            key = params_key(params)
            if len(proposals) < count and key not in taken and not history.knows(params):
                taken.add(key)
                proposals.append(Proposal(params, Origin("manual", "Typed by hand.")))
        return proposals


def _missing(history: History, given: dict[str, Any]) -> dict[str, Any]:
    """Defaults of the active parameters that were left out."""
    filled = history.space.complete(given)
    return {name: value for name, value in filled.items() if name not in given}
