"""Fitted judges: from named features to probabilities, with numbers only (no training library)."""

from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


class Judge:
    """The mean of a logistic regression and of boosted trees, calibrated; see training/fit_rules.py.

    The trees are one list of nodes: at each, features above the threshold go to the second child,
    others to the first; a leaf leads to itself, so that all are walked in the same number of steps.
    """

    def __init__(self, fitted: dict[str, Any]) -> None:
        self._mean = np.array(fitted["mean"])
        self._spread = np.array(fitted["spread"])
        self._weights = np.array(fitted["weights"])
        self._bias = np.array(fitted["bias"])
        trees = fitted["trees"]
        self._feature = np.array(trees["feature"], dtype=np.intp)
        self._at = np.array(trees["threshold"])
        self._children = np.array(trees["children"], dtype=np.intp)
        self._value = np.array(trees["value"])
        self._roots = np.array(trees["roots"], dtype=np.intp)
        self._base = np.array(trees["base"])
        self._depth: int = trees["depth"]
        self._calibration = np.array(fitted["calibration"])
        self._calibration_bias = np.array(fitted["calibration_bias"])
        self.threshold: float = fitted.get("threshold", 0.5)

    def __call__(self, features: Vector) -> list[float]:
        """Return one probability for each class, in the order they were fitted in; they sum to 1."""
        return self.each(features[None])[0]

    def each(self, rows: Vector) -> list[list[float]]:
        """Return the probabilities of each row of features: twenty rows take little longer than one."""
        scaled = np.clip((rows - self._mean) / self._spread, -6, 6)
        # Not a product of matrices: what a row gets must not depend on how many there are.
        linear = _softmax((scaled[:, :, None] * self._weights).sum(axis=1) + self._bias)
        node = np.broadcast_to(self._roots, (len(rows), *self._roots.shape))
        row = np.arange(len(rows)).reshape(-1, *[1] * self._roots.ndim)
        for _ in range(self._depth):
            node = self._children[2 * node + (rows[row, self._feature[node]] > self._at[node])]
        boosted = _softmax(self._value[node].sum(axis=-1) + self._base)
        mixed = np.log(np.maximum((linear + boosted) / 2, 1e-6))
        raised = (mixed[:, :, None] * self._calibration).sum(axis=1) + self._calibration_bias
        return _softmax(raised).tolist()  # type: ignore[no-any-return]


def _softmax(raised: Vector) -> Vector:
    odds: Vector = np.exp(raised - raised.max(axis=-1, keepdims=True))
    total: Vector = odds / odds.sum(axis=-1, keepdims=True)
    return total
