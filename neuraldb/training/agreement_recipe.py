"""Fits the agreement model: questions over made-up databases, read by the shipped reader, with the answers known.

The databases are of the domains that the reader was not trained on, so that its confidences are those that it has of
new things; facts of other domains are told beside them.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.text import normalise
from neuraldb.models.agreement import FEATURES, Candidate, features
from neuraldb.models.registry import Models
from neuraldb.operators.agreement import candidates_of
from neuraldb.operators.context import Context
from neuraldb.operators.retrieve import candidates
from neuraldb.operators.spj import LIKELY, contest, read_all, sound
from neuraldb.session import Session
from neuraldb.stores.derivations import Derivation
from neuraldb.stores.facts import NewFact
from neuraldb.training.composition import sample
from neuraldb.training.derivations import attribute_queries, derive, mode_of
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText, write_facts
from neuraldb.training.texts import write_texts
from neuraldb.training.vocabulary import Domain, load_lexicon
from neuraldb.training.worlds import World, make_world

HELD_OUT = ("medicine", "events", "infrastructure")
RIDGE = 0.3
"""Weight of the squares of the logistic model's weights."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers of one question.

    Attributes:
        mode: how the reader was asked.
        rows: features (n, f) float64, a row an answer.
        right: whether it is right, (n,).
        ruled: whether the rule without the model (a threshold and a contest) keeps it, (n,).
        wanted: how many right answers there are.
    """

    mode: str
    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    ruled: NDArray[np.bool_]
    wanted: int


def told(domain: Domain, rng: random.Random) -> tuple[World, list[FactText]]:
    """A world that is told once to three times over, in other words each time, as people's notes are."""
    world = make_world(domain, rng, size=rng.choice((5, 7, 9)))
    facts = list(write_texts(world, rng, 60))
    for _ in range(rng.choice((1, 2, 3))):
        facts += write_facts(world, rng)
    return world, facts


def judged(
    domains: Sequence[Domain], others: Sequence[Domain], models: Models, rng: random.Random, queries: int
) -> Iterator[Judged]:
    """The questions of one made-up database."""
    worlds = [told(domain, rng) for domain in domains]
    beside = [fact for domain in rng.sample(list(others), k=3) for fact in told(domain, rng)[1]]
    facts = [fact for _, some in worlds for fact in some] + beside
    rng.shuffle(facts)
    session = Session(":memory:", models=models)
    ids = [added.id for added in session.add([NewFact(fact.text) for fact in facts])]
    text_of = dict(zip(ids, facts, strict=True))
    context = Context(session.stores, models)
    for world, own in worlds:
        mine = {id(fact) for fact in own}
        asked = [*attribute_queries(world, rng), *(q for _ in range(queries) if (q := sample(world, rng)))]
        for query in asked:
            mode = mode_of(query.type, query.op)
            if query.target is not None and mode != "verdict":
                known = {i: f for i, f in text_of.items() if id(f) in mine}
                yield from _judge(query, mode, known, context)
    session.close()


