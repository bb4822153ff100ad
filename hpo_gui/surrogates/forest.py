"""A random forest over the unit cube: mean and uncertainty from how far its trees disagree.

As in SMAC (Hutter, Hoos, Leyton-Brown 2011, Sequential model-based optimization for general
algorithm configuration, LION 5), with the random cuts of Geurts, Ernst, Wehenkel (2006, Extremely
randomized trees, Machine Learning 63), which leave the mean less of a staircase and let all nodes
of one depth of all trees be split in one stroke of numpy.

Notation
--------
n, d, p : observations, dimensions, columns of features
T, b    : trees, observations that each of them is grown on
z       : scaled losses (n,), see `scaling`
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hpo_gui.surrogates.embedding import Embedding, FloatArray, IntArray
from hpo_gui.surrogates.hyperparameters import best_and_spread
from hpo_gui.surrogates.scaling import Scaling, fit_scaling

TREES = 60
LEAST = 2  # observations in a leaf
KNOWN = 800  # observations that the forest is grown on at most
ABSENT = -1.0  # where an inactive number stands: outside, so that one cut sets it apart
SMALLEST = 1e-8  # variance of a scaled loss


@dataclass(frozen=True)
class Nodes:
    """All trees as arrays over their nodes; the roots are the first T.

    Attributes
    ----------
    feature, threshold : a node's cut; of a leaf threshold is inf
    low : the child with values up to the threshold, the other child follows it; a leaf's is itself
    mean, variance : of the scaled losses in the node
    depth : of the deepest leaf
    """

    feature: IntArray
    threshold: FloatArray
    low: IntArray
    mean: FloatArray
    variance: FloatArray
    depth: int

    def leaves(self, features: FloatArray, trees: int) -> IntArray:
        """The leaf of each tree for rows of features (m, p), shape (T, m)."""
        rows, columns = features.shape
        flat = np.ascontiguousarray(features).ravel()
        offset = np.arange(rows) * columns
        node = np.repeat(np.arange(trees)[:, None], rows, axis=1)
        for _ in range(self.depth):
            value = flat.take(self.feature.take(node) + offset)
            node = self.low.take(node) + (value > self.threshold.take(node))
        return node


@dataclass(frozen=True)
class Forest:
    """A fitted forest; made by `fit_forest`.

    Attributes
    ----------
    x, z : what it was grown on, fantasies included
    scaling : between losses and scaled losses
    """

    x: FloatArray
    z: FloatArray
    embedding: Embedding
    scaling: Scaling
    trees: int
    seed: int
    nodes: Nodes = field(repr=False)
    bags: IntArray = field(repr=False)  # rows that each tree was grown on, (T, b)

    def predict(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of the loss at (m, d), each (m,), in units of the losses."""
        return self.scaling.moments_backward(*self.latent(x))

    def latent(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of the scaled loss at (m, d), each (m,).

        The law of total variance over the trees: the spread of their means and the mean of the
        variances in their leaves (Hutter et al. 2014, Artificial Intelligence 206, section 4.3.2).
        """
        leaf = self._leaves(x)
        return _mixed(self.nodes.mean[leaf], self.nodes.variance[leaf], np.ones(leaf.shape))

    def tree(self, number: int, x: FloatArray) -> FloatArray:
        """What one of the trees expects at (m, d), in scaled losses (m,)."""
        expected: FloatArray = self.nodes.mean[self._leaves(x)[number]]
        return expected

    @property
    def noise(self) -> float:
        """Standard deviation within the leaves in units of the losses, near the best ones.

        A forest cannot tell noise from what changes within a leaf.
        """
        leaf = self._leaves(self.x)
        sd = float(np.sqrt(self.nodes.variance[leaf].mean()))
        low = self.scaling.backward(np.array([self.z.min() - sd, self.z.min() + sd]))
        return float(low[1] - low[0]) / 2

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of each loss by the trees that do not know it, each (n,).

        Where all trees know it, as with very few observations, by all of them.
        """
        without = np.ones((self.trees, len(self.z)))
        np.put_along_axis(without, self.bags, 0.0, axis=1)
        without[:, without.sum(axis=0) == 0] = 1.0
        leaf = self._leaves(self.x)
        moments = _mixed(self.nodes.mean[leaf], self.nodes.variance[leaf], without)
        return self.scaling.moments_backward(*moments)

    def believe(self, x: FloatArray) -> Forest:
        """Grown on what is expected at (m, d) too, so that it is surer there."""
        return self.assume(x, self.latent(x)[0])

    def dread(self, x: FloatArray) -> Forest:
        """Grown on the worst loss seen at (m, d) too: where trials failed, and around."""
        return self.assume(x, np.full(len(x), self.z.max()))

    def assume(self, x: FloatArray, z: FloatArray) -> Forest:
        """Grown on scaled losses z (m,) at (m, d) too, by the same random numbers."""
        if not len(x):
            return self
        both = np.concatenate([self.x, x]), np.concatenate([self.z, z])
        return _grown(*both, self.embedding, self.scaling, self.trees, self.seed)

    def _leaves(self, x: FloatArray) -> IntArray:
        return self.nodes.leaves(_features(x, self.embedding), self.trees)


def fit_forest(
    x: FloatArray, y: FloatArray, levels: IntArray, rng: np.random.Generator, *, trees: int = TREES
) -> Forest:
    """Fit to observations.

    Parameters
    ----------
    x : (n, d) positions in [0, 1], NaN where inactive; n ≥ 1
    y : (n,) finite losses
    levels : (d,) number of unordered choices, 0 for dimensions with an order
    rng : what decides all cuts and which observations each tree sees

    Beyond 800 observations the forest is grown on the best half of 800 and an even spread of the
    others.
    """
    scaling = fit_scaling(y)
    z = scaling.forward(y)
    kept = best_and_spread(z, KNOWN)
    embedding = Embedding(np.asarray(levels, dtype=np.int64))
    seed = int(rng.integers(2**63))
    return _grown(x[kept], z[kept], embedding, scaling, trees, seed)


def _features(x: FloatArray, embedding: Embedding) -> FloatArray:
    """Positions (m, d) to features (m, p): numbers as they are, choices one-hot."""
    features = embedding(x)
    count = len(embedding.numeric)
    features[:, :count][np.isnan(x[:, embedding.numeric])] = ABSENT
    return features


def _mixed(
    means: FloatArray, variances: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and sd of weighted mixtures of the trees' leaves, (T, m) to (m,)."""
    share = weights / weights.sum(axis=0)
    mean = np.einsum("tm,tm->m", share, means)
    variance = np.einsum("tm,tm->m", share, variances + (means - mean) ** 2)
    return mean, np.sqrt(np.maximum(variance, SMALLEST))


def _grown(
    x: FloatArray, z: FloatArray, embedding: Embedding, scaling: Scaling, trees: int, seed: int
) -> Forest:
    rng = np.random.default_rng(seed)
    bags = rng.integers(len(z), size=(trees, len(z)))
    nodes = _grow(_features(x, embedding), z, bags, rng)
    return Forest(x, z, embedding, scaling, trees, seed, nodes, bags)


def _grow(features: FloatArray, z: FloatArray, bags: IntArray, rng: np.random.Generator) -> Nodes:
    """Split the nodes of all trees, one depth at a time.

    For each node and feature a cut is drawn between the smallest and the largest value there; the
    feature whose cut explains most of the variance is taken (Geurts et al., table 1).
    """
    rows = bags.ravel()
    node = np.repeat(np.arange(len(bags)), bags.shape[1])  # of each row, counted from `first`
    first, count, depth = 0, len(bags), 0
    grown: list[tuple[IntArray, FloatArray, IntArray, FloatArray, FloatArray]] = []
    while count:
        order = np.argsort(node, kind="stable")
        rows, node = rows[order], node[order]
        start = np.searchsorted(node, np.arange(count))
        size = np.diff(start, append=len(rows)).astype(np.float64)
        target = z[rows]
        total = np.add.reduceat(target, start)
        mean = total / size
        variance = np.add.reduceat((target - mean[node]) ** 2, start) / size
        values = features[rows]
        smallest = np.minimum.reduceat(values, start, axis=0)
        largest = np.maximum.reduceat(values, start, axis=0)
        cut = smallest + rng.random(smallest.shape) * (largest - smallest)
        below = (values <= cut[node]).astype(np.float64)
        fewer = np.add.reduceat(below, start, axis=0)
        part = np.add.reduceat(below * target[:, None], start, axis=0)
        rest = size[:, None] - fewer
        gain = part**2 / np.maximum(fewer, 1) + (total[:, None] - part) ** 2 / np.maximum(rest, 1)
        gain[(fewer < LEAST) | (rest < LEAST)] = -np.inf
        feature = np.argmax(gain, axis=1)
        here = np.arange(count)
        split = np.isfinite(gain[here, feature]) & (variance > SMALLEST)
        child = 2 * (np.cumsum(split) - 1)  # counted from the first node of the next depth
        low = np.where(split, first + count + child, first + here)
        threshold = np.where(split, cut[here, feature], np.inf)
        grown.append((np.where(split, feature, 0), threshold, low, mean, variance))
        kept = split[node]
        rows, parent, values = rows[kept], node[kept], values[kept]
        node = child[parent] + (values[np.arange(len(rows)), feature[parent]] > threshold[parent])
        first, count, depth = first + count, 2 * int(split.sum()), depth + 1
    feature, threshold, low, mean, variance = (
        np.concatenate(column) for column in zip(*grown, strict=True)
    )
    return Nodes(feature, threshold, low, mean, variance, depth - 1)
