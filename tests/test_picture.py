"""The share picture: what fits, in letters that are there."""

from io import BytesIO

import pytest
from PIL import Image

from factcheck.publish import picture
from factcheck.publish.picture import DISPUTES, SIZES, SUPPORTS, able, draw, fit

WIDTH, HEIGHT = 1056, 262


def open_(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def test_it_is_a_png_of_the_size_that_other_sites_want() -> None:
    image = open_(draw("The report clears her.", 2, 1, "3 May 2026", "facts.example"))
    assert (image.format, image.size) == ("PNG", (1200, 630))


def test_both_sides_have_the_same_room_each_in_its_hue() -> None:
    image = open_(draw("The report clears her.", 0, 1203, "3 May 2026", "facts.example")).convert("RGB")
    widths = {}
    for hue in (SUPPORTS, DISPUTES):
        colour = tuple(bytes.fromhex(hue[1:]))
        widths[hue] = sum(image.getpixel((x, 420)) == colour for x in range(1200))
    assert widths[SUPPORTS] == widths[DISPUTES] > 450


def test_other_words_counts_or_days_make_another_picture() -> None:
    said = ("It is so.", 2, 1, "3 May 2026", "facts.example")
    others = [("It is not so.", *said[1:]), (said[0], 3, *said[2:]), (*said[:3], "4 May 2026", said[4])]
    assert draw(*said) == draw(*said)
    assert len({draw(*said), *(draw(*other) for other in others)}) == 4


def test_few_words_stand_large_many_small_and_none_too_wide() -> None:
    size, lines = fit("It is so.", "", WIDTH, HEIGHT)
    assert (size, lines) == (SIZES[0], ["It is so."])
    text = "The crane stood by the harbour while many people looked on that day. " * 2
    smaller, lines = fit(text, "", WIDTH, HEIGHT)
    assert smaller < size
    assert " ".join(lines) == text.strip()
    assert all(picture._font("", smaller).getlength(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("text", ["word " * 400, "x" * 2000, "Donaudampfschifffahrt" * 90])
def test_what_never_fits_is_cut_with_an_ellipsis(text: str) -> None:
    size, lines = fit(text, "", WIDTH, HEIGHT)
    assert size == SIZES[-1]
    assert len(lines) * size * 1.22 <= HEIGHT
    assert lines[-1].endswith("…")
    assert (
        "".join(lines)[:-1].replace(" ", "")
        == text.replace(" ", "")[: len("".join(lines).replace(" ", "")) - 1]
    )
    assert all(picture._font("", size).getlength(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029", "\u202e", "\u200d", "\x1c", "\x7f", "\ufeff"])
def test_no_separator_or_control_makes_it_fail(odd: str) -> None:
    rest = ("3 May 2026", "facts.example")
    shown = draw(f"It is{odd} so.", 1, 1, *rest)
    assert shown in (draw("It is so.", 1, 1, *rest), draw("It is  so.", 1, 1, *rest))
    assert draw(odd, 1, 1, *rest) == draw("", 1, 1, *rest)


def test_letters_that_no_font_has_are_not_shown_as_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "FONTS", ("", "no-such-font.ttf"))
    able.cache_clear()
    draw.cache_clear()
    assert able("The report “clears” her…") == ""
    assert able("Звіт") is None
    assert draw("Звіт", 1, 1, "3 May 2026", "a.example") == draw("你好", 1, 1, "3 May 2026", "a.example")
    able.cache_clear()
    draw.cache_clear()
