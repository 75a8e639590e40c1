"""How well triples are extracted, beside baselines: precision, recall and F1 (``neuraldb bench extraction``).

A predicted triple matches a gold one when its ends do, and, under the stricter measures, its relation means the same.
*Exact* ends are the same name (:func:`~neuraldb.core.text.normalise`) or the same value as one of the gold texts;
*overlapping* ones share half of their words (token F1). Relations mean the same from a cosine of :data:`MEANS` of the
encoder's vectors of their words on. Each triple is matched once at most, as many as can be; ends come in order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.text import normalise, words
from neuraldb.core.values import equal, parse_value
from neuraldb.evaluation.extraction_gold import GoldText, tekgen, webnlg
from neuraldb.models.protocols import Encoder, Extractor
from neuraldb.models.registry import Models

MEANS = 0.5
"""From this cosine on two relations' words mean the same."""
OVERLAP = 0.5
"""From this token F1 on two names overlap."""
CRITERIA = ("ends", "triple", "exact ends", "exact triple")
"""Overlapping ends; those with the relation; exact ends; those with the relation."""
SAMPLE = 400
"""Texts of each corpus."""
MOST = 5
"""Texts with this many gold triples or more are one row."""
_CAPITALISED = r"\b[^\W\d_a-z](?:[\w'&.-]*\w)?"
_NAME = re.compile(
    rf"\d(?:[\d.,/-]*\d)?(?:\s?(?:%|km\b|m\b|kg\b))?"
    rf"|{_CAPITALISED}(?:\s(?:(?:of|the|de|and|von|van)\s)?{_CAPITALISED})*"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\W*[^\W\d_a-z])")


@dataclass(frozen=True, slots=True)
class Found:
    """A predicted triple, as text."""

    subject: str
    relation: str
    object: str


Method = Callable[[Sequence[GoldText]], list[list[Found]]]


@dataclass
class Tally:
    """Triples that are right, that were predicted, and that are gold."""

    right: int = 0
    said: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        """In per cent."""
        return 100 * self.right / max(self.said, 1)

    @property
    def recall(self) -> float:
        """In per cent."""
        return 100 * self.right / max(self.gold, 1)

    @property
    def f1(self) -> float:
        """In per cent."""
        return 200 * self.right / max(self.said + self.gold, 1)


Scores = dict[tuple[str, int], Tally]
"""By criterion and number of gold triples in the text; 0 is all texts."""


def run(folder: Path, limit: int | None = SAMPLE, seed: int = 0, weights: Path | None = None) -> str:
    """Measure the extractor and the baselines on both corpora; gives Markdown.

    Args:
        folder: the folder of the corpora.
        limit: texts of each; None for all.
        seed: of the sample.
        weights: of the extractor, those of the package by default.

    Raises:
        ImportFailed: a corpus is not there.
    """
    models = Models()
    extractor = models.extractor
    if weights is not None:
        from neuraldb.models.extractor import MiniLMExtractor

        extractor = MiniLMExtractor.load(weights)
    methods = {"extractor": extracted(extractor), "names in a sentence": capital_pairs, "gold names": gold_pairs}
    parts = []
    for name, texts in (("WebNLG dev", webnlg(folder, limit, seed)), ("TekGen test", tekgen(folder, limit, seed))):
        results = {label: score(method(texts), texts, models.encoder) for label, method in methods.items()}
        parts.append(f"## {name}, {len(texts)} texts\n\n{table(results)}")
    return "\n\n".join(parts)


def extracted(extractor: Extractor) -> Method:
    """What an extractor finds."""

    def method(texts: Sequence[GoldText]) -> list[list[Found]]:
        out = []
        for extraction in extractor.extract([t.text for t in texts]):
            said = [m.text for m in extraction.mentions]
            out.append(
                list(dict.fromkeys(Found(said[t.subject], t.relation, said[t.object]) for t in extraction.triples))
            )
        return out

    return method


def capital_pairs(texts: Sequence[GoldText]) -> list[list[Found]]:
    """The baseline: names (by their capitals) and numbers, each related to each later one of its sentence."""
    return [
        [
            f
            for sentence in _SENTENCE.split(t.text)
            for f in _pairs(sentence, [m.span() for m in _NAME.finditer(sentence)])
        ]
        for t in texts
    ]


