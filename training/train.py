"""Trains the model: public pairs and written stories mixed, for as long as it is given.

    python -m training.train BASE OUT --public FOLDER --written FILE… --minutes 60

The share of written examples rises with time, the rate falls to nought at the end. It prints what
the held-back stories say every few minutes and keeps the best weights by their average precision.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional

from training.base import load, save
from training.material import HELD, Example, public, split, thinned
from training.network import LABELS, TASKS, Reader

LONGEST = 128  # Tokens of both texts together; what is longer is cut on the longer side.
BATCH = 1_500  # Tokens a step and process.


class Encoded:
    """Examples as token ids, made once."""

    def __init__(self, examples: list[Example], tokenizer: Tokenizer, longest: int = LONGEST) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(longest)
        both = tokenizer.encode_batch([e.texts for e in examples])
        turned = tokenizer.encode_batch([e.texts[::-1] for e in examples])
        self.items = []
        for example, encoding, other in zip(examples, both, turned, strict=True):
            allowed = [0.0] * len(LABELS)
            for label in example.labels:
                allowed[label] = 1.0
            # Whether two quotes contradict each other does not depend on their order.
            sides = [encoding] if example.task != "quotes" else [encoding, other]
            self.items.append((TASKS.index(example.task), sides, allowed))

    def tensors(self, chosen: list[int], chance: random.Random | None) -> tuple[Tensor, ...]:
        """Return (ids, sides, seen, tasks, allowed) of a padded batch."""
        rows = [self.items[i] for i in chosen]
        picked = [(chance.choice(sides) if chance else sides[0]) for _, sides, _ in rows]
        width = eights(max(len(e.ids) for e in picked))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        sides = torch.zeros_like(ids)
        seen = torch.zeros_like(ids)
        for row, encoding in enumerate(picked):
            size = len(encoding.ids)
            ids[row, :size] = torch.tensor(encoding.ids)
            sides[row, :size] = torch.tensor(encoding.type_ids)
            seen[row, :size] = 1
        return ids, sides, seen, torch.tensor([r[0] for r in rows]), torch.tensor([r[2] for r in rows])


def eights(width: int) -> int:
    """Round up: each new shape of a batch costs PyTorch's library time, and memory for good."""
    return -(-width // 8) * 8


def batches(encoded: Encoded, chance: random.Random, tokens: int = BATCH) -> Iterator[list[int]]:
    """Yield batches of about equal length for ever, each example once before any twice."""
    while True:
        order = list(range(len(encoded.items)))
        chance.shuffle(order)
        ready = []
        for start in range(0, len(order), 1_500):
            near = sorted(order[start : start + 1_500], key=lambda i: len(encoded.items[i][1][0].ids))
            while near:
                size = max(4, tokens // eights(len(encoded.items[near[-1]][1][0].ids)))
                ready.append(near[-size:])
                near = near[:-size]
        chance.shuffle(ready)
        yield from ready


def chances(reader: Reader, batch: tuple[Tensor, ...]) -> Tensor:
    """Return log probabilities of the labels by each example's own head."""
    ids, sides, seen, tasks, _ = batch
    # Half precision nearly doubles the rate on a processor that has it, and costs no other one anything.
    with torch.autocast("cpu", torch.bfloat16):
        logits = reader(ids, sides, seen).float().view(len(tasks), len(TASKS), len(LABELS))
    return functional.log_softmax(logits[torch.arange(len(tasks)), tasks], dim=-1)


def average_precision(scores: Tensor, positive: Tensor) -> float:
    hits = positive[scores.argsort(descending=True)].float()
    precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum().clamp(min=1))


@torch.no_grad()
def measured(reader: Reader, encoded: Encoded) -> dict[str, tuple[float, float]]:
    """Return {task: (accuracy, average precision of contradiction)}."""
    reader.eval()
    order = sorted(range(len(encoded.items)), key=lambda i: len(encoded.items[i][1][0].ids))
    found, tasks, allowed = [], [], []
    for start in range(0, len(order), 48):
        batch = encoded.tensors(order[start : start + 48], None)
        found.append(chances(reader, batch))
        tasks.append(batch[3])
        allowed.append(batch[4])
    scores, task, right = torch.cat(found), torch.cat(tasks), torch.cat(allowed)
    reader.train()
    result = {}
    for number, name in enumerate(TASKS):
        of = task == number
        if of.any():
            hit = right[of].gather(1, scores[of].argmax(1, keepdim=True)).mean()
            result[name] = (float(hit), average_precision(scores[of][:, 0], right[of][:, 0] == 1))
    return result


def shared_gradients(reader: Reader) -> None:
    """Give every process the mean of all gradients, in one message."""
    grads = [p.grad for p in reader.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in grads])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
        grad.copy_(part.view_as(grad))


