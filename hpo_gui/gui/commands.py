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
    table = (*_file(), *_edit(), *_study(), *_view(), *_help())
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
            "file.export",
            "Export results…",
            "File",
            ("Ctrl+E",),
            "Write trials, parameters, plots and the best model to files.",
            icon="export",
            words="csv parquet pickle joblib model save png",
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
            ("F7",),
            "One after another, each to its budget; what failed gets another try.",
            "run",
            words="start overnight batch",
        ),
        Command(
            "queue.wait",
            "Let the queue wait",
            "Study",
            ("Shift+F7",),
            "Begin no other study; the one that runs goes on.",
            "pause",
            words="stop pause batch",
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
