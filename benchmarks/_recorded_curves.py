"""Learning curves of random configurations, recorded to the end once and kept in a folder."""

from __future__ import annotations

import contextlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from _small_tables import SmallTable
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, ModelSpec, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.learners import without_amounts
from hpo_gui.evaluation.metrics import metric_direction
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.steering import CONSTANT
from hpo_gui.evaluation.table_training import TableLearner
from hpo_gui.evaluation.training import Training

SEED = 3

FloatArray = NDArray[np.float64]
