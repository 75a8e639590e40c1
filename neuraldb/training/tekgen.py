"""Reader examples from human sentences with known triples: Text2KGBench's Wikidata-TekGen part (Mihindukulasooriya
et al. 2023). The relation's label is asked for as a column, as a question, and of a wrong subject.
"""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from neuraldb.training.examples import ReadingExample, Span

OBJECT_FORMS = (
    "What is the {r} of {s}?", "{s} {r}", "{s}'s {r}?", "Name the {r} of {s}", "Which {r} does {s} have?",
    "tell me the {r} of {s}", "what is {s}'s {r}", "{r} of {s}?",
)  # fmt: skip
SUBJECT_FORMS = (
    "What has {o} as its {r}?", "Which ones have the {r} {o}?", "List everything whose {r} is {o}.",
    "Name all with {r} {o}", "whose {r} is {o}?", "{r}: {o}",
)  # fmt: skip
PAIR_FORMS = ("{r}", "{r}", "everything: {r}", "items: {r}", "Which one has the most {r}?", "List each {r}")


def sentences(folder: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Sentences of the training and validation parts, with (subject, relation, object) labels that stand in them."""
    out: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    with tarfile.open(folder / "tekgen" / "wikidata_tekgen.tar.gz") as archive:
        for member in sorted(archive.getnames()):
            if not member.endswith(".jsonl") or not ("/train/" in member or "/validation/" in member):
                continue
            file = archive.extractfile(member)
            assert file is not None
            for line in io.TextIOWrapper(file, "utf-8"):
                row = json.loads(line)
                s, o = row["sub_label"], row["obj_label"]
                if s in row["sent"] and o in row["sent"] and s not in o and o not in s:
                    out[row["sent"]].append((s, row["rel_label"].strip(), o))
    return out


def tekgen(folder: Path, seed: int = 0) -> Iterator[ReadingExample]:
    """Four examples a sentence."""
    rng = random.Random(seed)
    rows = sentences(folder)
    by_relation: dict[str, list[str]] = defaultdict(list)
    for triples in rows.values():
        for s, r, _ in triples:
            by_relation[r].append(s)
    for text, triples in rows.items():
        s, r, o = rng.choice(triples)
        same = [t for t in triples if t[1] == r]
        pairs: dict[Span, tuple[Span, ...]] = {}
        for a, _, b in same:
            key = _span(text, a)
            pairs[key] = (*pairs.get(key, ()), _span(text, b))
        form = rng.choice(PAIR_FORMS).format(r=r)
        yield ReadingExample(form, (text,), "pair", "span", tuple(sorted(pairs.items())))
        objects = tuple((_span(text, b), ()) for a, _, b in same if a == s)
        yield ReadingExample(rng.choice(OBJECT_FORMS).format(r=r, s=s), (text,), "answer", "span", objects)
        subjects = tuple((_span(text, a), ()) for a, _, b in same if b == o)
        yield ReadingExample(rng.choice(SUBJECT_FORMS).format(r=r, o=o), (text,), "answer", "span", subjects)
        other = rng.choice(by_relation[r])
        if other not in text:
            yield ReadingExample(rng.choice(OBJECT_FORMS).format(r=r, s=other), (text,))


def _span(text: str, label: str) -> Span:
    start = text.index(label)
    return (0, start, start + len(label))
