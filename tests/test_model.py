"""The model engine: what it needs to start, what it does without, and what it says of texts."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from factcheck import engines
from factcheck.analysis import Proposition, Rules, Utterance, compare, stance
from factcheck.analysis.model import SHIPPED, Model, focused
from factcheck.analysis.reader import ModelUnavailable
from factcheck.config import Settings

CLEARS = Utterance(
    "The report clears my client of all blame.", "Aaron Pell", "lawyer", "Ida Moss", "2024-03-01"
)
BLAMES = Utterance(
    "Read the report. It says Ida Moss is to blame.", "Bela Nagy", "lawyer", None, "2024-03-02"
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the shipped model, to be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def public_layout(folder: Path, labels: dict[str, str]) -> Path:
    """Turn a copy into a model as others export theirs: `config.json` says the labels, nothing is pinned."""
    (folder / "model.json").unlink()
    (folder / "config.json").write_text(json.dumps({"id2label": labels}))
    return folder


def test_what_ships_is_what_was_pinned_and_small(model: Model) -> None:
    size = sum(path.stat().st_size for path in SHIPPED.iterdir())
    assert size <= 40 * 2**20
    assert model.name == json.loads((SHIPPED / "model.json").read_text())["name"]


def test_scores_sum_to_one_and_spans_are_the_words(model: Model) -> None:
    found = model.compare(CLEARS, BLAMES)
    assert sum((found.scores.contradiction, found.scores.entailment, found.scores.neutral)) == pytest.approx(
        1
    )
    for text, spans in ((CLEARS.text, found.spans_a), (BLAMES.text, found.spans_b)):
        assert all(text[span.start : span.end] == span.text for span in spans)


def test_plain_strings_will_do() -> None:
    found = compare("The bridge was closed on Monday.", "The bridge was open on Monday.")
    assert found.label in ("contradiction", "neutral")
    assert found.engine == Model().name
    assert stance("I never met her.", "She is fond of cats.").stance == "none"


def test_many_at_once_say_what_one_by_one_says(model: Model) -> None:
    others = [
        BLAMES,
        Utterance("It rained in the valley on Sunday.", "Cora Lind", "farmer", None, "2024-03-02"),
    ]
    one_by_one = [model.compare(CLEARS, other) for other in others]
    at_once = model.compare_many(CLEARS, others)
    for a, b in zip(one_by_one, at_once, strict=True):
        assert a.label == b.label
        # Padding and int8 arithmetic move the scores a little.
        assert a.scores.contradiction == pytest.approx(b.scores.contradiction, abs=0.05)
    claims = [
        Proposition("Ida Moss is to blame.", "responsibility", ("Ida Moss",)),
        Proposition("It rained."),
    ]
    assert [s.stance for s in model.stance_many(BLAMES, claims)] == [
        model.stance(BLAMES, c).stance for c in claims
    ]


def test_of_many_candidates_only_the_nearest_are_read(model: Model) -> None:
    others = [replace(BLAMES, text=f"Gate {number} of the harbour was painted.") for number in range(40)]
    found = model.compare_many(CLEARS, [*others, BLAMES])
    assert len(found) == 41
    assert model.compare_many(CLEARS, []) == []
    assert model.stance_many(CLEARS, []) == []


def test_a_long_text_is_cut_to_the_sentences_nearest_to_the_other() -> None:
    filler = " ".join(f"Item {n} of the agenda was adopted without a vote." for n in range(200))
    said = Utterance(f"{filler} The harbour pilot was drunk. {filler}")
    long, short = focused(said, Utterance("The harbour pilot was sober."))
    assert "The harbour pilot was drunk." in long
    assert len(long.split()) < 200
    assert short == "The harbour pilot was sober."


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_said_by_name(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelUnavailable, match=name):
        Model(copy)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_changed_file_is_not_loaded(copy: Path, name: str) -> None:
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelUnavailable, match="is not the file that was released"):
        Model(copy)


def test_a_damaged_description_is_said(copy: Path) -> None:
    (copy / "model.json").write_text("{")
    with pytest.raises(ModelUnavailable, match="cannot be read as JSON"):
        Model(copy)


def test_a_public_model_brings_its_own_order_of_labels(copy: Path) -> None:
    public = Model(public_layout(copy, {"0": "CONTRADICTION", "1": "ENTAILMENT", "2": "NEUTRAL"}))
    turned = public.compare(CLEARS, BLAMES).scores
    (copy / "config.json").write_text(
        json.dumps({"id2label": {"2": "contradiction", "1": "entailment", "0": "neutral"}})
    )
    scores = Model(copy).compare(CLEARS, BLAMES).scores
    assert turned.contradiction == pytest.approx(scores.neutral)
    assert public.name == "model"


def test_a_public_model_without_those_labels_is_refused(copy: Path) -> None:
    with pytest.raises(ModelUnavailable, match="id2label"):
        Model(public_layout(copy, {"0": "POSITIVE", "1": "NEGATIVE"}))


def test_a_file_that_is_no_model_is_refused(copy: Path) -> None:
    public_layout(copy, {"0": "contradiction", "1": "entailment", "2": "neutral"})
    (copy / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelUnavailable, match="install it again"):
        Model(copy)


def test_without_a_model_the_start_says_so_and_the_rules_carry_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings("sqlite:///x", "sqlite:///x", model=str(tmp_path / "absent"))
    with caplog.at_level(logging.WARNING):
        assert isinstance(engines.build(settings), Rules)
    assert len(caplog.records) == 1
    assert "There is no model.onnx in" in caplog.text
    assert isinstance(engines.build(replace(settings, model="rules")), Rules)
    assert isinstance(engines.build(replace(settings, model="")), Model)
