"""All stores of one database together, and the questions that need several of them."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from neuraldb.core.accuracy import Accuracy
from neuraldb.core.text import mentions, normalise, tokens_for_search
from neuraldb.stores.adjacency import AdjacencyStore
from neuraldb.stores.arrays import Ids
from neuraldb.stores.bindings import BindingStore
from neuraldb.stores.database import Database
from neuraldb.stores.derivations import Derivation, DerivationStore
from neuraldb.stores.embeddings import EmbeddingStore
from neuraldb.stores.entities import EntityStore
from neuraldb.stores.facts import Fact, FactStore
from neuraldb.stores.graph import GraphStore
from neuraldb.stores.judgements import JudgementStore
from neuraldb.stores.lexical import LexicalIndex
from neuraldb.stores.links import LinkStore
from neuraldb.stores.relations import RelationStore
from neuraldb.stores.views import ViewStore

SEARCHED = 64
"""Facts with all words of a phrase in which the phrase itself is looked for."""
_NAME = re.compile(r"(?:the |an? )?[^\W_a-z]")
REMEMBERED = 256
"""Queries whose derivations are kept in memory; the file keeps more."""
Read: TypeAlias = dict[int, tuple[str, list[Derivation]]]
"""What was read of facts, and what was found in it."""


class Stores:
    """Facts, vectors, words, names, triples and derivations of a database.

    Args:
        database: the open file.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.facts = FactStore(database)
        self.lexical = LexicalIndex(database)
        self.graph = GraphStore(database)
        self.relations = RelationStore(database)
        self.adjacency = AdjacencyStore(database)
        self.entities = EntityStore(database)
        self.derivations = DerivationStore(database)
        self.judgements = JudgementStore(database)
        self.links = LinkStore(database)
        self.bindings = BindingStore(database)
        self.views = ViewStore(database)
        self.accuracy = Accuracy()
        """What this session has set for semantic filters."""
        self.predictions: object | None = None
        """What foretells missing edges, of one version of the database: made and kept by the operators."""
        self._embeddings: dict[str, EmbeddingStore] = {}
        self._remembering = threading.Lock()
        self._fresh: OrderedDict[tuple[str, str], Read] = OrderedDict()
        self._unsaved: set[tuple[str, str, int]] = set()

    def embeddings(self, model: str, width: int) -> EmbeddingStore:
        """The vectors of one encoder."""
        if model not in self._embeddings:
            self._embeddings[model] = EmbeddingStore(self.database, model, width)
        return self._embeddings[model]

    def readings(self, ids: Sequence[int]) -> dict[int, Fact]:
        """The facts with these ids; what models read of each is its ``reading``."""
        return {fact.id: fact for fact in self.facts.get(ids)}

    def mentioning(self, name: str) -> Ids:
        """The current facts that mention an entity of this name, under whatever alias."""
        terms = self.entities.aliases.terms(normalise(name))
        return self.graph.facts_mentioning(terms) if terms else np.empty(0, dtype=np.int64)

    def holds(self, name: str) -> bool:
        """Whether this is the name of something: of an entity, or a capitalised phrase that stands so in a fact."""
        key = normalise(name)
        if not key:
            return False
        if self.entities.aliases.terms(key):
            return True
        if not _NAME.match(name):
            return False
        near = self.lexical.containing(tokens_for_search(name))[:SEARCHED].tolist()
        return any(mentions(fact.text, name) for fact in self.facts.get(near))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where names of entities stand in a text (start and end in characters), the longest, none overlapping."""
        return [(found.start, found.end) for found in self.entities.aliases.find(text)]

    def identities(self, surfaces: Iterable[str]) -> dict[str, str]:
        """For each surface form a key that is the same for all names of one entity."""
        keys = {surface: normalise(surface) for surface in surfaces}
        identity = self.entities.aliases.identity
        known = {key: term for key in set(keys.values()) if (term := identity(key)) is not None}
        wanted = sorted(set(known.values()))
        names = dict(zip(wanted, self.graph.terms(wanted), strict=True)) if wanted else {}
        named = {key: normalise(names[term].text) for key, term in known.items()}
        return {surface: named.get(key, key) for surface, key in keys.items()}

    def chosen_names(self, keys: Iterable[str]) -> dict[str, str]:
        """For keys of :meth:`identities` the names that somebody has said entities go by; others are left out."""
        entities = self.entities
        known = {key: term for key in keys if (term := entities.aliases.identity(key)) is not None}
        said = {key: term for key, term in known.items() if entities.merges.index.renamed(term)}
        return {key: found.text for key, found in zip(said, self.graph.terms(list(said.values())), strict=True)}

    # ----------------------------------------------------------------------------------------------- derivations

    def derived(
        self, model: str, query: str, readings: Mapping[int, str]
    ) -> tuple[dict[int, list[Derivation]], list[int]]:
        """What the reader is known to find for a query, by fact; and the facts that it has not read for it.

        Args:
            model: name and version of the reader.
            query: stands for the query.
            readings: what would be read of each fact; the id of a fact that was rolled back may come again.
        """
        fresh = self._fresh.get((model, query), {})
        found = {fact: fresh[fact][1] for fact, text in readings.items() if fact in fresh and fresh[fact][0] == text}
        rest = [fact for fact in readings if fact not in found]
        if rest:
            stored, missing = self.derivations.known(model, query, rest)
            found |= {fact: [] for fact in set(rest) - set(missing)}
            for derivation in stored:
                found[derivation.fact].append(derivation)
            rest = missing
        return found, rest

    def remember(self, model: str, query: str, read: Mapping[int, tuple[str, list[Derivation]]]) -> None:
        """Keep what a reader found in facts' readings; :meth:`save_derivations` writes it to the file."""
        with self._remembering:
            self._fresh.setdefault((model, query), {}).update(read)
            self._fresh.move_to_end((model, query))
            self._unsaved |= {(model, query, fact) for fact in read}

    def save_derivations(self) -> None:
        """Write what was remembered since the last time; not in the middle of somebody's transaction."""
        self.judgements.save()
        if self.database.read_only or self.database.in_transaction or not self._unsaved:
            return
        with self._remembering:
            unsaved, self._unsaved = self._unsaved, set()
            read = {(model, query): dict(self._fresh.get((model, query), {})) for model, query, _ in unsaved}
            while len(self._fresh) > REMEMBERED:
                self._fresh.popitem(last=False)
        try:
            self._save(unsaved, read)
        except BaseException:
            with self._remembering:
                self._unsaved |= unsaved
            raise

    def _save(self, unsaved: set[tuple[str, str, int]], read: Mapping[tuple[str, str], Read]) -> None:
        by_query: dict[tuple[str, str], list[int]] = {}
        for model, query, fact in sorted(unsaved):
            by_query.setdefault((model, query), []).append(fact)
        wanted = sorted({fact for _, _, fact in unsaved})
        with self.database.transaction():
            # a fact may have been forgotten since, or never have been if its transaction was rolled back
            current = dict(zip(wanted, self.facts.readings(wanted), strict=True))
            for (model, query), facts in by_query.items():
                found = read[model, query]
                kept = [fact for fact in facts if fact in found and found[fact][0] == current[fact]]
                self.derivations.put(model, query, kept, [d for fact in kept for d in found[fact][1]])
