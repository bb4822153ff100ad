"""The subcommand that changes trials of a study that does not run, and tells what was done."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hpo_gui.cli.printing import MISUSE, complain, quoted, say
from hpo_gui.core.acting import Acted
from hpo_gui.core.acts import Act, Annotate, Correct, Restore, Retract, Uncorrect
from hpo_gui.core.errors import ActError, StudioError
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params
from hpo_gui.core.value_text import read_value
from hpo_gui.core.wanted import Again, Queued, Typed, Wanted

_NUMBERS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
MOST_NUMBERS = 1_000_000
MOST_TOLD = 20  # lines of what was done


def add_trial(commands: Any) -> None:
    trial = commands.add_parser(
        "trial", help="retract, correct, annotate, repeat and queue trials of a study"
    )
    actions = trial.add_subparsers(required=True, metavar="action")
    _add_acts(actions)
    _add_words(actions)
    _add_queueing(actions)
    log = _action(actions, "log", "what was done to trials, with time and reason", _log)
    log.add_argument("--csv", type=Path, help="write it as a table")
    log.add_argument("--excel", type=Path, metavar="XLSX", help="write it as a workbook")


def _add_acts(actions: Any) -> None:
    for name, text, make in (
        ("retract", "trials that do not count: strategies forget them", Retract),
        ("restore", "retracted trials count again", Restore),
        ("uncorrect", "scores that were measured count again", Uncorrect),
    ):
        parser = _action(actions, name, text, _act_on_each)
        _add_numbers(parser)
        parser.add_argument("--reason", default="", help="why, for the audit trail")
        parser.set_defaults(make=make)
    parser = _action(actions, "correct", "set scores by hand", _correct)
    parser.add_argument("number", type=int, help="of the trial")
    parser.add_argument("scores", nargs="+", metavar="metric=score")
    parser.add_argument("--reason", default="", help="why, for the audit trail")


def _add_words(actions: Any) -> None:
    note = _action(actions, "note", "write a note about a trial", _note)
    note.add_argument("number", type=int, help="of the trial")
    note.add_argument("text", help="instead of the note that it has; '' for none")
    tag = _action(actions, "tag", "give trials tags, or take some away", _tag)
    _add_numbers(tag)
    tag.add_argument("--add", default="", metavar="TAGS", help="separated by commas")
    tag.add_argument("--remove", default="", metavar="TAGS", help="separated by commas")


def _add_queueing(actions: Any) -> None:
    add = _action(actions, "add", "queue a configuration; what is left out is the default", _add)
    add.add_argument("params", nargs="+", metavar="name=value")
    repeat = _action(actions, "repeat", "run trials once more, with new seeds", _repeat)
    repeat.add_argument("numbers", nargs="*", metavar="number", help="such as 3 or 5-9")
    repeat.add_argument("--best", type=int, metavar="N", help="the N best configurations")
    repeat.add_argument("--same-seed", action="store_true", help="with the seeds that they have")
    skip = _action(actions, "skip", "take waiting trials out of the queue", _skip)
    _add_numbers(skip)


def _action(
    actions: Any, name: str, text: str, action: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("study", type=Path, help="a .hpostudy file")
    parser.set_defaults(action=action)
    return parser


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="+", metavar="number", help="such as 3 or 5-9")


def read_numbers(texts: Iterable[str]) -> list[int]:
    """Numbers of trials as people write them: ``3 5-9 12,14``.

    Raises
    ------
    StudioError : a text is none, or means very many
    """
    found: dict[int, None] = {}
    for part in (part for text in texts for part in text.split(",")):
        match = _NUMBERS.fullmatch(part.strip())
        if match is None:
            raise StudioError("number", "must be such as 3 or 5-9", part)
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first or last - first >= MOST_NUMBERS:
            rule = f"must go up, by less than {MOST_NUMBERS:,}"
            raise StudioError("range of numbers", rule, part)
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)


def read_pairs(texts: Iterable[str]) -> Params:
    """Names and values: ``max_depth=8 kernel=rbf``.

    Raises
    ------
    StudioError : a text has no `=`, a value cannot be read, or a name is there twice
    """
    pairs: Params = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise StudioError("argument", "must be such as name=value", text)
        if name.strip() in pairs:
            raise StudioError(name.strip(), "must be given once", read_value(value))
        pairs[name.strip()] = read_value(value)
    return pairs


# --- acts ----------------------------------------------------------------------------------------


def _act_on_each(parsed: argparse.Namespace) -> int:
    numbers = read_numbers(parsed.numbers)
    return _do(parsed.study, [parsed.make(number, parsed.reason) for number in numbers])


def _correct(parsed: argparse.Namespace) -> int:
    scores = {}
    for metric, value in read_pairs(parsed.scores).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ActError(f"score `{metric}`", "must be a number", value)
        scores[metric] = float(value)
    return _do(parsed.study, [Correct(parsed.number, scores, parsed.reason)])


def _note(parsed: argparse.Namespace) -> int:
    def noted(trial: Trial) -> Annotate:
        return Annotate(trial.number, parsed.text, trial.tags)

    return _annotate(parsed.study, [parsed.number], noted)


def _tag(parsed: argparse.Namespace) -> int:
    more, fewer = _tags(parsed.add), set(_tags(parsed.remove))
    if not more and not fewer:
        raise StudioError("tag", "must be given --add or --remove", remedy="Such as --add odd.")

    def tagged(trial: Trial) -> Annotate:
        tags = tuple(tag for tag in (*trial.tags, *more) if tag not in fewer)
        return Annotate(trial.number, trial.note, tags)

    return _annotate(parsed.study, read_numbers(parsed.numbers), tagged)


def _tags(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _annotate(path: Path, numbers: Sequence[int], change: Callable[[Trial], Annotate]) -> int:
    from hpo_gui.assembly.acts import annotate_study

    return _report(annotate_study(path, numbers, change))


def _do(path: Path, acts: Sequence[Act]) -> int:
    from hpo_gui.assembly.acts import act_on_study

    return _report(act_on_study(path, acts))


def _report(acted: Acted) -> int:
    """Tell of each act that was done, and complain about what was not possible."""
    _tell([one.text for one in acted.done])
    return _complain_of(acted.refused)


def _tell(texts: Sequence[str]) -> None:
    for text in texts[:MOST_TOLD]:
        say(text)
    if len(texts) > MOST_TOLD:
        say(f"… and {len(texts) - MOST_TOLD:,} more")


def _complain_of(refused: Sequence[StudioError]) -> int:
    for error in refused[:MOST_TOLD]:
        complain(str(error), MISUSE)
    if len(refused) > MOST_TOLD:
        complain(f"… and {len(refused) - MOST_TOLD:,} more", MISUSE)
    return MISUSE if refused else 0


# --- the queue -----------------------------------------------------------------------------------


def _add(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.opened import open_study
    from hpo_gui.assembly.resolution import make_space

    space, typed = make_space(open_study(parsed.study).spec), read_pairs(parsed.params)
    rest = {name: value for name, value in space.complete(typed).items() if name not in typed}
    return _queue(parsed.study, [Typed({**rest, **typed})])


def _repeat(parsed: argparse.Namespace) -> int:
    if bool(parsed.numbers) == (parsed.best is not None):
        remedy = "Such as `repeat study.hpostudy 3 7` or `repeat study.hpostudy --best 5`."
        raise StudioError("repeat", "must be given either numbers or --best", remedy=remedy)
    numbers = read_numbers(parsed.numbers)
    if parsed.best is not None:
        numbers = _best(parsed.study, parsed.best)
    return _queue(parsed.study, [Again(number, not parsed.same_seed) for number in numbers])


def _best(path: Path, count: int) -> list[int]:
    from hpo_gui.analysis.leaderboard import best_configurations
    from hpo_gui.assembly.opened import open_study, read_history

    if count < 1:
        raise StudioError("--best", "must be at least 1", count)
    return best_configurations(read_history(open_study(path)), count)


def _queue(path: Path, wanted: Sequence[Wanted]) -> int:
    from hpo_gui.assembly.acts import queue_on_study

    queued: Queued = queue_on_study(path, wanted)
    _tell([_queued_words(trial) for trial in queued.trials])
    if any(trial.state.is_open for trial in queued.trials):
        say(f"They run first when the study goes on: hpo-gui resume {quoted(path)}")
    return _complain_of(queued.refused)


def _queued_words(trial: Trial) -> str:
    if trial.state.is_open:
        return f"Trial {trial.number} queued: {trial.origin.reason}"
    return f"Trial {trial.number} is {trial.state}: {trial.origin.reason}"


def _skip(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.acts import skip_on_study

    numbers = read_numbers(parsed.numbers)
    skipped = [trial.number for trial in skip_on_study(parsed.study, numbers)]
    _tell([f"Trial {number} is cancelled." for number in skipped])
    left = [number for number in numbers if number not in set(skipped)]
    states = _states(parsed.study) if left else {}
    return _complain_of(
        [
            ActError(f"trial {n}", "must be waiting to be skipped", states.get(n, "no such trial"))
            for n in left
        ]
    )


def _states(path: Path) -> dict[int, str]:
    """What has become of each trial of a study."""
    from hpo_gui.assembly.opened import open_study

    return {trial.number: str(trial.state) for trial in open_study(path).trials}


# --- the trail -----------------------------------------------------------------------------------


def _log(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.acts import audit_trail
    from hpo_gui.export.audit_trail import audit_text, write_audit_csv
    from hpo_gui.export.excel import write_audit_excel

    events = audit_trail(parsed.study)
    asked = ((write_audit_csv, parsed.csv), (write_audit_excel, parsed.excel))
    written = [(write, path) for write, path in asked if path is not None]
    for write, path in written:
        write(events, path)
        say(str(path))
    if written:
        return 0
    say(audit_text(events).rstrip("\n").replace("\t", "  ") or "Nothing was done by hand yet.")
    return 0
