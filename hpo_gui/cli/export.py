"""The subcommand that writes results of a study as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hpo_gui.analysis.pareto import suggested
from hpo_gui.cli.trust import add_trust, ask_for_trust
from hpo_gui.core.errors import StudioError


def add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="write results of a study as files")
    export.add_argument("study", type=Path, help="a .hpostudy file")
    export.add_argument("--trials", type=Path, metavar="CSV", help="all trials as CSV")
    export.add_argument("--parquet", type=Path, help="all trials as Parquet")
    export.add_argument("--excel", type=Path, metavar="XLSX", help="all trials as a workbook")
    export.add_argument(
        "--models", type=Path, metavar="CSV", help="the models side by side: scores, times"
    )
    export.add_argument("--params", type=Path, metavar="JSON", help="parameters of the trial")
    export.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="fitted model (.skops, which others can open safely; .pkl, .joblib)",
    )
    export.add_argument(
        "--ensemble",
        type=Path,
        metavar="PKL",
        help="the best models as one that votes (.skops, .pkl, .joblib), or its weights (.json)",
    )
    export.add_argument("--plot", type=Path, metavar="PNG", help="picture (.png, .svg, .pdf)")
    export.add_argument(
        "--front",
        type=Path,
        metavar="CSV",
        help="the Pareto front as a table (.csv) or a picture (.png, .svg, .pdf)",
    )
    export.add_argument(
        "--landscape",
        type=Path,
        metavar="CSV",
        help="what a surrogate expects along each parameter (.csv), or its picture (.png, …)",
    )
    export.add_argument(
        "--learning",
        type=Path,
        metavar="CSV",
        help="scores after each step of training (.csv), or their picture (.png, .svg)",
    )
    export.add_argument(
        "--schedule",
        type=Path,
        metavar="CSV",
        help="parameters of the trial from step to step (.csv, .json)",
    )
    export.add_argument(
        "--replay",
        type=Path,
        metavar="TOML",
        help="a study that follows this schedule from the first step",
    )
    export.add_argument("--spec", type=Path, metavar="TOML", help="the specification")
    export.add_argument(
        "--trial",
        type=int,
        metavar="N",
        help="which trial; the best by default, with several goals the knee of the front",
    )
    add_trust(export)
    export.set_defaults(action=_export)


def _export(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.opened import open_study, read_history
    from hpo_gui.assembly.results import OF_A_TRIAL, export_results

    wanted = {
        key: path
        for key, path in {
            "trials_csv": parsed.trials,
            "trials_parquet": parsed.parquet,
            "trials_excel": parsed.excel,
            "models_csv": parsed.models,
            "params": parsed.params,
            "spec": parsed.spec,
            "replay": parsed.replay,
            _by_suffix(parsed.ensemble, {".json": "ensemble_json"}, "ensemble_pickle"): (
                parsed.ensemble
            ),
            _by_suffix(parsed.schedule, {".json": "schedule_json"}, "schedule_csv"): (
                parsed.schedule
            ),
            _by_suffix(
                parsed.front, {".svg": "front_svg", ".csv": "front_csv"}, "front_png"
            ): parsed.front,
            _by_suffix(
                parsed.landscape,
                {".svg": "landscape_svg", ".csv": "landscape_csv"},
                "landscape_png",
            ): parsed.landscape,
            _by_suffix(
                parsed.learning,
                {".svg": "learning_svg", ".csv": "learning_csv"},
                "learning_png",
            ): parsed.learning,
            _by_suffix(parsed.plot, {".svg": "plot_svg"}, "plot_png"): parsed.plot,
            _by_suffix(
                parsed.model, {".joblib": "model_joblib", ".skops": "model_skops"}, "model_pickle"
            ): parsed.model,
        }.items()
        if path is not None
    }
    if not wanted:
        raise StudioError(
            "export", "must be told what to write", remedy="Add --trials t.csv or --model m.pkl."
        )
    opened = open_study(parsed.study)
    history = read_history(opened)
    fits = parsed.model is not None or parsed.ensemble is not None
    if fits and opened.spec.objective is None:
        ask_for_trust(opened.spec, opened.base, parsed.trust)
    written = export_results(
        opened.spec, opened.base, history, wanted, parsed.trial, study=opened.path
    )
    for path in written:
        print(path)
    found = suggested(history) if wanted.keys() & set(OF_A_TRIAL) else None
    if parsed.trial is None and found is not None and len(history.goals) > 1:
        words = {
            "knee": "the knee of the front",
            "best": f"the best by {history.goal.metric}: the front has no knee",
            "nearest": "the nearest: no trial keeps all thresholds",
        }[found[1]]
        print(f"Of trial {found[0].number}, {words}; --trial N chooses another one.")
    return 0


def _by_suffix(path: Path | None, keys: dict[str, str], otherwise: str) -> str:
    """The kind of file that a name stands for by its end; names all ends that would do."""
    from hpo_gui.assembly.results import FORMATS
    from hpo_gui.export.files import check_suffix

    if path is None:
        return otherwise
    if otherwise in FORMATS:
        check_suffix(path, tuple(dict.fromkeys((*FORMATS[otherwise], *keys))))
    return keys.get(path.suffix.lower(), otherwise)
