"""Predicted edges of a database: its newest predictor over its edges as they are now."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neuraldb.models.analogy import Analogy
from neuraldb.models.protocols import LinkPredictor
from neuraldb.operators.complex_queries import PREDICTED, StoredEdges, log_sum_exp
from neuraldb.operators.context import Context
from neuraldb.stores.links import StoredPredictor

if TYPE_CHECKING:
    from neuraldb.models.rules import Because, RuleSet

NAMED_AT_MOST = 20_000
"""Entities without facts whose names are encoded, for a database that has no trained predictor."""

SMALL = 300
"""Entities up to which edges are predicted from both of their ends, and all chances of a relation are kept."""


@dataclass(frozen=True)
class Predictions:
    """A predictor whose numbers are those of terms.

    Attributes:
        version: of the database.
        entities: ids of terms, int64 (e,), by number.
        relations: likewise.
        stored: the edges there are, in numbers.
        predictor: scores those there are not.
        trained: how many of the entities the predictor has learned of, the first ones; by analogy all.
        trained_relations: likewise.
    """

    version: int
    entities: NDArray[np.int64]
    relations: NDArray[np.int64]
    stored: StoredEdges
    predictor: LinkPredictor
    trained: int
    trained_relations: int
    _numbers: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    _matrices: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def number(self, term: int) -> int | None:
        """The number of an entity; None where no edge has it."""
        if not self._numbers:
            self._numbers.update((int(t), n) for n, t in enumerate(self.entities))
        return self._numbers.get(term)

    def relation_numbers(self, terms: tuple[int, ...]) -> list[int]:
        """The numbers of relations that have edges or vectors."""
        return np.flatnonzero(np.isin(self.relations, np.array(terms, np.int64))).tolist()

    def alike(self, relation: int, inverse: bool) -> list[int]:
        """The entities that may have edges of a relation: those that share a kind of edge with half of who has one."""
        starts, _ = self.stored.edges(relation, inverse)
        own = np.unique(starts)
        found = set(own.tolist())
        for other in self.stored.by_relation:
            for back in (False, True):
                near = np.unique(self.stored.edges(other, back)[0])
                if (other, back) != (relation, inverse) and 2 * np.isin(own, near).sum() >= len(own):
                    found.update(near.tolist())
        return sorted(found) if len(own) else []

    @property
    def rules(self) -> RuleSet | None:
        """The rules of the predictor; None where it has none."""
        if isinstance(self.predictor, Analogy):
            return None
        from neuraldb.models.mixture import Mixture
        from neuraldb.models.rules import RuleSet  # scipy comes with it

        rules = self.predictor.rules if isinstance(self.predictor, Mixture) else self.predictor
        return rules if isinstance(rules, RuleSet) else None

    def because(self, subject: int, relation: int, object: int) -> list[Because]:
        """The rules that speak for an edge between terms, the surest first; none where no rules were mined."""
        rules = self.rules
        near, far = self.number(subject), self.number(object)
        if rules is None or near is None or far is None:
            return []
        found = [b for r in self.relation_numbers((relation,)) for b in rules.because(near, r, far)]
        return sorted(found, key=lambda b: -b.confidence)

    def likely(self, near: int, relation: int, inverse: bool, least: float) -> list[tuple[int, float]]:
        """Edges that are not stored, from one end of the number ``near``: the other end and the chance, best first.

        In a small graph the chance is the greater one of the two directions', so that it is the same from either end.
        """
        if (both := self._both_ways(relation)) is not None:
            chances = both[:, near] if inverse else both[near]
        else:
            chances = self._chances(np.array([near]), relation, inverse)[0]
        found = np.flatnonzero((chances >= least) & (chances > 0))
        order = found[np.lexsort((found, -chances[found]))]
        return [(int(n), float(min(chances[n], PREDICTED))) for n in order if n != near]

    def _both_ways(self, relation: int) -> NDArray[np.float32] | None:
        """The chance of each edge in its likelier direction, (subjects, objects); None in a graph that is not small."""
        every = np.arange(len(self.entities))
        if len(every) > SMALL:
            return None
        if relation not in self._matrices:
            forward, backward = (self._chances(every, relation, inverse) for inverse in (False, True))
            self._matrices[relation] = np.maximum(forward, backward.T)
        return self._matrices[relation]

    def _chances(self, near: NDArray[np.int64], relation: int, inverse: bool) -> NDArray[np.float32]:
        """How likely each entity is the other end of an edge from each of ``near``, (near, entities); 0 if stored.

        By analogy chances are what they are, and so they are by rules, which alone serve what came after the training.
        Of other predictors a row's scores become chances by softmax, times how many edges are stored: as many again
        are expected (Bai et al. 2023, section 3.2), and one where none is; in a small graph only where one may be.
        """
        starts, ends = self.stored.edges(relation, inverse)
        places = np.full(len(self.entities), -1)
        places[near] = np.arange(len(near))
        there = places[starts] >= 0
        chances = np.zeros((len(near), len(self.entities)), np.float32)
        if isinstance(self.predictor, Analogy):
            for row, one in enumerate(near):
                chances[row] = self.predictor.chances(int(one), relation, inverse)
        elif relation < self.trained_relations:
            rules = self.rules
            alone = (near >= self.trained) | (rules is self.predictor)
            if rules is not None and alone.any():
                chances[alone] = rules.rows(near[alone], relation, inverse)
            if not alone.all():
                scores = self.predictor.rows(near[~alone], relation, inverse)
                expected = np.bincount(places[starts[there]], minlength=len(near))[~alone]
                expected[(expected == 0) & self._may_begin(near[~alone], relation, inverse)] = 1
                chances[~alone] = np.exp(scores - log_sum_exp(scores)[:, None]) * expected[:, None]
        chances[places[starts[there]], ends[there]] = 0.0
        return chances

    def _may_begin(self, near: NDArray[np.int64], relation: int, inverse: bool) -> NDArray[np.bool_]:
        """Whether edges may begin at each of ``near``; of a graph that is not small it takes too long to find out."""
        if len(self.entities) > SMALL:
            return np.ones(len(near), np.bool_)
        return np.isin(near, self.alike(relation, inverse))


def predictions(context: Context) -> Predictions:
    """The predictions of the database as it is now; made once for each change."""
    stores = context.stores
    links = stores.links.links()
    known = stores.predictions
    if isinstance(known, Predictions) and known.version == links.version:
        return known
    trained = stores.links.newest()
    old_entities = trained.entities if trained else np.zeros(0, np.int64)
    old_relations = trained.relations if trained else np.zeros(0, np.int64)
    entities = extended(old_entities, np.unique(links.triples[:, [0, 2]]))
    relations = extended(old_relations, np.unique(links.triples[:, 1]))
    triples = np.stack(
        [
            places(links.triples[:, 0], entities),
            places(links.triples[:, 1], relations),
            places(links.triples[:, 2], entities),
        ],
        axis=1,
    )
    stored = StoredEdges.of(triples, len(entities))
    if trained is None:
        predictor: LinkPredictor = _analogy(entities, stored, context)
    else:
        predictor = _trained(trained, triples, len(entities))
    learned = (len(entities), len(relations)) if trained is None else (len(old_entities), len(old_relations))
    made = Predictions(links.version, entities, relations, stored, predictor, *learned)
    stores.predictions = made
    return made


def extended(first: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first ids, and after them those of the others that are not among them."""
    return np.concatenate([first, np.setdiff1d(others, first)])


