"""Frozen values that a study file holds besides trials."""

from __future__ import annotations

import msgspec

from hpo_gui.core.acts import Act
from hpo_gui.core.trial import StepScores


class StepRow(msgspec.Struct, frozen=True):
    """One step of a trial; ``seconds`` is how long it took, ``at`` when it ended (since 1970)."""

    trial: int
    index: int
    scores: StepScores
    seconds: float
    at: float


class SpecRow(msgspec.Struct, frozen=True):
    """A version of the specification; ``at`` is since when (seconds since 1970)."""

    version: int
    at: float
    note: str
    json: str


class AuditEvent(msgspec.Struct, frozen=True):
    """Something that was done to the study.

    Attributes
    ----------
    at : seconds since 1970
    kind : "retract", "correct", … for acts on a trial, else what was done in a word
    text : one sentence for people
    trials : how many trials there were; a trial with this number, or a higher one, was proposed
        from the history after it
    act : what was done to a trial, or None
    """

    at: float
    kind: str
    text: str
    trials: int = 0
    act: Act | None = None


class StoredData(msgspec.Struct, frozen=True):
    """A copy of the file that the study learns from."""

    name: str
    sha256: str
    content: bytes
