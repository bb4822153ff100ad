"""The subcommand that shows the trials of a study as another program writes them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from time import sleep
from typing import Any

from hpo_gui.cli.printing import printable, quoted, say
from hpo_gui.cli.progress import best_score, trial_line
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.storage.following import Follower, News
from hpo_gui.study.budget import finished_trials

LOOK_SECONDS = 0.5


def add_watch(commands: Any) -> None:
    watch = commands.add_parser(
        "watch", help="show the trials of a study as another program writes them"
    )
    watch.add_argument("study", type=Path, help="a .hpostudy file; it is only read")
    watch.set_defaults(action=_watch)


def _watch(parsed: argparse.Namespace) -> int:
    """Print each trial that ends, until the program that writes the study ends."""
    follower = Follower(parsed.study)
    try:
        watched = Watched(parsed.study, follower.look())
        print(watched.greeting)
        if follower.writer:
            say(f"{follower.writer} Its trials as they end; Ctrl+C stops watching, not the study:")
        written = bool(follower.writer)
        while follower.writer:
            sleep(LOOK_SECONDS)
            for line in watched.take(follower.look()):
                say(line)
        print("The other program has ended." if written else "No program writes this study.")
        print(f"To go on: hpo-gui resume {quoted(parsed.study)}")
    finally:
        follower.close()
    return 0


class Watched:
    """A study as it is known by what has been read so far.

    Parameters
    ----------
    path : of the study file
    first : what the first look has found
    """

    def __init__(self, path: Path, first: News) -> None:
        self.path = path
        self._meta = first.meta or {}
        assert first.spec is not None, "the first look gives it"
        self._set_spec(first.spec, first.trials)

    @property
    def greeting(self) -> str:
        """The study in a line."""
        history = self._builder.snapshot()
        count = finished_trials(history)
        text = (
            f"Study “{printable(self._title)}”: {count} trial{'' if count == 1 else 's'} finished"
        )
        if history.best is not None:
            score = f"{history.goal.metric} {best_score(history)}"
            text += f", best {score} (trial {history.best.number})"
        return text

    def take(self, news: News) -> list[str]:
        """Add what is new; a line for each trial that has ended, in that order, or changed."""
        before = {trial.number: trial.state for trial in self._builder.trials}
        self._meta = self._meta if news.meta is None else news.meta
        if news.spec is not None:
            self._set_spec(news.spec, self._builder.trials)
        for trial in news.trials:
            self._builder.put(trial)
        history = self._builder.snapshot()
        ended = [
            trial
            for trial in news.trials
            if trial.told is not None and before.get(trial.number) is not trial.state
        ]
        return [trial_line(trial, history) for trial in sorted(ended, key=lambda t: t.told or 0)]

    def _set_spec(self, text: str, trials: Iterable[Trial]) -> None:
        from hpo_gui.assembly.opened import DUMMY, Opened, dummy_scores, read_history
        from hpo_gui.assembly.versions import read_usual, read_versions
        from hpo_gui.storage.study_file import StudyFile

        with StudyFile.look_into(self.path) as file:  # what earlier trials were
            versions, usual = read_versions(file), read_usual(file)
        opened = Opened(
            self.path,
            Path(),
            parse_spec(text, name=self.path.name),
            dummy=dummy_scores(self._meta.get(DUMMY)),
            versions=versions,
            usual=usual,
        )
        empty = read_history(opened)
        self._title = opened.spec.name
        self._builder = HistoryBuilder(empty.space, empty.goals, plan=empty.plan, see=empty.see)
        for trial in trials:
            self._builder.put(trial)
