"""From all rows of the search-space table to a space, with whatever is wrong kept apart.

Wrong rows do not hold up right ones: a row that cannot be read keeps its last good parameter, and
one that never was good is left out. Only where the parameters do not fit together is there
nothing to apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hpo_gui.core.constraint import make_constraint
from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from hpo_gui.gui.tables.space_rows import (
    UNKNOWN,
    ParameterRow,
    field_of,
    read_fixed,
    read_row,
    sentence,
)


@dataclass(frozen=True)
class Reading:
    """What the rows mean.

    Attributes
    ----------
    parameters : in order; None when they do not fit together, so that nothing can be applied
    fixed : values typed for parameters that are not tuned
    good : the last good parameter of every row that had one
    good_fixed : the same for fixed values
    errors : (number of the row, field) -> sentence
    rule_errors : number of the constraint -> sentence
    """

    parameters: tuple[Parameter, ...] | None = ()
    fixed: Params = field(default_factory=dict)
    good: Mapping[str, Parameter] = field(default_factory=dict)
    good_fixed: Params = field(default_factory=dict)
    errors: Mapping[tuple[int, str], str] = field(default_factory=dict)
    rule_errors: Mapping[int, str] = field(default_factory=dict)

    @property
    def applies(self) -> bool:
        """Whether there is a space to put into the specification."""
        return self.parameters is not None and not self.rule_errors

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, each once, in order."""
        return tuple(dict.fromkeys([*self.errors.values(), *self.rule_errors.values()]))


def read_rows(
    rows: Sequence[ParameterRow], constraints: Sequence[str], before: Reading | None = None
) -> Reading:
    """Read all rows; ``before`` has the last good values."""
    before = before or Reading()
    errors: dict[tuple[int, str], str] = {}
    good = dict(before.good)
    fixed, good_fixed = _read_fixed_rows(rows, before.good_fixed, errors)
    taken: dict[int, Parameter] = {}
    for number, row in enumerate(rows):
        if not row.tuned:
            continue
        parameter, wrong = read_row(row)
        errors.update({(number, name): text for name, text in wrong.items()})
        if parameter is not None and row.name in [p.name for p in taken.values()]:
            other = SpecError("space", "must be different from all other names", row.name)
            errors[number, "name"] = sentence(other, row.name, "name")
            parameter = None
        elif parameter is None:
            parameter = good.get(row.name)
        if parameter is not None:
            taken[number] = parameter
    fits = _fit_together(rows, taken, good, errors)
    if fits:
        good.update({parameter.name: parameter for parameter in taken.values()})
    rule_errors = _read_constraints(constraints, [p.name for p in taken.values()])
    parameters = tuple(taken.values()) if fits else None
    return Reading(parameters, fixed, good, good_fixed, errors, rule_errors)


def _read_fixed_rows(
    rows: Sequence[ParameterRow], known: Params, errors: dict[tuple[int, str], str]
) -> tuple[Params, Params]:
    fixed: Params = {}
    good = dict(known)
    for number, row in enumerate(rows):
        if row.tuned:
            continue
        value, problem = read_fixed(row)
        if problem:
            errors[number, "value"] = problem
            value = good.get(row.name, UNKNOWN)
        if value is not UNKNOWN:
            fixed[row.name] = good[row.name] = value
    return fixed, good


def _fit_together(
    rows: Sequence[ParameterRow],
    taken: dict[int, Parameter],
    good: Mapping[str, Parameter],
    errors: dict[tuple[int, str], str],
) -> bool:
    """Whether conditions fit; one that does not goes back to its last good form, if that fits."""
    for _ in range(len(taken) + 1):
        try:
            Space(tuple(taken.values()))
        except SpecError as error:
            number = _row_of_error(error, rows, taken)
            if number is None:
                for ring in taken:
                    if taken[ring].when:
                        errors[ring, "when"] = sentence(error, rows[ring].name, "when")
                return False
            name = rows[number].name
            field = field_of(error, name)
            errors[number, field] = sentence(error, name, field)
            if name not in good or good[name] == taken[number]:
                return False
            taken[number] = good[name]
        else:
            return True
    return False


def _row_of_error(
    error: SpecError, rows: Sequence[ParameterRow], taken: Mapping[int, Parameter]
) -> int | None:
    for number in taken:
        if error.parameter.startswith(f"space.{rows[number].name}.when"):
            return number
    return None


def _read_constraints(constraints: Sequence[str], names: Sequence[str]) -> dict[int, str]:
    errors: dict[int, str] = {}
    for number, text in enumerate(constraints):
        try:
            make_constraint(text, names)
        except SpecError as error:
            errors[number] = str(error)
    return errors
