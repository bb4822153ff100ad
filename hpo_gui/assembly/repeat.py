"""A study computed again: does it come to the same trials and scores, bit for bit?

Three checks, each of its own, so that one difference does not hide another:

- proposals: what the strategy says today of the history that it saw then;
- verdicts: whether the pruner stops what it stopped, on what it saw then;
- scores: every step of every trial with the same seed.

All of them begin from what is recorded. Nothing is written, and the order in which trials finish
today makes no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from hpo_gui.assembly.not_compared import GIVEN, about_proposals, about_scores
from hpo_gui.assembly.past_versions import PastVersions
from hpo_gui.assembly.planning import plan_of, worker_count
from hpo_gui.assembly.preparing import Prepared, prepare
from hpo_gui.assembly.recorded import Plans, Recorded, read_recorded
from hpo_gui.assembly.repeat_proposals import Question, propose_again
from hpo_gui.assembly.repeat_scores import (
    Evaluation,
    ScoresAgain,
    has_scores,
)
from hpo_gui.assembly.repeat_verdicts import judge_again
from hpo_gui.assembly.repetition import Difference, Part, Repetition
from hpo_gui.assembly.resolution import function_path, resolve
from hpo_gui.assembly.sessions import Session, facts_now
from hpo_gui.assembly.study_table import table_again
from hpo_gui.assembly.training import changeable
from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.evaluation.metric_table import TIMED
from hpo_gui.evaluation.trust import read_source
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.study.past import Judged, Past

OF_PROPOSALS = 0.2  # share of the work, as far as the progress is concerned

Tell = Callable[[float, str], None]
"""Called often with the share done and a few words; may raise, to give up."""


class ReplayOptions(msgspec.Struct, frozen=True):
    """What to compute again.

    Attributes
    ----------
    trials : the first so many; None for all
    scores : evaluate them again, which takes as long as the study took
    workers : processes at once; None for as many as the study asks for
    left_out : metrics that are not compared, beside measured times
    """

    trials: int | None = None
    scores: bool = True
    workers: int | None = None
    left_out: tuple[str, ...] = ()


def replay_study(
    path: Path, wanted: ReplayOptions = ReplayOptions(), tell: Tell = lambda share, words: None
) -> Repetition:
    """Compute a study again and compare; the file is only read. Raises as `replay`."""
    return replay(read_recorded(path), wanted, tell)


def replay(
    recorded: Recorded,
    wanted: ReplayOptions = ReplayOptions(),
    tell: Tell = lambda share, words: None,
) -> Repetition:
    """Compute a study again and compare.

    Raises
    ------
    StudioError : there is no trial, its data or function are gone, a library that it needs is
        missing, or its code is not trusted
    """
    for name, number in (("trials", wanted.trials), ("workers", wanted.workers)):
        if number is not None and number < 1:
            raise StudioError(name, "must be at least 1", number)
    if not recorded.trials:
        where, rule = str(recorded.path), "must have a trial to replay"
        raise StudioError(where, rule, remedy="Run the study first.")
    return _Replay(recorded, wanted, tell).run()


class _Replay:
    """One study on its way to be compared."""

    def __init__(self, recorded: Recorded, wanted: ReplayOptions, tell: Tell) -> None:
        self._recorded = recorded
        self._wanted = wanted
        self._tell = tell
        self._trials = recorded.trials
        self._count = min(len(self._trials), wanted.trials or len(self._trials))
        self._left_out = (*TIMED, *wanted.left_out)
        self._versions = PastVersions(recorded)
        self._unjudged: dict[int, str] = {}  # trial -> why the verdict on it is not asked again

    def run(self) -> Repetition:
        proposals, verdicts, scores = self._propose(), self._judge(), None
        if self._wanted.scores:
            scores = self._score()
        recorded = self._recorded
        last = recorded.session_when(None)
        return Repetition(
            self._count,
            proposals,
            verdicts,
            scores,
            None if last is None else last.facts,
            facts_now(recorded.spec, self._function_now()),
            (
                *about_proposals(recorded, self._count, self._unknown, self._unjudged),
                *self._about_scores(),
            ),
        )

    def _function_now(self) -> str | None:
        spec = self._recorded.spec
        if spec.objective is None:
            return None
        try:
            source = read_source(function_path(spec, self._recorded.base)[0])
        except OSError:
            return "missing"
        return hashlib.sha256(source).hexdigest()

    def _workers(self, spec: StudySpec) -> int | None:
        if spec.compute.executor == "inline":
            return None
        return self._wanted.workers or worker_count(spec)

    # --- proposals and verdicts ---------------------------------------------------------------

    @cached_property
    def _unknown(self) -> dict[int, str]:
        """Trials that a strategy has proposed -> why that cannot be done again."""
        why = {
            trial.number: self._versions.why_not_proposed(trial.number)
            for trial in self._trials[: self._count]
            if trial.origin.strategy not in GIVEN
        }
        return {number: reason for number, reason in why.items() if reason}

    def _proposed(self) -> list[int]:
        """Numbers of the trials that the strategy has proposed, as far as it can be asked."""
        return [
            trial.number
            for trial in self._trials[: self._count]
            if trial.origin.strategy not in GIVEN and trial.number not in self._unknown
        ]

    def _propose(self) -> Part:
        numbers, recorded = self._proposed(), self._recorded
        if not numbers:
            return Part()
        versions = {number: self._versions.at(number) for number in numbers}
        question = Question(
            self._trials[: numbers[-1] + 1],
            self._plans,
            {version: self._versions.asked(version) for version in set(versions.values())},
            versions,
            recorded.acts,
        )

        def told(count: int) -> None:
            share = count / len(numbers) * (OF_PROPOSALS if self._wanted.scores else 1.0)
            self._tell(share, f"{count:,} of {len(numbers):,} proposals")

        found = propose_again(question, numbers, told, self._workers(recorded.spec))
        return self._part(numbers, found, self._session_of_proposal)

    @cached_property
    def _plans(self) -> Plans:
        """What is recorded of plans; what is missing of older studies is planned anew."""
        recorded = self._recorded
        sessions = tuple(
            (one.session.trials, one.session.told, one.session.plan) for one in recorded.sessions
        )
        first = recorded.sessions[0].session.trials if recorded.sessions else len(self._trials)
        by_version = []
        for version in sorted({trial.spec_version for trial in self._trials[:first]}):
            begun = next(t.number for t in self._trials if t.spec_version == version)
            spec = recorded.specs[version]
            prepared = self._prepare(spec)
            prepared.folder.cleanup()
            task = None if prepared.resolved.roles is None else prepared.resolved.roles.task
            by_version.append((begun, plan_of(spec, prepared.steps, changeable(spec, task))))
        return Plans(sessions, tuple(by_version))

    def _acted_at(self, trials: int) -> bool:
        """Whether a person did something when there were so many trials: before or after what
        else happened then cannot be told."""
        return any(done.trials == trials for done in self._recorded.acts)

    def _judge(self) -> Part:
        recorded = self._recorded
        moments: list[tuple[Judged, int, Choice]] = []
        for moment in sorted(recorded.judged, key=lambda moment: moment.trial):
            session = recorded.session_at(moment.trials, moment.told)
            there = 0 <= moment.trial < min(self._count, moment.trials)
            if session is None or not there or self._acted_at(moment.trials):
                continue
            if self._trials[moment.trial].state is TrialState.PRUNED:
                version = session.spec if session.spec in recorded.specs else max(recorded.specs)
                if why := self._versions.why_unknown(moment.trials, version):
                    self._unjudged[moment.trial] = why
                else:
                    moments.append((moment, version, recorded.specs[version].pruner))
        if not moments:
            return Part()
        pasts = {version: self._past(version) for version in {one[1] for one in moments}}

        def told(count: int) -> None:
            self._tell(OF_PROPOSALS, f"{count:,} of {len(moments):,} verdicts")

        found = judge_again(pasts, self._trials, moments, told)
        numbers = [moment.trial for moment, _, _ in moments]
        return self._part(numbers, found, self._session_of_proposal)

    def _past(self, version: int) -> Past:
        """Histories as a version of the specification saw them."""
        asked, acts = self._versions.asked(version), self._recorded.acts
        return Past(asked.space, asked.goals, self._trials, self._plans.at, acts, asked.see)

    # --- scores -------------------------------------------------------------------------------

    def _scored(self) -> list[int]:
        """Numbers of the trials to evaluate; those that go on from others with those."""
        found: set[int] = set()
        for trial in self._trials[: self._count]:
            parent = trial.parent
            if has_scores(trial, self._trials) and (parent is None or parent in found):
                found.add(trial.number)
        return sorted(found)

    def _score(self) -> Part:
        numbers, done = self._scored(), 0
        found: Difference | None = None
        for spec, group in self._groups(numbers):
            group = [n for n in group if found is None or n < found.trial]
            if not group:
                continue
            prepared = self._prepare(spec)

            def told(count: int, before: int = done) -> None:
                share = OF_PROPOSALS + (before + count) / len(numbers) * (1 - OF_PROPOSALS)
                self._tell(share, f"{before + count:,} of {len(numbers):,} trials evaluated again")

            evaluation = Evaluation(
                prepared.factory,
                prepared.steps,
                "rows" if spec.rows else "training" if spec.training else "folds",
                self._workers(spec),
                self._left_out,
            )
            try:
                found = ScoresAgain(evaluation, self._trials, group, told).run() or found
            finally:
                prepared.folder.cleanup()
            done += len(group)
        return self._part(numbers, found, self._session_of_scores)

    def _groups(self, numbers: list[int]) -> Iterator[tuple[StudySpec, list[int]]]:
        """The trials that are evaluated alike."""
        groups: dict[bytes, tuple[StudySpec, list[int]]] = {}
        for number in numbers:
            spec = self._recorded.spec_of(self._trials[number])
            key = msgspec.json.encode(_evaluated(spec))
            groups.setdefault(key, (spec, []))[1].append(number)
        yield from groups.values()

    def _prepare(self, spec: StudySpec) -> Prepared:
        recorded = self._recorded
        self._tell(-1.0, "Preparing the data")
        with StudyFile.look_into(recorded.path) as file:
            table = table_again(spec, recorded.base, file)
        return prepare(resolve(spec, table).check(), table, recorded.base)

    def _about_scores(self) -> tuple[str, ...]:
        if not self._wanted.scores:
            return ("Scores were not compared.",)
        return tuple(about_scores(self._trials, self._count, self._scored(), self._left_out))

    # --- the answer ---------------------------------------------------------------------------

    def _part(
        self,
        numbers: list[int],
        found: Difference | None,
        session_of: Callable[[Trial], Session | None],
    ) -> Part:
        if found is None:
            return Part(len(numbers))
        session = session_of(self._trials[found.trial])
        facts = None if session is None else session.facts
        return Part(numbers.index(found.trial) + 1, found, facts)

    def _session_of_proposal(self, trial: Trial) -> Session | None:
        return self._recorded.session_at(trial.number, trial.asked)

    def _session_of_scores(self, trial: Trial) -> Session | None:
        return self._recorded.session_when(trial.finished)


def _evaluated(spec: StudySpec) -> StudySpec:
    """A specification without what makes no difference to how a trial is evaluated."""
    usual = StudySpec()
    return msgspec.structs.replace(
        spec,
        name=usual.name,
        start=usual.start,
        strategy=usual.strategy,
        pruner=usual.pruner,
        ensemble=usual.ensemble,
        budget=usual.budget,
        compute=usual.compute,
    )
