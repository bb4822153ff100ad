"""The sessions of a study: when it began to run, or went on, with what, and where.

Each is an entry of the audit trail, as JSON. With them a study can be computed again
(`assembly.repetition`), and what is different now can be named.
"""

from __future__ import annotations

import contextlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.core.version import __version__
from hpo_gui.evaluation.models import MODELS, canonical_name
from hpo_gui.storage.records import AuditEvent
from hpo_gui.study.past import Judged
from hpo_gui.study.study import Study

SESSION, JUDGED = "session", "judged"  # kinds of entries of the audit trail
LIBRARIES = {
    "NumPy": "numpy",
    "SciPy": "scipy",
    "scikit-learn": "scikit-learn",
    "pandas": "pandas",
}
FUNCTION_FILE = "file of the function"
ABSENT = "not installed"
ASKING_SECONDS = 5.0  # for the name of the processor


class Session(msgspec.Struct, frozen=True):
    """A stretch of running, with one plan: another budget on the way begins the next.

    Attributes
    ----------
    trials : how many there were when it began
    told : how many of them had finished
    spec : the version of the specification that it ran with
    plan : what strategies and pruners were told, without the dummy's scores, which are for people
    facts : what may change results beside the specification: name -> version or model
    """

    trials: int
    told: int
    spec: int
    plan: Plan
    facts: dict[str, str]


class SessionAt(msgspec.Struct, frozen=True):
    """A session, and when it began, in seconds since 1970."""

    at: float
    session: Session


def session_of(study: Study, spec: StudySpec, version: int, function: str | None) -> Session:
    """The session that begins now.

    Parameters
    ----------
    version : of the specification
    function : SHA-256 of the file of the user's function, where there is one
    """
    history = study.history
    plan = msgspec.structs.replace(history.plan, dummy={})
    return Session(len(history), history.told, version, plan, facts_now(spec, function))


def again_with(session: Session, study: Study, version: int, budget: BudgetSpec) -> Session:
    """A session that goes on with another budget, which strategies are told of from now on.

    Parameters
    ----------
    version : of the specification
    """
    history = study.history
    replace = msgspec.structs.replace
    plan = replace(session.plan, trials=budget.trials, seconds=budget.seconds)
    return replace(session, trials=len(history), told=history.told, spec=version, plan=plan)


def to_text(entry: Session | Iterable[Judged]) -> str:
    """As it stands in the audit trail."""
    value = entry if isinstance(entry, Session) else list(entry)
    return msgspec.json.encode(value).decode()


def sessions_in(events: Iterable[AuditEvent]) -> tuple[SessionAt, ...]:
    """The sessions of an audit trail, the oldest first; what cannot be read is left out."""
    found = []
    for event in events:
        if event.kind == SESSION:
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(SessionAt(event.at, msgspec.json.decode(event.text, type=Session)))
    return tuple(found)


def judged_in(events: Iterable[AuditEvent]) -> tuple[Judged, ...]:
    """What pruners saw when they stopped trials; the last moment of each trial counts."""
    found: dict[int, Judged] = {}
    for event in events:
        if event.kind == JUDGED:
            with contextlib.suppress(msgspec.MsgspecError):
                moments = msgspec.json.decode(event.text, type=list[Judged])
                found.update((moment.trial, moment) for moment in moments)
    return tuple(found.values())


def in_words(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """An audit trail for people: sessions in words, and nothing that only a replay needs."""
    found = []
    for event in events:
        sessions = sessions_in((event,))
        if sessions:
            found.append(msgspec.structs.replace(event, text=_words(sessions[0].session)))
        elif event.kind != JUDGED:
            found.append(event)
    return found


def _words(session: Session) -> str:
    workers = session.plan.workers
    return (
        f"Began to run with {session.trials:,} trial{'s' * (session.trials != 1)} there, by "
        f"version {session.spec} of the specification, {workers} worker{'s' * (workers != 1)}, "
        f"HPO Studio {session.facts.get('HPO Studio', 'unknown')}."
    )


# --- facts ------------------------------------------------------------------------------------


def facts_now(spec: StudySpec, function: str | None = None) -> dict[str, str]:
    """What may change the results of a study beside its specification, on this computer."""
    facts = {"HPO Studio": __version__, "Python": platform.python_version()}
    for title, package in (LIBRARIES | dict(_libraries_of(spec))).items():
        facts[title] = _version(package)
    facts["BLAS"] = _blas(threads=spec.compute.executor == "inline")
    facts["processor"] = _processor()
    facts["system"] = platform.platform()
    if function is not None:
        facts[FUNCTION_FILE] = function[:16]
    return facts


def changed_facts(then: dict[str, str], now: dict[str, str]) -> tuple[str, ...]:
    """What is different, in words: "scikit-learn 1.7.1 then, 1.8.0 now"."""
    names = dict.fromkeys((*then, *now))
    return tuple(
        "the file of the function has changed"
        if name == FUNCTION_FILE
        else f"{name} {then.get(name, 'unknown')} then, {now.get(name, 'unknown')} now"
        for name in names
        if then.get(name) != now.get(name)
    )


def _libraries_of(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """The libraries that the models and the strategy of a study need: title, package."""
    for model in spec.models:
        known = canonical_name(model.name)
        if known in MODELS:
            required = MODELS[known].requires
            if required is not None:
                yield required, MODELS[known].package or required
        elif "." in known:
            module = known.partition(".")[0]
            if module not in ("sklearn", "hpo_gui"):
                yield module, module
    if spec.strategy.name == "optuna":
        yield "Optuna", "optuna"


def _version(package: str) -> str:
    """The version of a package, which may be another one that has the same module."""
    for name in (package, package.partition("-")[0]):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    for name in metadata.packages_distributions().get(package, ()):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return f"{metadata.version(name)} ({name})"
    return ABSENT


def _blas(*, threads: bool) -> str:
    """The BLAS that NumPy has loaded, with the kind of processor whose code it has chosen."""
    import numpy as np
    import threadpoolctl

    infos = [info for info in threadpoolctl.threadpool_info() if info["user_api"] == "blas"]
    infos = [info for info in infos if "numpy" in str(info.get("filepath"))] or infos
    if not infos:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()
    info = infos[0]
    kind = f" ({info['architecture']})" if info.get("architecture") else ""
    text = f"{info['internal_api']} {info['version']}{kind}"
    return f"{text}, {info['num_threads']} threads" if threads else text


def _processor() -> str:
    """The model of the processor, as far as the system tells it."""
    name = ""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
            found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
            name = found[1].strip() if found else ""
    elif sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
                capture_output=True,
                text=True,
                timeout=ASKING_SECONDS,
                check=True,
            )
            name = asked.stdout.strip()
    return name or platform.processor() or platform.machine()