def work(rank: int, options: argparse.Namespace) -> None:
    """Train in one of `options.processes` processes; the first one measures and saves."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(options.port)}
    distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
    torch.set_num_threads(1)  # Two processes of one thread are twice as fast as one of two threads.
    torch.manual_seed(options.seed + rank)
    chance = random.Random(options.seed + rank)

    reader, tokenizer = load(options.base)
    reader.drop = options.drop
    general = public(options.public)
    learn, back = split(options.written)
    learn = thinned(learn, seed=options.seed)
    random.Random(options.seed).shuffle(back)
    if rank == 0:
        print(
            f"{len(general) - HELD} public examples, {len(learn)} written, {len(back)} held back", flush=True
        )
    held = Encoded(back[:1_200] + general[:500], tokenizer)
    encoded = [Encoded(general[HELD:], tokenizer), Encoded(learn, tokenizer)]
    sources = [batches(e, chance) for e in encoded]

    heads = [*reader.pool.parameters(), *reader.shared.parameters(), *reader.own.parameters()]
    body = [p for n, p in reader.named_parameters() if not n.startswith(("pool", "shared", "own", "words"))]
    reader.words.weight.requires_grad_(False)  # Seldom seen words keep what pre-training taught them.
    optimizer = torch.optim.AdamW(
        [{"params": body, "scale": 1.0}, {"params": heads, "scale": 3.0}], lr=options.rate, weight_decay=0.01
    )
    reader.train()
    start, seen, step, best, loss_mean, look = time.monotonic(), 0, 0, 0.0, 1.1, 300.0
    while True:
        # All processes stop at the same step: the first one's clock decides.
        clock = torch.tensor([(time.monotonic() - start) / 60 / options.minutes])
        distributed.broadcast(clock, 0)
        done = float(clock)
        if done >= 1:
            break
        share = options.share[0] + (options.share[1] - options.share[0]) * done
        which = int(chance.random() < share)
        batch = encoded[which].tensors(next(sources[which]), chance)
        # The labels that an example may have share one probability.
        loss = -(chances(reader, batch) + (batch[4] - 1) * 1e4).logsumexp(-1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        shared_gradients(reader)
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        rate = options.rate * min(1.0, (step + 1) / 150) * min(1.0, (1 - done) / options.decay)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        optimizer.step()
        step, seen = step + 1, seen + len(batch[3]) * options.processes
        loss_mean = 0.99 * loss_mean + 0.01 * float(loss.detach())
        if rank == 0 and time.monotonic() - start > look:
            look += 420
            result = measured(reader, held)
            text = " ".join(f"{k} {a:.3f}/{p:.3f}" for k, (a, p) in result.items())
            print(f"{done:.0%} step {step} examples {seen} loss {loss_mean:.3f} {text}", flush=True)
            save(reader, tokenizer, options.out / "last")
            if result["quotes"][1] > best:
                best = result["quotes"][1]
                save(reader, tokenizer, options.out / "best")
    if rank == 0:
        save(reader, tokenizer, options.out / "last")
        result = measured(reader, held)
        print("end", seen, " ".join(f"{k} {a:.3f}/{p:.3f}" for k, (a, p) in result.items()), flush=True)
    distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--written", type=Path, nargs="+", required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--share", type=float, nargs=2, default=(0.3, 0.7), help="of written examples, first and last"
    )
    parser.add_argument("--rate", type=float, default=1.2e-4)
    parser.add_argument(
        "--decay", type=float, default=0.6, help="the part of the time in which the rate falls"
    )
    parser.add_argument("--drop", type=float, default=0.1, help="dropout inside the encoder")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--port", type=int, default=29_500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    multiprocessing.spawn(work, (options,), nprocs=options.processes)


if __name__ == "__main__":
    main()
