"""What the reader learns from: public inference sets, and the quotes written for this project.

An example is (task, first, second, labels it may have): one label where the source says so, two
where it only says "not entailment".
"""

import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from factcheck.analysis.findings import Proposition, Utterance
from factcheck.analysis.focusing import spoken
from training.examples import pairs, stances

# Most examples taken from each public set. Sets of contradictions only, templates and pictures' captions
# are held down: taken whole they teach that similar words contradict each other, or how one template
# goes.
PUBLIC = {
    "mnli_part": 14_000, "snli_part": 9_000, "cad_nli": 8_000, "seminli_wiki": 6_000, "conjnli": 3_000,
    "fever_dev_pairs": 5_000, "foolmetwice_devtest": 2_500, "creak_explanation_claim": 5_000,
    "neg_nli": 4_500, "summedits_all_edits": 2_000, "factor_news": 600, "dnc_nli": 1_500,
    "dnc_megaveridicality": 800, "perspectrum": 4_000, "breaking_nli": 1_200, "scone": 800,
    "help_and_or": 600, "hans_regenerated": 600,
}  # fmt: skip
HELD = 2_000  # So many of the public examples, the first of the mix, are held back for calibration.
MEANING = {
    "contradiction": (0,), "entailment": (1,), "neutral": (2,), "not_entailment": (0, 2), "disagree": (0,),
    "agree": (1,), "disputes": (0,), "supports": (1,), "none": (2,),
}  # fmt: skip


class Example(NamedTuple):
    """`common`: of what a story has most of, quotes and claims that do not bear on each other.

    `source` is the file that it stands in.
    """

    task: str
    first: Utterance
    second: Utterance | Proposition
    labels: tuple[int, ...]
    source: str
    common: bool = False

    @property
    def texts(self) -> tuple[str, str]:
        """Both as the model reads them."""
        return as_read(self.first), as_read(self.second)


def as_read(said: Utterance | Proposition) -> str:
    return spoken(said, said.text) if isinstance(said, Utterance) else said.text


def public(folder: Path, seed: int = 1) -> list[Example]:
    """Return a mix of the public sets in `folder`, bounded by PUBLIC, in a random order."""
    chance = random.Random(seed)
    found = []
    for name, most in PUBLIC.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        task = "stance" if name == "perspectrum" else "inference"
        for row in chance.sample(rows, min(most, len(rows))):
            a, b = Utterance(row["a"]), Utterance(row["b"])
            found.append(Example(task, a, b, MEANING[row["label"]], name))
    chance.shuffle(found)
    return found


def split(paths: Iterable[Path], held: int = 8) -> tuple[list[Example], list[Example]]:
    """Return (to learn from, held back): every `held`th group of a file is held back, whole."""
    learn: list[Example] = []
    back: list[Example] = []
    for path in paths:
        groups: dict[str, int] = {}

        def put(group: str, example: Example, groups: dict[str, int] = groups) -> None:
            number = groups.setdefault(group, len(groups))
            (back if number % held == 0 else learn).append(example)

        for pair in pairs([path]):
            common = pair.label == "neutral" and path.stem.startswith(("groups", "stories", "dossiers"))
            put(pair.group, Example("quotes", pair.a, pair.b, MEANING[pair.label], path.stem, common))
        for one in stances([path]):
            example = Example(
                "stance", one.statement, one.claim, MEANING[one.stance], path.stem, one.stance == "none"
            )
            put(one.group, example)
    return learn, back


def thinned(examples: list[Example], share: float = 0.45, seed: int = 1) -> list[Example]:
    """Leave out a share of the common ones: they are two thirds of a story."""
    chance = random.Random(seed)
    return [example for example in examples if not (example.common and chance.random() < share)]
