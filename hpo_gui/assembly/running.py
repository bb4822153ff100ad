"""From a specification or a study file to a runner that is ready to run."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.assembly.earlier import earlier_proposals
from hpo_gui.assembly.edits import NOTHING_USUAL, Edit, compare, outside_words
from hpo_gui.assembly.filling import shape_of
from hpo_gui.assembly.folders import checkpoints_folder
from hpo_gui.assembly.goals import judging_goal
from hpo_gui.assembly.plan_words import plan_notice
from hpo_gui.assembly.predictions import identity_of, make_held_out, tidy_predictions
from hpo_gui.assembly.resolution import Resolved, function_path, make_space, resolve
from hpo_gui.assembly.seeing import Seeing, Usual, see_from, space_text
from hpo_gui.assembly.sessions import JUDGED, SESSION, Session, again_with, session_of, to_text
from hpo_gui.assembly.shelter import StudyShelter
from hpo_gui.assembly.starting import DEFAULT, TYPED
from hpo_gui.assembly.thinking import make_thinker, warm_up_thinker
from hpo_gui.assembly.training import changeable
from hpo_gui.assembly.versions import Version, keep_usual, read_usual, read_versions
from hpo_gui.core.errors import DataError, ExecutionError, ReadOnlyError, StorageError
from hpo_gui.core.folders import settings_folder
from hpo_gui.core.history import History, See
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.core.spec_text import parse_spec, spec_to_json
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import params_key
from hpo_gui.evaluation.cross_validation import CrossValidationFactory, write_bundle
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.dummy import DummyScores, check_with_dummy
from hpo_gui.evaluation.group_gap import gap_columns
from hpo_gui.evaluation.metrics import best_score
from hpo_gui.evaluation.model_choice import MODEL
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.reading import read_bytes
from hpo_gui.evaluation.row_shares import RowSharesFactory
from hpo_gui.evaluation.table import Table, read_table
from hpo_gui.evaluation.table_training import TableTrainingFactory
from hpo_gui.evaluation.trust import read_trusted
from hpo_gui.evaluation.user_objective import UserFunctionFactory, check_function
from hpo_gui.evaluation.user_training import UserTrainingFactory
from hpo_gui.evaluation.usual_values import usual_values
from hpo_gui.execution.call import call_in_process
from hpo_gui.execution.checkpoints import (
    Checkpoints,
    checkpoints_of,
    sweep,
    user_key,
)
from hpo_gui.execution.executor import Executor, Limits
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.execution.reserve import keep_ready
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.strategies.strategy import InIntervals
from hpo_gui.study.events import Message
from hpo_gui.study.past import Judged
from hpo_gui.study.runner import LEARNS_ANEW, UNKEPT, Runner
from hpo_gui.study.study import Study

if TYPE_CHECKING:
    from hpo_gui.evaluation.held_out import HeldOut
    from hpo_gui.evaluation.task import Task
    from hpo_gui.strategies.strategy import Strategy

MOST_WORKERS = 8
TIDY_EVERY = 100  # trials between two looks at which predictions may go
WARM = (
    "hpo_gui.evaluation.cross_validation",
    "hpo_gui.evaluation.dummy",
    "hpo_gui.evaluation.final_model",
    "hpo_gui.evaluation.row_shares",
    "hpo_gui.evaluation.table_training",
    "pandas",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "threadpoolctl",
)
"""What a process imports while it waits for work."""

NO_SPEC = StudySpec()
BASE = "base"  # meta keys of the study file
SECONDS = "seconds"
FUNCTION = "function sha256"
DUMMY = "dummy scores"

Tell = Callable[[Sequence[Notice]], None]


@dataclass(frozen=True)
class Opened:
    """A study file that was read.

    Attributes
    ----------
    base : folder that the specification's paths start from
    seconds : running time so far
    read_only : why it cannot be written, or ""
    dummy : see `core.plan.Plan`
    versions : all versions of the specification, the newest is ``spec``; see `Version`
    usual : see `assembly.seeing`
    """

    path: Path
    base: Path
    spec: StudySpec
    trials: tuple[Trial, ...] = ()
    seconds: float = 0.0
    read_only: str = ""
    dummy: DummyScores = field(default_factory=dict)
    versions: Mapping[int, Version] = field(default_factory=dict)
    usual: Usual = field(default_factory=dict)

    @property
    def see(self) -> See | None:
        """How trials of earlier versions look in the space of ``spec``."""
        return self.seen_as(self.spec)

    def seen_as(self, spec: StudySpec, usual: Usual | None = None) -> See | None:
        """How trials of all versions look in the space of a specification, old or new."""
        specs = {number: version.spec for number, version in self.versions.items()}
        if spec != self.spec:
            specs[max(specs, default=0) + 1] = spec
        return see_from(specs, spec, self.usual if usual is None else usual)

    @property
    def notes(self) -> Mapping[int, tuple[float, str]]:
        """Version -> since when, and what was different from the one before."""
        return {number: (one.at, one.note) for number, one in self.versions.items()}


def load_table(spec: StudySpec, base: Path) -> Table | None:
    """The table of a specification; None for the user's own function or without a source."""
    if spec.data is None or spec.objective is not None:
        return None
    return read_table(spec.data.source, base, spec.data.reading)


