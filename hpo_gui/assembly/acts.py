"""What a person does to trials of a study that does not run: its file is opened for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hpo_gui.assembly.resolution import make_space
from hpo_gui.assembly.sessions import in_words
from hpo_gui.assembly.versions import see_of
from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act, Annotate
from hpo_gui.core.errors import ReadOnlyError
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.core.wanted import Queued, Wanted
from hpo_gui.storage.records import AuditEvent
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.manual import Manual
from hpo_gui.study.study import Study

PATIENCE = 1.0  # seconds to wait for who reads the file


def act_on_study(path: Path, acts: Sequence[Act]) -> Acted:
    """Do acts one after the other; those that are possible are kept together.

    Raises
    ------
    StorageError : the file cannot be opened or written, such as while the study runs elsewhere
    """
    with writable(path) as file:
        return _act(file, acts, file.trials(act.number for act in acts))


def annotate_study(
    path: Path, numbers: Sequence[int], change: Callable[[Trial], Annotate]
) -> Acted:
    """Change notes and tags, from those that trials have now: nobody writes in between.

    Raises
    ------
    StorageError : as in `act_on_study`
    """
    with writable(path) as file:
        trials = file.trials(numbers)
        acts = [change(trials[n]) if n in trials else Annotate(n, "", ()) for n in numbers]
        return _act(file, acts, trials)


def _act(file: StudyFile, acts: Sequence[Act], trials: Mapping[int, Trial]) -> Acted:
    goals = parse_spec(file.spec_json(), name=file.path.name).goals
    acted = do_acts(acts, trials.get, goals)
    if acted.done:
        file.act(acted.done)
    return acted


def queue_on_study(path: Path, wanted: Sequence[Wanted]) -> Queued:
    """Queue trials that a person wants; they run first when the study goes on.

    Trials that were running when the program died stay as they are.

    Raises
    ------
    StorageError : the file cannot be opened or written, such as while the study runs elsewhere
    """
    with writable(path) as file:
        queued = _in_memory(file).queue(wanted)
        file.put(queued.trials)
        return queued


def skip_on_study(path: Path, numbers: Sequence[int]) -> tuple[Trial, ...]:
    """Take trials out of the queue; returns those that waited there, now cancelled.

    Raises
    ------
    StorageError : as in `queue_on_study`
    """
    with writable(path) as file:
        study = _in_memory(file)
        numbers = [number for number in numbers if number not in study.interrupted]
        unfit = [study.trials[n] for n in dict.fromkeys(numbers) if n in study.unfit]
        skipped = (study.skip(number) for number in numbers)  # the unfit ones are over already
        trials = (*unfit, *(trial for trial in skipped if trial is not None))
        file.put(trials)
        return trials


def _in_memory(file: StudyFile) -> Study:
    """The study of a file, which does not write to it."""
    spec = parse_spec(file.spec_json(), name=file.path.name)
    return Study(
        make_space(spec),
        spec.goals,
        Manual(),
        seed=spec.seed,
        trials=file.load(),
        spec_version=file.spec_version,
        duplicates=spec.duplicates,
        see=see_of(file),
    )


def writable(path: Path) -> StudyFile:
    """A study file that is open to be changed; waits a little for somebody who looks into it.

    Raises
    ------
    StorageError : it cannot be opened or written, such as while the study runs elsewhere
    """
    file = StudyFile.open_patiently(path, PATIENCE)
    if file.read_only:
        file.close()
        raise ReadOnlyError(str(path), "can only be read", remedy=file.read_only_reason)
    return file


def audit_trail(path: Path) -> list[AuditEvent]:
    """What was done to a study, in words, the oldest first; the file is not changed.

    Raises
    ------
    StorageError : the file cannot be opened, or is damaged
    """
    with StudyFile.look_into(path) as file:
        return in_words(file.events())
