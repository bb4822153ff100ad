"""What the report of a study is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hpo_gui.analysis.landscape import Landscape
from hpo_gui.analysis.pareto import Why
from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.core.version import __version__
from hpo_gui.export.audit_trail import EventLike


@dataclass(frozen=True)
class Report:
    """A study, and what is known of it beside its specification and its trials.

    Attributes
    ----------
    written : when, in seconds since 1970
    file : name of the study file, or ""
    status : one sentence on how far the study is
    strategy, pruner : title, and a sentence on why
    shape : rows and columns of the table; None where it was not looked at
    seconds : running time so far
    versions : what it last ran with: name -> version
    events : what was done to it, the oldest first
    edits : version of the specification, since when, and what was different
    chosen : the trial that the report is about, why, or None without a complete one
    test : its scores on the locked rows, where they were opened
    landscape : what a surrogate has learnt; None where there is nothing, for the reason
        ``no_landscape``
    test_ratio : see `analysis.comparison`
    toml : the specification
    program : version of this program
    """

    spec: StudySpec
    history: History
    written: float
    file: str = ""
    status: str = ""
    strategy: tuple[str, str] = ("", "")
    pruner: tuple[str, str] = ("", "")
    shape: tuple[int, int] | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[EventLike] = ()
    edits: Sequence[tuple[int, float, str]] = ()
    chosen: tuple[Trial, Why | None] | None = None
    test: Mapping[str, float] = field(default_factory=dict)
    landscape: Landscape | None = None
    no_landscape: str = ""
    test_ratio: float | None = None
    toml: str = ""
    program: str = __version__