def open_study(path: Path) -> Opened:
    """Read a study file with all its trials, and find out whether it could be written.

    Raises
    ------
    StorageError : it is no study, is damaged, or was written by a newer version
    """
    with StudyFile.open(path) as file:
        return _read(file)


def read_history(opened: Opened) -> History:
    """The history of a study file, in columns; needs no table, as the space stands in the spec."""
    space, goals = make_space(opened.spec), opened.spec.goals
    best = best_score(goals[0]) if goals else None
    plan = Plan(
        rows=opened.spec.row_shares,
        dummy=opened.dummy,
        best_score=best,
        averages=opened.spec.duplicates == "average",
    )
    return History(space, goals, opened.trials, plan=plan, see=opened.see)


def warm_up(spec: StudySpec = NO_SPEC) -> None:
    """Start the processes that a study will need, and one that checks it; returns at once."""
    if spec.compute.executor == "processes":
        keep_ready(worker_count(spec) + 1, WARM)
        warm_up_thinker(spec)


def create_study(
    spec: StudySpec, base: Path, path: Path, *, tell: Tell = lambda notices: None
) -> Runner:
    """Make a new study file and the runner that fills it.

    Parameters
    ----------
    base : folder that the specification's paths start from
    tell : gets what was noticed about the table

    Raises
    ------
    StudioError : the specification has a problem, or ``path`` exists or cannot be written
    """
    warm_up(spec)
    table = load_table(spec, base)
    resolved, messages = _with_earlier(resolve(spec, table).check(), table, base)
    guessed = spec.data is not None and spec.data.target is None
    tell(_notices(table, resolved, guessed))
    prepared = prepare(resolved, table, base)
    with prepared.freed_after_error():
        _make_folder(path.parent)
        file = StudyFile.create(path, spec_to_json(resolved.spec))
        try:
            file.set_meta(BASE, str(base.resolve()))
            file.set_meta(FUNCTION, prepared.function_sha256)
            if spec.data is not None and spec.data.snapshot and table is not None and table.path:
                file.store_data(table.path.name, table.sha256, _bytes_of(table, table.path))
            return _make_runner(prepared, file, (), messages=messages)
        except BaseException:
            file.close()
            path.unlink(missing_ok=True)  # it is ours, and holds no trial
            raise


def _with_earlier(
    resolved: Resolved, table: Table | None, base: Path
) -> tuple[Resolved, tuple[Message, ...]]:
    """Add the best configurations of the studies that a new one is to begin from.

    They are looked up once: from then on they are trials of the new study.
    """
    if not resolved.spec.start.earlier or resolved.space is None:
        return resolved, ()
    earlier, messages = earlier_proposals(resolved.spec, resolved.space, base)
    return resolve(resolved.spec, table, earlier).check(), messages


def _notices(table: Table | None, resolved: Resolved, guessed: bool = False) -> tuple[Notice, ...]:
    about_table = table.notices if table is not None else ()
    if resolved.roles is None:
        return about_table + resolved.notices
    plan = plan_notice(resolved.spec, resolved.roles, guessed)
    return (plan, *about_table, *resolved.roles.notices, *resolved.notices)


def _bytes_of(table: Table, path: Path) -> bytes:
    """The bytes of a table's file, which must be what was read."""
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != table.sha256:
        raise DataError(str(path), "must not change while a study is made", remedy="Try again.")
    return content


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            str(folder),
            "must be a folder that can be written",
            error.strerror or str(error),
            remedy="Choose another folder.",
        ) from error


