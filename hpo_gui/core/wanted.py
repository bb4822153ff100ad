"""Trials that a person wants to be run, as frozen values."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from hpo_gui.core.errors import StudioError
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params


class Typed(msgspec.Struct, frozen=True):
    """A configuration typed by hand."""

    params: Params


class Again(msgspec.Struct, frozen=True):
    """A trial once more: with a seed that its configuration has not had yet, or with its own."""

    number: int
    fresh: bool = False


Wanted: TypeAlias = Typed | Again


class Queued(msgspec.Struct, frozen=True):
    """The trials that were queued, and why others were not."""

    trials: tuple[Trial, ...] = ()
    refused: tuple[StudioError, ...] = ()