def _judge(query: Query, mode: str, facts: dict[int, FactText], context: Context) -> Iterator[Judged]:
    """The question as it stands, and as one that nothing answers: without the facts that do."""
    assert query.target is not None
    anchors = tuple(query.phrase.text[a:b] for a, b in query.phrase.spans("entity"))
    ids, _ = candidates(query.phrase.text, anchors, None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    gold = {i: _answers(query, fact) for i, fact in facts.items()}
    derived = sound(read_all(query.phrase.text, mode, readings, context), mode, anchors, context)
    nouns = [query.phrase.text[a:b] for a, b in query.phrase.spans("class")]
    noun = nouns[0] if nouns else ""
    yield _weighed(derived, mode, readings, gold, bool(anchors), noun, context)
    silent = {i: text for i, text in readings.items() if not gold.get(i)}
    if len(silent) < len(readings):
        left = [d for d in derived if d.fact in silent]
        yield _weighed(left, mode, silent, {}, bool(anchors), noun, context)


def _weighed(
    derived: Sequence[Derivation],
    mode: str,
    readings: Mapping[int, str],
    gold: Mapping[int, set[tuple[str, str]]],
    named: bool,
    noun: str,
    context: Context,
) -> Judged:
    found = candidates_of(derived, readings, noun, context)
    answers, rows = features(found, named)
    given: dict[Hashable, list[Candidate]] = {}
    for candidate in found:
        given.setdefault(candidate.answer, []).append(candidate)
    right = [any(c.answer in gold.get(c.fact, set()) for c in given[a]) for a in answers]
    wanted = {answer for some in gold.values() for answer in some}
    likely = [i for i, d in enumerate(derived) if d.confidence >= LIKELY[mode]]
    kept = {found[likely[i]].answer for i in contest([derived[i] for i in likely], mode)}
    ruled = [answer in kept for answer in answers]
    return Judged(mode, rows, np.array(right, dtype=bool), np.array(ruled, dtype=bool), len(wanted))


def _answers(query: Query, fact: FactText) -> set[tuple[str, str]]:
    """The answers that a fact gives, folded: (key, value), the value empty for answers without one."""
    assert query.target is not None
    _, pairs = derive(query.target, fact)
    out = set()
    for (_, a, b), values in pairs:
        key = normalise(fact.text[a:b])
        out |= {(key, normalise(fact.text[c:d])) for _, c, d in values} or {(key, "")}
    return out


def fit(rows: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic regression by Newton's method; the first weight, the constant, is not shrunk."""
    weights = np.zeros(rows.shape[1])
    ridge = np.diag([0.0, *[RIDGE] * (rows.shape[1] - 1)])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-(rows @ weights)))
        gradient = rows.T @ (p - right) + ridge @ weights
        hessian = (rows * (p * (1 - p))[:, None]).T @ rows + ridge + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def run(weights: Path, databases: int = 8, queries: int = 40, seed: int = 3) -> dict[str, float]:
    """Fit on most of the databases, measure on the others, save; figures in percent."""
    rng, models = random.Random(seed), Models()
    lexicon = load_lexicon()
    unseen = [d for d in lexicon if d.name in HELD_OUT]
    others = [d for d in lexicon if d.name not in HELD_OUT]
    made: list[list[Judged]] = []
    for number in range(databases):
        made.append(list(judged(unseen, others, models, rng, queries)))
        print(f"database {number + 1} of {databases}: {len(made[-1])} questions", file=sys.stderr)
    figures: dict[str, float] = {}
    fitted = {}
    for mode in ("answer", "pair"):
        cut = max(1, databases * 3 // 4)
        training, held_out = ([j for some in part for j in some if j.mode == mode] for part in (made[:cut], made[cut:]))
        own = _fitted(training)
        if held_out:
            figures |= {f"{mode} {name}": value for name, value in measured(held_out, own).items()}
            exact = [one.wanted == one.ruled.sum() == (one.ruled & one.right).sum() for one in held_out]
            figures[f"{mode} exact by the rule"] = 100 * float(np.mean(exact))
        fitted[mode] = [round(float(w), 5) for w in _fitted([*training, *held_out])]
    card = {
        "reader": models.reader.name,
        "features": list(FEATURES),
        "weights": fitted,
        "figures": figures,
        "held out": list(HELD_OUT),
    }
    weights.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return figures


def _fitted(some: Sequence[Judged]) -> NDArray[np.float64]:
    return fit(np.concatenate([j.rows for j in some]), np.concatenate([j.right for j in some]))


def measured(some: Sequence[Judged], weights: NDArray[np.float64], least: float = 0.5) -> dict[str, float]:
    """Of questions, how many are answered exactly; precision and recall of answers; calibration error, in percent."""
    exact, kept_right, kept, wanted = 0, 0, 0, 0
    sure, hits = [], []
    for one in some:
        p = 1.0 / (1.0 + np.exp(-(one.rows @ weights))) if len(one.rows) else np.zeros(0)
        keep = p >= least
        sure.append(p[keep])
        hits.append(one.right[keep])
        good = int(one.right[keep].sum())
        exact += good == one.wanted and int(keep.sum()) == good
        kept_right, kept, wanted = kept_right + good, kept + int(keep.sum()), wanted + one.wanted
    p, right = np.concatenate(sure), np.concatenate(hits)
    bins = np.minimum((p * 10).astype(int), 9)
    error = sum(abs(p[bins == b].sum() - right[bins == b].sum()) for b in range(10)) / max(len(p), 1)
    return {
        "exact": 100 * exact / len(some),
        "precision": 100 * kept_right / max(kept, 1),
        "recall": 100 * kept_right / max(wanted, 1),
        "calibration error": 100 * float(error),
    }