def resume_study(
    path: Path, spec: StudySpec | None = None, *, tell: Tell = lambda notices: None
) -> Runner:
    """The runner that goes on with a study file.

    Parameters
    ----------
    spec : recorded as a new version when it differs from the file's
    tell : gets what has changed since the study was made

    Raises
    ------
    StudioError : the file cannot be written, its data or function are gone or have changed, or
        ``spec`` changes what the scores of the trials mean
    """
    file = StudyFile.open(path)
    try:
        if file.read_only:
            raise ReadOnlyError(
                str(path),
                "cannot be written",
                remedy=f"{file.read_only_reason} Wait for it, mend that, or go on with a copy.",
            )
        opened = _read(file)
        wanted = opened.spec if spec is None else spec
        warm_up(wanted)
        table = table_again(wanted, opened.base, file)
        resolved = resolve(wanted, table).check()
        specs = [version.spec for version in opened.versions.values()]
        usual = _usual(opened.usual, specs, opened.spec, resolved, table)
        edit = compare(opened.spec, resolved.spec, opened.trials, usual)
        if wanted != opened.spec:
            edit.check()
        prepared = prepare(resolved, table, opened.base)
        with prepared.freed_after_error():
            if usual != opened.usual:
                keep_usual(file, usual)
            now = spec_to_json(resolved.spec)
            if now != spec_to_json(opened.spec):
                file.add_spec(now, edit.note)
            _compare_functions(prepared, file, tell)
            see = opened.seen_as(resolved.spec, usual)
            runner = _make_runner(
                prepared, file, opened.trials, opened.seconds, see=see, edit=edit
            )
            _queue_new(runner.study, opened.spec, resolved)
            return runner
    except BaseException:
        file.close()
        raise


def what_changes(
    before: StudySpec, history: History, spec: StudySpec, table: Table | None
) -> Edit:
    """What it would mean for a study to go on with another specification.

    Parameters
    ----------
    before : the study's newest specification
    history : of the study, seen through ``before``
    """
    resolved = resolve(spec, table)
    see = history.see
    versions, known = {trial.spec_version: before for trial in history.raw}, NOTHING_USUAL
    if isinstance(see, Seeing):
        versions, known = dict(see.versions), see.usual
    usual = _usual(known, versions.values(), before, resolved, table)
    edit = compare(before, resolved.spec, history.raw, usual)
    edited = space_text(before) != space_text(resolved.spec)
    if edit.refusals or not edited or resolved.space is None:
        return edit
    see = see_from(versions, resolved.spec, usual)
    words = outside_words(History(resolved.space, resolved.goals, history.raw, see=see))
    return replace(edit, warnings=(*edit.warnings, words)) if words else edit


def _usual(
    known: Usual,
    versions: Iterable[StudySpec],
    before: StudySpec,
    resolved: Resolved,
    table: Table | None,
) -> Usual:
    """What the models' parameters had where nothing set them; asked where a space is edited."""
    spec, roles = resolved.spec, resolved.roles
    edited = space_text(before) != space_text(spec)
    if not edited or roles is None or table is None:
        return known
    names = dict.fromkeys(m.name for one in (*versions, spec) for m in one.models)
    missing = tuple(name for name in names if name not in known)
    if not missing:
        return known
    question = (missing, roles.task, *shape_of(spec, roles, table))
    if spec.compute.executor == "inline":
        return {**known, **usual_values(*question)}
    return {**known, **call_in_process(usual_values, *question, title="Looking at the models")}


def _queue_new(study: Study, before: StudySpec, resolved: Resolved) -> None:
    """Let configurations that were typed since, and the defaults of new models, come next."""
    spec = resolved.spec
    if isinstance(study.strategy, InIntervals) or not study.trials:
        return
    typed = {params_key(params) for params in spec.start.configurations}
    typed -= {params_key(params) for params in before.start.configurations}
    known = {model.name for model in before.models}
    new = {model.name for model in spec.models} - known if known else set()
    for proposal in resolved.start:
        origin, params = proposal.origin, proposal.params
        is_typed = origin.strategy == TYPED and params_key(params) in typed
        is_new = origin.strategy == DEFAULT and params.get(MODEL) in new
        if (is_typed or is_new) and not study.history.knows(params):
            study.add(params, origin.strategy, origin.reason)
    study.flush()


def _compare_functions(prepared: Prepared, file: StudyFile, tell: Tell) -> None:
    """Note in the study, and say, that the file of the user's function is another one now."""
    before, now = file.meta(FUNCTION), prepared.function_sha256
    if before == now:
        return
    file.set_meta(FUNCTION, now)
    if before is not None:
        text = "earlier trials were scored by the old one, and may not compare with the new ones."
        tell((Notice("warning", "The file of the function has changed:", text),))
        file.log("function", "The file of the function has changed.")


