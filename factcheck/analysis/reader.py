"""The neural reader: a small network that reads two texts together, run on the CPU by ONNX Runtime.

A folder holds it: `model.onnx`, `tokenizer.json`, and either `model.json` (our own: tasks, calibration
and the SHA-256 of each file) or `config.json` with `id2label` (any public NLI model, as usually
exported).
"""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from factcheck import cores

Logits = npt.NDArray[np.float32]
# Two texts as they are read together.
Pair = tuple[str, str]

TASKS: Final = ("inference", "quotes", "stance")
LABELS: Final = ("contradiction", "entailment", "neutral")
_HEADS: Final = (len(TASKS), len(LABELS))

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
        self._helpers = (
            ThreadPoolExecutor(threads - 1, "factcheck-reader", cores.of_here()) if threads > 1 else None
        )
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

    def logits(self, pairs: Sequence[Pair]) -> Logits:
        """Read pairs of texts; returns [pair, task, label] in the orders of `TASKS` and `LABELS`.

        For the task "stance" the labels mean disputes, supports, none.

        Each pair is read alone: nothing is padding, and what else is read with it changes nothing of what
        is found. (The run time scales numbers by the largest in a batch.)
        """
        with self.readings() as readings:
            return readings.of(pairs)

    def readings(self) -> "Readings":
        """Return what is to be read of one statement, for a `with` block: nothing is begun after it."""
        return Readings(self._read_alone, self._helpers, self._threads - 1)

    def _read_alone(self, pair: Pair) -> Logits:
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
        return np.broadcast_to(output.reshape(-1, len(LABELS))[:, self._order], _HEADS)


def _no_more(_: Pair, __: Logits) -> Iterable[Pair]:
    return ()


class Readings:
    """Pairs that helpers and whoever waits for them read between them, each once.

    Some are begun early, while it is still looked for others; `of` shares out the rest.
    """

    def __init__(self, read: Callable[[Pair], Logits], helpers: ThreadPoolExecutor | None, most: int) -> None:
        self._read = read
        self._helpers = helpers
        self._most = most
        self._begun: dict[Pair, Future[Logits]] = {}
        self._found: dict[Pair, Logits] = {}
        self._noting = threading.Lock()
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        for begun in self._begun.values():
            begun.cancel()

    def begin(self, pairs: Iterable[Pair]) -> None:
        """Have helpers read pairs when they have nothing else to do."""
        for pair in pairs:
            if self._helpers and not self._known(pair):
                self._begun[pair] = self._helpers.submit(self._read, pair)

    def of(self, pairs: Sequence[Pair], then: Callable[[Pair, Logits], Iterable[Pair]] = _no_more) -> Logits:
        """Return what is found of these pairs, [pair, task, label].

        `then` tells by what is found of one which others will be asked for: they are read at once, and nobody
        waits for the last of these pairs before the first of those is begun.
        """
        # The longest first, so that no thread begins a long one when the others are done.
        left = sorted({pair for pair in pairs if not self._known(pair)}, key=_length, reverse=True)
        todo = deque(left)

        def note(pair: Pair, found: Logits) -> None:
            with self._noting:  # Who waits for a pair may come before the helper that has read it.
                if pair in self._found:
                    return
                self._found[pair] = found
            if not self._over:
                todo.extend(then(pair, found))

        def work() -> None:
            while pair := _taken(todo):
                note(pair, self._read(pair))

        begun = {pair: self._begun.pop(pair) for pair in dict.fromkeys(pairs) if pair in self._begun}
        for pair, reading in begun.items():
            reading.add_done_callback(partial(_tell, note, pair))
        pool, most = self._helpers, min(self._most, len(left) + len(begun))
        helping = [pool.submit(work) for _ in range(most)] if pool else []
        try:
            work()
            for pair, reading in begun.items():
                # It is read here if no helper has come to it.
                note(pair, self._read(pair) if reading.cancel() else reading.result())
                work()
        finally:
            todo.clear()
            for reading in begun.values():
                reading.cancel()
        for one in helping:
            # A helper that still reads for another request has nothing left to do here.
            if not one.cancel():
                one.result()
        return np.array([self._found[pair] for pair in pairs], np.float32).reshape(-1, *_HEADS)

    def _known(self, pair: Pair) -> bool:
        return pair in self._begun or pair in self._found


def _tell(note: Callable[[Pair, Logits], None], pair: Pair, reading: "Future[Logits]") -> None:
    """Note what a helper has read. An error is raised where the pair is asked for, not here."""
    if not reading.cancelled() and reading.exception() is None:
        note(pair, reading.result())


def _taken(todo: deque[Pair]) -> Pair | None:
    """Take the next of what several threads take from; None where there is nothing left."""
    try:
        return todo.popleft()
    except IndexError:
        return None


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1])


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
