"""Which terms are one entity, and what follows from it: triples and mentions speak of the term that stands for all.

Each mention and each end of a triple has a term of its own, that of the name which stands there. Edges lead from a term
to another that is the same entity; where they end is the term that stands for it, and that is what mentions and triples
hold. So merging, splitting and undoing are changes of edges, after which mentions and triples are made to agree: in
whatever order they happen, the same edges give the same graph.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database
from neuraldb.stores.following import Follower

ONE = ("merge", "link")
"""The kinds of edges whose ends are one entity."""
_EDGES = pa.schema(
    {
        "id": pa.int64(),
        "change": pa.int64(),
        "kind": pa.string(),
        "term": pa.int64(),
        "other": pa.int64(),
        "recorded_from": pa.timestamp("us"),
    }
)


@dataclass(frozen=True, slots=True)
class Edge:
    """What holds between two terms.

    Attributes:
        kind: ``merge`` (``term`` is ``other``: somebody said so), ``link`` (the same, by its name), ``apart`` (it is
            not), ``part`` (it was split off).
        term, other: ids of terms.
        change: the entry of the history that made it; None for links.
    """

    kind: str
    term: int
    other: int
    change: int | None = None


class MergeIndex(Follower):
    """The edges that hold, in memory."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "SELECT id FROM store.merges WHERE recorded_to IS NULL")

    def root(self, term: int) -> int:
        """The term that stands for the entity that a term means."""
        with self._database.lock:
            self.synchronise()
            return self._root(term)

    def roots(self, terms: Iterable[int]) -> dict[int, int]:
        """The same for several terms."""
        with self._database.lock:
            self.synchronise()
            return {term: self._root(term) for term in terms}

    def meant(self, term: int) -> tuple[int, ...]:
        """All that a term's name may mean: its entity and those that were split off it, ascending."""
        with self._database.lock:
            self.synchronise()
            return tuple(sorted({self._root(one) for one in (term, *self._parts.get(term, ()))}))

    def one_with(self, term: int) -> tuple[int, ...]:
        """All terms that are the same entity as a term, ascending; itself, too."""
        with self._database.lock:
            self.synchronise()
            return tuple(sorted(self._below(self._root(term))))

    def below(self, term: int) -> tuple[int, ...]:
        """A term and all that are one with it through it, ascending."""
        with self._database.lock:
            self.synchronise()
            return tuple(sorted(self._below(term)))

    def renamed(self, term: int) -> bool:
        """Whether an entity has names of which somebody said that they are its, or a name made when it was split."""
        with self._database.lock:
            self.synchronise()
            said = (edge.kind for one in self._below(self._root(term)) for edge in self._from.get(one, {}).values())
            return any(kind in ("merge", "part") for kind in said)

    def kept_apart(self, one: Collection[int], other: Collection[int]) -> bool:
        """Whether somebody said that a term of the first is none of the second."""
        with self._database.lock:
            self.synchronise()
            return any(b in self._apart.get(a, ()) for a in one for b in other)

    def apart_from(self, terms: Collection[int]) -> set[int]:
        """The terms of which somebody said that they are none of these."""
        with self._database.lock:
            self.synchronise()
            return {other for term in terms for other in self._apart.get(term, ())} if self._apart else set()

    def into(self) -> dict[int, int]:
        """For each term that another one stands for, that other one."""
        with self._database.lock:
            self.synchronise()
            return {term: self._root(term) for term in self._into}

    def edges(self, term: int) -> list[Edge]:
        """The edges that begin with a term."""
        with self._database.lock:
            self.synchronise()
            return list(self._from.get(term, {}).values())

    def _root(self, term: int) -> int:
        while term in self._into:
            term = self._into[term]
        return term

    def _below(self, term: int) -> set[int]:
        found, rest = {term}, [term]
        while rest:
            new = self._under.get(rest.pop(), set()) - found
            found |= new
            rest += new
        return found

    def _clear(self) -> None:
        self._edges: dict[int, Edge] = {}
        self._from: dict[int, dict[int, Edge]] = defaultdict(dict)
        self._into: dict[int, int] = {}
        self._under: dict[int, set[int]] = defaultdict(set)
        self._parts: dict[int, set[int]] = defaultdict(set)
        self._apart: dict[int, set[int]] = defaultdict(set)

    def _load(self, ids: Ids) -> None:
        rows = self._database.rows(
            "SELECT id, kind, term, other, change FROM store.merges WHERE id IN (SELECT id FROM wanted) ORDER BY id",
            inputs={"wanted": pa.table({"id": ids})},
        )
        for row in rows:
            edge = self._edges[row[0]] = Edge(*row[1:])
            self._from[edge.term][row[0]] = edge
            if edge.kind in ONE:
                self._into[edge.term] = edge.other
                self._under[edge.other].add(edge.term)
            elif edge.kind == "part":
                self._parts[edge.other].add(edge.term)
            else:
                self._apart[edge.term].add(edge.other)
                self._apart[edge.other].add(edge.term)

    def _drop(self, ids: Ids) -> None:
        for row in ids.tolist():
            edge = self._edges.pop(row)
            del self._from[edge.term][row]
            if edge.kind in ONE:
                del self._into[edge.term]
                self._under[edge.other].discard(edge.term)
            elif edge.kind == "part":
                self._parts[edge.other].discard(edge.term)
            else:
                self._apart[edge.term].discard(edge.other)
                self._apart[edge.other].discard(edge.term)


