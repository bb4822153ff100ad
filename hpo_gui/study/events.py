"""What a running study tells: frozen events, in the order in which things happened."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from hpo_gui.core.acting import Acted
from hpo_gui.core.errors import StorageError
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Trial

NO_RESCUE = "No rescue copy could be written"  # head of a `Message`
RunState = Literal["starting", "running", "pausing", "paused", "stopping", "finished"]


class TrialChanged(msgspec.Struct, frozen=True):
    """A trial is new, has another state or one more step."""

    trial: Trial


class TrialsActed(msgspec.Struct, frozen=True):
    """What became of acts on trials that a person asked for."""

    acted: Acted


class StateChanged(msgspec.Struct, frozen=True):
    """The run is in another state."""

    state: RunState


class Progress(msgspec.Struct, frozen=True):
    """How far the run is.

    Attributes
    ----------
    finished : trials that count for the budget
    total : trials to expect; None when only time or the strategy ends the study
    share : of the budget that is used, 0 … 1; None when nobody can know
    seconds : of running time so far, earlier runs of the study included
    eta, eta_sd : seconds left and their standard deviation; None while unknown
    running, workers : busy and existing workers
    thinking : a worker has been waiting for a while for the strategy to choose what to try
    """

    finished: int
    total: int | None
    share: float | None
    seconds: float
    eta: float | None
    eta_sd: float | None
    running: int
    workers: int
    thinking: bool = False


class Message(msgspec.Struct, frozen=True):
    """Something that a person should know."""

    level: Literal["info", "warning", "error"]
    head: str
    text: str
    details: str = ""
    trial: int | None = None


class Stuck(msgspec.Struct, frozen=True):
    """The study file cannot be written: nothing new begins, and it is tried again now and then.

    Attributes
    ----------
    error : why not
    unsaved : number of trials of which something is only in memory
    """

    error: StorageError
    unsaved: int


class BudgetSet(msgspec.Struct, frozen=True):
    """What became of another budget: the one that counts now and stands in the study file."""

    budget: BudgetSpec


class Freed(msgspec.Struct, frozen=True):
    """Everything is in a file again, and the study goes on.

    Attributes
    ----------
    path : the file; None for a study that has none
    moved : it is another file than before
    """

    path: Path | None
    moved: bool


class Finished(msgspec.Struct, frozen=True):
    """The run is over.

    Attributes
    ----------
    reason : one sentence
    done : the budget is used or nothing is left to try; False when the user stopped it
    """

    reason: str
    done: bool


Event: TypeAlias = (
    TrialChanged
    | TrialsActed
    | StateChanged
    | Progress
    | Message
    | Stuck
    | Freed
    | BudgetSet
    | Finished
)
