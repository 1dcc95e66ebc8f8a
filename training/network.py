"""The network that is trained: a small BERT encoder that reads two texts together, with one head a task.

Weights come from a published encoder (`training/base.py`). The three heads share one weight and add
a difference of their own, so that what is learnt from plain inference pairs carries over to quotes.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

TASKS = ("inference", "quotes", "stance")
LABELS = ("contradiction", "entailment", "neutral")  # For a stance: disputes, supports, none.


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder."""

    vocabulary: int
    width: int = 384
    inner: int = 1536
    layers: int = 6
    heads: int = 12
    positions: int = 512
    epsilon: float = 1e-12

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Layer(nn.Module):
    """One post-norm transformer layer, as in BERT."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm_attention = nn.LayerNorm(shape.width, shape.epsilon)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm_inner = nn.LayerNorm(shape.width, shape.epsilon)

    def forward(self, x: Tensor, mask: Tensor, drop: float) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        # Plain operators: the run time's quantiser knows them, and PyTorch's fused attention is slow at
        # learning from short texts on a CPU.
        scores = q @ k.transpose(2, 3) * (width // self.heads) ** -0.5 + mask.to(q.dtype)
        attended = functional.dropout(torch.softmax(scores, dim=-1), drop, self.training) @ v
        attended = self.out(attended.transpose(1, 2).reshape(batch, length, width))
        x = self.norm_attention(x + functional.dropout(attended, drop, self.training))
        inner = self.down(functional.gelu(self.up(x)))
        return self.norm_inner(x + functional.dropout(inner, drop, self.training))


class Reader(nn.Module):
    """Token ids of both texts in, `len(TASKS) * len(LABELS)` logits out."""

    def __init__(self, shape: Shape, drop: float = 0.0) -> None:
        super().__init__()
        self.shape, self.drop = shape, drop
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.sides = nn.Embedding(2, shape.width)
        self.norm = nn.LayerNorm(shape.width, shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.pool = nn.Linear(2 * shape.width, shape.width)
        self.shared = nn.Linear(shape.width, len(LABELS))
        self.own = nn.Linear(shape.width, len(TASKS) * len(LABELS))
        nn.init.zeros_(self.own.weight)
        nn.init.zeros_(self.own.bias)

    def encode(self, ids: Tensor, sides: Tensor, seen: Tensor) -> Tensor:
        """Return the last layer's vectors, [batch, length, width]; `seen` is 1 for a token, 0 for padding."""
        length = ids.shape[1]
        x = self.words(ids) + self.places(torch.arange(length))[None] + self.sides(sides)
        x = functional.dropout(self.norm(x), self.drop, self.training)
        mask = (1.0 - seen[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, mask, self.drop)
        return x

    def forward(self, ids: Tensor, sides: Tensor, seen: Tensor) -> Tensor:
        x = self.encode(ids, sides, seen)
        weight = seen[:, :, None].to(x.dtype)
        mean = (x * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.pool(torch.cat([x[:, 0], mean], dim=-1)))
        pooled = functional.dropout(pooled, 0.1, self.training)
        return self.shared(pooled).repeat(1, len(TASKS)) + self.own(pooled)
