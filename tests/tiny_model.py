"""A model small enough to be made in a test: it adds up what single words say, and knows three of them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from factcheck.analysis.reader import LABELS, TASKS

WORDS = {"[UNK]": 0, "never": 1, "indeed": 2, "perhaps": 3}
# What each word says, in the order of LABELS.
SAYS = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]], np.float32)


def write(folder: Path, *, labels: dict[str, str] | None = None) -> Path:
    """Write the model: as this project releases one, or with `labels` as public ones are exported."""
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    table = SAYS if labels else np.tile(SAYS, (1, len(TASKS)))
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["said"]),
            helper.make_node("ReduceSum", ["said", "axis"], ["logits"], keepdims=0),
        ],
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["pair", "token"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["pair", table.shape[1]])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    if labels:
        (folder / "config.json").write_text(json.dumps({"id2label": labels}))
        return folder
    # How many more features each calibration weighs, beside the reader's own scores for its task.
    others = {"inference": 6, "quotes": 6, "stance": 8}
    fitted = {
        task: {
            "weights": np.vstack([np.eye(len(LABELS)), np.zeros((more, len(LABELS)))]).tolist(),
            "bias": [0, 0, 0],
            "threshold": 0.8,
        }
        for task, more in others.items()
    }
    described = {
        "name": "tiny-1",
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("model.onnx", "tokenizer.json")
        },
        "calibration": fitted,
    }
    (folder / "model.json").write_text(json.dumps(described))
    return folder