class MergeStore:
    """Changes edges, and makes mentions and triples agree with them; each change is part of an open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.index = MergeIndex(database)

    def begin(self, edges: Sequence[Edge], moment: datetime.datetime) -> None:
        """Add edges; a term that is one with another already must not become one with a second."""
        if not edges:
            return
        first = self._database.next_id("merges")
        columns = {
            "id": range(first, first + len(edges)),
            "change": [edge.change for edge in edges],
            "kind": [edge.kind for edge in edges],
            "term": [edge.term for edge in edges],
            "other": [edge.other for edge in edges],
            "recorded_from": [moment] * len(edges),
        }
        self._database.insert("store.merges", pa.table(columns, schema=_EDGES))

    def end(self, edges: Iterable[Edge], moment: datetime.datetime, change: int | None = None) -> None:
        """Make edges past; ``change`` is the entry of the history that does it."""
        ended = list(edges)
        if not ended:
            return
        columns = {"term": [edge.term for edge in ended], "other": [edge.other for edge in ended]}
        kinds = {"kind": [edge.kind for edge in ended]}
        self._database.execute(
            """UPDATE store.merges AS m SET recorded_to = ?, ended_by = ? FROM ended e
               WHERE m.recorded_to IS NULL AND m.kind = e.kind AND m.term = e.term AND m.other = e.other""",
            [moment, change],
            {"ended": pa.table({name: pa.array(v, pa.int64()) for name, v in columns.items()} | kinds)},
        )

    def made_by(self, change: int) -> list[Edge]:
        """The edges that a change made and that hold."""
        rows = self._database.rows(
            "SELECT kind, term, other, change FROM store.merges WHERE change = ? AND recorded_to IS NULL ORDER BY id",
            [change],
        )
        return [Edge(*row) for row in rows]

    def ended_by(self, change: int) -> list[Edge]:
        """The edges that a change ended."""
        rows = self._database.rows(
            "SELECT kind, term, other, change FROM store.merges WHERE ended_by = ? ORDER BY id", [change]
        )
        return [Edge(*row) for row in rows]

    def agree(self, terms: Iterable[int], moment: datetime.datetime) -> None:
        """Make the mentions and current triples whose own terms these are, or are one with these, follow the edges."""
        all_terms = {one for term in terms for one in self.index.one_with(term)} | set(terms)
        self._move({term: (term, root) for term, root in self.index.roots(all_terms).items()}, moment, None)

    def reassign(self, own: Mapping[int, int], moment: datetime.datetime, facts: Collection[int] | None = None) -> None:
        """Give mentions and current triples other terms of their own, in some facts or (None) in all."""
        roots = self.index.roots(own.values())
        self._move({old: (new, roots[new]) for old, new in own.items()}, moment, facts)

    def settle(self) -> None:
        """Make triples that this transaction has inserted past the graph's store follow the edges."""
        into = self.index.into()
        if not into:
            return
        inputs = {"merged": pa.table({"term": pa.array(into, pa.int64()), "root": pa.array(into.values(), pa.int64())})}
        for end in ("subject", "object"):
            self._database.execute(
                f"""UPDATE store.triples AS t SET {end} = v.root, own_{end} = t.{end} FROM merged v
                    WHERE v.term = t.{end} AND t.recorded_to IS NULL""",
                (),
                inputs,
            )

    def own_of(self, root: int, facts: Collection[int] | None = None, *, outside: bool = False) -> set[int]:
        """The own terms of the mentions and current triples of an entity, in some facts, in all others, or in all."""
        inputs = {} if facts is None else {"chosen": pa.table({"fact": pa.array(sorted(facts), pa.int64())})}
        among = "fact IS NOT NULL AND fact IN (SELECT fact FROM chosen)"
        condition = "true" if facts is None else f"NOT ({among})" if outside else among
        rows = self._database.rows(
            f"""SELECT DISTINCT own FROM (
                    SELECT coalesce(own, term) AS own, fact FROM store.mentions
                    WHERE term = $root AND fact IN (SELECT id FROM store.facts WHERE recorded_to IS NULL)
                    UNION ALL SELECT coalesce(own_subject, subject), fact FROM store.triples
                    WHERE subject = $root AND recorded_to IS NULL
                    UNION ALL SELECT coalesce(own_object, object), fact FROM store.triples
                    WHERE object = $root AND recorded_to IS NULL)
                WHERE {condition}""",
            {"root": root},
            inputs,
        )
        return {int(own) for (own,) in rows}

    def _move(
        self, to: Mapping[int, tuple[int, int]], moment: datetime.datetime, facts: Collection[int] | None
    ) -> None:
        """What has one of these own terms gets another one, and the term that stands for it."""
        if not to:
            return
        olds = list(to)
        columns = {"old": olds, "own": [to[old][0] for old in olds], "term": [to[old][1] for old in olds]}
        inputs = {"moved": pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})}
        chosen = ""
        if facts is not None:
            inputs["chosen"] = pa.table({"fact": pa.array(sorted(facts), pa.int64())})
            chosen = "AND {}fact IN (SELECT fact FROM chosen)"
        self._move_mentions(inputs, chosen, moment)
        self._move_triples(inputs, chosen, moment)

    def _move_mentions(self, inputs: Mapping[str, pa.Table], chosen: str, moment: datetime.datetime) -> None:
        self._database.execute(
            f"""INSERT INTO store.past_mentions
                SELECT DISTINCT m.fact, m.start_char, m.end_char, m.term, ?
                FROM store.mentions m JOIN moved v ON v.old = coalesce(m.own, m.term)
                WHERE v.term <> m.term {chosen.format("m.")}""",
            [moment],
            inputs,
        )
        self._database.execute(
            f"""UPDATE store.mentions AS m SET term = v.term, own = nullif(v.own, v.term)
                FROM moved v WHERE v.old = coalesce(m.own, m.term)
                AND (v.term <> m.term OR v.own <> v.old) {chosen.format("m.")}""",
            (),
            inputs,
        )

    def _move_triples(self, inputs: Mapping[str, pa.Table], chosen: str, moment: datetime.datetime) -> None:
        """Triples never change: those of before become past, and others take their places."""
        own_subject, own_object = "coalesce(t.own_subject, t.subject)", "coalesce(t.own_object, t.object)"
        table = self._database.query(
            f"""SELECT t.* REPLACE (
                    coalesce(s.term, t.subject) AS subject,
                    coalesce(o.term, t.object) AS object,
                    nullif(coalesce(s.own, {own_subject}), coalesce(s.term, t.subject)) AS own_subject,
                    nullif(coalesce(o.own, {own_object}), coalesce(o.term, t.object)) AS own_object)
                FROM store.triples t
                LEFT JOIN moved s ON s.old = {own_subject} LEFT JOIN moved o ON o.old = {own_object}
                WHERE t.recorded_to IS NULL {chosen.format("t.")} AND (
                    s.term <> t.subject OR s.own <> {own_subject} OR o.term <> t.object OR o.own <> {own_object})
                ORDER BY t.id""",
            (),
            inputs,
        )
        if not table.num_rows:
            return
        first = self._database.next_id("triples")
        fresh = table.set_column(
            table.column_names.index("id"), "id", pa.array(range(first, first + table.num_rows), pa.int64())
        )
        at = table.column_names.index("recorded_from")
        fresh = fresh.set_column(at, "recorded_from", pa.array([moment] * table.num_rows, pa.timestamp("us")))
        self._database.execute(
            "UPDATE store.triples SET recorded_to = ? WHERE id IN (SELECT id FROM ended)",
            [moment],
            {"ended": table.select(["id"])},
        )
        self._database.insert("store.triples", fresh)
