"""Writes a trained model as the service reads it: ONNX with int8 weights, the tokenizer, and what
describes both.

    python -m training.export TRAINED OUT --name factcheck-reader-1

`calibration` is added to OUT/model.json by `training.calibrate`.
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from training.base import load
from training.fusing import with_attention_as_one


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trained", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    reader, tokenizer = load(options.trained)
    reader.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)
    example = torch.ones(2, 24, dtype=torch.long)
    names = ["input_ids", "token_type_ids", "attention_mask"]
    axes = {name: {0: "pair", 1: "token"} for name in names} | {"logits": {0: "pair"}}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            reader, (example, torch.zeros_like(example), example), plain, input_names=names,
            output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        quantised = Path(folder) / "quantised.onnx"
        quantize_dynamic(
            plain, quantised, weight_type=QuantType.QInt8, per_channel=True,
            extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
        shape = reader.shape
        joined = with_attention_as_one(onnx.load(quantised), layers=shape.layers, heads=shape.heads)
        onnx.save(joined, options.out / "model.onnx")
    described = {
        "name": options.name,
        "sha256": {file: digest(options.out / file) for file in ("model.onnx", "tokenizer.json")},
        "calibration": {},
    }
    (options.out / "model.json").write_text(json.dumps(described, indent=1) + "\n")
    for path in sorted(options.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