def open_base(file: StudyFile) -> Path:
    """The folder that the paths of a study start from; that of its file where it is gone."""
    base = Path(file.meta(BASE) or file.path.parent)
    try:
        there = base.is_dir()
    except OSError:  # no name that a folder could have
        there = False
    return base if there else file.path.parent


def _read(file: StudyFile) -> Opened:
    versions = read_versions(file)
    return Opened(
        path=file.path,
        base=open_base(file),
        spec=versions[max(versions)].spec,
        trials=tuple(file.load()),
        seconds=_seconds(file),
        read_only=file.read_only_reason or "",
        dummy=_dummy_of(file),
        versions=versions,
        usual=read_usual(file),
    )


def _dummy_of(file: StudyFile) -> DummyScores:
    """What was written down of the dummy; nothing in older studies."""
    return dummy_scores(file.meta(DUMMY))


def dummy_scores(text: str | None) -> DummyScores:
    """The dummy's scores as a study file keeps them; none where there is nothing to read."""
    try:
        return msgspec.json.decode(text or "{}", type=DummyScores)
    except msgspec.DecodeError:
        return {}


def _seconds(file: StudyFile) -> float:
    """The running time so far; 0 where the file holds no such number."""
    try:
        seconds = float(file.meta(SECONDS) or 0.0)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def table_of_study(spec: StudySpec, base: Path, study: Path | None) -> Table | None:
    """The table that a study was made with.

    Parameters
    ----------
    study : the study file, which may hold a copy of the data

    Raises
    ------
    DataError : the data are gone, or others than before
    """
    if study is None:
        return _unchanged(spec, load_table(spec, base))
    with StudyFile.open(study) as file:  # a mere reader would leave files beside it
        return table_again(spec, base, file)


def table_again(spec: StudySpec, base: Path, file: StudyFile) -> Table | None:
    """The table of an earlier session, which must not have changed since."""
    return _unchanged(spec, _snapshot(spec, file) or load_table(spec, base))


def _unchanged(spec: StudySpec, table: Table | None) -> Table | None:
    if table is None or spec.data is None or spec.data.sha256 in (None, table.sha256):
        return table
    raise DataError(
        spec.data.source,
        "must be the file that the study was made with, but its content has changed",
        remedy="Bring the old file back, or start a new study.",
    )


def _snapshot(spec: StudySpec, file: StudyFile) -> Table | None:
    """The table from the copy in the study file; None when there is no copy."""
    stored = file.load_data()
    if stored is None or spec.data is None or stored.sha256 != spec.data.sha256:
        return None
    with tempfile.TemporaryDirectory(prefix="hpo-studio-") as folder:
        copy = Path(folder) / Path(stored.name).name
        copy.write_bytes(stored.content)
        return read_table(copy.name, copy.parent, spec.data.reading)


# --- making the parts -------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """What a run needs beside its study file."""

    resolved: Resolved
    factory: ObjectiveFactory
    steps: int
    folder: tempfile.TemporaryDirectory[str]
    function_sha256: str | None = None
    dummy: DummyScores | None = None

    @contextmanager
    def freed_after_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.folder.cleanup()
            raise


def prepare(resolved: Resolved, table: Table | None, base: Path) -> Prepared:
    """Split the rows, write them where the workers find them, and make the objective's factory."""
    folder = tempfile.TemporaryDirectory(prefix="hpo-studio-", ignore_cleanup_errors=True)
    try:
        if resolved.spec.objective is not None or table is None:
            return _prepare_function(resolved, base, folder)
        return _prepare_table(resolved, table, folder)
    except BaseException:
        folder.cleanup()
        raise


def _prepare_function(
    resolved: Resolved, base: Path, folder: tempfile.TemporaryDirectory[str]
) -> Prepared:
    path, function = function_path(resolved.spec, base)
    check_function(path, function)
    spec = resolved.spec
    assert spec.objective is not None
    goal, start, training = spec.goals[0], spec.objective.start, spec.training
    factory: ObjectiveFactory = UserFunctionFactory(path, function, _metrics_of_goals(spec))
    if start is not None:
        assert training is not None, "filled in"
        check_function(path, start)
        goals = _metrics_of_goals(spec)
        factory = UserTrainingFactory(path, start, function, goal, training, spec.schedule, goals)
    sha256 = hashlib.sha256(read_trusted(path)).hexdigest()
    steps = 1 if training is None else training.steps
    return Prepared(resolved, factory, steps, folder, sha256)


