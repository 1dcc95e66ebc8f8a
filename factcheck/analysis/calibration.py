"""What reader and rules say, weighed together: by a calibration that was fitted on stories held back."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from factcheck.analysis.reader import Logits

# The log probability of bearing on a claim below which it counts as not at all.
_FAR: Final = -4.0

Weights = npt.NDArray[np.float64]


class Calibration:
    """Turns what reader and rules say into probabilities of contradiction, entailment, neutral.

    `fitted` holds `weights` (features by labels), `bias`, and the `threshold` from which a contradiction,
    or a stance, is shown to an editor.
    """

    def __init__(self, fitted: dict[str, Any]) -> None:
        self._weights: Weights = np.array(fitted["weights"], float)
        self._bias: Weights = np.array(fitted["bias"], float)
        self.threshold = float(fitted["threshold"])

    def __call__(self, features: Weights) -> Weights:
        """Return probabilities, one row for each row of features."""
        raised = features @ self._weights + self._bias
        odds = np.exp(raised - raised.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def beside(scores: Weights) -> Weights:
    """Return for each claim how much the best of the others is borne on, and how many are borne on more."""
    bears = np.logaddexp(scores[:, 0], scores[:, 1])
    others = np.where(np.eye(len(bears), dtype=bool), _FAR, bears[None, :])
    return np.column_stack([np.maximum(others.max(axis=1), _FAR), (others > bears[:, None]).sum(axis=1)])


def log_chances(logits: Logits) -> Weights:
    """Return what the reader says of one task as the logarithms of probabilities, one row a pair."""
    raised = logits.astype(float) - logits.max(axis=1, keepdims=True)
    return np.asarray(raised - np.log(np.exp(raised).sum(axis=1, keepdims=True)))
