"""The picture that other sites show where somebody shares a claim: its words and both counts."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
EDGE, GUTTER = 72, 48
SIZES = (68, 60, 52, 46, 40)
# Where the words of the claim may stand, and how many letters there could ever be room for.
TOP, BOTTOM = 134, 396
LEADING = 1.22
MOST = 600
# As in the style sheet: two hues that say neither right nor wrong.
PAPER, INK, QUIET, RULE = "#fbfaf6", "#1c1b19", "#5a574f", "#cfcabd"
SUPPORTS, DISPUTES = "#1f4a80", "#7b4a0d"
# The font within Pillow ("") has few letters beside ASCII; these are found where a system keeps fonts.
FONTS = (
    "",
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-zenhei.ttc",
)


@lru_cache(maxsize=200)
def draw(text: str, supports: int, disputes: int, as_of: str, site: str) -> bytes:
    """Return a PNG of 1200 by 630 pixels, as Open Graph and Twitter cards like it.

    A text in letters that no font here has is left out rather than shown as boxes. The last 200
    pictures are kept; what a picture shows is its key, so a changed claim gets another.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    right = WIDTH - EDGE
    text = drawable(text)
    canvas.text((EDGE, 56), "Claim", QUIET, _font("", 30))
    canvas.text((right, 56), "factcheck", INK, _font("", 30), anchor="ra", stroke_width=0.5)
    canvas.line((EDGE, 108, right, 108), INK, 3)
    name = able(text) if text else None
    words = "Who said what, for and against it" if name is None else text
    size, lines = fit(words, name or "", right - EDGE, BOTTOM - TOP)
    for number, line in enumerate(lines):
        place = (EDGE, TOP + number * size * LEADING)
        canvas.text(place, line, INK, _font(name or "", size), stroke_width=0.6)
    half = (right - EDGE - GUTTER) // 2
    _count(canvas, EDGE, half, supports, SUPPORTS, "supports", "support")
    _count(canvas, EDGE + half + GUTTER, half, disputes, DISPUTES, "disputes", "dispute")
    canvas.line((EDGE, 564, right, 564), RULE, 2)
    canvas.text((EDGE, 578), site, QUIET, _font("", 26))
    canvas.text((right, 578), f"as of {as_of}", QUIET, _font("", 26), anchor="ra")
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _count(
    canvas: ImageDraw.ImageDraw, left: int, width: int, number: int, hue: str, one: str, many: str
) -> None:
    canvas.rectangle((left, 416, left + width, 424), hue)
    canvas.text((left, 440), f"{number:,}", hue, _font("", 70), stroke_width=1)
    said = f"statement {one} it" if number == 1 else f"statements {many} it"
    canvas.text((left, 548), said, hue, _font("", 30), anchor="ls")


def drawable(text: str) -> str:
    """Return the text on one line without what has no shape: controls, which stop a layout, and the like."""
    line = " ".join(text.split())
    return "".join(char for char in line if not unicodedata.category(char).startswith("C"))


def fit(text: str, font: str, width: float, height: float) -> tuple[int, list[str]]:
    """Return the greatest size at which the text fits, and its lines; cut with an ellipsis at the least."""
    for size in SIZES:
        lines = list(_wrapped(text[:MOST], _font(font, size), width))
        room = int(height / (size * LEADING))
        if len(lines) <= room and len(text) <= MOST:
            return size, lines
    last = lines[room - 1]
    while last and _font(font, size).getlength(f"{last}…") > width:
        last = last[:-1]
    return size, [*lines[: room - 1], f"{last.rstrip()}…"]


def _wrapped(text: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    """Give lines no wider than the width; a word that is wider by itself is broken."""
    line = ""
    for word in text.split():
        if font.getlength(f"{line} {word}".strip()) <= width:
            line = f"{line} {word}".strip()
            continue
        if line:
            yield line
        line = ""
        for letter in word:
            if line and font.getlength(line + letter) > width:
                yield line
                line = ""
            line += letter
    if line:
        yield line


@lru_cache(maxsize=1024)
def able(text: str) -> str | None:
    """Return the first font of this machine that has every letter of the text, or None."""
    letters = sorted(set(text[:MOST]) - set(" \t\r\n") | {"…"})
    return next((name for name in FONTS if _there(name) and _has(name, letters)), None)


def _there(name: str) -> bool:
    try:
        _font(name, 20)
    except OSError:
        return False
    return True


def _has(name: str, letters: list[str]) -> bool:
    font = _font(name, 20)
    missing = _shape(font, "\uffff")
    return all(_shape(font, letter) != missing for letter in letters)


def _shape(font: FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=100)
def _font(name: str, size: int) -> FreeTypeFont:
    font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    if not isinstance(font, FreeTypeFont):
        raise OSError("Pillow was built without FreeType, which the share pictures need.")
    return font