def _prepare_table(
    resolved: Resolved, table: Table, folder: tempfile.TemporaryDirectory[str]
) -> Prepared:
    spec = resolved.spec
    dataset = prepare_dataset(spec, table)
    assert spec.validation is not None
    metrics = recorded_metrics(spec)
    goals = _metrics_of_goals(spec)
    question = (dataset, spec.models, spec.validation, metrics, spec.seed, goals, spec.rows)
    if spec.compute.executor == "inline":
        steps, dummy = check_with_dummy(*question)
    else:  # scikit-learn is not imported in the window's process
        steps, dummy = call_in_process(check_with_dummy, *question, title="Checking the study")
    evaluation = CrossValidationFactory(
        bundle=write_bundle(dataset, Path(folder.name)),
        models=spec.models,
        validation=spec.validation,
        preprocessing=spec.preprocessing,
        metrics=metrics,
        seed=spec.seed,
        goals=goals,
    )
    if spec.rows is not None:
        shares = RowSharesFactory(evaluation, spec.rows)
        return Prepared(resolved, shares, spec.rows.steps, folder, dummy=dummy)
    if spec.training is None:
        return Prepared(resolved, evaluation, steps, folder, dummy=dummy)
    judged = judging_goal(spec)
    factory = TableTrainingFactory(evaluation, judged, spec.training, spec.schedule)
    return Prepared(resolved, factory, spec.training.steps, folder, dummy=dummy)


def prepare_dataset(spec: StudySpec, table: Table) -> Dataset:
    """The dataset of a filled-in specification."""
    assert spec.data is not None
    column = spec.validation.options.get("column") if spec.validation else None
    compared = gap_columns(recorded_metrics(spec))
    return make_dataset(table, spec.data, spec.seed, fold_column=column, compared=compared)


def recorded_metrics(spec: StudySpec) -> tuple[str, ...]:
    """The metrics of every fold: the goals first, each once."""
    return tuple(dict.fromkeys((*_metrics_of_goals(spec), *spec.metrics)))


def _metrics_of_goals(spec: StudySpec) -> tuple[str, ...]:
    return tuple(goal.metric for goal in spec.goals)


def worker_count(spec: StudySpec) -> int:
    """Number of workers: as asked for, else one a core, at most 8."""
    return spec.compute.workers or min(os.cpu_count() or 1, MOST_WORKERS)


def plan_of(
    spec: StudySpec,
    steps: int,
    changeable: tuple[str, ...] = (),
    dummy: DummyScores | None = None,
) -> Plan:
    """What is known ahead of a study."""
    inline = spec.compute.executor == "inline"
    return Plan(
        spec.budget.trials,
        spec.budget.seconds,
        1 if inline else worker_count(spec),
        steps,
        learns=spec.training is not None,
        rows=spec.row_shares,
        changeable=changeable,
        dummy=dummy or {},
        best_score=best_score(spec.goals[0]) if spec.goals else None,
        averages=spec.duplicates == "average",
    )


def _about_edit(edit: Edit | None, study: Study) -> Iterator[Message]:
    """What a person should know of an edit when the study goes on."""
    if edit is not None and edit.changes:
        words = (*edit.warnings, outside_words(study.history))
        yield Message("info", "The study goes on with changes", f"{edit.note}.")
        yield from (Message("warning", "Of earlier trials", text) for text in words if text)
    if study.unfit:
        which = ", ".join(map(str, study.unfit[:5])) + ("…" if len(study.unfit) > 5 else "")
        several = len(study.unfit) > 1
        what = f"{len(study.unfit)} waiting trials do" if several else "1 waiting trial does"
        text = f"Cancelled: {which}."
        yield Message("info", f"{what} not fit the space any more", text)


def _task(resolved: Resolved) -> Task | None:
    return None if resolved.roles is None else resolved.roles.task


def _make_executor(
    spec: StudySpec, factory: ObjectiveFactory, checkpoints: Checkpoints | None
) -> Executor:
    limits = Limits(spec.compute.trial_seconds, spec.compute.trial_memory_mb)
    if spec.compute.executor == "inline":
        return InlineExecutor(factory, limits, checkpoints)
    return ProcessPool(factory, worker_count(spec), limits, checkpoints)


