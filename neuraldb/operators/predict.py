"""Predict: the stored and the likely edges of a relation, joined to what is bound already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from neuraldb.operators.context import Context, EdgeUsed, neural
from neuraldb.operators.predicted import Predictions, predictions
from neuraldb.operators.prediction_notes import unknown
from neuraldb.operators.tables import table
from neuraldb.plan.graph_nodes import TermConstant, Variable
from neuraldb.plan.nodes import Node
from neuraldb.plan.predict_nodes import Candidates, Noted, Predict
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE

OPEN = 1_000
"""Things that a variable which nothing binds may stand for besides those that have such edges."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A stored or predicted edge, its ends ids of terms, with its facts (or the number that stands for it)."""

    subject: int
    object: int
    evidence: tuple[int, ...]
    confidence: float


@neural(Predict)
def predict(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows with each edge that fits."""
    assert isinstance(node, Predict)
    (rows,) = children
    given = {name: rows.column(name).to_pylist() for name in rows.column_names}
    finder = EdgeFinder(node.relation, node.least, predictions(context), context)
    columns: dict[str, list[object]] = {c.name: [] for c in node.columns}
    evidence: list[list[int]] = []
    confidence: list[float] = []
    for place in range(rows.num_rows):
        context.token.check()
        row = {name: values[place] for name, values in given.items()}
        subjects, objects = (_ids(end, row) for end in node.ends)
        for edge in finder.edges(subjects, objects):
            bound = dict(row)
            if not all(
                _binds(end, term, bound) for end, term in zip(node.ends, (edge.subject, edge.object), strict=True)
            ):
                continue
            for name, values in columns.items():
                values.append(bound[name])
            evidence.append(sorted({*row.get(EVIDENCE, ()), *edge.evidence}))
            confidence.append(row.get(CONFIDENCE, 1.0) * edge.confidence)
    context.notes.update(dict.fromkeys(finder.notes()))
    return table(node.columns, list(columns.values()), evidence, confidence)


@neural(Candidates)
def candidates(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Each row of the child with each candidate."""
    assert isinstance(node, Candidates)
    (rows,) = children
    known = predictions(context)
    found = [_candidates(relation, inverse, known, context) for relation, inverse in node.edges]
    terms = [term for term in found[0] if all(term in others for others in found[1:])]
    places = [place for place in range(rows.num_rows) for _ in terms]
    made = rows.take(pa.array(places, pa.int64()))
    column = pa.array(terms * rows.num_rows, pa.int64())
    return made.add_column(len(node.child.columns), node.variable.name, column)


def _candidates(relation: TermConstant, inverse: bool, known: Predictions, context: Context) -> dict[int, None]:
    """What is at one end of edges that are stored, all of it, and things of that kind, up to :data:`OPEN`."""
    end = "object" if inverse else "subject"
    rows = context.stores.database.rows(
        f"""SELECT DISTINCT {end} FROM store.triples WHERE recorded_to IS NULL AND list_contains(?, relation)
            ORDER BY {end}""",
        [list(relation.ids)],
    )
    found = dict.fromkeys(term for (term,) in rows)
    for number in (n for r in known.relation_numbers(relation.ids) for n in known.alike(r, inverse)):
        if len(found) >= OPEN:
            break
        found.setdefault(int(known.entities[number]))
    return found


@neural(Noted)
def noted(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows; the note goes to the result."""
    assert isinstance(node, Noted)
    context.notes[node.note] = None
    return children[0]


def _ids(end: Variable | TermConstant, row: dict[str, object]) -> tuple[int, ...] | None:
    """The terms that an end is known to be; None where it is open."""
    if isinstance(end, TermConstant):
        return end.ids
    value = row.get(end.name)
    return None if value is None else (int(str(value)),)


def _binds(end: Variable | TermConstant, term: int, row: dict[str, object]) -> bool:
    """Enter an end of an edge into a row, if it does not have another one there."""
    if isinstance(end, TermConstant):
        return term in end.ids
    if row.get(end.name) is None:
        row[end.name] = term
    return row[end.name] == term


class EdgeFinder:
    """Finds stored and predicted edges of one relation, each pair of ends once.

    Args:
        relation: the relation.
        least: the chance from which on an edge is predicted.
        known: the predictions.
        context: of the statement.
    """

    def __init__(self, relation: TermConstant, least: float, known: Predictions, context: Context) -> None:
        self._relation, self._least, self._known, self._context = relation, least, known, context
        self._found: dict[tuple[tuple[int, ...] | None, tuple[int, ...] | None], list[Edge]] = {}
        self._fruitless: dict[int, None] = {}
        self._likely: dict[tuple[int, int, bool], list[tuple[int, float]]] = {}

    def edges(self, subjects: tuple[int, ...] | None, objects: tuple[int, ...] | None) -> list[Edge]:
        """Stored edges first, then predicted ones, the likeliest first."""
        key = subjects, objects
        if key not in self._found:
            stored = self._stored(subjects, objects)
            there = {(e.subject, e.object) for e in stored}
            best: dict[tuple[int, int], float] = {}
            for subject, object, chance in self._predicted(subjects, objects):
                if (subject, object) not in there:
                    best[subject, object] = max(chance, best.get((subject, object), 0.0))
            order = sorted(best.items(), key=lambda item: (-item[1], item[0]))
            predicted = [Edge(s, o, (self._numbered(s, o, chance, True),), chance) for (s, o), chance in order]
            self._found[key] = stored + predicted
            if not predicted:
                self._fruitless.update(dict.fromkeys((*(subjects or ()), *(objects or ()))))
        return self._found[key]

    def notes(self) -> list[str]:
        """What the predictor does not know, where it predicted nothing."""
        return unknown(self._relation, list(self._fruitless), self._known, self._context)

    def _numbered(self, subject: int, object: int, chance: float, predicted: bool) -> int:
        return self._context.edge_id(EdgeUsed((subject, self._relation.ids[0], object), chance, predicted))

    def _stored(self, subjects: tuple[int, ...] | None, objects: tuple[int, ...] | None) -> list[Edge]:
        conditions = ["recorded_to IS NULL", "list_contains(?, relation)"]
        parameters = [list(self._relation.ids)]
        for column, ids in (("subject", subjects), ("object", objects)):
            if ids is not None:
                conditions.append(f"list_contains(?, {column})")
                parameters.append(list(ids))
        found = self._context.stores.database.rows(
            f"""SELECT subject, object, list(DISTINCT fact ORDER BY fact) FILTER (fact IS NOT NULL),
                       1.0 - product(1.0 - confidence::DOUBLE)
                FROM store.triples WHERE {" AND ".join(conditions)}
                GROUP BY subject, object ORDER BY subject, object""",
            parameters,
        )
        return [
            Edge(s, o, tuple(facts or (self._numbered(s, o, 1.0, False),)), float(sure)) for s, o, facts, sure in found
        ]

    def _predicted(
        self, subjects: tuple[int, ...] | None, objects: tuple[int, ...] | None
    ) -> Iterator[tuple[int, int, float]]:
        """Subject, object and chance of edges that are not stored."""
        for relation in self._known.relation_numbers(self._relation.ids):
            if subjects is not None:
                yield from ((s, o, chance) for s, o, chance in self._from(subjects, relation, False, objects))
            if objects is not None:
                yield from ((s, o, chance) for o, s, chance in self._from(objects, relation, True, subjects))

    def _from(
        self, near: tuple[int, ...], relation: int, inverse: bool, far: tuple[int, ...] | None
    ) -> Iterator[tuple[int, int, float]]:
        wanted = None if far is None else set(far)
        for term in near:
            number = self._known.number(term)
            if number is None:
                continue
            key = number, relation, inverse
            if key not in self._likely:
                self._context.counters.count("links", 1)
                self._likely[key] = self._known.likely(number, relation, inverse, self._least)
            for other, chance in self._likely[key]:
                end = int(self._known.entities[other])
                if wanted is None or end in wanted:
                    yield term, end, chance
