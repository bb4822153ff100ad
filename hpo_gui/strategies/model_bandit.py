"""Bandit over models (experimental draft)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.expected_gain import possible_gains
from hpo_gui.core.history import History
from hpo_gui.core.trial import TrialState, Proposal
from hpo_gui.strategies.arms import Arm, arms_of, history_of, root_of
from hpo_gui.strategies.bayesian import Bayesian, with_waiting
from hpo_gui.strategies.observations import expected_losses
from hpo_gui.strategies.standing import told_order
from hpo_gui.strategies.tpe import TPE


@dataclass
class Stand:
    arm: Arm
    place: int
    tries: int
    losses: Any  # finished, told order, nan
    open: int
    seconds: float
    spent: float

    @property
    def best(self):
        f = self.losses[np.isfinite(self.losses)]
        return float(f.min()) if len(f) else math.inf


class ModelBandit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least: int = 3
    inside: Literal["bayesian", "tpe", "mix"] = "bayesian"
    rule: str = "ts"
    horizon: float = 10
    initial: int = 0
    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        proposals: list[Proposal] = []
        for _ in range(count):
            seen = with_waiting(history, proposals)
            p = self._one(seen, rng)
            if p is None:
                break
            proposals.append(p)
        return proposals

    def _one(self, history, rng):
        arms = arms_of(history.space)
        if not arms:
            ps = Bayesian().propose(history, 1, rng)
            return ps[0] if ps else None
        root = root_of(history.space)
        losses = expected_losses(history)
        order = told_order(history)
        stands = []
        secs = []
        for place, arm in enumerate(arms):
            sub, numbers = history_of(history, arm, root)
            mine = set(numbers)
            told = [n for n in order.tolist() if n in mine]
            ls = losses[told]
            ls = np.where(np.isfinite(ls), ls, np.nan)
            op = sum(history.trials[n].state.is_open for n in numbers)
            ds = [history.trials[n].seconds for n in told]
            ds = [d for d in ds if d is not None and d > 0]
            stands.append((Stand(arm, place, len(told) + op, ls, op, float(np.mean(ds)) if ds else math.nan, sum(ds)), sub))
        for place in self._order(stands, history, rng):
            arm_sub = stands[place][1]
            inner = self._inner(arm_sub)
            try:
                ps = inner.propose(arm_sub, 1, rng)
            except SpecError:
                continue
            if ps:
                return ps[0]
        return None

    def _inner(self, sub):
        if self.inside == "tpe" or (self.inside == "mix" and len(sub) % 2):
            return TPE(startup=self.initial or 10)
        return Bayesian(initial=self.initial or None)

    def _order(self, stands, history, rng):
        S = [s for s, _ in stands]
        k = len(S)
        timed = history.plan.seconds is not None
        cost = np.array([s.seconds if timed else 1.0 for s in S])
        if np.isnan(cost).all():
            cost[:] = 1.0
        cost = np.where(np.isnan(cost), np.nanmean(cost), cost)
        works = any(np.isfinite(s.best) for s in S)
        dead = np.array([works and not np.isfinite(s.best) and s.tries >= 3 for s in S])
        few = [s.place for s in S if s.tries < self.least and not dead[s.place]]
        if timed:
            share = history.plan.seconds / (2 * k)
            few = [p for p in few if S[p].spent + 0 < share or not S[p].tries]
        if few:
            few.sort(key=lambda p: (S[p].tries, cost[p], p))
            return few + [p for p in range(k) if p not in few]
        best = min(s.best for s in S)
        if self.rule == "robin":
            bound = np.array([self._upper(s, self._left(history, S, cost, s.place)) for s in S])
            alive = [s.place for s in S if not dead[s.place] and s.best - bound[s.place] <= best + 0]
            alive.sort(key=lambda p: (S[p].tries, p))
            return alive + [p for p in range(k) if p not in alive]
        value = np.full(k, -np.inf)
        G = []
        scale_known = []
        for s in S:
            if dead[s.place]:
                G.append(None)
                continue
            n = max(self.horizon * np.mean(cost[~dead]) / cost[s.place], 1) if timed else self.horizon
            n = int(min(max(n, 1), 1000))
            ls = np.concatenate([s.losses, np.full(s.open, np.nan)])
            g = possible_gains(ls, n, 3.5) if np.isfinite(ls).any() else np.zeros(1024)
            G.append(g)
        means = [g.mean() for g in G if g is not None and g.mean() > 0]
        typical = np.median(means) if means else 1.0
        for s, g in zip(S, G):
            if g is None:
                continue
            if g.mean() <= 0:
                g = rng.exponential(typical, 1024)
            gap = s.best - best
            if not np.isfinite(gap):
                gap = 0.0
            over = g - gap
            if self.rule == "ts":
                value[s.place] = over[int(rng.integers(1024))]
            elif self.rule == "ei":
                value[s.place] = np.maximum(over, 0).mean()
            elif self.rule == "ucb":
                value[s.place] = np.quantile(over, 0.9)
            elif self.rule == "chance":
                value[s.place] = (over > 0).mean() + 1e-6*over.mean()
        return list(np.argsort(-value, kind="stable"))

    def _left(self, history, S, cost, place):
        if history.plan.seconds is not None:
            return max((history.plan.seconds - sum(s.spent for s in S) / history.plan.workers) / cost[place], 1)
        if history.plan.trials is not None:
            return max(history.plan.trials - len(history), 1)
        return 50

    def _upper(self, s, left):
        C = 7
        ls = s.losses[np.isfinite(s.losses)]
        if len(ls) < 2:
            return math.inf
        b = np.minimum.accumulate(ls)
        back = min(C, len(b) - 1)
        return (b[-1 - back] - b[-1]) / back * left
