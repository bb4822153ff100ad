"""What an edit means for a study, before the study goes on with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hpo_gui.assembly.edits import NOTHING_USUAL, Edit, compare, outside_words
from hpo_gui.assembly.learning_shape import shape_of
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.assembly.seeing import Seeing, Usual, see_from, space_text
from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.table import Table
from hpo_gui.evaluation.usual_values import usual_values
from hpo_gui.execution.call import call_in_process


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
    usual = usual_of(known, versions.values(), before, resolved, table)
    edit = compare(before, resolved.spec, history.raw, usual)
    edited = space_text(before) != space_text(resolved.spec)
    if edit.refusals or not edited or resolved.space is None:
        return edit
    see = see_from(versions, resolved.spec, usual)
    words = outside_words(History(resolved.space, resolved.goals, history.raw, see=see))
    return replace(edit, warnings=(*edit.warnings, words)) if words else edit


def usual_of(
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
