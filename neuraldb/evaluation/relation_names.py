"""How well names of relations are bound to stored ones: PARAREL's paraphrases (Elazar et al. 2021) of its relations.

Each relation is stored under its name in Wikidata, with a few of T-REx's facts told in PARAREL's patterns. Every other
phrase is then asked for. A phrase that several relations have in common may be bound to any of them.
"""

from __future__ import annotations

import io
import json
import math
import random
import re
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuraldb.core.errors import ImportFailed
from neuraldb.core.progress import CancelToken
from neuraldb.core.relation_names import relation_key
from neuraldb.models.protocols import ReadRequest
from neuraldb.models.registry import Models
from neuraldb.operators.logistic import logistic
from neuraldb.operators.relation_binding import PROPOSED, READ, WEIGHTS, Candidate, Sample, bound, judged
from neuraldb.operators.relation_vectors import relation_vectors
from neuraldb.operators.spj import LIKELY, found
from neuraldb.stores.derivations import Derivation
from neuraldb.training.relation_names import PROPERTIES

CHANCES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
COSINES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_PHRASE = re.compile(r"\[X\],?\s+([^\[\]]+?)\s+\[Y\]\s*\.?")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation: its stored name, other phrases for it, and sentences with the names of both ends."""

    name: str
    phrases: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A phrase that was asked for, the names of the relations that have it, and how the stored ones were judged."""

    phrase: str
    right: frozenset[str]
    candidates: tuple[Candidate, ...]


def relations(corpora: Path, seed: int) -> list[Relation]:
    """PARAREL's relations, each with a sample of facts.

    Raises:
        ImportFailed: PARAREL is not among the corpora.
    """
    source = corpora / "pararel" / "pararel.tar.gz"
    if not source.exists():
        raise ImportFailed(f"there is no {source}", hint="docs/models.md says where the corpora come from")
    rng = random.Random(seed)
    out = []
    with tarfile.open(source) as archive:
        lines = {
            name: [json.loads(line) for line in io.TextIOWrapper(file, "utf-8")]
            for name in archive.getnames()
            if name.endswith(".jsonl") and (file := archive.extractfile(name)) is not None
        }
    for path in sorted(name for name in lines if "graphs_json" in name):
        code = Path(path).stem
        patterns = [row["pattern"] for row in lines[path]]
        told = next(rows for name, rows in lines.items() if "graphs_json" not in name and Path(name).stem == code)
        facts = []
        for row in rng.sample(told, READ):
            text = rng.choice(patterns).replace("[X]", row["sub_label"]).replace("[Y]", row["obj_label"]).strip(" .")
            facts.append((f"{text[0].upper()}{text[1:]}.", row["sub_label"], row["obj_label"]))
        phrases = [m[1] for p in patterns if (m := _PHRASE.fullmatch(p.strip()))]
        others = [p for p in dict.fromkeys(phrases) if relation_key(p) != relation_key(PROPERTIES[code])]
        out.append(Relation(PROPERTIES[code], tuple(others), tuple(facts)))
    return out


def ask(stored: Sequence[Relation], models: Models) -> list[Asked]:
    """How every phrase of the relations is judged."""
    names = [relation.name for relation in stored]
    numbered = [[(READ * i + k, *fact) for k, fact in enumerate(r.facts)] for i, r in enumerate(stored)]
    texts = {id: text for facts in numbered for id, text, _, _ in facts}
    samples = {
        relation.name: [Sample(id, subject, object_) for id, _, subject, object_ in facts]
        for relation, facts in zip(stored, numbered, strict=True)
    }
    phrases = sorted({p for relation in stored for p in relation.phrases})
    cosines = relation_vectors(phrases, models) @ relation_vectors(names, models).T
    out = []
    for phrase, row in zip(phrases, cosines, strict=True):
        near = [(names[i], float(row[i])) for i in np.argsort(-row, kind="stable")[:PROPOSED]]
        found = judged(phrase, near, samples, lambda ids: {i: texts[i] for i in ids}, lambda n, t: _pairs(n, t, models))
        right = frozenset(r.name for r in stored if phrase in r.phrases)
        out.append(Asked(phrase, right, tuple(found)))
    return out


