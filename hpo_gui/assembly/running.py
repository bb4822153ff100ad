"""From a specification or a study file to a runner that is ready to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hpo_gui.assembly.earlier import earlier_proposals
from hpo_gui.assembly.edits import compare
from hpo_gui.assembly.make_runner import make_runner
from hpo_gui.assembly.opened import FUNCTION, note_base, opened_of
from hpo_gui.assembly.plan_words import plan_notice
from hpo_gui.assembly.planning import worker_count
from hpo_gui.assembly.preparing import Prepared, prepare
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.assembly.starting import DEFAULT, TYPED
from hpo_gui.assembly.study_table import bytes_of, load_table, table_again
from hpo_gui.assembly.thinking import warm_up_thinker
from hpo_gui.assembly.versions import keep_usual
from hpo_gui.assembly.what_changes import usual_of
from hpo_gui.core.errors import ReadOnlyError, StorageError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.value import params_key
from hpo_gui.evaluation.model_choice import MODEL
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.table import Table
from hpo_gui.execution.reserve import keep_ready
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.strategy import InIntervals
from hpo_gui.study.events import Message
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

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
PATIENCE = 3.0  # seconds to wait for who reads the file, such as to write a report of it

Tell = Callable[[Sequence[Notice]], None]


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
            note_base(file, base)
            file.set_meta(FUNCTION, prepared.function_sha256)
            if spec.data is not None and spec.data.snapshot and table is not None and table.path:
                file.store_data(table.path.name, table.sha256, bytes_of(table, table.path))
            return make_runner(prepared, file, (), messages=messages)
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
    file = StudyFile.open_patiently(path, PATIENCE)
    try:
        if file.read_only:
            raise ReadOnlyError(
                str(path),
                "cannot be written",
                remedy=f"{file.read_only_reason} Wait for it, mend that, or go on with a copy.",
            )
        opened = opened_of(file)
        wanted = opened.spec if spec is None else spec
        warm_up(wanted)
        table = table_again(wanted, opened.base, file)
        resolved = resolve(wanted, table).check()
        specs = [version.spec for version in opened.versions.values()]
        usual = usual_of(opened.usual, specs, opened.spec, resolved, table)
        edit = compare(opened.spec, resolved.spec, opened.trials, usual)
        if wanted != opened.spec:
            edit.check()
        prepared = prepare(resolved, table, opened.base)

        def record() -> None:
            if usual != opened.usual:
                keep_usual(file, usual)
            now = spec_to_json(resolved.spec)
            if now != spec_to_json(opened.spec):
                file.add_spec(now, edit.note)
            _compare_functions(prepared, file, tell)

        with prepared.freed_after_error():
            runner = make_runner(
                prepared,
                file,
                opened.trials,
                opened.seconds,
                see=opened.seen_as(resolved.spec, usual),
                edit=edit,
                begin=record,
            )
            _queue_new(runner.study, opened.spec, resolved)
            return runner
    except BaseException:
        file.close()
        raise


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


# --- making the parts -------------------------------------------------------------------------
