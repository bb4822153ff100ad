"""The parameters of each step of training: a trial's own, as phases and a schedule change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.spec import Choice, PhaseSpec, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.schedules import is_override, make_schedule, without_overrides

LARGEST_RATE = 1e6
CONSTANT = Choice("constant")


@dataclass(frozen=True)
class Reading:
    """What a learner makes of a trial's parameters.

    Attributes
    ----------
    values : all parameters under the learner's own names, those for the schedule among them
    rate : the one that is the learning rate; "" where there is none
    base : its value, which a schedule multiplies; None where nothing says it
    """

    values: Params
    rate: str = ""
    base: float | None = None


@dataclass(frozen=True)
class Steering:
    """Phases and a schedule; pure functions of the step.

    Attributes
    ----------
    steps : of the whole training
    """

    steps: int
    phases: tuple[PhaseSpec, ...] = ()
    schedule: Choice = CONSTANT

    @classmethod
    def of(cls, training: TrainingSpec, schedule: Choice) -> Steering:
        """As the study says."""
        return cls(training.steps, training.phases, schedule)

    def phased(self, params: Params, index: int) -> Params:
        """The parameters with what the phases fix at step ``index``; later phases win."""
        begun = [phase for phase in self.phases if phase.step <= index]
        fixed: Params = {}
        for phase in sorted(begun, key=lambda phase: phase.step):
            fixed = {**fixed, **phase.params}
        return {**params, **fixed} if fixed else dict(params)

    def steered(self, reading: Reading, index: int, losses: Sequence[float]) -> Params:
        """The learner's values for step ``index``, with the rate that the schedule says.

        Where there is no learning rate, as in forests, a schedule has nothing to change.

        Parameters
        ----------
        losses : of the steps before, lower is better

        Raises
        ------
        SpecError : a parameter of the schedule breaks the rule of its option
        ObjectiveError : the rate is not a number that a model could learn with, or there is none
        """
        values = without_overrides(reading.values)
        if not reading.rate or not self._drives(reading.values):
            if reading.base is not None:
                _check_rate(reading.rate, reading.base, index, "")
            return values
        if reading.base is None:
            raise ObjectiveError(
                reading.rate,
                f"must be among the parameters for the schedule `{self.schedule.name}` to drive",
                sorted(values),
                remedy="Add it to the space or the fixed values, or use the schedule `constant`.",
            )
        schedule = make_schedule(self.schedule, reading.values)
        rate = reading.base * schedule.factor(index, self.steps, losses)
        _check_rate(reading.rate, rate, index, self.schedule.name)
        return {**values, reading.rate: rate}

    def _drives(self, values: Params) -> bool:
        return needs_rate(self.schedule) or any(is_override(name) for name in values)


def needs_rate(schedule: Choice) -> bool:
    """Whether a schedule changes the learning rate, so that there must be one."""
    return schedule.name != CONSTANT.name or bool(schedule.options)


def is_rate(value: object) -> bool:
    """Whether a model could learn with a value as its learning rate; NaN and inf are none."""
    return type(value) in (int, float) and 0 < cast("float", value) <= LARGEST_RATE


def _check_rate(name: str, rate: float, index: int, schedule: str) -> None:
    if is_rate(float(rate)):
        return
    raise ObjectiveError(
        f"`{name}` at step {index}",
        f"must be a number above 0 and at most {LARGEST_RATE:g}",
        rate,
        remedy=f"Look at the options of the schedule `{schedule}`."
        if schedule
        else "Change its range in the space, or the phase of `training` that sets it.",
    )
