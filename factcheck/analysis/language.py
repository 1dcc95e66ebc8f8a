"""Which language a text is in: a guess that also holds for quotations of three to six words.

py3langid counts byte sequences, which says little about a short text: it takes "No!" for Afrikaans.
What the service is given is mostly English, so English starts ahead, and every English function
word that no other language writes takes it further. A clear sentence of another language overtakes it.
"""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

UNDETERMINED = "und"
"""What `language_of` answers where there is no letter to go by (ISO 639-2)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Languages that newspapers appear in. Left out are the small neighbours of large ones (Venetian,
# Galician, Afrikaans, …), which the model names for half of all short Spanish or Dutch sentences.
_LANGUAGES = _words(
    """am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gu ha he hi hr hu hy id is it ja ka
    kk km kn ko ky lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te
    th tl tr uk ur uz vi zh zu"""
)

# English words that hold a sentence together and that are no word of another large language:
# "a", "in", "was", "on", "so", "me" and "we" are, so they tell nothing.
_FUNCTION_WORDS = _words(
    """the and that this these those they he she you your his her their our my its it's with from by but
    if has have does did would could should can't don't didn't doesn't won't wasn't isn't aren't
    couldn't wouldn't hadn't hasn't haven't i'm i've i'll i'd we're we've we'll they're they've that's
    there's who what when where why how there then than nothing nobody anyone anything everyone
    someone never not any some all him them us about into out after before because only just more most
    very every each both been being were are be is said says which while whether until again against"""
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# In nats, on the scale of the model's scores. Measured on fragments of two to six words: English ones lay
# up to 10 behind another language, and sentences of other languages 15 and more before English.
_ENGLISH_FIRST = 8.0
_A_FUNCTION_WORD = 3.0
_SAMPLE = 2000


def language_of(text: str) -> str:
    """Return the ISO 639-1 code of the language that the text is most likely in, "und" without a letter.

    Of a long text the beginning, the middle and the end are looked at, so the time is bounded.
    """
    if len(text) > 3 * _SAMPLE:
        middle = (len(text) - _SAMPLE) // 2
        text = f"{text[:_SAMPLE]} {text[middle : middle + _SAMPLE]} {text[-_SAMPLE:]}"
    return _language_of(text)


def is_english(text: str) -> bool:
    """Tell whether the text is most likely English; a text without a letter is not."""
    return language_of(text) == "en"


@lru_cache(maxsize=1024)
def _language_of(text: str) -> str:
    if not any(character.isalpha() for character in text):
        return UNDETERMINED
    words = _WORD.findall(text.lower().replace("’", "'"))
    hits = sum(word in _FUNCTION_WORDS for word in words)
    if hits >= 3 and 4 * hits >= len(words):
        return "en"  # No other language has that many of them, and the model costs ten times as much.
    scores = tables().scores(text)
    if len(set(scores.values())) == 1:  # The model knows no byte sequence of a text as short as "No!".
        return "en" if re.search("[A-Za-z]", text) else UNDETERMINED
    scores["en"] += _ENGLISH_FIRST + _A_FUNCTION_WORD * hits
    return max(scores, key=scores.__getitem__)


class Tables:
    """The model of py3langid, of our languages, in a third of the memory: 27 MB.

    Its automaton goes through the bytes of a text. py3langid keeps where each of 256 bytes leads from every
    state, 39 MB; four of five lead where they would lead from the start, so the others are kept.
    """

    def __init__(self) -> None:
        weights, prior, labels, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
        kept = [i for i, label in enumerate(labels) if label in _LANGUAGES]
        self._labels = [labels[i] for i in kept]
        self.languages = frozenset(self._labels)
        self._weights, self._prior = weights[:, kept], prior[kept]
        table = np.frombuffer(moves, f"u{moves.itemsize}").reshape(-1, 256)
        start = table[rows[0]]
        differs = table != start
        self._from_start: list[int] = start.tolist()
        # Of row i the bytes [ends[i], ends[i + 1]) lead elsewhere: to the same part of `to`.
        self._ends = array("I", np.append(0, differs.sum(axis=1).cumsum()).astype(np.uint32).tobytes())
        self._bytes = np.broadcast_to(np.arange(256, dtype=np.uint8), table.shape)[differs].tobytes()
        self._to = array("I", table[differs].astype(np.uint32).tobytes())
        # Of each state its row, and the feature that is seen where it is reached, or -1.
        self._rows, self._features = rows, array("i", features)

    def scores(self, text: str) -> dict[str, float]:
        """Return how likely each language is, in nats: what `rank` of py3langid returns."""
        seen = Counter(self._seen(text.lower() if text.isupper() else text))
        if not seen:
            return dict.fromkeys(self._labels, 0.0)
        counts = np.fromiter(seen.values(), np.float32, len(seen))
        found = np.log1p(counts) @ self._weights[np.fromiter(seen, np.intp, len(seen))] + self._prior
        best: dict[str, float] = {}
        for label, score in zip(self._labels, found.tolist(), strict=True):
            # A language that is written in two scripts stands there twice.
            best[label] = max(score, best.get(label, score))
        return best

    def _seen(self, text: str) -> Iterator[int]:
        ends, known, to, rows, features = self._ends, self._bytes, self._to, self._rows, self._features
        state = 0
        for byte in unicodedata.normalize("NFC", text).encode(errors="surrogatepass"):
            row = rows[state]
            at = known.find(byte, ends[row], ends[row + 1])
            state = to[at] if at >= 0 else self._from_start[byte]
            if features[state] >= 0:
                yield features[state]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Load the model once, at the first use: it takes half a second."""
    return Tables()
