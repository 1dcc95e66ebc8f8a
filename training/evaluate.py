"""`make eval EVAL=DIR`: the text engines on the development sets, against the figures to reach.

    python -m training.evaluate DIR [--engine rules|model] [--model FOLDER] [--json FILE]

DIR holds any of `pairs.jsonl`, `dossiers.jsonl`, `articles.jsonl` and `nli.jsonl`; what is missing is
left out with a word.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from factcheck.analysis import Comparison, Rules, Utterance, compare
from factcheck.analysis.comparing import Engine
from factcheck.analysis.model import SHIPPED, Model
from training.articles import score_articles
from training.dossiers import agreement, score_dossiers
from training.examples import rows, utterance
from training.measures import (
    Scored,
    average_precision,
    halves_at_precision,
    precision_at_recall,
    precision_recall,
    threshold_for,
)
from training.seeded import score_seed

LABELS = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True)
class Figure:
    """One measured figure. `target` is what is to be reached, with its sign; None where none is set."""

    name: str
    measured: float
    target: str | None = None
    remark: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        bound = float(self.target[1:])
        return self.measured >= bound if self.target[0] == "≥" else self.measured <= bound


def compared(
    pairs: list[tuple[Utterance, Utterance]], engine: Engine
) -> tuple[list[Comparison], float, float]:
    """Compare all pairs twice; returns the results, and the median ms of a pair at first and later.

    Engines remember the texts that they have read, as they do in the service, where one new
    statement is held against many.
    """
    medians = []
    found: list[Comparison] = []
    for _ in range(2):
        found, times = [], []
        for a, b in pairs:
            begun = time.perf_counter()
            found.append(compare(a, b, engine=engine))
            times.append(1000 * (time.perf_counter() - begun))
        medians.append(statistics.median(times))
    return found, medians[0], medians[1]


def _contradiction_scores(found: list[Comparison], labels: list[str]) -> list[Scored]:
    return [
        (one.scores.contradiction, label == "contradiction") for one, label in zip(found, labels, strict=True)
    ]


def on_pairs(path: Path, engine: Engine) -> list[Figure]:
    """Score two-quote comparisons."""
    rules = engine.name == "rules"
    quotes = list(rows(path))
    labels = [row["label"] for row in quotes]
    found, first, later = compared([(utterance(row["a"]), utterance(row["b"])) for row in quotes], engine)
    scored = _contradiction_scores(found, labels)
    both = halves_at_precision(scored, 0.9)
    reached = " and ".join(f"{recall:.2f} at precision {precision:.2f}" for precision, recall in both)
    flagged = [one.label == "contradiction" for one in found]
    neutral = [flag for flag, label in zip(flagged, labels, strict=True) if label == "neutral"]
    shipped, recalled = agreement(
        {i for i, flag in enumerate(flagged) if flag},
        {i for i, label in enumerate(labels) if label == "contradiction"},
    )
    right = sum(one.label == label for one, label in zip(found, labels, strict=True))
    figures = [
        Figure("pairs: average precision", average_precision(scored), "≥.55" if rules else "≥.72"),
        Figure(
            "pairs: recall at precision .90",
            # A half in which the other's threshold does not keep the precision counts as nothing found.
            sum(recall for precision, recall in both if precision >= 0.9) / 2,
            "≥.12" if rules else "≥.25",
            f"each half with the other's threshold: {reached}",
        ),
        Figure(
            "pairs: recall at precision .90, best threshold of all",
            precision_recall(scored, threshold_for(scored, 0.9))[1],
            None,
            "optimistic: the threshold is chosen where it is measured",
        ),
        Figure("pairs: neutral flagged", sum(neutral) / max(1, len(neutral)), "≤.03" if rules else "≤.05"),
        Figure("pairs: precision as shipped", shipped),
        Figure("pairs: recall as shipped", recalled),
        Figure("pairs: three-way accuracy", right / max(1, len(quotes)), None if rules else "≥.65"),
        Figure("pairs: ms a pair, median", later, "≤0.3" if rules else "≤8"),
        Figure("pairs: ms a pair, median, words and texts never seen", first),
    ]
    for half, start in (("odd", 0), ("even", 1)):
        name = f"pairs: average precision on {half} lines"
        figures.append(Figure(name, average_precision(scored[start::2])))
    return figures


def on_nli(path: Path, engine: Engine) -> list[Figure]:
    """Score sentence pairs that have nobody who says them."""
    sentences = list(rows(path))
    labels = [row["label"] for row in sentences]
    found, _, _ = compared([(Utterance(row["a"]), Utterance(row["b"])) for row in sentences], engine)
    scored = _contradiction_scores(found, labels)
    model = engine.name != "rules"
    right = sum(one.label == label for one, label in zip(found, labels, strict=True))
    return [
        Figure("nli: accuracy", right / max(1, len(labels)), "≥.76" if model else None),
        Figure(
            "nli: contradiction precision at recall .60",
            precision_at_recall(scored, 0.6),
            "≥.90" if model else None,
        ),
    ]


def on_dossiers(path: Path, engine: Engine) -> list[Figure]:
    """Score suggested links and what follows from them."""
    rules = engine.name == "rules"
    score = score_dossiers(rows(path), engine)
    precision, recall = score.links()
    whole, whole_recall = score.end_to_end()
    derived, derived_recall = agreement(score.derived, score.contradictions)
    words, words_recall = agreement(score.by_words, score.contradictions)
    return [
        Figure(
            "dossiers: links, precision",
            precision,
            "≥.75" if rules else "≥.80",
            f"{len(score.suggested)} suggested",
        ),
        Figure(
            "dossiers: links, recall", recall, None if rules else "≥.45", f"{len(score.linked)} made by hand"
        ),
        Figure("dossiers: bearing on nothing, linked", score.bare_linked(), "≤.04" if rules else "≤.08"),
        Figure("dossiers: contradictions, precision", whole, None if rules else "≥.80"),
        Figure("dossiers: contradictions, recall", whole_recall, None if rules else "≥.35"),
        Figure("dossiers: of these derived, precision", derived, None, f"{len(score.derived)} flagged"),
        Figure("dossiers: of these derived, recall", derived_recall),
        Figure("dossiers: of these by words, precision", words, None, f"{len(score.by_words)} flagged"),
        Figure("dossiers: of these by words, recall", words_recall),
    ]


def on_articles(path: Path, _: Engine) -> list[Figure]:
    """Score the extraction of quotations, which is the same with every engine."""
    scores: dict[str, float] = score_articles(path)
    targets = {"quotations_f1": "≥.97", "speakers_f1": "≥.92"}
    return [Figure(f"articles: {name}", value, targets.get(name)) for name, value in scores.items()]


def on_seed(engine: Engine) -> list[Figure]:
    """Score the seed dossier, whose links an editor made, with all links removed."""
    score = score_seed(engine)
    remark = f"{score.found} of {score.linked} statements; {score.beside} links that the seed has not"
    return [
        Figure("seed: a right claim suggested", score.found / score.linked, "≥.75", remark),
        Figure("seed: claims suggested with the wrong stance", score.opposed, "≤0"),
    ]


SETS: dict[str, Callable[[Path, Engine], list[Figure]]] = {
    "pairs.jsonl": on_pairs,
    "nli.jsonl": on_nli,
    "dossiers.jsonl": on_dossiers,
    "articles.jsonl": on_articles,
}


def engines(wanted: str, folder: Path) -> list[Engine]:
    """Return the engines to measure: the rules, and the model in `folder`."""
    found: list[Engine] = [] if wanted == "model" else [Rules()]
    if wanted != "rules":
        found.append(Model(folder))
    return found


def show(engine: str, figures: list[Figure]) -> None:
    """Print a table of measured figures and targets."""
    click.echo(f"\n{engine}")
    click.echo(f"  {'figure':<56}{'measured':>9}  {'target':<8}")
    for figure in figures:
        sign = {True: "reached", False: "MISSED", None: ""}[figure.reached]
        line = f"  {figure.name:<56}{figure.measured:>9.3f}  {figure.target or '':<8}{sign:<9}{figure.remark}"
        click.echo(line.rstrip())


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--engine", "wanted", type=click.Choice(["all", "rules", "model"]), default="all")
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SHIPPED,
    help="Its folder, if not the one that ships.",
)
@click.option(
    "--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here."
)
def main(folder: Path, wanted: str, model: Path, out: Path | None) -> None:
    """Measure the text engines on the development sets in FOLDER."""
    results = {}
    for engine in engines(wanted, model):
        figures: list[Figure] = []
        for name, score in SETS.items():
            if (folder / name).exists():
                figures += score(folder / name, engine)
            else:
                click.echo(f"{name}: left out, because the folder has no such file")
        figures += on_seed(engine)
        show(engine.name, figures)
        results[engine.name] = [asdict(figure) | {"reached": figure.reached} for figure in figures]
    if out:
        out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
