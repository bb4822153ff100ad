"""The registry of actions: every command once; menus, palette and shortcut sheet use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.widgets.plain_tips import plain_tip


@dataclass(frozen=True)
class Command:
    """One command, as data.

    Attributes
    ----------
    id : how the program calls it: ``study.run``
    text : how people read it, in the menu; … when it asks something first
    menu : the menu it stands in ("File"); "" keeps it out of the menus
    keys : shortcuts, the first is shown
    help : one sentence: what it does
    icon : name of an icon for the palette, or ""
    group : of actions of which one is checked; "" for none
    checkable : it is on or off
    words : more words by which the palette finds it
    """

    id: str
    text: str
    menu: str = ""
    keys: tuple[str, ...] = ()
    help: str = ""
    icon: str = ""
    group: str = ""
    checkable: bool = False
    words: str = ""


class Actions(QObject):
    """The actions of a window.

    Parameters
    ----------
    owner : the window, in which the shortcuts work
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._places: dict[str, list[str]] = {}

    def add(self, command: Command, handler: Callable[[], object]) -> QAction:
        """Make the action of a command; ``handler`` is called when it is triggered."""
        if command.id in self._actions:
            raise StudioError("command", "must be registered once", command.id)
        action = QAction(command.text, self._owner)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(keys) for keys in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.setCheckable(command.checkable or bool(command.group))
        if command.group:
            self._group(command.group).addAction(action)
        action.triggered.connect(lambda _=False: handler())
        self._commands[command.id] = command
        self._actions[command.id] = action
        self._places.setdefault(command.menu, []).append(command.id)
        self._owner.addAction(action)
        self.allow(command.id)
        return action

    def add_separator(self, menu: str) -> None:
        """Put a line into a menu, after what it holds already."""
        self._places.setdefault(menu, []).append("")

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[tuple[Command, QAction]]:
        for name, command in self._commands.items():
            yield command, self._actions[name]

    def __contains__(self, name: object) -> bool:
        return name in self._actions

    def command(self, name: str) -> Command:
        """The data of an action."""
        return self._commands[name]

    def trigger(self, name: str) -> bool:
        """Do it, as if it had been clicked; False when it is disabled."""
        action = self._actions[name]
        if not action.isEnabled():
            return False
        action.trigger()
        return True

    def allow(self, name: str, why_not: str = "") -> None:
        """Enable an action, or disable it and say why."""
        action, command = self._actions[name], self._commands[name]
        action.setEnabled(not why_not)
        keys = shown_keys(action)
        text = why_not or command.help or command.text.rstrip("…")
        action.setToolTip(plain_tip(f"{text} ({keys})" if keys and not why_not else text))
        action.setStatusTip(why_not or command.help)

    def why_not(self, name: str) -> str:
        """Why an action is disabled, or ""."""
        action = self._actions[name]
        return "" if action.isEnabled() else action.toolTip()

    def fill(self, menu: QMenu, title: str) -> None:
        """Put the actions of a menu into ``menu``."""
        for name in self._places.get(title, []):
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()

    def _group(self, name: str) -> QActionGroup:
        if name not in self._groups:
            self._groups[name] = QActionGroup(self._owner)
        return self._groups[name]


def shown_keys(action: QAction) -> str:
    """The first shortcut of an action as people read it, or ""."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def match(query: str, text: str) -> float | None:
    """How well a query fits a text: None for not at all, larger is better.

    All letters must come in this order. Letters in a row, at the beginning of words and early in
    the text count more.

    >>> match("opst", "Open study") is None, match("opst", "Run") is None
    (False, True)
    """
    wanted, words = query.lower().replace(" ", ""), text.lower()
    if not wanted:
        return 0.0
    best: float | None = None
    for start in (place for place, letter in enumerate(words) if letter == wanted[0]):
        score = _score(wanted, words, start)
        if score is not None and (best is None or score > best):
            best = score
    return best


def _score(wanted: str, words: str, start: int) -> float | None:
    """The score when the first letter is found at ``start``, the others as early as possible."""
    score, place, last = -start / 50, start, start - 1
    for letter in wanted:
        place = words.find(letter, place)
        if place < 0:
            return None
        begins = place == 0 or not words[place - 1].isalnum()
        score += 1.0 + (1.0 if place == last + 1 and place != start else 0.0) + 1.5 * begins
        score -= 0.05 * (place - last - 1)
        last, place = place, place + 1
    return score - len(words) / 500
