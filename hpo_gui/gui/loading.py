"""Opening things: plain functions for jobs, each from a name to everything the window shows."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, structs

from hpo_gui.core.errors import StudioError, TrustError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder, See
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ReadingSpec, StudySpec
from hpo_gui.core.spec_text import read_spec
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import identical
from hpo_gui.evaluation.metrics import best_score
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.evaluation.trust import refusal
from hpo_gui.gui.engine import Engine, Problem, View

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.trust import Code

SAMPLE = "sample:"
STUDY_SUFFIXES = (".hpostudy",)
SPEC_SUFFIXES = (".toml", ".json")
NO_SPACE = Space(())
NO_GOAL = Goal("score")
EMPTY = View()
NO_DUMMY: Mapping[str, tuple[float, ...]] = {}


class Stoppable(Protocol):
    """The job that the loading is part of."""

    @property
    def is_cancelled(self) -> bool: ...
    def check(self) -> None:
        """Raise when the user cancelled; called between the pieces."""
        ...


@dataclass(frozen=True)
class Loaded:
    """A study ready to be shown; see `Session` for the parts.

    Attributes
    ----------
    untrusted : code of others that the study would run, and that the user has not said yes to
    asked : the specification as the user left it, some of it open; None when it is ``spec``
    read_as : source and reading options that gave the table
    history : the trials, in columns
    recorded : the newest specification of the study file, filled in; None without a file
    notes : its versions: since when, and what was different from the one before
    """

    spec: StudySpec
    base: Path
    table: Table | None = None
    view: View = EMPTY
    path: Path | None = None
    read_only: str = ""
    read_as: tuple[str, ReadingSpec] | None = None
    history: HistoryBuilder | None = None
    asked: StudySpec | None = None
    untrusted: tuple[Code, ...] = ()
    recorded: StudySpec | None = None
    notes: Mapping[int, tuple[float, str]] = field(default_factory=dict)

    @property
    def open_spec(self) -> StudySpec:
        """The specification as the user left it."""
        return self.spec if self.asked is None else self.asked

    @property
    def planned(self) -> int | None:
        """Number of trials after which the study ends; None without an end in sight."""
        size = self.view.size
        limits = [self.spec.budget.trials, int(size) if math.isfinite(size) else None]
        return min((limit for limit in limits if limit is not None), default=None)


def make_history(
    view: View,
    spec: StudySpec,
    trials: Iterable[Trial] = (),
    dummy: Mapping[str, tuple[float, ...]] = NO_DUMMY,
    see: See | None = None,
) -> HistoryBuilder:
    """The growing history of a study; without a space or a goal yet, one that has none.

    Parameters
    ----------
    dummy : see `core.plan.Plan`
    see : how trials of before an edit look in the space
    """
    goals = view.goals or spec.goals or (NO_GOAL,)
    plan = Plan(
        rows=spec.row_shares,
        dummy=dict(dummy),
        best_score=best_score(goals[0]),
        averages=spec.duplicates == "average",
        test_ratio=fold_ratio(spec.validation),
    )
    builder = HistoryBuilder(view.space or NO_SPACE, goals, plan=plan, see=see)
    for trial in trials:
        builder.put(trial)
    return builder


def grow(history: History) -> HistoryBuilder:
    """A history that grows on from another one."""
    known = history.plan
    plan = Plan(
        rows=known.rows,
        dummy=known.dummy,
        best_score=known.best_score,
        averages=known.averages,
        test_ratio=known.test_ratio,
    )
    builder = HistoryBuilder(history.space, history.goals, plan=plan, see=history.see)
    for trial in history.raw:
        builder.put(trial)
    return builder


def load_data(engine: Engine, source: str, job: Stoppable) -> Loaded:
    """Read a table ("sample:wine" or a path) and fill everything in."""
    sample = source.startswith(SAMPLE)
    base = Path.cwd() if sample else Path(source).absolute().parent
    name = source if sample else Path(source).name
    table = engine.read_table(name, base, ReadingSpec(), lambda: job.is_cancelled)
    job.check()
    spec = engine.suggest(table, name)
    job.check()
    loaded = Loaded(spec, base, table, read_as=(name, ReadingSpec()))
    return read_and_resolve(engine, loaded, job)


def load_spec(engine: Engine, path: Path, job: Stoppable) -> Loaded:
    """Read a specification in TOML or JSON, and its table."""
    return _with_table(engine, Loaded(read_spec(path), path.parent), job)


def load_given(engine: Engine, spec: StudySpec, base: Path, job: Stoppable) -> Loaded:
    """Take a specification that is there already, and read its table."""
    return _with_table(engine, Loaded(spec, base), job)


def load_example(engine: Engine, name: str, job: Stoppable) -> Loaded:
    """Make one of the bundled examples."""
    return _with_table(engine, Loaded(engine.example(name), Path.cwd()), job)


def load_study(engine: Engine, path: Path, job: Stoppable) -> Loaded:
    """Read a study file with all its trials, and its table."""
    with collector_at_rest():
        return _load_study(engine, path, job)


def _load_study(engine: Engine, path: Path, job: Stoppable) -> Loaded:
    opened = engine.open_study(path)
    job.check()
    loaded = Loaded(
        opened.spec,
        opened.base,
        path=opened.path,
        read_only=opened.read_only,
        notes=opened.notes,
    )
    loaded = _with_table(engine, loaded, job)
    history = make_history(loaded.view, loaded.spec, opened.trials, opened.dummy, see=opened.see)
    # what an older version of the program left open is filled in, which is no edit
    return replace(loaded, history=history, recorded=loaded.spec)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection while many values are made that stay; later ones pass them over.

    Reading 100,000 trials takes a third of the time.
    """
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if worked:
            gc.enable()


