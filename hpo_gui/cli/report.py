"""The subcommand that writes the report of a study: one HTML file with everything in it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hpo_gui.assembly.result_names import STUDY_FILE, beside
from hpo_gui.cli.printing import say
from hpo_gui.cli.trust import add_trust, ask_for_trust
from hpo_gui.core.errors import ExportError
from hpo_gui.core.spec import StudySpec

USUAL = "report.html"


def add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report", help="write what came out of a study as one HTML file, with pictures"
    )
    report.add_argument("study", type=Path, help="a .hpostudy file; only read, it may be running")
    report.add_argument(
        "--out", type=Path, metavar="HTML", help=f"the file ({USUAL} beside {STUDY_FILE})"
    )
    report.add_argument(
        "--trial",
        type=int,
        metavar="N",
        help="which trial; the best by default, with several goals the knee of the front",
    )
    report.add_argument(
        "--open-test",
        action="store_true",
        help="score the trial's model on the locked rows, once the choice is made",
    )
    add_trust(report)
    report.set_defaults(action=_report)


def _check_has_locked(spec: StudySpec) -> None:
    """Refuse to open what there is not, rather than write a report without it."""
    if spec.objective is not None or spec.data is None or not spec.data.test_share:
        raise ExportError(
            "--open-test",
            "needs rows that were locked away (data.test_share)",
            "a study without any",
            remedy="Leave it away: the report then says what there is.",
        )


def _report(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.opened import opened_of, read_history
    from hpo_gui.assembly.results import chosen_trial, export_results, locked_test_scores
    from hpo_gui.export.files import check_writable
    from hpo_gui.storage.study_file import StudyFile

    path = parsed.out if parsed.out is not None else beside(parsed.study, USUAL)
    with StudyFile.look_into(parsed.study) as file:  # a writer would leave its traces
        opened = opened_of(file)
    history = read_history(opened)
    test: dict[str, float] = {}
    if parsed.open_test:
        _check_has_locked(opened.spec)
        check_writable(path)
        ask_for_trust(opened.spec, opened.base, parsed.trust)
        chosen = chosen_trial(history, parsed.trial)
        test = locked_test_scores(opened.spec, opened.base, chosen, opened.path, history)
    written = export_results(
        opened.spec, opened.base, history, {"report": path}, parsed.trial, test, opened.path
    )
    for target in written:
        say(str(target))
    return 0