def _make_checkpoints(spec: StudySpec, file: StudyFile) -> Checkpoints | None:
    """Where the states of a study are kept whose trials learn step by step."""
    if spec.training is None:
        return None
    root = checkpoints_folder()
    sweep(root)
    key = user_key(settings_folder() / "checkpoints.key")
    return checkpoints_of(root, identity_of(file), file.path, key)


def _check_checkpoints(checkpoints: Checkpoints | None, strategy: Strategy) -> tuple[Message, ...]:
    """A warning where states cannot be kept; an error where trials go on from each other's."""
    if checkpoints is None:
        return ()
    try:
        checkpoints.check()
    except ExecutionError as error:
        if hasattr(strategy, "keeps_states"):
            raise
        return (Message("warning", UNKEPT, f"{error} {LEARNS_ANEW}"),)
    return ()


def _make_tidy(
    spec: StudySpec, held_out: HeldOut | None, task: Task | None, study: Study
) -> Callable[[bool], None]:
    """What deletes predictions that nobody will need, now and then or at the end."""
    if held_out is None or task is None:
        return lambda at_end: None
    tidied = len(study.trials)

    def tidy(at_end: bool) -> None:
        nonlocal tidied
        if at_end or len(study.trials) >= tidied + TIDY_EVERY:
            tidied = len(study.trials)
            tidy_predictions(held_out, spec, task, study.history)

    return tidy


def _make_runner(
    prepared: Prepared,
    file: StudyFile,
    trials: tuple[Trial, ...],
    seconds: float = 0.0,
    messages: Sequence[Message] = (),
    see: See | None = None,
    edit: Edit | None = None,
) -> Runner:
    resolved = prepared.resolved
    spec = resolved.spec
    assert resolved.space is not None
    strategy: Strategy = STRATEGIES.make(spec.strategy.name, spec.strategy.options)
    checkpoints = _make_checkpoints(spec, file)
    messages = (*messages, *_check_checkpoints(checkpoints, strategy))
    study = Study(
        resolved.space,
        resolved.goals,
        strategy,
        seed=spec.seed,
        start=resolved.start,
        trials=trials,
        store=file,
        spec_version=file.spec_version,
        plan=plan_of(spec, prepared.steps, changeable(spec, _task(resolved)), prepared.dummy),
        duplicates=spec.duplicates,
        see=see,
        notes={row.version: (row.at, row.note) for row in file.specs()},
    )
    messages = (*messages, *_about_edit(edit, study))
    if prepared.dummy:
        file.set_meta(DUMMY, json.dumps(prepared.dummy))
    factory, held_out = prepared.factory, make_held_out(spec, file)
    if held_out is not None and isinstance(factory, CrossValidationFactory):
        factory = replace(factory, held_out=held_out)
    tidy = _make_tidy(spec, held_out, _task(resolved), study)

    def log_session(begun: Session) -> None:
        file.log(SESSION, to_text(begun))

    session = session_of(study, spec, file.spec_version, prepared.function_sha256)
    log_session(session)
    judged: list[Judged] = []

    def keep_seconds(used: float) -> None:
        file.set_meta(SECONDS, repr(used))
        if judged:
            file.log(JUDGED, to_text(judged))
            judged.clear()
        tidy(False)

    def keep_budget(budget: BudgetSpec) -> None:
        newest = parse_spec(file.spec_json())
        changed = msgspec.structs.replace(newest, budget=budget)
        if changed != newest:
            file.add_spec(spec_to_json(changed), "another budget while it ran")
        log_session(again_with(session, study, file.spec_version, budget))

    def clean_up() -> None:
        with ExitStack() as closing:
            closing.callback(prepared.folder.cleanup)
            closing.callback(file.close)
            tidy(True)

    folders = [
        *([] if checkpoints is None else [checkpoints.folder]),
        *([] if held_out is None else [held_out.folder.parent]),
    ]

    return Runner(
        study,
        _make_executor(spec, factory, checkpoints),
        prepared.steps,
        budget=spec.budget,
        pruner=None
        if spec.pruner.name == "none"
        else PRUNERS.make(spec.pruner.name, spec.pruner.options),
        forget_states=None if checkpoints is None else checkpoints.forget_others,
        thinker=make_thinker(spec, strategy),
        seconds=seconds,
        messages=messages,
        size=resolved.size,
        keep_seconds=keep_seconds,
        note_judged=judged.append,
        shelter=StudyShelter(file, spec.name, folders),
        keep_budget=keep_budget,
        clean_up=clean_up,
    )
