"""Entities as people speak of them: looked up by name, merged, split, and put back as they were.

Each change is one entry of the history, and one transaction: triples, mentions and names follow at once, and a question
about the time before it sees what held then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from neuraldb.core.errors import BindError, ProgrammingError
from neuraldb.core.text import nearest, normalise
from neuraldb.operators.linking import may_be
from neuraldb.stores.bundle import Stores
from neuraldb.stores.entities import EntityRecord
from neuraldb.stores.facts import Fact
from neuraldb.stores.failures import reading_only
from neuraldb.stores.graph import Triple
from neuraldb.stores.journal import Change, Moment, aware, record
from neuraldb.stores.merges import ONE, Edge
from neuraldb.stores.terms import Term

NEAREST = 20_000
"""Names that are compared with one that is not known."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What is known of a person, a place or a thing.

    Attributes:
        id: of its term.
        name: the name that stands for it.
        aliases: the other names that are known to be its, in alphabetical order.
        merged: those of them that were entities of their own until somebody merged them.
        facts: the current facts that mention it.
        triples: the current triples that it is part of.
        may_be: names of others that its name may be a form of, where neither the name nor what stands beside it in the
            facts tells whether it is.
    """

    id: int
    name: str
    aliases: tuple[str, ...]
    merged: tuple[str, ...]
    facts: tuple[Fact, ...]
    triples: tuple[Triple, ...]
    may_be: tuple[str, ...] = ()


def entity(name: str, stores: Stores) -> Entity:
    """The one entity that a name means.

    Raises:
        BindError: nothing that is known is called so, or several things are; its candidates are names that will do.
    """
    found = one(name, stores, fuzzy=True)
    facts, others = tuple(stores.facts.get(found.facts)), may_be(found.name, found.id, stores)
    return Entity(found.id, found.name, found.aliases, found.merged, facts, found.triples, others)


def one(name: str, stores: Stores, *, fuzzy: bool = False) -> EntityRecord:
    """The record of the one entity that a name means; errors as of :func:`entity`."""
    records = stores.entities.entity(name, fuzzy=fuzzy)
    if len(records) > 1:
        raise BindError(
            f"{len(records)} entities may be meant by {name}",
            candidates=tuple(record.name for record in records),
            hint="say which by its own name, or merge them if they are one",
        )
    if not records:
        names = [listed.name for listed in stores.entities.listed(limit=NEAREST)]
        raise BindError(f"nothing is known of {name}", candidates=nearest(name, names))
    return records[0]


def merge(kept: str, other: str, stores: Stores) -> Change:
    """Make two entities one, which goes by the first one's name; what is told of the other from now on is of it too.

    Raises:
        BindError: one of the names means nothing, or several things.
        ProgrammingError: both are one already.
        ReadOnly: the database is open for reading only.
    """
    _check_writable(stores)
    with stores.database.transaction(), stores.database.one_moment():
        a, b = one(kept, stores), one(other, stores)
        if a.id == b.id:
            raise ProgrammingError(f"{kept} and {other} are one entity already")
        (term,) = stores.graph.terms([b.id])
        if term.kind == "iri":
            raise ProgrammingError(
                f"{other} is an IRI, which stands for itself", hint="merge(IRI, name) makes a name stand for it"
            )
        change = _next_change(stores)
        moment = stores.database.now()
        merges = stores.entities.merges
        merges.end(list(_apart(a.id, b.id, stores)), moment, change)
        merges.begin([Edge("merge", b.id, a.id, change)], moment)
        merges.agree([b.id], moment)
        return _recorded(stores, change, "merge", moment, f"{b.name} is {a.name}")


def split(name: str, what: str | int | Sequence[int | str], stores: Stores) -> Change:
    """Take an entity apart again.

    Args:
        name: the entity.
        what: a name of it that is somebody else's, or the ids of the facts that tell of somebody else of the same name
            (several names, or several ids).
        stores: of the database.

    Raises:
        BindError: the name means nothing, or several things; it is not known by that other name.
        ProgrammingError: nothing would be left of it, or nothing taken from it.
        ReadOnly: the database is open for reading only.
    """
    _check_writable(stores)
    wanted = [what] if isinstance(what, str | int) else list(what)
    if not wanted:
        raise ProgrammingError(
            "a split needs facts or a name", hint="split(entity, [ids of facts]) or split(entity, name)"
        )
    with stores.database.transaction(), stores.database.one_moment():
        whole = one(name, stores)
        change = _next_change(stores)
        texts = [each for each in wanted if isinstance(each, str)]
        facts = {each for each in wanted if not isinstance(each, str)}
        parts = list(_parts_called(whole, texts, stores))
        facts |= {fact for text, own in parts if own is None for fact in _facts_with(whole, text, stores)}
        unknown = facts - set(whole.facts)
        if unknown:
            raise ProgrammingError(f"fact {min(unknown)} does not mention {whole.name}")
        names = [_detach(whole, own, change, stores) for _, own in parts if own is not None]
        if facts:
            names.append(_divide(whole, facts, change, stores))
        moment = stores.database.now()
        return _recorded(stores, change, "split", moment, f"{', '.join(names)} is not {_name_of(whole, stores)}")


def undo(change: int | None, stores: Stores) -> Change:
    """Take back a merge or a split: the last one, or the one with this id in the history.

    Raises:
        ProgrammingError: there is no such merge or split, or it was taken back already.
        ReadOnly: the database is open for reading only.
    """
    _check_writable(stores)
    with stores.database.transaction(), stores.database.one_moment():
        number = _next_change(stores)
        done = _undoable(change, stores)
        merges, moment = stores.entities.merges, stores.database.now()
        made, ended = merges.made_by(done.id), merges.ended_by(done.id)
        merges.end(made, moment)
        parts = {edge.term: edge.other for edge in made if edge.kind == "part"}
        taken = {
            edge.term
            for edge in ended
            if edge.kind in ONE
            for held in merges.index.edges(edge.term)
            if held.kind in ONE
        }
        again = [edge for edge in ended if edge.term not in taken]
        merges.begin(again, moment)
        if parts:
            merges.reassign(parts, moment)
        merges.agree({edge.term for edge in (*made, *again) if edge.kind in ONE}, moment)
        return _recorded(stores, number, "undo", moment, done.text, _undoing(done.id))


# ------------------------------------------------------------------------------------------------------------ splitting


def _parts_called(whole: EntityRecord, names: Iterable[str], stores: Stores) -> Iterator[tuple[str, int | None]]:
    """For names of an entity the term that each was before it was merged; None where it never was one."""
    index = stores.entities.merges.index
    below = index.one_with(whole.id)
    for name in names:
        terms = [term for term in stores.entities.aliases.named(normalise(name)) if term in below]
        terms += [term for term, found in zip(below, stores.graph.terms(below), strict=True) if found.text == name]
        if whole.id in terms:
            raise ProgrammingError(
                f"{name} is the name of {whole.name} itself", hint="split off the other names, or facts by their ids"
            )
        if not terms and not _facts_with(whole, name, stores):
            raise BindError(f"{whole.name} is not known as {name}", candidates=whole.aliases)
        yield name, min(terms, default=None)


def _facts_with(whole: EntityRecord, name: str, stores: Stores) -> list[int]:
    """The facts that mention an entity under a name."""
    key = normalise(name)
    mentions = stores.graph.mentions(whole.facts)
    return sorted({m.fact for m in mentions if m.term == whole.id and normalise(m.text) == key})


def _detach(whole: EntityRecord, term: int, change: int, stores: Stores) -> str:
    """Make a merged name an entity of its own again; gives it."""
    merges, moment = stores.entities.merges, stores.database.now()
    held = [edge for edge in merges.index.edges(term) if edge.kind in ONE]
    merges.end(held, moment, change)
    merges.begin([Edge("apart", term, edge.other, change) for edge in held], moment)
    merges.agree([term, whole.id], moment)
    (found,) = stores.graph.terms([term])
    return found.text


def _divide(whole: EntityRecord, facts: set[int], change: int, stores: Stores) -> str:
    """Make facts tell of somebody else; gives the name of what they tell of.

    A name that no other facts have goes along. Where that leaves no name for both, they are told apart by it; else both
    get a number, since the name alone is neither's, and each moved name that others keep has a part of its own.
    """
    merges, moment = stores.entities.merges, stores.database.now()
    moved, left = merges.own_of(whole.id, facts), merges.own_of(whole.id, facts, outside=True)
    if not left:
        raise ProgrammingError(f"nothing would be left of {whole.name}", hint="split off some of its facts, not all")
    going = _going(whole.id, moved, left, stores)
    if len(going) == 1 and moved <= set(merges.index.below(next(iter(going)))):
        return _detach(whole, next(iter(going)), change, stores)
    base = next((edge.other for edge in merges.index.edges(whole.id) if edge.kind == "part"), None)
    edges: list[Edge] = []
    rest = whole.id
    if base is None:
        base, rest = whole.id, _numbered(whole.id, stores)
        held = [edge for term in merges.index.one_with(base) for edge in merges.index.edges(term) if edge.other == base]
        held = [edge for edge in held if edge.kind in ONE and edge.term not in going]
        merges.end(held, moment, change)
        edges += [Edge("part", rest, base, change), *(Edge("merge", edge.term, rest, change) for edge in held)]
        merges.begin(edges, moment)
        merges.reassign({base: rest}, moment)
        merges.agree([edge.term for edge in held], moment)
        moved = {rest if own == base else own for own in moved}
    other = _numbered(base, stores)
    along = {one for term in going for one in merges.index.below(term)}
    parts = {own: other if own == rest else _numbered(own, stores) for own in moved - along}
    edges = [Edge("part", other, base, change), *(Edge("merge", term, other, change) for term in going)]
    edges += [
        edge
        for own, part in parts.items()
        if part != other
        for edge in (Edge("part", part, own, change), Edge("merge", part, other, change))
    ]
    merges.end(going.values(), moment, change)
    merges.begin(edges, moment)
    merges.reassign(parts, moment, facts)
    merges.agree(going, moment)
    (found,) = stores.graph.terms([other])
    return found.text


def _going(whole: int, moved: set[int], left: set[int], stores: Stores) -> dict[int, Edge]:
    """The names of an entity that go with facts, since no others have them, each with the edge that it hangs by.

    Of names that hang by one another only the first is given.
    """
    index = stores.entities.merges.index
    free = {own for own in moved - {whole} if not left & set(index.below(own))}
    held = {own: next(edge for edge in index.edges(own) if edge.kind in ONE) for own in sorted(free)}
    return {own: edge for own, edge in held.items() if not any(own in index.below(o) for o in free - {own})}


def _numbered(base: int, stores: Stores) -> int:
    """A new entity with the name of another and the first number that is free."""
    (named,) = stores.graph.terms([base])
    text = named.text
    number = 1
    while True:
        term = Term("entity", f"{text} ({number})")
        known = stores.graph.find_terms([term])
        if term not in known or not stores.entities.merges.index.edges(known[term]):
            (found,) = stores.graph.ensure_terms([term])
            return found
        number += 1


def _name_of(whole: EntityRecord, stores: Stores) -> str:
    """The name that what is left of an entity has after a split."""
    parts = [term for term in stores.entities.merges.index.meant(whole.id) if term != whole.id]
    (found,) = stores.graph.terms(parts[:1] or [whole.id])
    return found.text


# -------------------------------------------------------------------------------------------------------------- history


def _apart(a: int, b: int, stores: Stores) -> Iterator[Edge]:
    """The edges that keep two entities apart."""
    index = stores.entities.merges.index
    ones, others = index.one_with(a), index.one_with(b)
    for mine, theirs in ((ones, others), (others, ones)):
        for term in mine:
            yield from (edge for edge in index.edges(term) if edge.kind == "apart" and edge.other in theirs)


def _check_writable(stores: Stores) -> None:
    if stores.database.read_only:
        raise reading_only()


def _next_change(stores: Stores) -> int:
    """The id that the entry of the history will have."""
    return stores.database.next_id("history")


def _recorded(
    stores: Stores, change: int, action: str, moment: Moment, text: str | None, detail: str | None = None
) -> Change:
    record(stores.database, moment, [action], [None], [text], detail=detail)
    return Change(change, aware(moment), action, None, None, text, detail)


def _undoing(change: int) -> str:
    return f"change {change}"


def _undoable(change: int | None, stores: Stores) -> Change:
    """The merge or split to take back."""
    rows = stores.database.rows(
        """SELECT id, recorded_at, action, fact, related, text, detail FROM store.history
           WHERE action IN ('merge', 'split', 'undo') ORDER BY id"""
    )
    entries = [Change(row[0], aware(row[1]), *row[2:]) for row in rows]
    undone = {entry.detail for entry in entries if entry.action == "undo"}
    done = [entry for entry in entries if entry.action != "undo" and change in (None, entry.id)]
    left = [entry for entry in done if _undoing(entry.id) not in undone]
    if change is not None and not done:
        hint = "SELECT * FROM history WHERE action IN ('merge', 'split') shows which there are"
        raise ProgrammingError(f"change {change} is no merge and no split", hint=hint)
    if not left:
        raise ProgrammingError(
            f"change {change} was taken back already" if done and change else "there is no merge or split to take back"
        )
    found = left[-1]
    later = stores.database.rows(
        """SELECT max(ended_by) FROM store.merges WHERE change = $change
           HAVING count(*) FILTER (recorded_to IS NULL) = 0""",
        {"change": found.id},
    )
    if later:
        raise ProgrammingError(
            f"change {found.id} was followed by another one of the same entity", hint=f"undo change {later[0][0]} first"
        )
    return found
