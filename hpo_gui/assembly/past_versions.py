"""Which version of an edited specification decided what, and of which of it too little is known.

The audit trail says how many trials there were when a version began: what was decided from then on
was decided in its space, with its goals and its strategy, on the trials as they are seen there.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpo_gui.assembly.recorded import Recorded
from hpo_gui.assembly.resolution import make_space
from hpo_gui.assembly.seeing import see_from, space_text
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import See
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice

NO_ORDER = "the audit trail does not tell when each version of the specification began"
NO_USUAL = "what the models' own defaults were at an edit is not written down"
CARRIED = (
    "a trial that waited at an edit has been carried over into the new space, and what it was "
    "before is not known to the bit"
)


@dataclass(frozen=True)
class Asked:
    """What is asked in one version of the specification; may be sent to another process.

    Attributes
    ----------
    see : how trials of other versions are seen in its space; None where all are alike
    """

    space: Space
    goals: tuple[Goal, ...]
    see: See | None
    strategy: Choice
    seed: int


class PastVersions:
    """See the module.

    Parameters
    ----------
    recorded : the study
    """

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._texts = {version: space_text(spec) for version, spec in recorded.specs.items()}
        self._first: dict[int, int] = {}  # version -> the first of its trials
        for trial in recorded.trials:
            self._first.setdefault(trial.spec_version, trial.number)
        self._carried = [
            (trial.number, trial.spec_version)
            for trial in recorded.trials
            if recorded.begun is not None
            and self._texts[self.at(trial.number)] != self._texts[trial.spec_version]
        ]

    def at(self, trials: int) -> int:
        """The newest version when there were so many trials: the one of the next proposal."""
        begun = self._recorded.begun
        if begun is None:
            trials = min(trials, len(self._recorded.trials) - 1)
            return self._recorded.trials[trials].spec_version
        return max(version for version, first in begun.items() if first <= trials)

    def asked(self, version: int) -> Asked:
        """What was asked in a version."""
        specs, spec = self._recorded.specs, self._recorded.specs[version]
        see = see_from(specs, spec, self._recorded.usual)
        return Asked(make_space(spec), spec.goals, see, spec.strategy, spec.seed)

    def why_unknown(self, trials: int, version: int) -> str:
        """Why it is not known what was seen in a version when there were so many trials, or ""."""
        recorded = self._recorded
        earlier = [one for one, number in self._first.items() if number < trials]
        others = {self._texts[one] for one in earlier} - {self._texts[version]}
        if recorded.begun is None:
            goals = {recorded.specs[one].goals for one in earlier}
            return NO_ORDER if others or goals - {recorded.specs[version].goals} else ""
        if any(
            number < trials and version < now and self._texts[version] != self._texts[now]
            for number, now in self._carried
        ):
            return CARRIED
        no_usual = recorded.specs[version].models and not recorded.usual
        return NO_USUAL if others and no_usual else ""

    def why_not_proposed(self, number: int) -> str:
        """Why the proposal of a trial cannot be made again, or ""."""
        version = self.at(number)
        # The trial itself belongs to what must be known: it is compared.
        return self.why_unknown(number + 1, version)
