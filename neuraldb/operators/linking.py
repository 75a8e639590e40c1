"""Entity linking when facts are added: which entity each name in them means.

Exact names need no thought. A name that differs in case, accents or marks, has titles, or first names cut short to
initials is linked to the name that it must be a form of, as long as there is one only; when another one comes, the link
goes. What remains is decided by what stands beside the name: somebody of that surname who is named in full in the same
fact or is its subject, else whom the other things in the fact are known to belong to. Where that doesn't tell either,
the name stays apart. Vectors are never asked: ASR1603 and ASR1605 are near each other, and different.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from neuraldb.core.person_names import MANY, abbreviates, has_initials, longer_forms, longest, name_parts
from neuraldb.core.text import normalise
from neuraldb.models.protocols import Extraction
from neuraldb.stores.bundle import Stores
from neuraldb.stores.merges import Edge
from neuraldb.stores.terms import Alias

CONTEXT = 0.8
"""The confidence of a mention that was linked by what stands beside it."""
CLEAR = 2.0
"""So many times as much must speak for an entity as for any other that may be meant."""
OFTEN = 200
"""What is mentioned in more facts says nothing of whom it belongs to."""

Extracted = Sequence[tuple[int, Extraction]]
Names = Mapping[str, int]
"""The ids of the entities that are called as mentions are, by their texts."""


def link_names(names: Names, new: Iterable[int], stores: Stores) -> None:
    """Link names of which some are new to those that they must be forms of, and unlink what is no longer sure.

    Args:
        names: the names of the facts that are being added.
        new: the ids of those that were not there before.
        stores: of the database, in an open transaction.
    """
    fresh = set(new)
    keys = {normalise(text) for text, term in names.items() if term in fresh}
    index = stores.entities.merges.index
    wanted: dict[int, int | None] = {}
    for group in stores.entities.aliases.families(keys):
        wanted |= _forms(group)
    for text, term in names.items():
        if wanted.get(term) is None and (given := stores.entities.aliases.given(normalise(text)) - {term}):
            wanted[term] = min(given) if len(given) == 1 else None
    ended, begun = [], []
    for term, target in wanted.items():
        held = next((edge for edge in index.edges(term) if edge.kind in ("link", "merge")), None)
        if held is not None and (held.kind == "merge" or held.other == target):
            continue
        if held is not None:
            ended.append(held)
        if target is not None:
            begun.append(Edge("link", term, target))
    _apply(ended, begun, fresh, stores)


def _forms(family: Mapping[str, Mapping[int, str]]) -> dict[int, int | None]:
    """For each name of one family the id of the name that it is a form of; None where it is none, or not surely.

    The longest come first. A surname alone is never linked here: Houston is a town, too.
    """
    chief = {key: min(terms, key=lambda term: _plainness(terms[term])) for key, terms in family.items()}
    longer: Mapping[str, str] = {}
    if 1 < len(family) <= MANY:
        longer = longer_forms({key: family[key][chief[key]] for key in family})
    found: dict[int, int | None] = {}
    for key, terms in sorted(family.items(), key=lambda item: (-len(item[0]), item[0])):
        full = longest(key, longer) if " " in key else key
        for term, text in terms.items():
            if term != chief[key]:
                found[term] = chief[key] if text.islower() == terms[chief[key]].islower() else None
            else:
                found[term] = chief[full] if full != key else None
    return found


def _plainness(text: str) -> tuple[object, ...]:
    """Sorts first what is written as a name is: not in capitals only, not in small letters only, with its accents."""
    return text.isupper(), text.islower(), text.isascii(), -len(text), text


def _apply(ended: Sequence[Edge], begun: Sequence[Edge], fresh: set[int], stores: Stores) -> None:
    if not ended and not begun:
        return
    merges, moment = stores.entities.merges, stores.database.now()
    merges.end(ended, moment)
    into: dict[int, int] = {}

    def goal(term: int) -> int:
        at = merges.index.root(term)
        while at in into:
            at = merges.index.root(into[at])
        return at

    kept = []
    for edge in begun:
        end = goal(edge.other)
        apart = merges.index.apart_from(merges.index.one_with(edge.term))
        # by what was merged, its longer form may be called by a form; and what is kept apart must not meet elsewhere
        if end != edge.term and all(goal(term) != end for term in apart):
            into[edge.term] = edge.other
            kept.append(edge)
    merges.begin(kept, moment)
    told = {edge.term for edge in (*ended, *kept)} - fresh
    if told:
        merges.agree(told, moment)


# ----------------------------------------------------------------------------------------------------------- by context


def link_by_context(
    extracted: Extracted, names: Names, hints: Mapping[int, str], stores: Stores
) -> dict[tuple[int, int], int]:
    """For mentions (by fact and number) whose names do not tell it, the ids of the entities that they mean.

    Args:
        extracted: what the facts say.
        names: the ids of the names of their mentions.
        hints: whom facts are about, where they do not say so themselves.
        stores: of the database; the facts' mentions are not stored yet.
    """
    choices = _Choices(names, stores)
    open_mentions = [
        (fact, number, candidates)
        for fact, extraction in extracted
        for number, mention in enumerate(extraction.mentions)
        if mention.text in names and (candidates := choices.of(mention.text))
    ]
    if not open_mentions:
        return {}
    roots = stores.entities.merges.index.roots(names.values())
    beside: dict[int, set[int]] = defaultdict(set)
    for fact, extraction in extracted:
        beside[fact] = {roots[names[m.text]] for m in extraction.mentions if m.text in names}
        if fact in hints:
            beside[fact] |= set(stores.entities.aliases.meant(normalise(hints[fact])))
    everybody = {term for _, _, candidates in open_mentions for term in candidates}
    known = _neighbours(everybody, {o for fact, _, _ in open_mentions for o in beside[fact]}, beside, stores)
    found: dict[tuple[int, int], int] = {}
    aliases = []
    texts = dict(extracted)
    for fact, number, candidates in open_mentions:
        text = texts[fact].mentions[number].text
        chosen = _chosen(candidates, beside[fact] - {names[text]}, known, alone=" " not in text, first=number == 0)
        if chosen is not None:
            found[fact, number] = chosen
            aliases.append(Alias(chosen, text, "context"))
    stores.graph.add_aliases(aliases)
    return found


def may_be(name: str, term: int, stores: Stores) -> tuple[str, ...]:
    """The names of others, in alphabetical order, that an entity's name may be a form of, where nothing tells it."""
    return tuple(sorted(other.text for other in stores.graph.terms(_Choices({name: term}, stores).of(name))))