def places(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each id stands among distinct ones, which have them all."""
    order = np.argsort(among)
    found: NDArray[np.int64] = order[np.searchsorted(among, ids, sorter=order)]
    return found


def _trained(trained: StoredPredictor, triples: NDArray[np.int64], entities: int) -> LinkPredictor:
    from neuraldb.models.factorisation import Factorisation
    from neuraldb.models.link_files import LinkModel, rules_of
    from neuraldb.models.mixture import Weights

    card = json.loads(trained.card)
    factors = None
    if trained.vectors:
        entity, forward, backward = (trained.vectors[role] for role in ("entity", "forward", "backward"))
        factors = Factorisation("complex", entity, forward, backward, card)
    rules = rules_of(trained.rules) if trained.rules else None
    weights = Weights(**card.get("weights", {}))
    return LinkModel((), (), factors, rules, weights, card).predictor(triples, entities)


def _analogy(entities: NDArray[np.int64], stored: StoredEdges, context: Context) -> LinkPredictor:
    return Analogy(_vectors(entities, context), stored.by_relation)


def _vectors(entities: NDArray[np.int64], context: Context) -> NDArray[np.float32]:
    """Of each entity the mean of its facts' vectors, else its name's; of length 1, or 0 where nothing is known."""
    encoder = context.models.encoder
    total = np.zeros((len(entities), encoder.width), np.float32)
    rows = context.stores.database.query(
        """SELECT DISTINCT m.term, m.fact FROM store.mentions m JOIN store.facts f ON f.id = m.fact
           JOIN wanted w ON w.term = m.term WHERE f.recorded_to IS NULL ORDER BY ALL""",
        inputs={"wanted": pa.table({"term": pa.array(entities, pa.int64())})},
    )
    terms, facts = (np.asarray(column.to_numpy(), np.int64) for column in rows.columns)
    vectors = context.stores.embeddings(encoder.name, encoder.width)
    if len(facts):
        np.add.at(total, places(terms, entities), vectors.vectors(facts))
    empty = np.flatnonzero(~total.any(1))
    if 0 < len(empty) <= NAMED_AT_MOST:
        terms_of = context.stores.graph.terms(entities[empty].tolist())
        total[empty] = encoder.encode([term.text.rpartition("/")[2].replace("_", " ") for term in terms_of])
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(total, lengths, out=np.zeros_like(total), where=lengths > 0)
    return unit
