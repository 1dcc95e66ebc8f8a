"""The invented people, companies, titles and quotations of the data set."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from bench.machine import ROOT
from factcheck.text import words

_OPENERS = (
    "There is no evidence that", "We have said from the beginning that", "The record shows that",
    "It is simply not true that", "My client was told that", "Nobody on the site was aware that",
    "The investigators found that", "We dispute the suggestion that", "I can confirm that",
)  # fmt: skip
_GIVEN = """
Ada Bela Cora Dario Edda Farid Greta Henk Ines Jonas Kaja Lior Mina Nils Oona Pavel Rosa Sven
""".split()  # noqa: SIM905
_FAMILY = """
bran kel mor van tor lind hes aro win dal fer sto ric mel gar nov sel ber hol kamp
""".split()  # noqa: SIM905
OUTLETS = ("Harbour Herald", "Pier Radio", "The Northern Ledger", "Capital Wire", "Valley Post")
ROLES = ("spokesperson", "attorney", "chief engineer", "mayor", "union representative", None)
_TITLES = ("inspection", "payment", "report", "contract", "test", "budget", "permit", "schedule")
# Quotes as people speak, in stories of some ten each: our words are theirs, each as often as it stands there.
STORIES = tuple(
    ROOT / f"training/data/{name}.jsonl" for name in ("groups", "stories_a", "stories_b", "dossiers")
)
# Every story has words of its own, which stand in what is said of it beside those that stand everywhere. So
# many of so often, and a fifth of what a quote says is said by another of its story, as in `STORIES`.
_STORY_WORDS = 12
_OF_THE_STORY = 0.07
# What stands in every text, whatever it is about: two thirds of all that is said.
_COMMONEST = 300


class Vocabulary:
    """Words with how often they are said, and those that tell what a text is about."""

    def __init__(self) -> None:
        said: Counter[str] = Counter()
        for path in STORIES:
            for line in path.read_text(encoding="utf-8").splitlines():
                for quote in json.loads(line)["quotes"]:
                    said.update(filter(str.isalpha, words(quote["text"])))
        self._words = list(said)
        self._often = list(accumulate(said.values()))
        telling = said.most_common()[_COMMONEST:]
        self._telling = [word for word, _ in telling]
        self._telling_often = list(accumulate(often for _, often in telling))

    def story(self, generator: random.Random) -> list[str]:
        """Return the words of a new story."""
        return generator.choices(self._telling, cum_weights=self._telling_often, k=_STORY_WORDS)

    def quotation(self, generator: random.Random, story: list[str], sentences: int) -> str:
        """Return so many sentences of 60 to 170 characters each."""
        return ". ".join(self._sentence(generator, story) for _ in range(sentences)) + "."

    def _sentence(self, generator: random.Random, story: list[str]) -> str:
        said = generator.choices(self._words, cum_weights=self._often, k=generator.randint(9, 20))
        said = [generator.choice(story) if generator.random() < _OF_THE_STORY else word for word in said]
        return " ".join((generator.choice(_OPENERS), *said))


def speakers_of(statements: int) -> int:
    return 20 + statements // 50


def _spelled(number: int, parts: Iterable[str]) -> Iterator[str]:
    parts = list(parts)
    while True:
        number, index = divmod(number, len(parts))
        yield parts[index]
        if not number:
            return


def person(number: int) -> str:
    family = "".join(_spelled(number // len(_GIVEN), _FAMILY)).capitalize()
    return f"{_GIVEN[number % len(_GIVEN)]} {family}"


def company(number: int) -> str:
    name = "".join(_spelled(number, _FAMILY)).capitalize()
    return f"{name} {_TITLES[number % len(_TITLES)].capitalize()} Works"


def company_of(claim: int, statements: int) -> str:
    """Return the name of the company that a claim of a data set of this size is about."""
    return company(claim % (1 + statements // 100))


def title(number: int) -> str:
    return f"{_TITLES[number % len(_TITLES)]} {number}"


def claim_slug(number: int) -> str:
    return f"claim-{number:06}"