def needs_reading(loaded: Loaded) -> bool:
    """Whether the specification names another table, or another way to read it, than before."""
    data = loaded.spec.data
    if data is None or loaded.table is None or loaded.read_as is None:
        return data is not None
    source, reading = loaded.read_as
    return data.source != source or data.reading not in (reading, loaded.table.reading)


def read_and_resolve(engine: Engine, loaded: Loaded, job: Stoppable | None = None) -> Loaded:
    """Check a specification; read its table first when it is another one than before.

    A table that cannot be read becomes a problem of the field ``source``.
    """
    data, table, read_as = loaded.spec.data, loaded.table, loaded.read_as
    if data is None:
        table = None
    elif needs_reading(loaded):
        try:
            table = engine.read_table(
                data.source,
                loaded.base,
                data.reading,
                lambda: job is not None and job.is_cancelled,
            )
        except StudioError as error:
            view = View(problems=(Problem("data", "source", error),))
            return replace(loaded, table=None, read_as=None, view=view)
        read_as = (data.source, data.reading)
    asked = loaded.open_spec
    view = engine.resolve(asked, table)
    spec = view.spec or asked
    untrusted = engine.untrusted(spec, loaded.base)
    if untrusted:
        view = _waits_for_trust(view, untrusted)
    return replace(
        loaded,
        spec=spec,
        table=table,
        read_as=read_as,
        view=view,
        asked=asked,
        untrusted=untrusted,
    )


def _waits_for_trust(view: View, untrusted: tuple[Code, ...]) -> View:
    """Say first, and once, that the study has to be trusted before it can run."""
    others = [problem for problem in view.problems if not isinstance(problem.error, TrustError)]
    first = Problem("space", "model", refusal(untrusted[0], remedy=""))
    return replace(view, problems=(first, *others))


def carry(base: StudySpec, derived: StudySpec, new: StudySpec) -> StudySpec:
    """Apply to ``derived`` what is different between ``base`` and ``new``, section by section.

    With ``base`` filled in and ``derived`` open it keeps open what an edit of the filled-in one
    did not touch; the other way round it fills in what another open one has in common.
    """
    changed = _differences(base, new)
    for name in changed.keys() & {"data", "training"}:
        inside = [getattr(spec, name) for spec in (base, derived, new)]
        if None not in inside:
            before, open_one, after = inside
            changed[name] = structs.replace(open_one, **_differences(before, after))
    return structs.replace(derived, **changed)


def _differences(before: Struct, after: Struct) -> dict[str, Any]:
    """The fields of ``after`` that are other than before."""
    return {
        name: getattr(after, name)
        for name in after.__struct_fields__
        if not identical(getattr(after, name), getattr(before, name))
    }


def _with_table(engine: Engine, loaded: Loaded, job: Stoppable) -> Loaded:
    result = read_and_resolve(engine, loaded, job)
    job.check()
    return result