def gold_pairs(texts: Sequence[GoldText]) -> list[list[Found]]:
    """The oracle of ends: the gold names, each related to each, both ways, by the words between."""
    out = []
    for t in texts:
        ends = dict.fromkeys(end for triple in t.triples for end in (triple.subject, triple.object))
        places = {end: next(((a, a + len(e)) for e in end if (a := t.text.find(e)) >= 0), (0, 0)) for end in ends}
        out.append([Found(a[0], _between(t.text, places[a], places[b]), b[0]) for a, b in permutations(ends, 2)])
    return out


def _pairs(text: str, spans: list[tuple[int, int]]) -> Iterable[Found]:
    for i, a in enumerate(spans):
        for b in spans[i + 1 :]:
            yield Found(text[slice(*a)], _between(text, a, b), text[slice(*b)])


def _between(text: str, a: tuple[int, int], b: tuple[int, int]) -> str:
    first, second = sorted((a, b))
    return text[first[1] : second[0]].strip(" ,.;:()'") or "is"


def score(found: Sequence[Sequence[Found]], gold: Sequence[GoldText], encoder: Encoder) -> Scores:
    """The scores of what was found in each text."""
    names = {f.relation for fs in found for f in fs} | {t.relation for g in gold for t in g.triples}
    ordered = sorted(names)
    vectors = dict(zip(ordered, encoder.encode(ordered), strict=True))
    scores: Scores = {(criterion, size): Tally() for criterion in CRITERIA for size in range(MOST + 1)}
    for said, told in zip(found, gold, strict=True):
        exact, overlapping, means = _compared(said, told, vectors)
        matrices = dict(zip(CRITERIA, (overlapping, overlapping & means, exact, exact & means), strict=True))
        for criterion, fits in matrices.items():
            for size in (0, min(len(told.triples), MOST)):
                tally = scores[criterion, size]
                tally.right += matched(fits)
                tally.said += len(said)
                tally.gold += len(told.triples)
    return scores


def _compared(
    said: Sequence[Found], told: GoldText, vectors: dict[str, NDArray[np.float32]]
) -> tuple[NDArray[np.bool_], ...]:
    """Whether ends are the same, whether they overlap, and whether relations mean the same: (said, gold) each."""
    shape = (len(said), len(told.triples))
    exact, overlapping, means = (np.zeros(shape, np.bool_) for _ in range(3))
    for i, f in enumerate(said):
        for j, t in enumerate(told.triples):
            likeness = min(alike(f.subject, t.subject), alike(f.object, t.object))
            exact[i, j], overlapping[i, j] = likeness >= 1, likeness >= OVERLAP
            means[i, j] = float(vectors[f.relation] @ vectors[t.relation]) >= MEANS
    return exact, overlapping, means


def matched(fits: NDArray[np.bool_]) -> int:
    """The largest number of pairs, each row and column once (augmenting paths, Kuhn 1955)."""
    holder: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column in np.flatnonzero(fits[row]).tolist():
            if column not in tried:
                tried.add(column)
                if column not in holder or place(holder[column], tried):
                    holder[column] = row
                    return True
        return False

    return sum(place(row, set()) for row in range(fits.shape[0]))


def alike(text: str, known: Sequence[str]) -> float:
    """1 for the name or value of one of the known texts, else the largest token F1 with one of them."""
    if any(normalise(text) == normalise(k) for k in known):
        return 1.0
    value = parse_value(text)
    if value.kind in ("number", "date") and any(equal(value, parse_value(k)) for k in known):
        return 1.0
    return min(max(_token_f1(text, k) for k in known), 0.99)


def _token_f1(a: str, b: str) -> float:
    left, right = Counter(words(a)), Counter(words(b))
    return 2 * (left & right).total() / max(left.total() + right.total(), 1)


def table(results: dict[str, Scores]) -> str:
    """Markdown tables: precision, recall and F1 by criterion, and F1 of triples by their number in a text."""
    lines = [f"| method | {' | '.join(f'{c} P | R | F1' for c in CRITERIA)} |", "|---|" + "---:|" * 3 * len(CRITERIA)]
    for method, scores in results.items():
        cells = [f"{v:.1f}" for c in CRITERIA for t in [scores[c, 0]] for v in (t.precision, t.recall, t.f1)]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    sizes = [s for s in range(1, MOST + 1) if any(scores["ends", s].gold for scores in results.values())]
    head = " | ".join(f"{s}{' or more' if s == MOST else ''}" for s in sizes)
    lines += ["", f"| F1 of triples, by how many a text states | {head} |", "|---|" + "---:|" * len(sizes)]
    for method, scores in results.items():
        cells = [f"{scores['triple', s].f1:.1f}" for s in sizes]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)
