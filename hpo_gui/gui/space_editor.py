"""What the Space panel edits: one model's rows and constraints, between table and session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import msgspec
from PySide6.QtCore import QObject, Signal

from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.parameter import Float, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import FunctionSpec, ModelSpec
from hpo_gui.core.value import Params, identical
from hpo_gui.evaluation.metrics import needs_probabilities
from hpo_gui.evaluation.model_choice import decided_by_steps, without
from hpo_gui.evaluation.models import MODELS, canonical_name, find_model
from hpo_gui.evaluation.suitability import TableFacts
from hpo_gui.gui.notices import notice_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.space_rows_of_model import rows_of_function, rows_of_model
from hpo_gui.gui.tables.space_reading import Reading, read_rows
from hpo_gui.gui.tables.space_rows import ParameterRow

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task
    from hpo_gui.evaluation.model_entry import ModelEntry

Part = ModelSpec | FunctionSpec


class SpaceEditor(QObject):
    """Holds the rows of the model that is shown, as typed, and puts what is right into the spec.

    Signals
    -------
    changed : rows, constraints, the model shown or what is wrong
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.rows: tuple[ParameterRow, ...] = ()
        self.constraints: tuple[str, ...] = ()
        self.reading = Reading()
        self._current = ""
        self._shown: Part | None = None
        self._facts: tuple[object, ...] = ()
        self._kept: dict[str, ModelSpec] = {}
        self._entries: dict[tuple[str, str], ModelEntry] = {}
        self._constructors: dict[tuple[str, str], dict[str, Any]] = {}
        self._loading: set[tuple[str, str]] = set()
        self._everything = False
        self._failed: dict[tuple[str, str], str] = {}
        session.study_changed.connect(self._another_study)
        session.spec_changed.connect(self._spec_changed)
        session.table_changed.connect(self._spec_changed)
        session.problems_changed.connect(self._follow)
        self._load()

    # --- what is shown ------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """What the models are for."""
        roles, data = self.session.roles, self.session.spec.data
        if roles is not None:
            return roles.task
        return "regression" if data is not None and data.task == "regression" else "classification"

    @property
    def facts(self) -> TableFacts:
        """What decides which models suit."""
        table, roles, spec = self.session.table, self.session.roles, self.session.spec
        target = roles.target if roles is not None else None
        classes = 0
        if table is not None and target is not None and self.task == "classification":
            classes = table.column(target).distinct
        rows, columns = self._shape()
        return TableFacts(
            self.task,
            rows,
            columns,
            classes,
            needs_probabilities=any(needs_probabilities(goal.metric) for goal in spec.goals),
            weighted=roles is not None and bool(roles.names("weight")),
            by_steps=spec.training is not None,
        )

    @property
    def function(self) -> FunctionSpec | None:
        """The user's own function, when it is what is tuned."""
        return self.session.spec.objective

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models in the study."""
        return tuple(canonical_name(model.name) for model in self._models())

    @property
    def current(self) -> str:
        """The model whose rows are shown; "" for the user's function."""
        return self._current

    @property
    def title(self) -> str:
        """What is tuned, for people."""
        if self.function is not None:
            return self.function.function
        entry = self.entry(self._current)
        return entry.title if entry is not None else self._current.rpartition(".")[2]

    @property
    def space(self) -> Space | None:
        """The space that the good rows make, of this model alone."""
        if self.reading.parameters is None or self.reading.rule_errors:
            return None
        return Space(self.reading.parameters, self.constraints)

    def entry(self, name: str) -> ModelEntry | None:
        """The catalogue's entry of a model; None for a dotted path not looked up yet."""
        return MODELS.get(name) or self._entries.get((name, self.task))

    def recommended(self, name: str) -> tuple[Parameter, ...]:
        """The recommended parameters of a model for this table."""
        entry = self.entry(name)
        if entry is None:
            return ()
        return without(entry.space(self.task, *self._shape()), self._decided(entry))

    @property
    def is_recommended(self) -> bool:
        """Whether nothing differs from the recommended space."""
        entry = self.entry(self._current)
        if self.function is not None or entry is None:
            return True
        read = self.reading
        return (
            not read.errors
            and read.parameters == self.recommended(self._current)
            and self.constraints == tuple(entry.constraints)
            and all(self._usual().get(k) == v for k, v in read.fixed.items())
        )

    @property
    def is_looking_up(self) -> bool:
        """Whether the constructor of the model shown is being read."""
        return (self._current, self.task) in self._loading

    @property
    def look_up_error(self) -> str:
        """Why the constructor of the model shown could not be read, or ""."""
        return self._failed.get((self._current, self.task), "")

    # --- editing the model --------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Tune this model alone."""
        self._set_models((self._kept.get(name, ModelSpec(name)),), self._title_of(name), name)

    def toggle(self, name: str) -> None:
        """Add a model to those the study chooses between, or take it out."""
        models = self._models()
        if name in self.models:
            if len(models) > 1:
                left = tuple(m for m in models if canonical_name(m.name) != name)
                self._set_models(left, self._title_of(name), canonical_name(left[0].name))
            return
        self._set_models(
            (*models, self._kept.get(name, ModelSpec(name))), self._title_of(name), name
        )

    def compare(self, names: Sequence[str]) -> None:
        """Let the study choose between these models; what is known of each is kept."""
        there = {canonical_name(model.name): model for model in self._models()}
        models = tuple(there.get(name) or self._kept.get(name, ModelSpec(name)) for name in names)
        if models and models != self._models():
            title = self._title_of(names[0])
            if len(names) > 1:
                title = self.tr("{0} of them").format(len(names))
            shown = self._current if self._current in names else names[0]
            self._set_models(models, title, shown)

    def show(self, name: str) -> None:
        """Show the rows of another model of the study."""
        if name != self._current:
            self._current = name
            self._load()

    def choose_function(self, function: str) -> None:
        """Tune the user's own function, ``file.py:function``; what it had before is kept."""
        before = self.function
        new = (
            msgspec.structs.replace(before, function=function)
            if before is not None
            else FunctionSpec(function)
        )
        spec = msgspec.structs.replace(self.session.spec, models=(), objective=new)
        self.session.edit(spec, self.tr("Tune {0}").format(function))

    def reset(self) -> None:
        """Go back to the recommended space of the model shown."""
        self._kept.pop(self._current, None)
        models = tuple(
            ModelSpec(m.name) if canonical_name(m.name) == self._current else m
            for m in self._models()
        )
        self._shown = None
        self._edit_models(models, self.tr("Reset the search space"))
        self._load()

    # --- editing rows -------------------------------------------------------------------------

    def set_row(self, number: int, row: ParameterRow, text: str) -> None:
        """Replace one row; ``text`` names the edit in the menu."""
        rows = (*self.rows[:number], row, *self.rows[number + 1 :])
        self._put(rows, self.constraints, text.format(row.name))

    def name_problem(self, name: str) -> str:
        """What is wrong with the name of a new parameter, or ""."""
        if any(row.name == name and row.tuned for row in self.rows):
            return str(SpecError("name", "must be new in this space", name))
        try:
            Float(name, 0.0, 1.0)
        except SpecError as error:
            return str(error)
        return ""

    def add_row(self, name: str) -> None:
        """Add a parameter from 0 to 1."""
        row = ParameterRow(name, low="0", high="1", added=True)
        others = tuple(other for other in self.rows if other.name != name)
        self._put((*others, row), self.constraints, self.tr("Add {0}").format(name))

    def remove_row(self, number: int) -> None:
        """Take a parameter of the user's out."""
        rows = self.rows[:number] + self.rows[number + 1 :]
        text = self.tr("Remove {0}").format(self.rows[number].name)
        self._put(rows, self.constraints, text)

    def restore_row(self, number: int) -> None:
        """Go back to the recommended form of one parameter."""
        name = self.rows[number].name
        again = {row.name: row for row in self._model_rows(ModelSpec(self._current))}
        if name in again:
            self.set_row(number, again[name], self.tr("Reset {0}"))

    def set_constraints(self, constraints: Sequence[str], text: str) -> None:
        """Replace the constraints."""
        self._put(self.rows, tuple(constraints), text)

    def show_everything(self, wanted: bool) -> None:
        """Show all parameters of the constructor; looks them up the first time."""
        self._everything = wanted
        if wanted:
            self._look_up(self._current)

    # --- between rows and specification -------------------------------------------------------

    def _put(self, rows: tuple[ParameterRow, ...], rules: tuple[str, ...], text: str) -> None:
        before = self._part()
        self.rows, self.constraints = rows, rules
        self.reading = read_rows(rows, rules, self.reading)
        after = self._part()
        if after is not None and not identical(after, before):
            self._shown = after
            if isinstance(after, FunctionSpec):
                spec = msgspec.structs.replace(self.session.spec, objective=after)
                self.session.edit(spec, text)
            else:
                models = tuple(
                    after if canonical_name(m.name) == self._current else m for m in self._models()
                )
                self._kept[self._current] = after
                self._edit_models(models, text)
        self.changed.emit()

    def _part(self) -> Part | None:
        """What the rows say, as a part of the specification; None while they do not fit."""
        if not self.reading.applies or self.reading.parameters is None:
            return None
        if self.function is not None:
            return msgspec.structs.replace(
                self.function, space=self.reading.parameters, constraints=self.constraints
            )
        tuned = {parameter.name for parameter in self.reading.parameters}
        usual = {k: v for k, v in self._usual().items() if k not in tuned}
        fixed = {**usual, **self.reading.fixed}
        return ModelSpec(self._model().name, fixed, self.reading.parameters, self.constraints)

    def _usual(self) -> Params:
        """What the catalogue sets for every trial of the model shown."""
        entry = self.entry(self._current)
        if entry is None:
            return {}
        decided = self._decided(entry)
        return {k: v for k, v in entry.fixed(self.task).items() if k not in decided}

    def _decided(self, entry: ModelEntry) -> Params:
        """What neither is tuned nor set, since the steps of a training decide it."""
        return decided_by_steps(entry) if self.session.spec.training is not None else {}

    def _set_models(self, models: tuple[ModelSpec, ...], title: str, current: str) -> None:
        text = self.tr("Choose {0}") if len(models) == 1 else self.tr("Change models: {0}")
        self._current = current
        self._edit_models(models, text.format(title))
        self._load()

    def _edit_models(self, models: tuple[ModelSpec, ...], text: str) -> None:
        spec = msgspec.structs.replace(self.session.spec, models=models, objective=None)
        self.session.edit(spec, text)

    def _title_of(self, name: str) -> str:
        return MODELS[name].title if name in MODELS else name

    def _models(self) -> tuple[ModelSpec, ...]:
        return self.session.spec.models

    def _model(self) -> ModelSpec:
        named = {canonical_name(model.name): model for model in self._models()}
        return named.get(self._current) or ModelSpec(self._current)

    # --- loading ------------------------------------------------------------------------------

    def _another_study(self) -> None:
        self._kept.clear()
        self._shown = None

    def _spec_changed(self) -> None:
        if not self._is_being_filled_in():
            self._follow()

    def _follow(self) -> None:
        """Show another specification; what was typed stays where it made this very one."""
        part = self._part_in_spec()
        facts = self._read_facts()
        if facts[:1] != self._facts[:1]:
            self._kept.clear()
        refused = bool(self.look_up_error) and not self.session.untrusted  # trusted by now
        if part is None or not identical(part, self._shown) or facts != self._facts or refused:
            self._load()
        else:
            self.changed.emit()

    def _read_facts(self) -> tuple[object, ...]:
        """What the recommended space depends on."""
        return (self.task, self._shape(), self.session.spec.training is not None)

    def _is_being_filled_in(self) -> bool:
        """Whether the models are open, and a check is about to fill them in."""
        spec = self.session.spec
        is_open = not spec.models and spec.objective is None and spec.data is not None
        return is_open and self.session.engine is not None

    def _part_in_spec(self) -> Part | None:
        if self.function is not None:
            return self.function
        return self._model() if self._current in self.models else None

    def _load(self) -> None:
        """Make the rows anew from the specification."""
        self._facts = self._read_facts()
        if self.function is not None:
            self._current = ""
            self.rows, self.constraints = (
                rows_of_function(self.function),
                self.function.constraints,
            )
        else:
            if self._current not in self.models:
                self._current = next(iter(self.models), "")
            self._load_model()
        self._shown = self._part_in_spec()
        self.reading = read_rows(self.rows, self.constraints)
        self.changed.emit()

    def _load_model(self) -> None:
        self.rows, self.constraints = (), ()
        if not self._current:
            return
        model, entry = self._model(), self.entry(self._current)
        if entry is None or self._everything:
            self._look_up(self._current)
        self.constraints = model.constraints
        if entry is not None and model.space is None and not model.constraints:
            self.constraints = tuple(entry.constraints)
        self.rows = self._model_rows(model)

    def _model_rows(self, model: ModelSpec) -> tuple[ParameterRow, ...]:
        constructor = self._constructors.get((self._current, self.task))
        model = msgspec.structs.replace(model, name=self._current)
        return rows_of_model(model, self.recommended(self._current), self._usual(), constructor)

    def _shape(self) -> tuple[int, int]:
        """Rows and features that a model learns from, roughly; usual ones without a table."""
        return self.session.shape or (1000, 10)

    def _look_up(self, name: str) -> None:
        """Read a model's constructor, which imports its package, in a job."""
        key = (name, self.task)
        if not name or key in self._constructors or key in self._loading:
            return
        self._failed.pop(key, None)
        self._loading.add(key)
        title = self.tr("Looking up the parameters of {0}").format(self._title_of(name))
        job = self.session.jobs.start(title, lambda job: look_up(name, key[1]))
        job.finished.connect(lambda found: self._looked_up(key, found))
        job.failed.connect(lambda error: self._look_up_failed(key, error))

    def _looked_up(self, key: tuple[str, str], found: object) -> None:
        entry, parameters = cast("tuple[ModelEntry, dict[str, Any]]", found)
        self._loading.discard(key)
        self._entries[key] = entry
        self._constructors[key] = parameters
        if key != (self._current, self.task):
            return
        typed = {row.name: row for row in self.rows if row.tuned or row.value}
        fresh = self._model_rows(self._model())
        kept = [
            replace(typed[row.name], own_default=row.own_default, added=row.added)
            if row.name in typed
            else row
            for row in fresh
        ]
        self.rows = (*kept, *(r for n, r in typed.items() if n not in {f.name for f in fresh}))
        self.reading = read_rows(self.rows, self.constraints, self.reading)
        self.changed.emit()

    def _look_up_failed(self, key: tuple[str, str], error: BaseException) -> None:
        self._loading.discard(key)
        self._failed[key] = str(error)
        if not isinstance(error, StudioError):
            self.session.tell(notice_of(error, self.tr("The model could not be looked up")))
        self.changed.emit()


def look_up(name: str, task: Task) -> tuple[ModelEntry, dict[str, Any]]:
    """A model's entry and all parameters of its constructor; imports its package."""
    from hpo_gui.evaluation.model_estimator import estimator_parameters

    entry = find_model(name, task)
    return entry, estimator_parameters(entry, task)
