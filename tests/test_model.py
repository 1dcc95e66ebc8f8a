"""The model engine: what it needs to start, what the service does without, and what it says of texts.

The model is a tiny one made here, so that what it must say is known beforehand.
"""

import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import tiny_model
from factcheck import engines
from factcheck.analysis import Proposition, Rules, Utterance, compare, comparing, stance
from factcheck.analysis.focusing import focused
from factcheck.analysis.model import SHIPPED, Model
from factcheck.analysis.reader import TASKS, ModelUnavailable, Pair, Reader
from factcheck.config import Settings
from training.fusing import with_attention_as_one

DENIES = Utterance("It rained. The pilot was never drunk.", "Aaron Pell", "lawyer", "Ida Moss", "2024-03-01")
ASSERTS = Utterance("He was drunk at noon. I saw it.", "Bela Nagy", "steward", None, "2024-03-02")
ROOT = Path(__file__).parent.parent
PUBLIC = {"0": "CONTRADICTION", "1": "ENTAILMENT", "2": "NEUTRAL"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model.write(tmp_path / "tiny")


@pytest.fixture
def model(folder: Path) -> Model:
    return Model(folder)


def test_a_contradiction_comes_with_scores_words_and_a_reason(model: Model) -> None:
    found = model.compare(DENIES, ASSERTS)
    assert (found.label, found.engine) == ("contradiction", "model:tiny-1")
    assert found.scores.contradiction > 0.99
    assert sum((found.scores.contradiction, found.scores.entailment, found.scores.neutral)) == pytest.approx(
        1
    )
    assert found.spans_a[0].text in DENIES.text
    assert DENIES.text[found.spans_a[0].start : found.spans_a[0].end] == found.spans_a[0].text
    assert ASSERTS.text[found.spans_b[0].start : found.spans_b[0].end] == found.spans_b[0].text
    assert found.reason


def test_the_sentence_that_decides_is_the_span(model: Model) -> None:
    found = model.compare(replace(DENIES, text="Geese flew. Never! Rain fell."), ASSERTS)
    assert found.spans_a[0].text == "Never!"


def test_the_other_labels(model: Model) -> None:
    assert model.compare(replace(DENIES, text="He was drunk indeed."), ASSERTS).label == "entailment"
    neutral = model.compare(replace(DENIES, text="Perhaps."), ASSERTS)
    assert (neutral.label, neutral.spans_a, neutral.spans_b) == ("neutral", (), ())


def test_a_stance(model: Model) -> None:
    claim = Proposition("The pilot was drunk.", "responsibility", ("Ida Moss",))
    disputes = model.stance(DENIES, claim)
    assert (disputes.stance, disputes.spans[0].text) == ("disputes", "The pilot was never drunk.")
    assert disputes.confidence > 0.99
    assert model.stance(replace(DENIES, text="He was drunk indeed."), claim).stance == "supports"
    assert model.stance(replace(DENIES, text="Perhaps he was drunk."), claim).stance == "none"


def test_the_library_takes_it_and_plain_strings_will_do(model: Model) -> None:
    assert compare("He was never there at all.", "He was there.", engine=model).label == "contradiction"
    assert stance("He was there indeed, I saw him.", "He was there.", engine=model).stance == "supports"
    assert (
        compare("Er war niemals dort, sage ich Ihnen.", "He was never there.", engine=model).label
        == "neutral"
    )


def test_many_at_once_say_what_one_by_one_says(model: Model) -> None:
    others = [
        ASSERTS,
        replace(ASSERTS, text="Perhaps it rained."),
        replace(ASSERTS, text="He was sober indeed."),
    ]
    claims = [Proposition("He was drunk."), Proposition("It rained.")]
    stances = [model.stance(DENIES, claim) for claim in claims]
    # As many as are read.
    for two in (others[:2], others[1:], others[::2]):
        alone = [model.compare(DENIES, other) for other in two]
        assert model.judge(DENIES, claims, two) == (stances, alone)
    assert model.judge(DENIES, [], []) == ([], [])


def test_which_quote_comes_first_decides_nothing(model: Model) -> None:
    found, turned = model.compare(DENIES, ASSERTS), model.compare(ASSERTS, DENIES)
    assert (found.label, found.scores) == (turned.label, turned.scores)
    assert (found.spans_a, found.spans_b) == (turned.spans_b, turned.spans_a)


@pytest.mark.parametrize(
    "piece", ["never ", "Never. ", "“", "x", "no, ", "He was never here! ", "9", "Was it? ", "never\n\n"]
)
def test_enormous_and_repetitive_texts_do_not_take_long(piece: str, model: Model) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    said = replace(DENIES, text=text)
    model.compare(said, ASSERTS)
    model.compare(said, replace(ASSERTS, text=text + " never"))
    model.stance(said, Proposition("The doors were not locked."))
    assert time.process_time() - begun < 9


def test_of_many_candidates_only_the_nearest_are_read(model: Model) -> None:
    near = replace(ASSERTS, text="The pilot was never sober, he was drunk.")
    far = [replace(ASSERTS, text=f"Gate {number} was painted, never again.") for number in range(40)]
    held = [Proposition(f"Gate {number} was painted.") for number in range(40)]
    stances, found = model.judge(DENIES, [*held, Proposition("The pilot was drunk.")], [*far, near])
    assert found[-1].engine == "model:tiny-1"
    assert stances[-1].stance == "disputes"
    assert sum(one.engine == "model:tiny-1" for one in found) == 2
    assert sum(one.reason != "Other claims are nearer to the words." for one in stances) == 3


def test_of_candidates_that_are_alike_the_first_are_read(model: Model) -> None:
    """They come the likeliest first."""
    others = [replace(ASSERTS, text=f"He was drunk at gate {number}.") for number in range(6)]
    claims = [Proposition(f"The pilot was drunk at gate {number}.") for number in range(6)]
    stances, found = model.judge(DENIES, claims, others)
    assert [one.engine == "model:tiny-1" for one in found] == [True] * 2 + [False] * 4
    assert [one.stance for one in stances] == ["disputes"] * 3 + ["none"] * 3


def test_long_candidates_are_read_as_long_as_somebody_can_wait(model: Model) -> None:
    """However long they are, the nearest of each kind is read."""
    long = "The pilot was drunk in the harbour that night and on every other night. " * 6
    others = [replace(ASSERTS, text=f"{long}Gate {number} stood open.") for number in range(4)]
    claims = [Proposition(f"{long}Gate {number} was shut.") for number in range(4)]
    stances, found = model.judge(replace(DENIES, text=long), claims, others)
    assert sum(one.engine == "model:tiny-1" for one in found) == 1
    assert sum(one.reason != "Other claims are nearer to the words." for one in stances) == 1


def test_threads_say_what_one_thread_says(folder: Path, model: Model) -> None:
    others = [replace(ASSERTS, text=f"The pilot was {'never ' * i}drunk indeed.") for i in range(4)]
    claims = [Proposition(f"Pilot {i} was drunk.") for i in range(4)]
    several = Model(folder, threads=3)
    wanted = model.judge(DENIES, claims, others)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: several.judge(DENIES, claims, others), range(40)))
    assert all(one == wanted for one in found)


