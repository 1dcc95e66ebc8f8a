"""Fits how the reader's scores and the rules' are weighed together, on stories held back from training.

    python -m training.calibrate MODEL_FOLDER --public FOLDER --written FILE…

It writes `calibration` into MODEL_FOLDER/model.json: for each task the weights of a multinomial logistic
regression and the threshold from which an editor is shown something. The threshold is the lowest one with the
asked precision on scores that were cross-fitted: each story is scored by weights that were not fitted on it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from factcheck.analysis.bearing import bearing
from factcheck.analysis.evidence import weigh
from factcheck.analysis.findings import Utterance
from factcheck.analysis.focusing import focused
from factcheck.analysis.judging import Judge
from factcheck.analysis.model import Model
from factcheck.analysis.reader import TASKS
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
        held = sources[rows] == source
        if not held.any():
            continue  # A file of which nothing is held back needs no rules fitted without it.
        judge = Judge(fit(features[sources != source], labels[sources != source], classes))
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
    # The claims of one statement are weighed beside each other, as in the service.
    starts = [0]
    if task == "stance":
        starts += [i for i in range(1, len(examples)) if examples[i].first != examples[i - 1].first]
    ends = [*starts[1:], len(examples)]
    parts = [model.features(task, texts[a:b], ruled[a:b]) for a, b in zip(starts, ends, strict=True)]
    return np.vstack(parts)


def calibration(
    task: str, x: np.ndarray, y: np.ndarray, near: np.ndarray, precision: float
) -> dict[str, Any]:
    """Fit the weights of a task and choose its threshold; prints what it reaches on scores held back.

    `near` marks the examples that are like the service's, one statement among many claims and others:
    a contradiction is flagged where the asked precision is reached there. A link is suggested where it is
    likelier right than wrong. For plain sentences, which nobody is shown, the threshold is the one by which
    most labels are right.
    """
    fold = np.arange(len(y)) * FOLDS // len(y)  # Whole stretches, so that a story is not torn apart.
    out = np.zeros((len(y), 3))
    for number in range(FOLDS):
        out[fold == number] = chances(x[fold == number], *fitted(x[fold != number], y[fold != number]))
    if task == "stance":
        score, right = out[:, :2].max(1), out[:, :2].argmax(1) == y
    else:
        score, right = out[:, 0], y == 0
    if task == "inference":
        other = np.where(out[:, 1] > out[:, 2], 1, 2)
        steps = np.arange(0.2, 0.8, 0.01)
        at = float(max(steps, key=lambda step: np.mean(np.where(score >= step, 0, other) == y)))
    elif task == "stance":
        at = 0.5
    else:
        at = threshold(score[near], right[near], precision)
    shown = (score >= at) & near
    print(
        f"{task}: {len(y)} examples, accuracy {np.mean(out.argmax(1) == y):.3f}, threshold {at:.3f}: "
        f"precision {right[shown].mean():.3f}, right {right[shown].sum()} of {(y[near] != 2).sum()}"
    )
    weights, bias = fitted(x, y)
    return {
        "weights": np.round(weights, 4).tolist(),
        "bias": np.round(bias, 4).tolist(),
        "threshold": round(at, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--written", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--precision", type=float, default=0.75, help="of the contradictions that are flagged"
    )
    options = parser.parse_args()
    described = json.loads((options.model / "model.json").read_text())
    described["calibration"] = {}
    (options.model / "model.json").write_text(json.dumps(described, indent=1) + "\n")
    model = Model(options.model, threads=2)
    _, back = split(options.written)
    plain = [e for e in public(options.public)[:HELD] if e.task == "inference" and len(e.labels) == 1]
    for task in TASKS:
        examples = plain if task == "inference" else [e for e in back if e.task == task]
        near = np.array([task == "inference" or e.source.startswith("dossiers") for e in examples])
        if task == "stance":
            # The shares of what bears on a claim differ: only these are like the service's.
            examples, near = [e for e, one in zip(examples, near, strict=True) if one], near[near]
        x = features_of(model, task, options.written, examples)
        y = np.array([e.labels[0] for e in examples])
        described["calibration"][task] = calibration(task, x, y, near, options.precision)
    (options.model / "model.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
