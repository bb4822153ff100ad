"""The user's own Python function as an objective of one step: ``file.py:function``.

def objective(params): ...              # returns a number, or a dictionary of metrics
def objective(params, seed): ...        # the trial's seed, for what is random in it
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import inspect
import math
import numbers
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.objective import State
from hpo_gui.core.value import Params
from hpo_gui.evaluation import user_files
from hpo_gui.evaluation.trust import read_source, read_trusted


@dataclass(frozen=True)
class UserFunctionFactory:
    """Imports the function in a worker.

    Parameters
    ----------
    path : of the Python file
    function : its name there
    goals : their metrics: what a dictionary must hold; a plain number means the only one
    """

    path: Path
    function: str
    goals: tuple[str, ...]

    def __call__(self) -> UserFunction:
        return UserFunction(load_function(self.path, self.function), self.function, self.goals)


class UserFunction:
    """Calls the function once for each configuration; see `core.objective.Objective`."""

    def __init__(self, function: Callable[..., Any], name: str, goals: tuple[str, ...]) -> None:
        self._function = function
        self._name = name
        self._goals = goals
        self._takes_seed = takes_seed(function, name)

    @property
    def steps(self) -> int:
        return 1

    def start(self, params: Params, seed: int) -> State:
        """The state is the trial's seed.

        Raises
        ------
        ObjectiveError : the function wants the parameters one by one
        """
        check_takes_dictionary(self._function, self._name, params)
        return seed

    def step(self, state: State, params: Params, index: int) -> tuple[dict[str, float], State]:
        """Call the function; what it raises becomes the trial's failure.

        Raises
        ------
        ObjectiveError : it returns no number, or no finite one for a goal
        """
        arguments = (dict(params), int(state)) if self._takes_seed else (dict(params),)
        returned = self._function(*arguments)
        return read_scores(returned, self._name, self._goals), state


def read_scores(
    returned: object, name: str, goals: tuple[str, ...], when: str = ""
) -> dict[str, float]:
    """Metric -> score from what a function returned.

    Parameters
    ----------
    goals : at least one
    name, when : for messages, such as ``step`` and `` at step 3``

    Raises
    ------
    ObjectiveError : neither a number nor a dictionary of numbers, a goal is missing, NaN or inf
    """
    if isinstance(returned, Mapping):
        scores = {
            str(key): _number(value, f"{name}()[{key!r}]{when}") for key, value in returned.items()
        }
    elif len(goals) > 1:
        raise ObjectiveError(
            f"{name}(){when}",
            f"must return a dictionary with the goals {', '.join(goals)}",
            returned,
            remedy=f'Write `return {{"{goals[0]}": …, "{goals[1]}": …}}`.',
        )
    else:
        scores = {goals[0]: _number(returned, f"{name}(){when}")}
    for goal in goals:
        _check_goal(scores, goal, f"{name}(){when}")
    return scores


def _check_goal(scores: Mapping[str, float], goal: str, what: str) -> None:
    if goal not in scores:
        near = difflib.get_close_matches(goal, scores, n=1)
        raise ObjectiveError(
            what,
            f"must return a dictionary with the goal `{goal}`",
            sorted(scores),
            remedy=f"Did you mean `{near[0]}`? Then change the goal."
            if near
            else "Add it, or choose another goal.",
        )
    if not math.isfinite(scores[goal]):
        raise ObjectiveError(
            what,
            f"must return a finite number for `{goal}`",
            scores[goal],
            remedy="Return a large loss, or raise an error, where there is no score.",
        )


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; true and false are none."""
    return type(value) is not bool and isinstance(value, numbers.Real)


def _number(value: object, what: str) -> float:
    if is_number(value):
        try:
            return float(value)
        except OverflowError:
            raise ObjectiveError(
                what, "must be a number below 1.8e308", remedy="Return its logarithm instead."
            ) from None
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        # an array or tensor of no dimension; of a masked one NumPy's `item` gives what is hidden
        return math.nan if _is_masked(value) else _number(value.item(), what)
    raise ObjectiveError(
        what,
        "must be a number",
        value,
        remedy="Add a `return` with the score."
        if value is None
        else "Return a number, or a dictionary of numbers.",
    )


def _is_masked(value: object) -> bool:
    mask = getattr(value, "mask", False)
    return not callable(mask) and bool(mask)


# --- finding the function ---------------------------------------------------------------------


def check_function(path: Path, function: str) -> None:
    """Check that a file defines a function, without running the file.

    Raises
    ------
    ObjectiveError : no such file or function, or a syntax error with its line
    """
    _check_source(path, _read_with(read_source, path), function)


