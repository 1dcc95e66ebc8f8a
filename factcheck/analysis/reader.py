"""The neural reader: a small network that reads two texts together, run on the CPU by ONNX Runtime.

A folder holds it: `model.onnx`, `tokenizer.json`, and either `model.json` (our own: tasks, calibration
and the SHA-256 of each file) or `config.json` with `id2label` (any public NLI model, as usually
exported).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

Logits = npt.NDArray[np.float32]

TASKS: Final = ("inference", "quotes", "stance")
LABELS: Final = ("contradiction", "entailment", "neutral")

# Tokens of both texts together. What is longer is cut at the longer text's end.
_LONGEST: Final = 256
# A sum and its norm take the run time longer as one operator than one after the other: a tenth of a reading.
_SLOWER_AS_ONE: Final = ["SkipLayerNormFusion"]


class ModelUnavailable(Exception):
    """There is no model to read with; the message is one sentence that says why and what to do."""


class Reader:
    """Reads pairs of texts. `described` is what `model.json` says; empty for a model of somebody else's."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load the model in `folder`.

        Raises:
            ModelUnavailable: a file is missing, damaged, or not what `model.json` pins.
        """
        self.described: dict[str, Any] = {}
        model = _first(
            folder, "model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx"
        )
        tokens = _first(folder, "tokenizer.json")
        digests = {path: _digest(path) for path in (model, tokens)}
        if (folder / "model.json").is_file():
            self.described = _json(folder / "model.json")
            for path in (model, tokens):
                _check(path, digests[path], self.described.get("sha256"))
        self.version = digests[model][:12]
        self._order = list(range(len(LABELS))) if self.described else _order_of_labels(folder)
        options = onnxruntime.SessionOptions()
        # The threads read a pair each. Several at one pair wait for each other at every step, and the run
        # time's own ones keep a core busy while they wait.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # A plan of the memory would be kept for every length of text that was ever seen.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        self._helpers = ThreadPoolExecutor(threads - 1, "factcheck-reader") if threads > 1 else None
        self._threads = threads
        try:
            self._tokenizer = Tokenizer.from_file(str(tokens))
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_AS_ONE
            )
        except Exception as error:  # Both libraries raise their own bare kinds for a file that is no model.
            raise ModelUnavailable(f"The model in {folder} cannot be read; install it again.") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)
        self._inputs = [found.name for found in self._session.get_inputs()]

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        """Read pairs of texts; returns [pair, task, label] in the orders of `TASKS` and `LABELS`.

        For the task "stance" the labels mean disputes, supports, none.

        Each pair is read alone: nothing is padding, and what else is read with it changes nothing of what
        is found. (The run time scales numbers by the largest in a batch.)
        """
        found = np.zeros((len(pairs), len(TASKS), len(LABELS)), np.float32)
        encoded = [self._tokenizer.encode(one, other) for one, other in pairs]
        # The longest first, so that no thread begins a long one when the others are done.
        todo = iter(sorted(range(len(pairs)), key=lambda i: -len(encoded[i].ids)))

        def work() -> None:
            for i in todo:
                found[i] = self._read(encoded[i])

        pool = self._helpers
        helping = [pool.submit(work) for _ in range(min(self._threads, len(pairs)) - 1)] if pool else []
        work()
        for one in helping:
            # A helper that still reads for another request has nothing left to do here.
            if not one.cancel():
                one.result()
        return found

    def begun(self, pair: tuple[str, str]) -> "Begun":
        """Have a helper read a pair meanwhile."""
        read = partial(self._read_alone, pair)
        return Begun(read, self._helpers.submit(read) if self._helpers else None)

    def _read_alone(self, pair: tuple[str, str]) -> Logits:
        return self._read(self._tokenizer.encode(*pair))

    def _read(self, encoded: Encoding) -> Logits:
        columns = zip(
            ("input_ids", "token_type_ids", "attention_mask"),
            (encoded.ids, encoded.type_ids, encoded.attention_mask),
            strict=True,
        )
        named = {name: np.array([column], np.int64) for name, column in columns if name in self._inputs}
        output: Logits = self._session.run(None, named)[0]
        # A model of somebody else's has one head, which serves every task.
        return output.reshape(-1, len(LABELS))[:, self._order]


class Begun:
    """A reading that a helper has been given; it is read here if no helper has come to it."""

    def __init__(self, read: Callable[[], Logits], work: Future[Logits] | None) -> None:
        self._read = read
        self._work = work

    def logits(self) -> Logits:
        """Wait for what is found of the pair, [task, label]."""
        # A helper may still read for another request.
        return self._read() if self._work is None or self._work.cancel() else self._work.result()

    def cancel(self) -> None:
        """Say that nobody waits for it any more."""
        if self._work:
            self._work.cancel()


def _first(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ModelUnavailable(f"There is no {names[0]} in {folder}.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{path} cannot be read as JSON; install the model again.") from error
    if not isinstance(read, dict):
        raise ModelUnavailable(f"{path} holds no JSON object; install the model again.")
    return read


def _check(path: Path, seen: str, pinned: Any) -> None:
    if not isinstance(pinned, dict) or seen != pinned.get(path.name):
        raise ModelUnavailable(
            f"{path} is not the file that was released (SHA-256 {seen}); install it again."
        )


def _order_of_labels(folder: Path) -> list[int]:
    """Return where a public model keeps contradiction, entailment and neutral, by `config.json`."""
    path = folder / "config.json"
    named = {str(name).lower(): int(at) for at, name in _json(path).get("id2label", {}).items()}
    try:
        return [named[label] for label in LABELS]
    except KeyError as error:
        raise ModelUnavailable(
            f"{path} must map contradiction, entailment and neutral in id2label, as public NLI models do."
        ) from error
