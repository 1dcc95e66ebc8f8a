"""Fits how much each named feature of the rules counts, and what their scores mean.

    python -m training.fit_rules FILE… [--out factcheck/analysis/data/rules.json]

FILEs are labelled quotes in any format of training/examples.py. A judge is the mean of a logistic
regression and of small boosted trees over the same features: the one carries over to stories of
another hand, the other knows which features only count together. With several files, each is held
back in turn and judged by what was fitted on the others (with one file, its groups are, in five
parts); on these judgements the probabilities are calibrated and the thresholds chosen. What ships is
then fitted on everything. Needs scikit-learn, which the service itself does not.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from factcheck.analysis.bearing import BEARING, LEAST_TOUCHED, TOUCHED, bearing
from factcheck.analysis.evidence import FEATURES, weigh
from factcheck.analysis.judging import Judge
from factcheck.analysis.plain import RULES, plain
from factcheck.analysis.reading import read
from training.examples import pairs, stances
from training.measures import average_precision, precision_recall

Array = npt.NDArray[Any]
ROUNDS = 60
"""Boosting rounds; each adds one tree a class."""

# A statement bears on few of the claims of its story; written stories have more links than real ones.
NONE_IS_COMMONER = 3.0


def fit(features: Array, labels: Array, classes: tuple[str, ...], common: float = 1.0) -> dict[str, Any]:
    """Fit both parts; returns what `Judge` reads, with a calibration that changes nothing.

    `none` counts as if it were `common` times as frequent as in the examples.
    """
    weights = np.where(labels == "none", common, 1.0)
    mean, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1.0
    linear = LogisticRegression(C=0.01, max_iter=500)
    linear.fit(np.clip((features - mean) / spread, -6, 6), labels, sample_weight=weights)
    order = [list(linear.classes_).index(name) for name in classes]
    trees = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=0.12,
        max_leaf_nodes=8,
        max_depth=4,
        min_samples_leaf=40,
        l2_regularization=20,
        max_features=0.3,
        random_state=0,
    )
    trees.fit(features, labels, sample_weight=weights)
    return {
        "mean": rounded(mean),
        "spread": rounded(spread),
        "weights": rounded(linear.coef_[order].T),
        "bias": rounded(linear.intercept_[order]),
        "trees": flattened(trees, order),
        "calibration": np.eye(len(classes)).tolist(),
        "calibration_bias": [0.0] * len(classes),
    }


def rounded(values: Array) -> Any:
    """Return numbers short enough to read in a diff."""
    return [rounded(one) if isinstance(one, np.ndarray) else float(f"{one:.4g}") for one in values]


def flattened(trees: HistGradientBoostingClassifier, order: list[int]) -> dict[str, Any]:
    """Write all trees as one list of nodes: feature, threshold, two children; a leaf is its own child."""
    flat: dict[str, Any] = {"feature": [], "threshold": [], "children": [], "value": [], "roots": []}
    for of_class in order:
        roots = []
        for round_ in trees._predictors:
            start = len(flat["feature"])
            roots.append(start)
            for place, node in enumerate(round_[of_class].nodes):
                leaf = bool(node["is_leaf"])
                flat["feature"].append(0 if leaf else int(node["feature_idx"]))
                flat["threshold"].append(0.0 if leaf else float(f"{node['num_threshold']:.6g}"))
                left, right = (place, place) if leaf else (int(node["left"]), int(node["right"]))
                flat["children"] += [start + left, start + right]
                flat["value"].append(float(f"{node['value']:.4g}") if leaf else 0.0)
        flat["roots"].append(roots)
    baseline = np.ravel(trees._baseline_prediction)
    flat["base"] = rounded(baseline[order])
    flat["depth"] = 4
    return flat


def folds(groups: Array, sources: Array) -> Iterator[tuple[Array, Array]]:
    """Yield masks of what is fitted on and what is held back."""
    names = sorted(set(sources))
    if len(names) > 1:
        for name in names:
            yield sources != name, sources == name
        return
    for _, held in GroupKFold(5).split(groups, groups=groups):
        mask = np.zeros(len(groups), dtype=bool)
        mask[held] = True
        yield ~mask, mask


def judged(judge: Judge, features: Array) -> Array:
    """Return the judge's probabilities, one row an example."""
    return np.array([judge(row) for row in features])


