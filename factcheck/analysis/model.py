"""The model engine: a neural reader judges, the rules say what it is about and in which words.

The reader's scores and the probabilities of the rules are weighed together by a small calibration that
was fitted on stories held back from training (`training/calibrate.py`). A model of somebody else's comes
without one: its own probabilities stand, and only what it is very sure of is flagged.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from factcheck.analysis.findings import (
    Comparison,
    Label,
    Proposition,
    Scores,
    Span,
    Stance,
    StanceTo,
    Utterance,
)
from factcheck.analysis.reader import LABELS, TASKS, Logits, ModelUnavailable, Reader
from factcheck.analysis.reading import concept_weight, read
from factcheck.analysis.rules import Rules
from factcheck.analysis.sentences import boundaries, span

SHIPPED: Final = Path(__file__).parent / "data" / "model"
"""The folder of the model that comes with the package; how it was made: docs/model.md."""

# What a model without a calibration must reach before anything is flagged or suggested.
_SURE: Final = 0.95
# Words of one text that the reader sees. Of a longer one, the sentences nearest to the other text.
_MOST_WORDS: Final = 90
_MOST_SENTENCE_PAIRS: Final = 4
# Bounds on what is looked at of one text, in code points and sentences, and how many of them are read.
_LOOKED_AT: Final = 20_000
_LONGEST_SENTENCE: Final = 1_000
_MOST_SENTENCES: Final = 200
_MOST_KEPT: Final = 20
# Of the candidates for one statement, so many are read: a reading takes milliseconds, and somebody waits.
_MOST_READ: Final = 4

# The probability of a contradiction from which two quotes are read a second time.
_READ_AGAIN: Final = 0.2
# The log probability of bearing on a claim below which it counts as not at all.
_FAR: Final = -4.0

Weights = npt.NDArray[np.float64]


class Calibration:
    """Turns what reader and rules say into probabilities of contradiction, entailment, neutral.

    `fitted` holds `weights` (features by labels), `bias`, and the `threshold` from which a contradiction,
    or a stance, is shown to an editor.
    """

    def __init__(self, fitted: dict[str, Any]) -> None:
        self._weights: Weights = np.array(fitted["weights"], float)
        self._bias: Weights = np.array(fitted["bias"], float)
        self.threshold = float(fitted["threshold"])

    def __call__(self, features: Weights) -> Weights:
        """Return probabilities, one row for each row of features."""
        raised = features @ self._weights + self._bias
        odds = np.exp(raised - raised.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


class Model:
    """An engine on a neural reader.

    Args:
        folder: where the model lies, see `reader`.
        threads: how many threads one reading may use.

    Raises:
        ModelUnavailable: there is no usable model in `folder`.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._reader = Reader(folder, threads=threads)
        self._rules = Rules()
        described = self._reader.described
        # Never the name of a person's role: "editor" would make its guesses count as decisions.
        self.name = f"model:{described.get('name') or folder.resolve().name}"[:64]
        # A new calibration, or new rules, read anew what the same network has read.
        parts = (self._reader.version, json.dumps(described), self._rules.version)
        self.version = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]
        try:
            fitted = described.get("calibration", {})
            self._calibrations = {task: Calibration(one) for task, one in fitted.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise ModelUnavailable(f"The calibration in {folder / 'model.json'} cannot be read.") from error

    def compare(self, a: Utterance, b: Utterance) -> Comparison:
        """Tell how two statements stand to each other."""
        return self.compare_many(a, [b])[0]

    def stance(self, statement: Utterance, claim: Proposition) -> Stance:
        """Tell how a statement bears on a claim."""
        return self.stance_many(statement, [claim])[0]

    def compare_many(self, a: Utterance, others: Sequence[Utterance]) -> list[Comparison]:
        """Compare one statement with several; of many, the rules say which are worth reading."""
        found = [self._rules.compare(a, b) for b in others]
        task = "quotes" if a.speaker and all(b.speaker for b in others) else "inference"
        read = sorted(range(len(others)), key=lambda i: found[i].scores.neutral)[:_MOST_READ]
        pairs = [focused(a, others[i]) for i in read]
        if task == "quotes":  # The earlier one is read first, whichever is named first.
            pairs = [_in_time(pair, a, others[i]) for pair, i in zip(pairs, read, strict=True)]
        scores = [found[i].scores for i in read]
        ruled = np.array([[one.contradiction, one.entailment, one.neutral] for one in scores])
        chances, threshold = self._judged(task, pairs, ruled)
        # What may be flagged is read in the other order too: each reading errs in its own way.
        again = np.flatnonzero(chances[:, 0] >= (_READ_AGAIN if task == "quotes" else np.inf))
        if again.size:
            turned, _ = self._judged(task, [pairs[i][::-1] for i in again], ruled[again])
            chances[again] = (chances[again] + turned) / 2
        for i, chance in zip(read, chances, strict=True):
            found[i] = self._comparison(a, others[i], found[i], chance, threshold, task)
        return found

    def stance_many(self, statement: Utterance, claims: Sequence[Proposition]) -> list[Stance]:
        """Weigh one statement against several claims; of many, the rules say which are worth reading."""
        unread = Stance("none", 0.0, (), "Other claims are nearer to the words.", self.name)
        found = [unread] * len(claims)
        ruled = [self._rules.stance_chances(statement, claim) for claim in claims]
        read = sorted(range(len(claims)), key=lambda i: ruled[i][2])[:_MOST_READ]
        pairs = [focused(statement, Utterance(claims[i].text)) for i in read]
        chances, threshold = self._judged("stance", pairs, np.array([ruled[i] for i in read]))
        for i, chance in zip(read, chances, strict=True):
            found[i] = self._stance(statement, claims[i], chance, threshold)
        return found

    def features(self, task: str, pairs: Sequence[tuple[str, str]], rule_scores: Weights) -> Weights:
        """Return what the calibration weighs, one row a pair: the reader's scores, then the rules'.

        Plain sentences are read in both directions. Quotes are read once: the reader learnt them in
        either order, and a second reading would double the time. The pairs of a stance are one statement
        with several claims: most statements bear on one or two, so how near the others come counts too.
        """
        seen = self._reader.logits(pairs)
        scores = [_log_chances(seen[:, TASKS.index(task)])]
        if task == "inference":
            turned = self._reader.logits([(b, a) for a, b in pairs])
            scores.append(_log_chances(turned[:, TASKS.index(task)]))
        else:
            scores.append(_log_chances(seen[:, TASKS.index("inference")]))
        if task == "stance":
            scores.append(_beside(scores[0]))
        return np.hstack([*scores, np.log(np.clip(rule_scores, 1e-4, 1.0))])

    def _judged(
        self, task: str, pairs: Sequence[tuple[str, str]], rule_scores: Weights
    ) -> tuple[Weights, float]:
        if not pairs:
            return np.zeros((0, len(LABELS))), _SURE
        features = self.features(task, pairs, rule_scores)
        calibration = self._calibrations.get(task)
        if calibration is None:
            return np.exp(features[:, : len(LABELS)]), _SURE
        return calibration(features), calibration.threshold

    def _comparison(
        self, a: Utterance, b: Utterance, ruled: Comparison, chance: Weights, threshold: float, task: str
    ) -> Comparison:
        scores = Scores(*(float(one) for one in chance))
        label: Label = "neutral"
        if scores.contradiction >= threshold:
            label = "contradiction"
        elif scores.entailment > max(scores.contradiction, scores.neutral):
            label = "entailment"
        if label == "neutral":
            return Comparison(label, scores, (), (), "Neither rules out nor repeats the other.", self.name)
        if ruled.label == label and ruled.spans_a and ruled.spans_b:
            return Comparison(
                label, scores, ruled.spans_a, ruled.spans_b, ruled.reason, self.name, ruled.figures
            )
        one, other = self._deciding(a.text, b.text, task, LABELS.index(label))
        verb = "rule each other out" if label == "contradiction" else "say the same"
        reason = f"The model reads “{one.text}” and “{other.text}” as words that {verb}."
        return Comparison(label, scores, (one,), (other,), reason, self.name)

    def _stance(self, statement: Utterance, claim: Proposition, chance: Weights, threshold: float) -> Stance:
        disputes, supports, _ = (float(one) for one in chance)
        confidence = max(disputes, supports)
        if confidence < threshold:
            return Stance("none", 1.0 - confidence, (), "The words do not settle the claim.", self.name)
        side: StanceTo = "supports" if supports > disputes else "disputes"
        words, _ = self._deciding(statement.text, claim.text, "stance", 1 if side == "supports" else 0)
        verb = "bearing the claim out" if side == "supports" else "speaking against the claim"
        return Stance(side, confidence, (words,), f"The model reads “{words.text}” as {verb}.", self.name)

    def _deciding(self, a: str, b: str, task: str, label: int) -> tuple[Span, Span]:
        """Return the sentence of each text by which the label is clearest."""
        lefts, rights = _nearest(a, b), _nearest(b, a)
        pairs = [(left, right) for left in lefts for right in rights]
        pairs.sort(key=lambda pair: -_shared(a[slice(*pair[0])], b[slice(*pair[1])]))
        pairs = pairs[:_MOST_SENTENCE_PAIRS]
        if len(pairs) > 1:
            texts = [(a[slice(*left)], b[slice(*right)]) for left, right in pairs]
            scores = _log_chances(self._reader.logits(texts)[:, TASKS.index(task)])[:, label]
            pairs = [pairs[int(scores.argmax())]]
        [(left, right)] = pairs
        return span(a, *left), span(b, *right)


def spoken(said: Utterance, text: str) -> str:
    """Return a quote as the reader learnt to read it: who, in what role, for whom, then the words.

    How far apart the dates are is left to the rules: digits would cost a seventh of the time.
    """
    who = ", ".join(filter(None, [said.speaker, said.speaker_role]))
    behalf = f" for {said.on_behalf_of}" if said.on_behalf_of else ""
    return f"{who}{behalf}: {text}" if who else text


def focused(a: Utterance, b: Utterance) -> tuple[str, str]:
    """Return both texts as the reader sees them, long ones cut to the sentences nearest to the other."""
    return spoken(a, _cut(a.text, b.text)), spoken(b, _cut(b.text, a.text))


def _in_time(pair: tuple[str, str], a: Utterance, b: Utterance) -> tuple[str, str]:
    """Return both texts in the order in which they were said; where that is not known, in a fixed one."""
    one, other = (a.said_on or "", pair[0]), (b.said_on or "", pair[1])
    return pair if one <= other else (pair[1], pair[0])


def _cut(text: str, other: str) -> str:
    if len(text) <= _LONGEST_SENTENCE and text.count(" ") < _MOST_WORDS:
        return text
    return " ".join(text[slice(*one)] for one in _nearest(text, other))


def _nearest(text: str, other: str) -> list[tuple[int, int]]:
    """Return where the sentences nearest to the other text stand, in order: at least one, in few words.

    Of very long texts only the beginning is looked at: whoever posts one must not keep others waiting.
    """
    ends = boundaries(text[:_LOOKED_AT])[:_MOST_SENTENCES] or [(0, len(text))]
    ends = [(start, min(end, start + _LONGEST_SENTENCE)) for start, end in ends]
    other = other[:_LOOKED_AT]
    ranked = sorted(ends, key=lambda one: -_shared(text[slice(*one)], other))
    kept: list[tuple[int, int]] = []
    size = 0
    for one in ranked:
        size += text.count(" ", *one) + 1
        if kept and size > _MOST_WORDS:
            break
        kept.append(one)
    return sorted(kept[:_MOST_KEPT])


def _shared(a: str, b: str) -> float:
    return sum(map(concept_weight, read(a).concepts.keys() & read(b).concepts.keys()))


def _beside(scores: Weights) -> Weights:
    """Return for each claim how much the best of the others is borne on, and how many are borne on more."""
    bears = np.logaddexp(scores[:, 0], scores[:, 1])
    others = np.where(np.eye(len(bears), dtype=bool), _FAR, bears[None, :])
    return np.column_stack([np.maximum(others.max(axis=1), _FAR), (others > bears[:, None]).sum(axis=1)])


def _log_chances(logits: Logits) -> Weights:
    raised = logits.astype(float) - logits.max(axis=1, keepdims=True)
    return np.asarray(raised - np.log(np.exp(raised).sum(axis=1, keepdims=True)))