def _pairs(name: str, texts: Mapping[int, str], models: Models) -> list[Derivation]:
    """What the reader finds for a name, as operators read it."""
    said = models.read([ReadRequest(name, (text,), "pair") for text in texts.values()], CancelToken())
    every = [d for id, reading in zip(texts, said, strict=True) for d in found(id, reading)]
    return [d for d in every if d.confidence >= LIKELY["pair"] and d.key_span != d.value_span]


def fitted(asked: Iterable[Asked]) -> tuple[float, float, float]:
    """The :data:`~neuraldb.operators.relation_binding.WEIGHTS` that fit the judgements best, by logistic regression."""
    rows = [(c.cosine, c.agreement or 0.0, 1.0, c.label in a.right) for a in asked for c in a.candidates]
    given = np.array([row[:3] for row in rows])
    weights = logistic(given, np.array([row[3] for row in rows]), np.full(3, 1e-3))
    nearness, agreed, constant = weights.tolist()
    return nearness, agreed, constant


def table(asked: Sequence[Asked], threshold: Iterable[float], score: Callable[[Candidate], float]) -> list[str]:
    """Lines of precision and recall over pairs of a phrase and a stored relation, by threshold."""
    total = sum(len(a.right) for a in asked)
    out = []
    for least in threshold:
        bound_pairs = [c.label in a.right for a in asked for c in a.candidates if score(c) >= least]
        right = sum(bound_pairs)
        precision = right / len(bound_pairs) if bound_pairs else math.nan
        out.append(f"{least:>9.1f}  {precision:>9.3f}  {right / total:>6.3f}  {len(bound_pairs):>5}")
    return out


def run(corpora: Path, seed: int = 0) -> str:
    """The tables: by the cosine of the names alone, by the chance that binding goes by, and what is bound at last."""
    stored = relations(corpora, seed)
    asked = ask(stored, Models())
    first = {r.name for r in stored[::2]}
    seen = [a for a in asked if a.right <= first]
    unseen = [a for a in asked if not a.right & first]
    header = "threshold  precision  recall  bound"
    lines = [
        f"{len(stored)} relations, {len(asked)} phrases; weights fit to every second relation: "
        + ", ".join(f"{w:.2f}" for w in fitted(seen))
        + f" (in use: {', '.join(f'{w:.2f}' for w in WEIGHTS)})",
        "",
        f"the {len(unseen)} phrases of the other relations, by the cosine of the names",
        header,
        *table(unseen, COSINES, lambda c: c.cosine),
        "",
        "by the chance that the relation is meant (cosine, and agreement of the reader)",
        header,
        *table(unseen, CHANCES, lambda c: c.chance),
        "",
        *_in_the_end(unseen, {r.name: [i] for i, r in enumerate(stored)}),
    ]
    return "\n".join(lines)


def _in_the_end(asked: Sequence[Asked], ids: Mapping[str, Sequence[int]]) -> list[str]:
    names = {i: name for name, of in ids.items() for i in of}
    made = [(a, bound(a.candidates, ids, lambda *_: 0.0)) for a in asked]
    known = [(a, b) for a, b in made if b is not None]
    ambiguous = sum(bool(b.ambiguous) for _, b in known)
    pairs = [names[i] in a.right for a, b in known if not b.ambiguous for i in b.ids]
    right = sum(any(names[i] in a.right for i in b.ids) for a, b in known if not b.ambiguous)
    return [
        f"bound: {len(known) - ambiguous} phrases, {right} of them to a right relation; "
        f"of the relations that were bound {sum(pairs)} of {len(pairs)} are right",
        f"ambiguous: {ambiguous}; left to the reader: {len(made) - len(known)}",
    ]
