"""The peers, in the interpreter that has them: ``python -m optimizer_bench.peers`` serves a pipe.

One JSON object a line in, one out; `worker` is the other end. Each answer carries the processor
seconds of the library's own work. This file imports nothing of ours that needs our packages.

Peers run with their defaults, on one thread, seeded.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from importlib.metadata import version
from typing import Any

from optimizer_bench.coco import CocoFunction

Parameters = dict[str, Any]

PACKAGES = {
    "optuna-tpe": ("optuna",),
    "optuna-gp": ("optuna", "torch"),
    "optuna-nsga2": ("optuna",),
}
"""The peers, with the packages whose versions are told."""


class OptunaPeer:
    """A sampler of Optuna.

    Parameters
    ----------
    name : a key of `PACKAGES`
    space : parameters as the study files have them, parents first
    seed : of the sampler
    goals : how many losses it is told of each configuration
    """

    def __init__(self, name: str, space: list[dict[str, Any]], seed: int, goals: int = 1) -> None:
        import optuna

        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "optuna-tpe": optuna.samplers.TPESampler,
            "optuna-gp": optuna.samplers.GPSampler,
            "optuna-nsga2": optuna.samplers.NSGAIISampler,
        }
        directions = ["minimize"] * goals
        self._study = optuna.create_study(directions=directions, sampler=samplers[name](seed=seed))
        self._space = space
        self._asked: list[Any] = []

    def ask(self, count: int) -> list[Parameters]:
        """The next configurations, inactive parameters left out."""
        self._asked = [self._study.ask() for _ in range(count)]
        return [self._suggested(trial) for trial in self._asked]

    def _suggested(self, trial: Any) -> Parameters:
        params: Parameters = {}
        for parameter in self._space:
            if not _is_active(parameter, params):
                continue
            name, kind = parameter["name"], parameter["type"]
            if kind in ("categorical", "ordinal"):
                choices = parameter.get("choices") or parameter["values"]
                params[name] = trial.suggest_categorical(name, choices)
            else:
                suggest = trial.suggest_float if kind == "float" else trial.suggest_int
                low, high, log = parameter["low"], parameter["high"], parameter.get("log", False)
                steps = {} if parameter.get("step") is None else {"step": parameter["step"]}
                params[name] = suggest(name, low, high, log=log, **steps)
        return params

    def tell(self, losses: list[float] | list[list[float]]) -> None:
        """The losses of what was asked last, in its order; a list for each with several goals."""
        for trial, loss in zip(self._asked, losses, strict=True):
            self._study.tell(trial, loss)


def _is_active(parameter: dict[str, Any], params: Parameters) -> bool:
    conditions = parameter.get("when", {}).items()
    return all(parent in params and params[parent] in values for parent, values in conditions)


class Server:
    """Does what a message says; holds one optimizer at a time."""

    def __init__(self) -> None:
        self._peer: OptunaPeer | None = None

    def answer(self, message: dict[str, Any]) -> object:
        """The value to send back."""
        command = message.pop("command")
        if command == "versions":
            return {name: version(name) for name in PACKAGES[message["name"]]}
        if command == "coco":
            return CocoFunction(*message["function"]).value(message["x"])
        if command == "coco_values":
            return CocoFunction(*message["function"]).values(message["x"])
        if command == "coco_nadir":
            return CocoFunction(*message["function"]).nadir()
        if command == "coco_optimum":
            return CocoFunction(*message["function"]).optimum()
        if command == "new":
            self._peer = OptunaPeer(**message)
            return None
        assert self._peer is not None, "an optimizer must be made before it is asked"
        return getattr(self._peer, command)(**message)


def serve() -> None:
    """Answer until the pipe is closed. What a library prints goes to the errors."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    server = Server()
    for line in sys.stdin:
        started = time.process_time()
        try:
            answer: dict[str, object] = {"value": server.answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 — told to the other end, which records it
            where = traceback.format_exc().strip().splitlines()[-3].strip()
            answer = {"error": f"{type(error).__name__}: {error} ({where})"}
        answer["seconds"] = time.process_time() - started
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    serve()
