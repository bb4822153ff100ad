"""Frozen values that a study file holds besides trials."""

from __future__ import annotations

import msgspec

from hpo_gui.core.trial import StepScores


class StepRow(msgspec.Struct, frozen=True):
    """One step of a trial; ``seconds`` is how long it took, ``at`` when it ended (since 1970)."""

    trial: int
    index: int
    scores: StepScores
    seconds: float
    at: float


class AuditEvent(msgspec.Struct, frozen=True):
    """Something that was done to the study; ``at`` is in seconds since 1970."""

    at: float
    kind: str
    text: str


class StoredData(msgspec.Struct, frozen=True):
    """A copy of the file that the study learns from."""

    name: str
    sha256: str
    content: bytes
