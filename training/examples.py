"""The examples that the model learns from: public inference sets and the stories written for this project.

An example is (task, first text, second text, labels it may have): one label where the source says so,
two where it only says "not entailment".
"""

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

# Most examples taken from each public set. Sets of contradictions only, templates and pictures' captions are held
# down: taken whole they teach that similar words contradict each other, or how one template goes.
PUBLIC = {
    "mnli_part": 14_000, "snli_part": 9_000, "cad_nli": 9_000, "seminli_wiki": 12_000, "conjnli": 6_000,
    "fever_dev_pairs": 5_000, "foolmetwice_devtest": 2_500, "creak_explanation_claim": 5_000, "neg_nli": 4_500,
    "summedits_all_edits": 2_000, "factor_news": 600, "dnc_nli": 1_500, "dnc_megaveridicality": 800,
    "perspectrum": 4_000, "breaking_nli": 1_200, "scone": 800, "help_and_or": 600, "hans_regenerated": 600,
}  # fmt: skip
MEANING = {
    "contradiction": (0,), "entailment": (1,), "neutral": (2,), "not_entailment": (0, 2), "disagree": (0,),
    "agree": (1,), "disputes": (0,), "supports": (1,), "none": (2,),
}  # fmt: skip


class Example(NamedTuple):
    task: str
    first: str
    second: str
    labels: tuple[int, ...]


def spoken(quote: dict, detail: bool = True) -> str:
    """Return a quote as the model reads it; the same form is built at run time (`factcheck.analysis.model`)."""
    if not detail:
        return quote["text"]
    who = ", ".join(filter(None, [quote.get("speaker"), quote.get("role"), quote.get("said_on")]))
    behalf = f" for {quote['on_behalf_of']}" if quote.get("on_behalf_of") else ""
    return f"{who}{behalf}: {quote['text']}" if who else quote["text"]


def lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as rows:
        for row in rows:
            yield json.loads(row)


def public(folder: Path, seed: int = 1) -> list[Example]:
    """Return a mix of the public sets in `folder`, bounded by PUBLIC."""
    chance = random.Random(seed)
    found = []
    for name, most in PUBLIC.items():
        rows = list(lines(folder / f"{name}.jsonl.gz"))
        for row in chance.sample(rows, min(most, len(rows))):
            task = "stance" if name == "perspectrum" else "inference"
            found.append(Example(task, row["a"], row["b"], MEANING[row["label"]]))
    return found


def story(row: dict) -> Iterator[Example]:
    """Yield a story's pairs of quotes and its stances, see `training/data/README.md`."""
    quotes = {q["id"]: q for q in row["quotes"]}
    for names, (label, _) in row["pairs"].items():
        a, b = names.split(",")
        yield Example("quotes", spoken(quotes[a]), spoken(quotes[b]), MEANING[label])
    for quote, stances in row["stances"].items():
        for claim in row["claims"]:
            yield Example("stance", spoken(quotes[quote]), claim["text"], MEANING[stances[claim["id"]]])


def written(path: Path) -> Iterator[tuple[str, list[Example]]]:
    """Yield (group, its examples) of a file of stories, contrast sets or pairs."""
    for row in lines(path):
        if "group" in row:
            yield row["group"], list(story(row))
        elif "set" in row:
            base = spoken(row["base"])
            yield row["set"], [Example("quotes", base, spoken(o), MEANING[o["label"]]) for o in row["others"]]
        else:
            pair = Example("quotes", spoken(row["a"]), spoken(row["b"]), MEANING[row["label"]])
            yield row["id"].rstrip("abc"), [pair]


def split(paths: Iterable[Path], held: int = 8) -> tuple[list[Example], list[Example]]:
    """Return (to learn from, held back): every `held`th group is held back, whole."""
    learn: list[Example] = []
    back: list[Example] = []
    for path in paths:
        for number, (_, examples) in enumerate(written(path)):
            (back if number % held == 0 else learn).extend(examples)
    return learn, back
