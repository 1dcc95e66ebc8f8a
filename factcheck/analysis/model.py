"""The model engine: a neural reader judges, the rules say what it is about and in which words.

The reader's scores and the probabilities of the rules are weighed together by a small calibration that
was fitted on stories held back from training (`training/calibrate.py`). A model of somebody else's comes
without one: its own probabilities stand, and only what it is very sure of is flagged.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from factcheck.analysis.calibration import Calibration, Weights, beside, log_chances
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
from factcheck.analysis.focusing import Place, focused, in_time, sentence_pairs, size
from factcheck.analysis.hearing import Hearing, Judgements
from factcheck.analysis.reader import LABELS, TASKS, Logits, ModelUnavailable, Pair, Reader, Readings
from factcheck.analysis.rules import Rules
from factcheck.analysis.sentences import span

SHIPPED: Final = Path(__file__).parent / "data" / "model"
"""The folder of the model that comes with the package; how it was made: docs/model.md."""

# What a model without a calibration must reach before anything is flagged or suggested.
_SURE: Final = 0.95
# Words of all the sentences that are read, of one statement, only to say which sentence decided.
_MOST_SENTENCE_WORDS: Final = 120
# Of the candidates for one statement so many of each kind are read, and so many words of all of them with
# the statement's own: a word takes an eighth of a millisecond of one core, and somebody waits.
_MOST_CLAIMS: Final = 3
_MOST_OTHERS: Final = 2
_MOST_READ_WORDS: Final = 400
# So many claims are read as soon as they are expected: of the nearest 19 of 20 are read in the end, of the
# next three of four.
_EXPECTED: Final = 2

# Candidates come the likeliest first: what the logarithm of a place weighs against the chance that the rules
# give a claim of being borne on, a statement of a contradiction. Set on training/data (docs/model.md).
_CLAIMS_ORDER: Final = 0.15
_OTHERS_ORDER: Final = 0.1
# So far can the mean of both orders lie above what the first says.
_LIFTED: Final = 1 / 6
# Counts up where what is read is chosen otherwise, for other things may be found then.
_CHOICE: Final = 2

# What the rules give each label of a pair.
Scored = Sequence[float]


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
        # A new calibration, new rules or another choice read anew what the same network has read.
        parts = (self._reader.version, json.dumps(described), self._rules.version, str(_CHOICE))
        self.version = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]
        try:
            fitted = described.get("calibration", {})
            self._calibrations = {task: Calibration(one) for task, one in fitted.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise ModelUnavailable(f"The calibration in {folder / 'model.json'} cannot be read.") from error

    def compare(self, a: Utterance, b: Utterance) -> Comparison:
        """Tell how two statements stand to each other."""
        return self.judge(a, [], [b])[1][0]

    def stance(self, statement: Utterance, claim: Proposition) -> Stance:
        """Tell how a statement bears on a claim."""
        return self.judge(statement, [claim], [])[0][0]

    def judge(
        self, statement: Utterance, claims: Sequence[Proposition], others: Sequence[Utterance]
    ) -> Judgements:
        """Weigh one statement against claims and other statements; the rules say which are worth reading."""
        with self.hearing(statement) as hearing:
            hearing.expect(claims)
            return hearing.judge(claims, others)

    @contextmanager
    def hearing(self, statement: Utterance) -> Iterator[Hearing]:
        """Hear of claims before all candidates are known: a helper reads them meanwhile."""
        with self._reader.readings() as readings:
            yield _Hearing(statement, readings, partial(self._heard, statement, readings))

    def _heard(
        self,
        statement: Utterance,
        readings: Readings,
        claims: Sequence[Proposition],
        others: Sequence[Utterance],
    ) -> Judgements:
        task = "quotes" if statement.speaker and all(other.speaker for other in others) else "inference"
        near_other = partial(_near, task, statement)
        # The first statement is among those that are read 17 times of 20.
        readings.begin(_few(near_other(other) for other in others[:1]))
        ruled = self._rules.stance_chances(statement, claims)
        borne_on = _likeliest([1 - none for *_, none in ruled], _CLAIMS_ORDER)[:_MOST_CLAIMS]
        near_claims = {i: focused(statement, Utterance(claims[i].text)) for i in borne_on}
        # Helpers read them while the rules look at the statements.
        readings.begin(_few(near_claims.values()))
        found = self._rules.compare_each(statement, others)
        scores = [(one.contradiction, one.entailment, one.neutral) for one in (c.scores for c in found)]
        opposed = _likeliest([clash for clash, *_ in scores], _OTHERS_ORDER)[:_MOST_OTHERS]
        on_claims, on_others = _affordable(near_claims, {i: near_other(others[i]) for i in opposed})
        of_claims, of_others = [*on_claims.values()], [*on_others.values()]
        told = [scores[i] for i in on_others]
        again = partial(self._again, dict(zip(of_others, told, strict=True)) if task == "quotes" else {})
        seen = readings.of([*of_claims, *of_others], again)[: len(of_claims)]
        borne, borne_at = self._judged("stance", of_claims, seen, [ruled[i] for i in on_claims])
        clash, clash_at = self._clashing(task, of_others, told, readings)
        asked: dict[tuple[str, int], _Question] = {}
        for i, chance in zip(on_claims, borne, strict=True):
            if chance[:2].max() >= borne_at:
                label = int(chance[:2].argmax())
                asked["stance", i] = _Question(statement.text, claims[i].text, "stance", label)
        for i, chance in zip(on_others, clash, strict=True):
            named = _label(chance, clash_at)
            by_rules = found[i].label == named and found[i].spans_a and found[i].spans_b
            if named != "neutral" and not by_rules:
                asked[task, i] = _Question(statement.text, others[i].text, task, LABELS.index(named))
        decided = dict(zip(asked, self._deciding(list(asked.values())), strict=True))
        stances = [Stance("none", 0.0, (), "Other claims are nearer to the words.", self.name)] * len(claims)
        for i, chance in zip(on_claims, borne, strict=True):
            stances[i] = self._stance(chance, decided.get(("stance", i)))
        for i, chance in zip(on_others, clash, strict=True):
            found[i] = self._comparison(found[i], chance, _label(chance, clash_at), decided.get((task, i)))
        return stances, found

    def _clashing(
        self, task: str, pairs: Sequence[Pair], told: Sequence[Scored], readings: Readings
    ) -> tuple[Weights, float]:
        """Return the chances of each pair of statements, and from which on it is flagged.

        Quotes that may be flagged are read in the other order too: each reading errs in its own way.
        """
        clash, at = self._judged(task, pairs, readings.of(pairs), told)
        again = [i for i, chance in enumerate(clash) if task == "quotes" and chance[0] >= at - _LIFTED]
        if again:
            turned = [pairs[i][::-1] for i in again]
            other_way, _ = self._judged(task, turned, readings.of(turned), [told[i] for i in again])
            clash[again] = (clash[again] + other_way) / 2
        return clash, at

    def _again(self, told: Mapping[Pair, Scored], pair: Pair, seen: Logits) -> Sequence[Pair]:
        """Return what `_clashing` will ask for, as soon as these two quotes are read."""
        if pair not in told:
            return ()
        clash, at = self._judged("quotes", [pair], seen[None], [told[pair]])
        return [pair[::-1]] if clash[0, 0] >= at - _LIFTED else ()

    def features(
        self,
        task: str,
        pairs: Sequence[Pair],
        rule_scores: Weights,
        seen: Logits | None = None,
    ) -> Weights:
        """Return what the calibration weighs, one row a pair: the reader's scores, then the rules'.

        `seen` is what the reader says of the pairs, where it has read them. Plain sentences are read in
        both directions. Quotes are read once: the reader learnt them in either order, and a second reading
        would double the time. The pairs of a stance are one statement with several claims: most statements
        bear on one or two, so how near the others come counts too.
        """
        if seen is None:
            seen = self._reader.logits(pairs)
        scores = [log_chances(seen[:, TASKS.index(task)])]
        if task == "inference":
            turned = self._reader.logits([(b, a) for a, b in pairs])
            scores.append(log_chances(turned[:, TASKS.index(task)]))
        else:
            scores.append(log_chances(seen[:, TASKS.index("inference")]))
        if task == "stance":
            scores.append(beside(scores[0]))
        return np.hstack([*scores, np.log(np.clip(rule_scores, 1e-4, 1.0))])

    def _judged(
        self, task: str, pairs: Sequence[Pair], seen: Logits, ruled: Sequence[Scored]
    ) -> tuple[Weights, float]:
        if not pairs:
            return np.zeros((0, len(LABELS))), _SURE
        features = self.features(task, pairs, np.array(ruled), seen)
        calibration = self._calibrations.get(task)
        if calibration is None:
            return np.exp(features[:, : len(LABELS)]), _SURE
        return calibration(features), calibration.threshold

    def _comparison(
        self, ruled: Comparison, chance: Weights, label: Label, decided: tuple[Span, Span] | None
    ) -> Comparison:
        scores = Scores(*(float(one) for one in chance))
        if label == "neutral":
            return Comparison(label, scores, (), (), "Neither rules out nor repeats the other.", self.name)
        if decided is None:
            return replace(ruled, scores=scores, engine=self.name)
        one, other = decided
        verb = "rule each other out" if label == "contradiction" else "say the same"
        reason = f"The model reads “{one.text}” and “{other.text}” as words that {verb}."
        return Comparison(label, scores, (one,), (other,), reason, self.name)

    def _stance(self, chance: Weights, decided: tuple[Span, Span] | None) -> Stance:
        disputes, supports, _ = (float(one) for one in chance)
        confidence = max(disputes, supports)
        if decided is None:
            return Stance("none", 1.0 - confidence, (), "The words do not settle the claim.", self.name)
        words, _ = decided
        side: StanceTo = "supports" if supports > disputes else "disputes"
        verb = "bearing the claim out" if side == "supports" else "speaking against the claim"
        return Stance(side, confidence, (words,), f"The model reads “{words.text}” as {verb}.", self.name)

    def _deciding(self, asked: Sequence["_Question"]) -> list[tuple[Span, Span]]:
        """Return for each question the sentence of each text by which its label is clearest.

        Where the words of all these sentences are too many, it is the two that share the most.
        """
        choices: list[list[tuple[Place, Place]]] = []
        texts: list[tuple[str, str]] = []
        spent = 0
        for one in asked:
            near = sentence_pairs(one.a, one.b)
            words = [(one.a[slice(*left)], one.b[slice(*right)]) for left, right in near]
            spent += sum(map(size, words)) if len(near) > 1 else 0
            if spent > _MOST_SENTENCE_WORDS:
                near, words = near[:1], words[:1]
            choices.append(near)
            texts += words if len(near) > 1 else []
        seen = self._reader.logits(texts)
        decided = []
        for one, near in zip(asked, choices, strict=True):
            best = 0
            if len(near) > 1:
                mine, seen = seen[: len(near)], seen[len(near) :]
                best = int(log_chances(mine[:, TASKS.index(one.task)])[:, one.label].argmax())
            left, right = near[best]
            decided.append((span(one.a, *left), span(one.b, *right)))
        return decided


class _Hearing(Hearing):
    """A statement of which claims are read as soon as they are expected."""

    def __init__(
        self,
        statement: Utterance,
        readings: Readings,
        judge: Callable[[Sequence[Proposition], Sequence[Utterance]], Judgements],
    ) -> None:
        super().__init__(judge)
        self._statement = statement
        self._readings = readings

    def expect(self, claims: Sequence[Proposition]) -> None:
        pairs = (focused(self._statement, Utterance(claim.text)) for claim in claims[:_EXPECTED])
        self._readings.begin(_few(pairs))


class _Question(NamedTuple):
    """Which sentences of two texts decide: for a label of a task."""

    a: str
    b: str
    task: str
    label: int


def _label(chance: Weights, threshold: float) -> Label:
    contradiction, entailment, neutral = chance
    if contradiction >= threshold:
        return "contradiction"
    return "entailment" if entailment > max(contradiction, neutral) else "neutral"


def _near(task: str, statement: Utterance, other: Utterance) -> Pair:
    """Return two statements as they are read: of quotes the earlier one first, whichever is named first."""
    pair = focused(statement, other)
    return in_time(pair, statement, other) if task == "quotes" else pair


def _few(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Return those of the pairs that are not many words together: some may be asked for by nobody."""
    left = _MOST_READ_WORDS // 2
    for pair in pairs:
        if size(pair) <= left:
            left -= size(pair)
            yield pair


def _likeliest(chances: Sequence[float], order: float) -> list[int]:
    """Return candidates by what the rules give them, and by the order they came in, which weighs `order`."""
    return sorted(range(len(chances)), key=lambda i: order * math.log1p(i) - chances[i])


def _affordable(
    claims: dict[int, tuple[str, str]], others: dict[int, tuple[str, str]]
) -> tuple[dict[int, tuple[str, str]], dict[int, tuple[str, str]]]:
    """Return those of the pairs, by turns, that are not too many words; the first of each kind always."""
    kept: tuple[dict[int, tuple[str, str]], ...] = ({}, {})
    spent = 0
    turns = zip_longest(((0, i) for i in claims), ((1, i) for i in others))
    for kind, i in filter(None, chain.from_iterable(turns)):
        pair = (claims, others)[kind][i]
        if kept[kind] and spent + size(pair) > _MOST_READ_WORDS:
            continue
        spent += size(pair)
        kept[kind][i] = pair
    return kept[0], kept[1]
