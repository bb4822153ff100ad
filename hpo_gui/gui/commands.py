"""The commands of the window, as data; `main_window` says what they do."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from hpo_gui.gui.actions import Command

STEPS = (
    ("data", "Data"),
    ("space", "Space"),
    ("strategy", "Strategy"),
    ("run", "Run"),
    ("results", "Results"),
)
PICTURES = {
    "data": "table",
    "space": "columns",
    "strategy": "target",
    "run": "run",
    "results": "chart",
}


def commands() -> tuple[Command | None, ...]:
    """All commands in the order of the menus; None is a line in the menu of the one before."""
    table = (*_file(), *_edit(), *_study(), *_more(), *_trials(), *_view(), *_help())
    return tuple(None if command is None else _translated(command) for command in table)


def _translated(command: Command) -> Command:
    def translate(text: str) -> str:
        return QCoreApplication.translate("commands", text)

    return replace(command, text=translate(command.text), help=translate(command.help))


def _file() -> tuple[Command | None, ...]:
    return (
        Command(
            "file.new",
            "New study",
            "File",
            ("Ctrl+N",),
            "Begin with nothing; what is saved stays saved.",
            "plus",
        ),
        None,
        Command(
            "file.open_data",
            "Open data…",
            "File",
            ("Ctrl+O",),
            "Open a table: CSV, TSV, Parquet, Excel or ODS.",
            icon="table",
            words="csv excel parquet file import load",
        ),
        Command(
            "file.open_study",
            "Open study…",
            "File",
            ("Ctrl+Shift+O",),
            "Open a study with all its trials.",
            icon="folder",
            words="hpostudy resume load",
        ),
        Command(
            "file.open_spec",
            "Open specification…",
            "File",
            (),
            "Open a study written down as TOML or JSON.",
            "file",
            words="toml json load",
        ),
        None,
        Command(
            "file.save_spec",
            "Save specification as…",
            "File",
            ("Ctrl+Shift+S",),
            "Write the study down as TOML, to run it without a window.",
            icon="save",
            words="toml write command line",
        ),
        Command(
            "file.save_copy",
            "Save a copy of the study…",
            "File",
            (),
            "Copy the study file with all its trials.",
            "copy",
            words="backup duplicate",
        ),
        Command(
            "file.try_again",
            "Try again to save",
            "File",
            (),
            "Write what waits in memory into the study file, and go on if that works.",
            "refresh",
            words="stuck disk full retry write cannot be saved",
        ),
        Command(
            "file.save_elsewhere",
            "Save elsewhere…",
            "File",
            (),
            "Write the whole study, which cannot be saved, to another file and go on there.",
            words="stuck disk full move rescue cannot be saved",
        ),
        Command(
            "file.export",
            "Export results…",
            "File",
            ("Ctrl+E",),
            "Write trials, parameters, plots and the best model to files.",
            icon="export",
            words="csv parquet excel xlsx pickle joblib skops model save png html report",
        ),
        Command(
            "file.report",
            "Export report…",
            "File",
            (),
            "Write the whole study as one web page, with pictures, to read, print and send.",
            "file",
            words="html pdf print summary share paper document",
        ),
        Command(
            "file.predict",
            "Predict with a model…",
            "File",
            (),
            "Write what a model file says of the rows of a table.",
            icon="target",
            words="apply score inference new rows pickle joblib skops load model",
        ),
        None,
        Command(
            "file.quit", "Quit", "File", ("Ctrl+Q",), "Close the window.", "close", words="exit"
        ),
    )


def _edit() -> tuple[Command | None, ...]:
    return (
        Command("edit.undo", "Undo", "Edit", ("Ctrl+Z",), "Take back the last edit.", "undo"),
        Command(
            "edit.redo",
            "Redo",
            "Edit",
            ("Ctrl+Shift+Z", "Ctrl+Y"),
            "Do the edit again that was taken back.",
            "redo",
        ),
    )


def _study() -> tuple[Command | None, ...]:
    return (
        Command(
            "run.run",
            "Run",
            "Study",
            ("F5", "Ctrl+Return"),
            "Start the study, or go on with it.",
            "run",
            words="start resume continue",
        ),
        Command(
            "run.pause",
            "Pause",
            "Study",
            ("F6",),
            "Let the running trials finish, then wait.",
            "pause",
        ),
        Command(
            "run.stop_after",
            "Stop after the running trials",
            "Study",
            ("Shift+F5",),
            "Let the running trials finish, then end.",
            "stop",
            words="current end",
        ),
        Command(
            "run.stop_now",
            "Stop now",
            "Study",
            ("Ctrl+Shift+F5",),
            "End at once; running trials are tried again when the study goes on.",
            "stop",
            words="kill abort end",
        ),
        None,
        Command(
            "run.add_trial",
            "Add a trial…",
            "Study",
            ("Ctrl+T",),
            "Type a configuration; it is tried before what the strategy proposes.",
            "plus",
            words="manual configuration",
        ),
        Command(
            "study.replay",
            "Replay as a fixed schedule",
            "Study",
            (),
            "Set up a new study that learns as the best trial and its ancestors have learnt.",
            "refresh",
            words="population schedule winner phases training lineage",
        ),
        Command(
            "study.repeats",
            "Check that the study repeats…",
            "Study",
            (),
            "Compute its trials again, and find the first proposal or score that is another one.",
            "check",
            words="replay reproduce repeatable reproducible same bit verify compare",
        ),
        None,
        Command(
            "study.duplicate",
            "Duplicate as a new study",
            "Study",
            ("Ctrl+D",),
            "Set up another study like this one, to change something and compare the two.",
            "copy",
            words="copy clone variant",
        ),
        Command(
            "study.compare",
            "Compare studies…",
            "Study",
            ("Ctrl+Shift+C",),
            "Show two to six studies in one plot and table, and what is different between them.",
            "chart",
            words="versus side by side difference test",
        ),
        None,
        Command(
            "queue.add",
            "Add to the queue",
            "Study",
            ("Ctrl+Shift+A",),
            "Run this study when those before it in the queue are through.",
            "plus",
            words="later overnight batch schedule",
        ),
        Command(
            "queue.add_files",
            "Add files to the queue…",
            "Study",
            (),
            "Queue studies and specifications without opening them.",
            "folder",
            words="later overnight batch toml hpostudy",
        ),
        Command(
            "queue.run",
            "Run the queue",
            "Study",
            ("F8",),
            "One after another, each to its budget; what failed gets another try.",
            "run",
            words="start overnight batch",
        ),
        Command(
            "queue.wait",
            "Let the queue wait",
            "Study",
            ("Shift+F8",),
            "Begin no other study; the one that runs goes on.",
            "pause",
            words="stop pause batch",
        ),
    )


def _more() -> tuple[Command | None, ...]:
    """What changes how long and how wide a study is."""
    return (
        None,
        Command(
            "run.more",
            "20 more trials",
            "Study",
            ("F7",),
            "Raise the budget; a study that is done goes on.",
            "plus",
            words="budget raise extend continue",
        ),
        Command(
            "run.more_workers",
            "One more worker",
            "Study",
            ("Ctrl+Shift+Up",),
            "Run one more trial at the same time, at once.",
            "plus",
            words="parallel processes up",
        ),
        Command(
            "run.fewer_workers",
            "One worker fewer",
            "Study",
            ("Ctrl+Shift+Down",),
            "Run one trial fewer at the same time; a busy worker finishes its trial first.",
            "minus",
            words="parallel processes down",
        ),
        None,
        Command(
            "study.repeat_best",
            "Repeat the best 5 with new seeds",
            "Study",
            (),
            "Run the five best configurations once more, each with a new seed.",
            "refresh",
            words="noise luck again average replicate",
        ),
        Command(
            "study.repeat",
            "Repeat the best…",
            "Study",
            (),
            "Run as many of the best configurations as you say once more, with new seeds.",
            "refresh",
            words="noise luck again seeds",
        ),
        Command(
            "study.trail",
            "What was done…",
            "Study",
            (),
            "Every retraction, correction, note and tag, with its time and reason.",
            "info",
            words="audit trail history log changes",
        ),
    )


def _trials() -> tuple[Command | None, ...]:
    """What changes the selected trials."""
    return (
        Command(
            "trial.retract",
            "Retract the selected trials…",
            "Trial",
            ("Ctrl+Shift+R",),
            "They do not count any more; nothing is deleted.",
            "close",
            words="wrong data invalid exclude remove delete",
        ),
        Command(
            "trial.restore",
            "Restore the selected trials",
            "Trial",
            (),
            "Retracted trials count again.",
            "undo",
            words="unretract include",
        ),
        Command(
            "trial.correct",
            "Correct a score…",
            "Trial",
            ("F2",),
            "Set scores of the selected trial by hand; what was measured is kept.",
            "edit",
            words="fix edit value manual",
        ),
        Command(
            "trial.uncorrect",
            "Take the correction back",
            "Trial",
            (),
            "The scores that were measured count again.",
            "undo",
            words="measured original",
        ),
        Command(
            "trial.note",
            "Note and tags",
            "Trial",
            ("Ctrl+Shift+N",),
            "Write a note about the selected trial, and give it tags.",
            "edit",
            words="comment label annotate",
        ),
        Command(
            "trial.kill",
            "Stop the selected trials",
            "Trial",
            ("Ctrl+K",),
            "End running trials, and take waiting ones out of the queue.",
            "stop",
            words="kill skip cancel",
        ),
        Command(
            "trial.again",
            "Run the selected trials again",
            "Trial",
            (),
            "The same configurations with the same seeds.",
            "refresh",
            words="rerun retry",
        ),
        Command(
            "trial.repeat",
            "Repeat the selected trials with new seeds",
            "Trial",
            (),
            "The same configurations, each with a seed that it has not had yet.",
            "refresh",
            words="rerun replicate noise",
        ),
        Command(
            "trial.copy",
            "Queue an edited copy…",
            "Trial",
            ("Ctrl+Shift+T",),
            "Change the configuration of the selected trial and run it.",
            "copy",
            words="duplicate clone configuration",
        ),
    )


def _view() -> tuple[Command | None, ...]:
    steps = tuple(
        Command(
            f"view.{key}",
            f"Go to {title}",
            "View",
            (f"Ctrl+{number}",),
            f"Show step {number}, {title}.",
            PICTURES[key],
            words="panel page step",
        )
        for number, (key, title) in enumerate(STEPS, start=1)
    )
    themes = tuple(
        Command(
            f"theme.{key}",
            title,
            "View",
            (),
            help_,
            "sun",
            group="theme",
            words="colours dark light mode appearance",
        )
        for key, title, help_ in (
            ("system", "Theme: as the system", "Follow the desktop's light or dark theme."),
            ("light", "Theme: light", "Dark text on light surfaces."),
            ("dark", "Theme: dark", "Light text on dark surfaces."),
        )
    )
    options = tuple(
        Command(
            f"options.{key}",
            title,
            "View",
            (),
            help_,
            "settings",
            group="options",
            words="advanced",
        )
        for key, title, help_ in (
            ("simple", "Simple options", "Hide what is rarely needed; nothing is reset."),
            ("all", "All options", "Show every option."),
        )
    )
    tabs = (
        Command(
            "view.pareto",
            "Show the Pareto front",
            "View",
            (),
            "The trials that no other one beats by every goal.",
            "chart",
            words="tab goals hypervolume knee trade-off",
        ),
        Command(
            "view.models",
            "Show the leaderboard of models",
            "View",
            (),
            "How the best trials of the models compare, with ties and times.",
            "chart",
            words="ranking compare estimators",
        ),
        Command(
            "view.landscape",
            "Show the landscape",
            "View",
            (),
            "What a surrogate expects along each parameter.",
            "chart",
            words="tab slices map surrogate response surface gaussian process",
        ),
        Command(
            "view.learning",
            "Show the learning curves",
            "View",
            (),
            "How the score of each trial grew from step to step of its training.",
            "chart",
            words="tab training epochs overfitting validation loss",
        ),
        Command(
            "view.population",
            "Show the population",
            "View",
            (),
            "Scores, parameters and lineage of the members over the steps of training.",
            "users",
            words="tab members lineage generations copies schedule",
        ),
    )
    return (
        *steps,
        None,
        *tabs,
        None,
        *options,
        None,
        *themes,
        None,
        Command(
            "view.log",
            "Log",
            "View",
            ("Ctrl+L",),
            "Show or hide everything the window had to say.",
            "info",
            checkable=True,
            words="messages errors warnings",
        ),
        Command(
            "view.reset_layout",
            "Reset the layout",
            "View",
            (),
            "Put window, splitters and tabs back to where they were at the first start.",
            "refresh",
            words="geometry window size",
        ),
        Command(
            "view.palette",
            "Find a command",
            "View",
            ("Ctrl+Shift+P",),
            "Find every command by some of its letters.",
            "search",
        ),
    )


def _help() -> tuple[Command | None, ...]:
    return (
        Command(
            "help.shortcuts",
            "Shortcuts",
            "Help",
            ("F1", "Ctrl+/"),
            "Show all keys.",
            "keyboard",
            words="keys keyboard",
        ),
        Command(
            "help.folder",
            "Show the folder of the studies",
            "Help",
            (),
            "Open the folder where studies are saved.",
            "folder",
            words="files where",
        ),
        Command(
            "help.about",
            "About HPO Studio",
            "Help",
            (),
            "Versions and folders.",
            "help",
            words="version",
        ),
    )