def _read_with(read: Callable[[Path], bytes], path: Path) -> bytes:
    try:
        return read(path)
    except OSError as error:
        raise ObjectiveError(
            f"file {path.name}",
            f"must be readable ({error.strerror})",
            str(path),
            remedy="Check the path; it starts from the folder of the study.",
        ) from error


def _check_source(path: Path, source: bytes, function: str) -> None:
    try:
        tree = ast.parse(source, filename=str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _not_python(path, error) from error
    names = _names_of(tree)
    if function not in names and "*" not in names:
        raise _no_function(path, function, names)


def load_function(path: Path, function: str) -> Callable[..., Any]:
    """Import a function from a file; the file's folder can be imported from.

    Raises
    ------
    ObjectiveError : as `check_function`, or the file raises an error while it is imported
    TrustError : the user has not said yes to the file as it is now; nothing of it has run
    """
    source = _read_with(read_trusted, path)
    _check_source(path, source, function)
    module = _import(path.resolve(), source)
    found = getattr(module, function, None)
    if found is None:
        raise _no_function(path, function, {name for name in vars(module) if name[0] != "_"})
    if not callable(found):
        raise ObjectiveError(
            f"{path.name}:{function}",
            "must be a function",
            found,
            remedy="Write `def objective(params): ...`, and name it in the study.",
        )
    wanted: Callable[..., Any] = found
    return wanted


def _import(path: Path, source: bytes) -> ModuleType:
    """Import a file under a name of our own, so that it hides no other module.

    What runs is what was read and trusted, never a compiled copy that lies beside the file.
    """
    spec = user_files.register(path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise ObjectiveError(f"file {path.name}", "must be a Python file (.py)", str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        exec(spec.loader.source_to_code(source, str(path)), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise ObjectiveError(
            f"file {path.name}",
            f"must run without an error{_line_in(path, error)}: {told(error)}",
            remedy="Run it with Python to see the whole message."
            if isinstance(error, Exception)
            else 'Put what a program does under `if __name__ == "__main__":`.',
        ) from error
    return module


def told(error: BaseException) -> str:
    """Its type and, where it has one that can be shown, its text."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a user's exception may not even have a text
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_of(error: BaseException) -> str:
    """Where it was raised, below whoever caught it: " (train.py, line 8)"."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def _line_in(path: Path, error: BaseException) -> str:
    """Where in the user's file it happened."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f" (line {lines[-1]})" if lines else ""


def _not_python(path: Path, error: Exception) -> ObjectiveError:
    line = getattr(error, "lineno", None)
    what = getattr(error, "msg", None) or str(error)
    where = f" in line {line}" if line else ""
    return ObjectiveError(
        f"file {path.name}",
        f"must be Python, but there is a mistake{where}: {what}",
        remedy="Correct it and run again.",
    )


def _no_function(path: Path, function: str, names: set[str]) -> ObjectiveError:
    near = difflib.get_close_matches(function, names, n=1)
    functions = ", ".join(sorted(names))
    return ObjectiveError(
        f"file {path.name}",
        f"must define the function `{function}`",
        remedy=f"Did you mean `{near[0]}`?" if near else f"It defines: {functions or 'nothing'}.",
    )


def _names_of(tree: ast.Module) -> set[str]:
    """The names that a file may define at its top; ``*`` when that cannot be told."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name)
    return names


def takes_seed(function: Callable[..., Any], name: str) -> bool:
    """Whether the function wants the seed beside the parameters."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False  # written in C: it says nothing
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    wanted = [p for p in places if p.default is p.empty]
    named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if (not places and not open_ended) or len(wanted) > 2 or named:
        raise ObjectiveError(
            f"{name}()",
            "must take one argument, the parameters, or two, the parameters and a seed",
            str(inspect.signature(function)),
            remedy="Write `def objective(params): ...`; `params` is a dictionary.",
        )
    return len(wanted) == 2 or (len(places) > 1 and places[1].name in ("seed", "random_state"))


def check_takes_dictionary(function: Callable[..., Any], name: str, params: Params) -> None:
    """Raise `ObjectiveError` where a function wants two parameters, by their names, one by one."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return  # written in C: it says nothing
    wanted = [p.name for p in parameters if p.default is p.empty]
    if len(wanted) == 2 and set(wanted) <= params.keys():
        first, second = wanted
        raise ObjectiveError(
            f"{name}()",
            "must take all parameters as one dictionary",
            f"({first}, {second})",
            remedy=f"Write `def {name}(params): ...`, and there `params[{first!r}]` and "
            f"`params[{second!r}]`.",
        )
