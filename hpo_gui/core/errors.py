"""The errors a user can meet: each names the parameter, the rule, the value got and the remedy.

StudioError
├── SpecError            a study specification breaks a rule (parameter = key path)
│   ├── ExpressionError  a constraint or filter cannot be read
│   └── TrustError       it would run code that the user has not said yes to
├── DataError            a table cannot be read or used
├── ObjectiveError       an estimator or the user's function misbehaves
├── ActError             what a person wants to do to a trial is not possible
├── ExecutionError       a worker or cluster cannot do its work
├── StorageError         a study file cannot be read or written
│   ├── NewerFileError   the file was written by a newer version of the program
│   └── ReadOnlyError    somebody else writes the file, or its folder cannot be written
└── ExportError          a result cannot be written
"""

from __future__ import annotations

MAX_SHOWN = 200


class StudioError(Exception):
    """A problem the user can solve.

    Parameters
    ----------
    parameter : what is wrong, by the name the user knows (a key path, a column, a file)
    rule : what must hold, as a clause that follows the name ("must be below `high`")
    got : the value that breaks the rule; left out of the message when it is ``NOTHING``
    remedy : what to do about it, as a full sentence
    """

    NOTHING = object()

    def __init__(
        self, parameter: str, rule: str, got: object = NOTHING, *, remedy: str = ""
    ) -> None:
        self.parameter = parameter
        self.rule = rule
        self.got = got
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        text = f"{self.parameter} {self.rule}"
        if self.got is not StudioError.NOTHING:
            shown = repr(self.got)
            if len(shown) > MAX_SHOWN:
                shown = shown[:MAX_SHOWN] + "…"
            text += f", but got {shown}"
        text += "."
        return f"{text} {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by parts, so that an error keeps them on its way out of a worker."""
        got = self.got if self.got is not StudioError.NOTHING else None
        return _rebuild, (
            type(self),
            self.parameter,
            self.rule,
            self.got is not StudioError.NOTHING,
            got,
            self.remedy,
        )


def _rebuild(
    kind: type[StudioError], parameter: str, rule: str, has_got: bool, got: object, remedy: str
) -> StudioError:
    return kind(parameter, rule, got if has_got else StudioError.NOTHING, remedy=remedy)


class SpecError(StudioError):
    """A study specification breaks a rule; ``parameter`` is its key path."""


class ExpressionError(SpecError):
    """A constraint or a filter cannot be read."""


class TrustError(SpecError):
    """A study would run code that the user has not said yes to."""


class DataError(StudioError):
    """A table cannot be read or used."""


class ObjectiveError(StudioError):
    """An estimator or the user's function misbehaves."""


class ActError(StudioError):
    """What a person wants to do to a trial is not possible."""


class ExecutionError(StudioError):
    """A worker or a cluster cannot do its work."""


class StorageError(StudioError):
    """A study file cannot be read or written."""


class NewerFileError(StorageError):
    """The study file was written by a newer version of the program."""


class ReadOnlyError(StorageError):
    """The study file can be read but not written."""


class ExportError(StudioError):
    """A result cannot be written."""
