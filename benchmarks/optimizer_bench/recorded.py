"""The peers' recorded runs, in ``recorded.json``: losses at three steps, times, versions.

All were made with our scikit-learn's losses and the peers' defaults; on one thread, so that times
can be compared with each other, and with ours by their ratio to a peer that is run again.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from optimizer_bench.references import Reference
from optimizer_bench.runs import PROTOCOLS, Run, RunKey


class RecordedProtocol(msgspec.Struct, frozen=True):
    """Runs of one protocol.

    Attributes
    ----------
    steps : rounds after which the losses were noted
    losses : by peer, problem and seed: one for each step
    """

    steps: tuple[int, ...]
    losses: dict[str, dict[str, dict[int, tuple[float, ...]]]]


class Recorded(msgspec.Struct, frozen=True):
    """All that was recorded.

    Attributes
    ----------
    versions : of the peers' packages, by peer
    references : by problem
    seconds : of processor time for one proposal, by peer and number of observations; "8" is for
        eight proposals at once
    protocols : by name
    """

    versions: dict[str, dict[str, str]]
    references: dict[str, Reference]
    seconds: dict[str, dict[str, float]]
    protocols: dict[str, RecordedProtocol]


RECORDED = msgspec.json.decode(
    (Path(__file__).parent / "recorded.json").read_bytes(), type=Recorded
)
RECORDED_REFERENCES = RECORDED.references


def recorded_runs(protocol: str) -> list[Run]:
    """The recorded runs of a protocol, each loss standing from its step to the next."""
    recorded = RECORDED.protocols.get(protocol)
    if recorded is None:
        return []
    return [
        Run(RunKey(protocol, peer, problem, seed), _stretched(recorded.steps, losses, protocol))
        for peer, problems in recorded.losses.items()
        for problem, seeds in problems.items()
        for seed, losses in seeds.items()
    ]


def _stretched(
    steps: tuple[int, ...], losses: tuple[float, ...], protocol: str
) -> tuple[float, ...]:
    """One loss a round; before the first step, the first one."""
    rounds, _ = PROTOCOLS[protocol]
    noted = [sum(step <= turn for step in steps) for turn in range(1, rounds + 1)]
    return tuple(losses[max(count, 1) - 1] for count in noted)
