"""The examples that the model learns from: public inference sets and the stories written for this project.

An example is (task, first, second, labels it may have): one label where the source says so, two
where it only says "not entailment".
"""

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from factcheck.analysis.findings import Proposition, Utterance
from factcheck.analysis.model import spoken

# Most examples taken from each public set. Sets of contradictions only, templates and pictures' captions
# are held down: taken whole they teach that similar words contradict each other, or how one template
# goes.
PUBLIC = {
    "mnli_part": 14_000, "snli_part": 9_000, "cad_nli": 9_000, "seminli_wiki": 12_000, "conjnli": 6_000,
    "fever_dev_pairs": 5_000, "foolmetwice_devtest": 2_500, "creak_explanation_claim": 5_000,
    "neg_nli": 4_500, "summedits_all_edits": 2_000, "factor_news": 600, "dnc_nli": 1_500,
    "dnc_megaveridicality": 800,
    "perspectrum": 4_000, "breaking_nli": 1_200, "scone": 800, "help_and_or": 600, "hans_regenerated": 600,
}  # fmt: skip
MEANING = {
    "contradiction": (0,), "entailment": (1,), "neutral": (2,), "not_entailment": (0, 2), "disagree": (0,),
    "agree": (1,), "disputes": (0,), "supports": (1,), "none": (2,),
}  # fmt: skip


class Example(NamedTuple):
    """`common`: of what a story has most of, quotes and claims that do not bear on each other."""

    task: str
    first: Utterance
    second: Utterance | Proposition
    labels: tuple[int, ...]
    common: bool = False

    @property
    def texts(self) -> tuple[str, str]:
        """Both as the model reads them."""
        return as_read(self.first), as_read(self.second)


def as_read(said: Utterance | Proposition) -> str:
    return spoken(said, said.text) if isinstance(said, Utterance) else said.text


def utterance(quote: dict) -> Utterance:
    return Utterance(
        quote["text"],
        quote.get("speaker"),
        quote.get("role"),
        quote.get("on_behalf_of"),
        quote.get("said_on"),
    )


def lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as rows:
        for row in rows:
            yield json.loads(row)


def public(folder: Path, seed: int = 1) -> list[Example]:
    """Return a mix of the public sets in `folder`, bounded by PUBLIC, in a random order."""
    chance = random.Random(seed)
    found = []
    for name, most in PUBLIC.items():
        rows = list(lines(folder / f"{name}.jsonl.gz"))
        task = "stance" if name == "perspectrum" else "inference"
        for row in chance.sample(rows, min(most, len(rows))):
            found.append(Example(task, Utterance(row["a"]), Utterance(row["b"]), MEANING[row["label"]]))
    chance.shuffle(found)
    return found


def story(row: dict) -> Iterator[Example]:
    """Yield a story's pairs of quotes and its stances, see `training/data/README.md`."""
    quotes = {q["id"]: utterance(q) for q in row["quotes"]}
    for names, (label, _) in row["pairs"].items():
        a, b = names.split(",")
        yield Example("quotes", quotes[a], quotes[b], MEANING[label], label == "neutral")
    for quote, stances in row["stances"].items():
        for claim in row["claims"]:
            held = Proposition(claim["text"], claim["kind"], tuple(claim["about"]))
            stance = stances[claim["id"]]
            yield Example("stance", quotes[quote], held, MEANING[stance], stance == "none")


def written(path: Path) -> Iterator[tuple[str, list[Example]]]:
    """Yield (group, its examples) of a file of stories, contrast sets or pairs."""
    for row in lines(path):
        if "group" in row:
            yield row["group"], list(story(row))
        elif "set" in row:
            base = utterance(row["base"])
            yield (
                row["set"],
                [Example("quotes", base, utterance(o), MEANING[o["label"]]) for o in row["others"]],
            )
        else:
            pair = Example("quotes", utterance(row["a"]), utterance(row["b"]), MEANING[row["label"]])
            yield row["id"].rstrip("abcdefgh"), [pair]


def split(paths: Iterable[Path], held: int = 8) -> tuple[list[Example], list[Example]]:
    """Return (to learn from, held back): every `held`th group of a file is held back, whole."""
    learn: list[Example] = []
    back: list[Example] = []
    for path in paths:
        groups: dict[str, int] = {}
        for group, examples in written(path):
            number = groups.setdefault(group, len(groups))
            (back if number % held == 0 else learn).extend(examples)
    return learn, back


def thinned(examples: list[Example], share: float = 0.45, seed: int = 1) -> list[Example]:
    """Leave out a share of the common ones: they are two thirds of a story."""
    chance = random.Random(seed)
    return [example for example in examples if not (example.common and chance.random() < share)]
