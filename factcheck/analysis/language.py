"""Which language a text is in, as far as the analysis must know: English or not."""

from functools import lru_cache

import py3langid

# So few words say too little to be told by their letters ("Nein!", "No comment").
_FEW = 4
_COMMON = frozenset(
    "the a an of to and in is was were it that i he she we they not for on with this had have has".split()
)


@lru_cache(maxsize=4096)
def is_english(text: str) -> bool:
    """Tell whether a text is English; a text of very few words counts as English."""
    low = text[:2000].lower().split()
    if len(low) < _FEW:
        return True
    if sum(word in _COMMON for word in low) >= len(low) / 5:
        return True
    language, _ = py3langid.classify(text[:2000])
    return bool(language == "en")
