"""Gold answers, from all triples that are told before a question is asked; with what each derivation rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neuraldb.loading.wikinldb_databases import Answer
from neuraldb.training.wikinldb_facts import Stated, is_number
from neuraldb.training.wikinldb_forms import Form
from neuraldb.training.wikinldb_relations import RELATIONS


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its form, what stands in its slots, and its join.

    Attributes:
        form: how it is asked.
        subject, object: the names in the slots; None where there is no slot, or a description stands in it.
        described: the slot in which a description stands, ``s`` or ``o``; empty if none.
        filter: the relation and value of the description.
        expand: the relation that is asked of the winner; empty if the winner itself is asked for.
        text: the question.
    """

    form: Form
    text: str
    subject: str | None = None
    object: str | None = None
    described: str = ""
    filter: tuple[str, str] = ("", "")
    expand: str = ""

    @property
    def is_join(self) -> bool:
        """Whether a second relation is asked for."""
        return bool(self.described or self.expand)


@dataclass(frozen=True, slots=True)
class Gold:
    """What answers a question.

    Attributes:
        facts: the support set of each derivation.
        derivations: what each says.
        answer: distinct values; empty or ``(None,)`` where there is none.
        winners: of argmin and argmax, the keys with the least or most.
    """

    facts: tuple[tuple[int, ...], ...]
    derivations: tuple[str, ...]
    answer: tuple[Answer, ...]
    winners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    facts: tuple[int, ...]
    subject: str
    object: str

    def end(self, slot: str) -> str:
        return self.subject if slot == "s" else self.object


def magnitude(text: str) -> float:
    """The number that a value begins with.

    >>> magnitude("4.3 percent")
    4.3
    """
    return float(text.split()[0])


def gold(asked: Asked, told: Sequence[Stated], height: int) -> Gold:
    """The gold answer when the first ``height`` facts are told."""
    rows = list(_rows(asked, told[:height]))
    kind = asked.form.kind
    if kind == "bool":
        return _verdict(asked, rows, told[:height])
    if kind in ("argmin", "argmax"):
        return _ranked(asked, rows, told[:height])
    key = asked.form.key
    if kind in ("min", "max"):
        paired = "[SEP]" in asked.form.pattern
        shown = [f"{row.subject} [SEP] {row.object}" if paired else row.object for row in rows]
        numbers = [magnitude(row.object) for row in rows]
        best: Answer = (min if kind == "min" else max)(numbers) if numbers else None
        return Gold(_facts(rows), tuple(shown), (best,))
    values = [row.end(key) for row in rows]
    distinct = tuple(dict.fromkeys(values))
    return Gold(_facts(rows), tuple(values), (len(distinct),) if kind == "count" else distinct)


def _facts(rows: Sequence[_Row]) -> tuple[tuple[int, ...], ...]:
    return tuple(row.facts for row in rows)


def pairs(relation: str, told: Sequence[Stated]) -> Iterator[tuple[int, str, str]]:
    """The number of the fact, the subject and the object of each triple of a relation."""
    for number, fact in enumerate(told):
        for subject, each, name in fact.triples:
            if each == relation:
                yield number, subject, name


def _rows(asked: Asked, told: Sequence[Stated]) -> Iterator[_Row]:
    """The triples that a question asks about, each with the facts that say that it does."""
    relation = asked.form.relation
    # of a relation in both directions one end is asked for, the other stands in the question
    both = RELATIONS[relation].symmetric and asked.form.kind in ("set", "count", "bool")
    describing: dict[str, list[int]] = defaultdict(list)
    for number, entity, value in pairs(asked.filter[0], told):
        if value == asked.filter[1]:
            describing[entity].append(number)
    for number, subject, name in pairs(relation, told):
        for row in (_Row((number,), subject, name), *([_Row((number,), name, subject)] if both else [])):
            if asked.subject not in (None, row.subject) or asked.object not in (None, row.object):
                continue
            if not asked.described:
                yield row
            for other in describing.get(row.end(asked.described), ()) if asked.described else ():
                yield _Row(tuple(dict.fromkeys((number, other))), row.subject, row.object)


def _verdict(asked: Asked, rows: Sequence[_Row], told: Sequence[Stated]) -> Gold:
    """TRUE; FALSE where the subject has another object and may have one only; else nothing is known."""
    if rows:
        return Gold(_facts(rows), ("TRUE",) * len(rows), ("TRUE",))
    relation = asked.form.relation
    if asked.is_join or RELATIONS[relation].many:
        return Gold((), (), (None,))
    ends = [(number, s) for number, s, _ in pairs(relation, told)]
    if RELATIONS[relation].symmetric:
        ends += [(number, o) for number, _, o in pairs(relation, told)]
    against = tuple((number,) for number, subject in ends if subject == asked.subject)
    return Gold(against, ("FALSE",) * len(against), ("FALSE",) if against else (None,))


def _ranked(asked: Asked, rows: Sequence[_Row], told: Sequence[Stated]) -> Gold:
    """The keys with the least or most: the number itself, else how many different values a key has."""
    relation, key = asked.form.relation, asked.form.key
    other = "o" if key == "s" else "s"
    values: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        values[row.end(key)].add(row.end(other))
        if RELATIONS[relation].symmetric:
            values[row.end(other)].add(row.end(key))
    if not values:
        return Gold((), (), (None,))
    sizes = {
        each: magnitude(next(iter(found))) if is_number(relation) else float(len(found))
        for each, found in values.items()
    }
    bound = (min if asked.form.kind == "argmin" else max)(sizes.values())
    winners = [each for each, size in sizes.items() if size == bound]
    more: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, entity, value in pairs(asked.expand, told):
        more[entity].append((number, value))
    facts, derivations = [], []
    for row in rows:
        shown = f"{row.end(key)} [SEP] {row.end(other)}"
        # what is asked of a winner, if it is known, stands third
        for number, value in more.get(row.end(key), [(-1, "")]):
            facts.append(tuple(dict.fromkeys((*row.facts, number))) if value else row.facts)
            derivations.append(f"{shown} [SEP] {value}" if value else shown)
    answer = winners if not asked.expand else [value for each in winners for _, value in more.get(each, ())]
    return Gold(tuple(facts), tuple(derivations), tuple(dict.fromkeys(answer)) or (None,), tuple(winners))