def calibrated(
    features: Array,
    labels: Array,
    groups: Array,
    sources: Array,
    classes: tuple[str, ...],
    common: float = 1.0,
) -> tuple[dict[str, Any], Array]:
    """Fit on everything, calibrate on what was held back; returns the judge and the held-back scores."""
    held_back = np.zeros((len(labels), len(classes)))
    for fitted_on, held in folds(groups, sources):
        judge = Judge(fit(features[fitted_on], labels[fitted_on], classes, common))
        held_back[held] = judged(judge, features[held])
    raised = np.log(np.clip(held_back, 1e-6, 1))
    scale = LogisticRegression(C=1.0, max_iter=500)
    scale.fit(raised, labels, sample_weight=np.where(labels == "none", common, 1.0))
    order = [list(scale.classes_).index(name) for name in classes]
    found = fit(features, labels, classes, common)
    found["calibration"] = rounded(scale.coef_[order].T)
    found["calibration_bias"] = rounded(scale.intercept_[order])
    return found, scale.predict_proba(raised)[:, order]


def lowest(scores: Array, wanted: Callable[[float], bool]) -> float:
    """Return the lowest threshold, in steps of .005 from above, down to which all satisfy what is wanted."""
    best = 0.99
    for threshold in np.arange(0.985, 0.3, -0.005):
        if not wanted(float(threshold)):
            break
        best = float(threshold)
    return round(best, 4)


def fit_compare(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Fit the comparison of two statements; of neutral pairs, one in 150 is flagged."""
    examples = list(pairs(paths))
    features = np.array([weigh(one.a, one.b).features for one in examples])
    labels = np.array([one.label for one in examples])
    groups, sources = (np.array([getattr(one, name) for one in examples]) for name in ("group", "source"))
    found, scores = calibrated(features, labels, groups, sources, ("contradiction", "entailment", "neutral"))
    neutral = scores[labels == "neutral", 0]
    found["threshold"] = lowest(scores, lambda at: float((neutral >= at).mean()) <= 1 / 150)
    for name in sorted(set(sources)):
        there = sources == name
        guesses = list(
            zip(scores[there, 0].tolist(), (labels[there] == "contradiction").tolist(), strict=True)
        )
        precision, recall = precision_recall(guesses, found["threshold"])
        click.echo(
            f"compare {name}: {there.sum()} pairs, average precision {average_precision(guesses):.3f}, "
            f"precision {precision:.2f} at recall {recall:.3f} as shipped"
        )
    return found


def count_plain(paths: tuple[Path, ...]) -> dict[str, float]:
    """Count how often each plain rule is right, its doubts included: three right of five to begin with."""
    right, seen = dict.fromkeys(RULES, 3), dict.fromkeys(RULES, 5)
    for one in pairs(paths):
        same = bool(one.a.speaker) and one.a.speaker == one.b.speaker
        finding = plain(read(one.a.text), read(one.b.text), same_speaker=same)
        if finding:
            seen[finding.rule] += 1
            right[finding.rule] += one.label == "contradiction"
    for rule in RULES:
        click.echo(f"plain {rule}: right in {right[rule]} of {seen[rule]}")
    return {rule: round(right[rule] / seen[rule], 3) for rule in RULES}


def fit_stance(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Fit the stance to a claim, for stories in which few statements bear on a claim."""
    examples = list(stances(paths))
    features = np.array([bearing(one.statement, one.claim)[0] for one in examples])
    labels = np.array([one.stance for one in examples])
    groups, sources = (np.array([getattr(one, name) for one in examples]) for name in ("group", "source"))
    found, scores = calibrated(
        features, labels, groups, sources, ("disputes", "none", "supports"), NONE_IS_COMMONER
    )
    best = np.maximum(scores[:, 0], scores[:, 2]) * (features[:, TOUCHED] >= LEAST_TOUCHED)
    right = np.where(scores[:, 0] > scores[:, 2], "disputes", "supports") == labels
    # Suggested where it is likelier right than wrong.
    found["threshold"] = 0.5
    linked = labels != "none"
    suggested = best >= found["threshold"]
    click.echo(
        f"stance: {len(labels)} examples, precision {right[suggested].mean():.2f} "
        f"at recall {right[suggested & linked].sum() / linked.sum():.3f} as shipped"
    )
    return found


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    default=Path("factcheck/analysis/data/rules.json"),
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the fitted rules go.",
)
def main(paths: tuple[Path, ...], out: Path) -> None:
    """Fit the rules on the labelled quotes in PATHS."""
    fitted = {
        "features": list(FEATURES),
        "bearing": list(BEARING),
        "plain": count_plain(paths),
        "compare": fit_compare(paths),
        "stance": fit_stance(paths),
    }
    out.write_text(json.dumps(fitted, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