def test_a_helper_reads_claims_while_the_rules_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(folder, threads=2)
    told: list[str] = []
    done = {name: threading.Event() for name in ("never", "indeed", "perhaps")}
    read, reader = Reader._read_alone, model._reader

    def noted(self: Reader, pair: Pair) -> Any:
        word = pair[1].split()[0].lower()
        if word in done and pair[0].startswith("Aaron Pell"):  # Not single sentences.
            told.append(word)
            done[word].set()
        return read(self, pair)

    claims = [Proposition(f"{word} at all, Bell.", "event", ()) for word in ("Never", "Indeed", "Perhaps")]
    chances, compared = model._rules.stance_chances, model._rules.compare_each

    def look(*given: Any) -> Any:
        assert done["never"].wait(10)
        return chances(*given)

    def compare_each(*given: Any) -> Any:
        assert all(one.wait(10) for one in done.values())
        return compared(*given)

    monkeypatch.setattr(Reader, "_read_alone", noted)
    monkeypatch.setattr(model._rules, "stance_chances", look)
    monkeypatch.setattr(model._rules, "compare_each", compare_each)
    found = model.judge(DENIES, claims, [ASSERTS])
    assert sorted(told) == ["indeed", "never", "perhaps"]
    assert reader._helpers
    assert found == Model(folder, threads=1).judge(DENIES, claims, [ASSERTS])