class _Choices:
    """Who may be meant by names that do not tell it."""

    def __init__(self, names: Names, stores: Stores) -> None:
        self._names, self._stores = names, stores
        self._known: dict[str, tuple[int, ...]] = {}

    def of(self, text: str) -> tuple[int, ...]:
        """The ids of those that may be meant by a name, at least one; none where the name itself tells it."""
        if text not in self._known:
            self._known[text] = self._found(text)
        return self._known[text]

    def _found(self, text: str) -> tuple[int, ...]:
        aliases, index = self._stores.entities.aliases, self._stores.entities.merges.index
        key, own = normalise(text), self._names[text]
        if index.root(own) != own:
            return ()
        if parts := set(index.meant(own)) - {own}:
            return tuple(sorted(parts))
        if not text[:1].isupper() or not (" " not in key or has_initials(text)):
            return ()
        last = key.rpartition(" ")[2]
        if not (parts_of_name := name_parts(text)):
            return ()
        longer = [
            term
            for other, terms in aliases.called(last).items()
            if other != key and " " in other
            for term, name in terms.items()
            if (abbreviates(text, name) if len(parts_of_name) > 1 else len(name_parts(name)) > 1)
            and not index.kept_apart(index.one_with(own), index.one_with(term))
        ]
        return tuple(sorted(set(index.roots(longer).values()) - {own})) if len(longer) <= MANY else ()


def _chosen(
    candidates: Sequence[int], beside: set[int], known: Mapping[int, Mapping[int, float]], *, alone: bool, first: bool
) -> int | None:
    """The one that is meant, if it is clear.

    Args:
        candidates: who may be meant.
        beside: what else the fact is about.
        known: what each candidate is mentioned with, and how much that says.
        alone: the name is a single word, which may as well be that of a place.
        first: it is the first name in its fact.
    """
    named = [term for term in candidates if term in beside]
    if named:
        return named[0] if len(named) == 1 else None
    if alone and not first:
        return None
    scores = {term: sum(w for other, w in known.get(term, {}).items() if other in beside) for term in candidates}
    best, *rest = sorted(candidates, key=lambda term: (-scores[term], term))
    clear = scores[best] > 0 and all(scores[best] >= CLEAR * scores[term] for term in rest)
    return best if clear else None


def _neighbours(
    candidates: set[int], others: set[int], arriving: Mapping[int, set[int]], stores: Stores
) -> dict[int, dict[int, float]]:
    """For each candidate those of the others that are mentioned in a fact with it: the rarer, the more it says."""
    tables = {
        "candidates": pa.table({"term": pa.array(sorted(candidates), pa.int64())}),
        "others": pa.table({"term": pa.array(sorted(others - candidates), pa.int64())}),
    }
    stored = stores.database.rows(
        """SELECT DISTINCT c.term, o.term, c.fact FROM
               (SELECT term, fact FROM store.mentions WHERE term IN (SELECT term FROM candidates)) c
               JOIN (SELECT term, fact FROM store.mentions WHERE term IN (SELECT term FROM others)) o USING (fact)
           WHERE fact IN (SELECT id FROM store.facts WHERE recorded_to IS NULL)""",
        (),
        tables,
    )
    often = dict(
        stores.database.rows(
            """SELECT term, count(DISTINCT fact) FROM store.mentions
               WHERE term IN (SELECT term FROM others) GROUP BY term""",
            (),
            tables,
        )
    )
    together = Counter((candidate, other) for candidate, other, _ in stored)
    for terms in arriving.values():
        together.update((c, o) for c in terms & candidates for o in terms & others - candidates)
        often |= {o: often.get(o, 0) + 1 for o in terms & others}
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for candidate, other in together:
        if often.get(other, 0) <= OFTEN:
            found[candidate][other] = 1.0 / math.log2(1.0 + max(often.get(other, 1), 1))
    return found
