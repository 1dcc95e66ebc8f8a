"""The invented people, companies, titles and quotations of the data set."""

import random
from collections.abc import Iterable, Iterator
from itertools import accumulate

_OPENERS = (
    "There is no evidence that", "We have said from the beginning that", "The record shows that",
    "It is simply not true that", "My client was told that", "Nobody on the site was aware that",
    "The investigators found that", "We dispute the suggestion that", "I can confirm that",
)  # fmt: skip
_WORDS = """
the of to and a in that was for on with by it is not as from at this were had has been be which an or
their they who would after before our company inspection crane safety report contract bridge harbour
payment council budget water minister union driver engineer test sample permit records evidence statement
agreement schedule hospital patients school teachers election ballots votes figures million percent
increase decline emissions factory workers accident witness phone camera night morning weeks months
warning signed approved rejected delayed repaired ignored measured published withdrawn corrected
concluded maintained inspected delivered reported estimated promised supplier tender audit invoice
licence pipeline reservoir turbine runway terminal vaccine laboratory regulator commission parliament
committee prosecutor defence insurer lender landlord tenant farmer fishery vessel cargo
""".split()  # noqa: SIM905
_GIVEN = """
Ada Bela Cora Dario Edda Farid Greta Henk Ines Jonas Kaja Lior Mina Nils Oona Pavel Rosa Sven
""".split()  # noqa: SIM905
_FAMILY = """
bran kel mor van tor lind hes aro win dal fer sto ric mel gar nov sel ber hol kamp
""".split()  # noqa: SIM905
OUTLETS = ("Harbour Herald", "Pier Radio", "The Northern Ledger", "Capital Wire", "Valley Post")
ROLES = ("spokesperson", "attorney", "chief engineer", "mayor", "union representative", None)
_TITLES = ("inspection", "payment", "report", "contract", "test", "budget", "permit", "schedule")
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(_WORDS) + 1)))


def quotation(generator: random.Random, sentences: int) -> str:
    """Return so many sentences of 60 to 170 characters each; common words are common."""
    return ". ".join(_sentence(generator) for _ in range(sentences)) + "."


def _sentence(generator: random.Random) -> str:
    said = generator.choices(_WORDS, cum_weights=_WEIGHTS, k=generator.randint(9, 20))
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
