"""Pairs of QA-SRL (He et al. 2015): what a verb's questions ask for, related to what does it by the words of the verb.

The answers are phrases rather than names, so only relations are learnt from them: the most open ones there are.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from neuraldb.training.extraction_examples import ExtractionExample, Pair
from neuraldb.training.realise import Span

LONGEST = 6
"""Words of an answer."""


def qasrl_examples(folder: Path) -> Iterator[ExtractionExample]:
    """One example a sentence that says who does something and what about it is asked."""
    for path in sorted((folder / "qasrl").glob("*.gold.csv.gz")):
        sentences: dict[str, list[str]] = {}
        with gzip.open(path.with_name(path.name.replace(".gold.", ".full.")), "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                sentences[row["qasrl_id"]] = row["tokens"].split(" ")
        asked: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["qasrl_id"] in sentences and row.get("is_negated") == "False":
                    asked[row["qasrl_id"]][row["verb_idx"]].append(row)
        for key, verbs in asked.items():
            example = _example(sentences[key], list(verbs.values()))
            if example is not None:
                yield example


def _example(words: list[str], verbs: list[list[dict[str, str]]]) -> ExtractionExample | None:
    starts, text = [], ""
    for word in words:
        text += " " if text else ""
        starts.append(len(text))
        text += word
    found: dict[tuple[Span, Span], str] = {}
    for rows in verbs:
        agents = [a for r in rows if _asks_subject(r) for a in _answers(r)]
        for row in rows:
            if _asks_subject(row) or row["wh"] not in ("who", "what", "where", "when"):
                continue
            name = " ".join(
                x for x in ("was" if row["is_passive"] == "True" else "", row["verb"], _preposition(row)) if x
            )
            for subject in agents[:1]:
                for answer in _answers(row)[:1]:
                    found.setdefault((subject, answer), name)
    kept: dict[Span, int] = {}
    for pair in found:
        for span in pair:
            if all(span == k or span[1] <= k[0] or span[0] >= k[1] for k in kept):
                kept.setdefault(span, 0)
    spans = sorted(kept)
    number = {span: i for i, span in enumerate(spans)}
    pairs = tuple(
        Pair(number[s], number[o], (n,)) for (s, o), n in found.items() if s in number and o in number and s != o
    )
    if not pairs:
        return None
    places = tuple(((starts[a], starts[b - 1] + len(words[b - 1])), ()) for a, b in spans)
    return ExtractionExample(text, places, pairs, complete=False, unlisted=0.3, tagged=False)


def _asks_subject(row: dict[str, str]) -> bool:
    return row["wh"] in ("who", "what") and not row["subj"]


def _preposition(row: dict[str, str]) -> str:
    return row["prep"] or {"where": "in", "when": "on"}.get(row["wh"], "")


def _answers(row: dict[str, str]) -> list[Span]:
    out = []
    for part in row["answer_range"].split("~!~"):
        first, _, end = part.partition(":")
        if first.isdigit() and end.isdigit() and 0 < int(end) - int(first) <= LONGEST:
            out.append((int(first), int(end)))
    return out
