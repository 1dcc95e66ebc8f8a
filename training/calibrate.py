"""Fits how the reader's scores and the rules' are weighed together, on stories held back from training.

    python -m training.calibrate MODEL_FOLDER --public FOLDER --written FILE…

It writes `calibration` into MODEL_FOLDER/model.json: for each task the weights of a multinomial logistic
regression and the threshold from which an editor is shown something. The threshold is the lowest one with the
asked precision on scores that were cross-fitted: each story is scored by weights that were not fitted on it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from factcheck.analysis.bearing import bearing
from factcheck.analysis.evidence import weigh
from factcheck.analysis.findings import Utterance
from factcheck.analysis.judging import Judge
from factcheck.analysis.model import Model, focused
from factcheck.analysis.rules import Rules
from training.examples import pairs, stances
from training.fit_rules import fit
from training.material import HELD, Example, public, split

FOLDS = 5
CLASSES = {
    "quotes": ("contradiction", "entailment", "neutral"),
    "stance": ("disputes", "supports", "none"),
}


def fitted(features: np.ndarray, labels: np.ndarray, penalty: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """Return (weights, bias) of a multinomial logistic regression."""
    x, y = torch.tensor(features), torch.tensor(labels)
    spread = x.std(0).clamp(min=1e-6)
    weights = torch.zeros(x.shape[1], 3, dtype=x.dtype, requires_grad=True)
    bias = torch.zeros(3, dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = (
            torch.nn.functional.cross_entropy(x / spread @ weights + bias, y)
            + penalty * weights.square().sum()
        )
        value.backward()
        return value

    optimizer.step(loss)
    return (weights / spread[:, None]).detach().numpy(), bias.detach().numpy()


def chances(features: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return torch.softmax(torch.tensor(features @ weights + bias), dim=1).numpy()


def threshold(scores: np.ndarray, right: np.ndarray, precision: float) -> float:
    """Return the lowest score from which `right` holds with the asked precision."""
    order = np.argsort(-scores)
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= precision
    reached[:20] &= right[order][:20].mean() >= precision  # A few lucky ones at the top prove nothing.
    return float(scores[order][np.flatnonzero(reached).max()]) if reached.any() else 0.99


def rules_of_others(task: str, paths: list[Path], examples: list[Example]) -> np.ndarray:
    """Return what rules fitted on all *other* files say of each example, in the order of `LABELS`.

    The rules that ship have seen every file, so that their own scores would look better than they are.
    """
    known = list(pairs(paths) if task == "quotes" else stances(paths))
    classes = CLASSES[task]
    if task == "quotes":
        seen = {(one.a, one.b): row for row, one in enumerate(known)}
        features = np.array([weigh(one.a, one.b).features for one in known])
        labels = np.array([one.label for one in known])
    else:
        seen = {(one.statement, one.claim): row for row, one in enumerate(known)}
        features = np.array([bearing(one.statement, one.claim)[0] for one in known])
        labels = np.array([one.stance for one in known])
    sources = np.array([one.source for one in known])
    rows = np.array([seen[example.first, example.second] for example in examples])
    found = np.zeros((len(examples), len(classes)))
    for source in sorted(set(sources)):
        judge = Judge(fit(features[sources != source], labels[sources != source], classes))
        held = sources[rows] == source
        found[held] = [judge(features[row]) for row in rows[held]]
    return found


def features_of(model: Model, task: str, paths: list[Path], examples: list[Example]) -> np.ndarray:
    """Return what the model's calibration weighs, one row an example."""
    texts = [focused(e.first, Utterance(e.second.text) if task == "stance" else e.second) for e in examples]
    if task == "inference":
        rules = Rules()
        scores = [rules.compare(e.first, e.second).scores for e in examples]
        ruled = np.array([[one.contradiction, one.entailment, one.neutral] for one in scores])
    else:
        ruled = rules_of_others(task, paths, examples)
    return model.features(task, texts, ruled)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--written", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--precision", type=float, nargs=3, default=(0.92, 0.92, 0.9), help="inference, quotes, stance"
    )
    options = parser.parse_args()
    described = json.loads((options.model / "model.json").read_text())
    described["calibration"] = {}
    (options.model / "model.json").write_text(json.dumps(described, indent=1) + "\n")
    model = Model(options.model, threads=2)
    _, back = split(options.written)
    plain = [e for e in public(options.public)[:HELD] if e.task == "inference" and len(e.labels) == 1]
    for task, wanted in zip(("inference", "quotes", "stance"), options.precision, strict=True):
        examples = plain if task == "inference" else [e for e in back if e.task == task]
        x = features_of(model, task, options.written, examples)
        y = np.array([e.labels[0] for e in examples])
        fold = np.arange(len(y)) * FOLDS // len(y)  # Whole stretches, so that a story is not torn apart.
        out = np.zeros((len(y), 3))
        for number in range(FOLDS):
            out[fold == number] = chances(x[fold == number], *fitted(x[fold != number], y[fold != number]))
        if task == "stance":
            score, right = out[:, :2].max(1), out[:, :2].argmax(1) == y
        else:
            score, right = out[:, 0], y == 0
        at = threshold(score, right, wanted)
        shown = score >= at
        weights, bias = fitted(x, y)
        described["calibration"][task] = {
            "weights": np.round(weights, 4).tolist(),
            "bias": np.round(bias, 4).tolist(),
            "threshold": round(at, 3),
        }
        print(
            f"{task}: {len(y)} examples, accuracy {np.mean(out.argmax(1) == y):.3f}, threshold {at:.3f}: "
            f"precision {right[shown].mean():.3f}, shown {shown.sum()} of {(y != 2).sum()}"
        )
    (options.model / "model.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
