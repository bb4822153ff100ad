"""The report of a study: one HTML file with everything in it, that needs nothing and runs nothing.

What is said of a study is gathered as plain texts and numbers (`report_result`, `report_trials`,
`report_facts`), pictures are drawn as SVG (`report_pictures`), and a template puts them on the
page. The template escapes every text; only the pictures and the styles, which are made here, are
put in as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hpo_gui.export.files import check_suffix, write_text
from hpo_gui.export.readable_text import readable
from hpo_gui.export.report_facts import facts_of, how_to_repeat, what_was_done
from hpo_gui.export.report_pictures import pictures
from hpo_gui.export.report_result import moving_parameters, result_of
from hpo_gui.export.report_source import Report
from hpo_gui.export.report_trials import failures, leaderboard_table, trial_table, words_of_people

FORMATS = (".html", ".htm")
TEMPLATE = "report.html.jinja"
STYLES = "report.css"


def write_report(report: Report, path: Path) -> None:
    """Write the report as one HTML file.

    Raises
    ------
    ExportError : the suffix is neither .html nor .htm, or the file cannot be written
    """
    check_suffix(path, FORMATS)
    write_text(report_html(report), path)


def report_html(report: Report) -> str:
    """The whole page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    styles = Markup((folder / STYLES).read_text("utf-8"))
    drawn = {one.key: one for one in pictures(report.spec, report.history, report.test_ratio)}
    page = environment.get_template(TEMPLATE)
    return page.render(styles=styles, pictures=drawn, **content(report)).lstrip()


def content(report: Report) -> dict[str, Any]:
    """What the template puts on the page beside pictures; nothing in it is escaped yet."""
    spec, history = report.spec, report.history
    ratio = report.test_ratio
    return {
        "name": spec.name or "study",
        "status": report.status,
        "facts": facts_of(report),
        "result": result_of(report),
        "moving": moving_parameters(report),
        "models": leaderboard_table(spec, history, ratio),
        "averages": history.plan.averages,
        "trials": trial_table(history, ratio, report.chosen[0] if report.chosen else None),
        "failures": failures(history),
        "people": words_of_people(history),
        "done": what_was_done(report),
        "repeat": how_to_repeat(report),
    }


def _plain(value: object) -> object:
    """A text without control characters, which HTML does not know."""
    return readable(value) if type(value) is str else value