def test_a_helper_reads_the_claims_that_are_expected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the other candidates are gathered; what was expected in vain changes nothing."""
    model = Model(folder, threads=2)
    begun = {claim: threading.Event() for claim in ("He was drunk.", "Gin was found.")}
    told: list[str] = []
    read = Reader._read_alone

    def noted(self: Reader, pair: Pair) -> Any:
        if pair[0].startswith("Aaron Pell"):
            told.append(pair[1])
        if pair[1] in begun:
            begun[pair[1]].set()
        return read(self, pair)

    monkeypatch.setattr(Reader, "_read_alone", noted)
    claims = [Proposition("He was drunk."), Proposition("The pilot was sober.")]
    with model.hearing(DENIES) as hearing:
        hearing.expect([Proposition(text) for text in (*begun, "It rained.")])
        assert all(one.wait(10) for one in begun.values())
        assert "It rained." not in told, "only the nearest two are worth it"
        found = hearing.judge(claims, [ASSERTS])
    assert told.count("He was drunk.") == 1
    assert found == Model(folder, threads=1).judge(DENIES, claims, [ASSERTS])


def test_nobody_waits_for_all_quotes_to_read_one_in_the_other_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(folder, threads=2)
    read, turned, order = Reader._read_alone, threading.Event(), []

    def noted(self: Reader, pair: Pair) -> Any:
        order.append(pair)
        if pair[::-1] in order:
            turned.set()
        elif len(order) == 2:
            assert turned.wait(10), "the first quote was not read again while this one was being read"
        return read(self, pair)

    monkeypatch.setattr(Reader, "_read_alone", noted)
    others = [ASSERTS, replace(ASSERTS, text="He was drunk at noon, they say. I saw it, and so did she.")]
    found = model.judge(DENIES, [], others)
    assert turned.is_set()
    assert found == Model(folder, threads=1).judge(DENIES, [], others)


def test_nobody_is_left_reading_where_the_rules_fail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(folder, threads=2)
    read: list[str] = []
    busy, go_on = threading.Event(), threading.Event()

    def slowly(_: Reader, pair: tuple[str, str]) -> Any:
        read.append(pair[1])
        busy.set()
        go_on.wait(10)

    def fail(*_: Any) -> Any:
        assert busy.wait(10)
        raise RuntimeError("no rules")

    monkeypatch.setattr(Reader, "_read_alone", slowly)
    monkeypatch.setattr(model._rules, "compare_each", fail)
    claims = [Proposition(f"The pilot drank {drink}.", "event", ()) for drink in ("gin", "rum", "tea")]
    with pytest.raises(RuntimeError, match="no rules"):
        model.judge(DENIES, claims, [ASSERTS])
    go_on.set()
    assert model._reader._helpers
    model._reader._helpers.shutdown()
    assert len(read) == 1


def test_quotes_that_may_be_flagged_are_read_in_both_orders(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Pair] = []
    alone = Reader._read_alone

    def noted(reader: Reader, pair: Pair) -> Any:
        read.append(pair)
        return alone(reader, pair)

    monkeypatch.setattr(Reader, "_read_alone", noted)
    model.compare(DENIES, replace(ASSERTS, text="Perhaps."))
    assert len(read) == 1, "no second reading could lift it over the threshold"
    read.clear()
    assert model.compare(DENIES, ASSERTS).label == "contradiction"
    assert read[1] == read[0][::-1]


def test_a_long_text_is_cut_to_the_sentences_nearest_to_the_other() -> None:
    filler = " ".join(f"Item {n} of the agenda was adopted without a vote." for n in range(90))
    said = Utterance(f"{filler} The harbour pilot was drunk. {filler}")
    long, short = focused(said, Utterance("The harbour pilot was sober."))
    assert "The harbour pilot was drunk." in long
    assert len(long.split()) < 200
    assert short == "The harbour pilot was sober."


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_said_by_name(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelUnavailable, match=name):
        Model(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_changed_file_is_not_loaded(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelUnavailable, match="is not the file that was released"):
        Model(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"sha256": []}'])
def test_a_damaged_description_is_said(folder: Path, text: str) -> None:
    (folder / "model.json").write_text(text)
    with pytest.raises(ModelUnavailable, match="install"):
        Model(folder)


def test_a_public_model_brings_its_own_order_of_labels(tmp_path: Path) -> None:
    public = Model(tiny_model.write(tmp_path / "public", labels=PUBLIC))
    assert public.name == "model:public"
    assert public.compare(DENIES, ASSERTS).label == "contradiction"
    turned = {"0": "neutral", "1": "entailment", "2": "contradiction"}
    assert (
        Model(tiny_model.write(tmp_path / "turned", labels=turned)).compare(DENIES, ASSERTS).label
        == "neutral"
    )


def test_a_public_model_without_those_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="id2label"):
        Model(tiny_model.write(tmp_path / "moods", labels={"0": "POSITIVE", "1": "NEGATIVE"}))


def test_another_calibration_is_another_version(folder: Path, model: Model) -> None:
    described = json.loads((folder / "model.json").read_text())
    described["calibration"]["stance"]["threshold"] = 0.9
    (folder / "model.json").write_text(json.dumps(described))
    assert Model(folder).version != model.version


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "broken", labels=PUBLIC)
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelUnavailable, match="install it again"):
        Model(folder)


def test_the_model_that_ships_is_read_unless_the_settings_say_otherwise(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings("sqlite:///x", "sqlite:///x")
    with caplog.at_level(logging.WARNING):
        assert engines.build(settings).name == "model:factcheck-reader-1"
        assert engines.build(replace(settings, model=str(folder))).name == "model:tiny-1"
        assert isinstance(engines.build(replace(settings, model="rules")), Rules)
        assert not caplog.records
        assert isinstance(engines.build(replace(settings, model=str(tmp_path / "absent"))), Rules)
    assert [record.message for record in caplog.records] == [
        f"There is no model.onnx in {tmp_path / 'absent'}. Until then the rules alone read the words."
    ]


def test_a_damaged_shipped_model_is_said_and_the_rules_carry_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "model.onnx").write_bytes(b"cut off")
    monkeypatch.setattr(comparing, "SHIPPED", folder)
    monkeypatch.setattr(engines, "SHIPPED", folder)
    with caplog.at_level(logging.WARNING):
        assert isinstance(comparing.default_engine.__wrapped__(), Rules)
        assert isinstance(engines.build(Settings("sqlite:///x", "sqlite:///x")), Rules)
    assert len(caplog.records) == 2
    assert all("is not the file that was released" in record.message for record in caplog.records)


def test_the_model_that_ships_is_small_and_described() -> None:
    files = [path for path in SHIPPED.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 40_000_000
    described = json.loads((SHIPPED / "model.json").read_text())
    assert set(described["calibration"]) == set(TASKS)
    card = (ROOT / "docs/model.md").read_text()
    assert described["name"] in card, "the model card is of another model"


def attention(*, width: int = 8, heads: int = 2) -> onnx.ModelProto:
    """Return one layer's attention as `training.export` has it written, with random int8 weights."""
    random = np.random.default_rng(1)
    weight = random.integers(-90, 90, (width, 3 * width)).astype(np.int8)
    scale = random.uniform(0.005, 0.02, 3 * width).astype(np.float32)
    stored = {
        "W_quantized": weight, "W_scale": scale, "W_zero_point": np.zeros(3 * width, np.int8),
        "layers.0.qkv.bias": random.normal(size=3 * width).astype(np.float32),
        "thirds": np.array([width] * 3), "apart": np.array([0, 0, heads, width // heads]),
        "together": np.array([0, 0, width]), "root": np.array((width // heads) ** -0.5, np.float32),
        "one": np.array(1, np.float32), "far": np.array(-1e4, np.float32), "axes": np.array([1, 2]),
    }  # fmt: skip
    qkv, node = "/layers.0/qkv/MatMul", helper.make_node
    whole = f"{qkv}_output_0_output_quantized"
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["x8", "x_scale", "x_zero"]),
        node("MatMulInteger", ["x8", "W_quantized", "x_zero", "W_zero_point"], [whole]),
        node("Mul", ["x_scale", "W_scale"], [f"{qkv}_quant_scales_mul:0"]),
        node("Cast", [whole], ["floats"], to=TensorProto.FLOAT),
        node("Mul", ["floats", f"{qkv}_quant_scales_mul:0"], ["scaled"]),
        node("Add", ["layers.0.qkv.bias", "scaled"], ["qkv"]),
        node("Split", ["qkv", "thirds"], ["q", "k", "v"], axis=-1),
        *(node("Reshape", [part, "apart"], [f"{part}4"]) for part in "qkv"),
        node("Transpose", ["q4"], ["qt"], perm=[0, 2, 1, 3]),
        node("Transpose", ["k4"], ["kt"], perm=[0, 2, 3, 1]),
        node("Transpose", ["v4"], ["vt"], perm=[0, 2, 1, 3]),
        node("MatMul", ["qt", "kt"], ["raw"]),
        node("Mul", ["raw", "root"], ["scores"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Sub", ["one", "mask"], ["hidden"]),
        node("Unsqueeze", ["hidden", "axes"], ["hidden4"]),
        node("Mul", ["hidden4", "far"], ["low"]),
        node("Add", ["scores", "low"], ["masked"]),
        node("Softmax", ["masked"], ["chances"], axis=-1),
        node("MatMul", ["chances", "vt"], ["seen4"]),
        node("Transpose", ["seen4"], ["seen3"], perm=[0, 2, 1, 3]),
        node("Reshape", ["seen3", "together"], ["/layers.0/Reshape_3_output_0"]),
        node("Identity", ["/layers.0/Reshape_3_output_0"], ["logits"]),
    ]
    given = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["pair", "token", width]),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["pair", "token"]),
    ]
    told = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["pair", "token", width])]
    kept = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = helper.make_graph(nodes, "attention", given, told, kept)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run_attention(model: onnx.ModelProto) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(2).normal(size=(2, 5, 8)).astype(np.float32)
    return session.run(None, {"x": x, "attention_mask": np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])})[0]


def test_attention_as_one_operator_says_the_same() -> None:
    model = attention()
    apart = run_attention(model)
    joined = with_attention_as_one(model, layers=1, heads=2)
    assert {node.op_type for node in joined.graph.node} == {
        "Cast", "DynamicQuantizeLinear", "QAttention", "Identity",
    }  # fmt: skip
    # What is padding is hidden from what is not; what padding itself sees, nobody reads.
    np.testing.assert_allclose(run_attention(joined)[0], apart[0], atol=1e-6)
    np.testing.assert_allclose(run_attention(joined)[1, :3], apart[1, :3], atol=1e-6)
    with pytest.raises(ValueError, match="0 nodes MatMulInteger"):
        with_attention_as_one(joined, layers=1, heads=2)


def test_the_shipped_model_has_its_attention_as_one() -> None:
    kinds = [node.op_type for node in onnx.load(SHIPPED / "model.onnx").graph.node]
    assert (kinds.count("QAttention"), kinds.count("Softmax")) == (6, 0)
