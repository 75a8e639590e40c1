"""Plans of SPARQL kept for statements that differ only in which things they name.

Parsing and planning take longer than looking a few rows up. What an application asks again and again is mostly one
statement about one thing after another; how it is planned depends on the relations, of which there are statistics, and
not on the things. So when a text comes that is like an earlier one but for full IRIs that stand as subjects or objects,
the earlier plan is taken, with the ids of the new things. Any change of the database makes all plans void.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace

from neuraldb.execution.physical import DuckDBStep, lower
from neuraldb.execution.prepared import Prepared
from neuraldb.language import sparql_ast as ast
from neuraldb.plan import nodes as n
from neuraldb.plan import sparql_nodes as g
from neuraldb.plan.rewriting import bottom_up
from neuraldb.stores.database import Database

MOST = 256
"""Forms of statements of which plans are kept."""
_IRI = re.compile(r'<([^<>"{}|^`\\\x00-\x20]*)>')
# what is written in full and means itself, whatever the base: no escapes, no placeholders, no dots to be resolved
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)[A-Za-z0-9_~:/?#@!$&'()*+,;=.-]+")
_NOTHING = n.TermConstant("<>", (-7,))
_MOMENTARY = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)

Terms = Mapping[n.PatternTerm, n.TermConstant]
Form = tuple[bool, tuple[str, ...]]
"""Whether whole terms are asked for, and the text between the IRIs."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan for all statements of one form that agree in the IRIs whose places are not free.

    Attributes:
        prepared: of the statement that was planned.
        constants: what it has at the free places.
        others: the texts of all other constants.
    """

    prepared: Prepared
    constants: tuple[n.TermConstant, ...]
    others: frozenset[str]


class PlanCache:
    """The plans of the last statements.

    Args:
        database: whose changes make them void.
        ids_of: the stored terms of exactly an IRI.
    """

    def __init__(self, database: Database, ids_of: Callable[[str], tuple[int, ...]]) -> None:
        self._database = database
        self._ids_of = ids_of
        self._version = -1
        self._met: set[Form] = set()
        self._free: dict[Form, tuple[int, ...]] = {}
        self._kept: dict[tuple[Form, tuple[str, ...]], Kept] = {}

    def like(self, text: str, terms: bool) -> Prepared | None:
        """The plan of a statement, if there is one of an earlier one that it is like."""
        begun = time.perf_counter()
        if self._version != self._database.version:
            self._version = self._database.version
            self._free.clear()
            self._kept.clear()
        form, iris = _parts(text, terms)
        free = self._free.get(form)
        kept = None if free is None else self._kept.get((form, _fixed(iris, free)))
        if kept is None or free is None:
            return None
        constants = [self._constant(iris[place]) for place in free]
        named = {c.text for c in constants if c is not None}
        if len(named) < len(free) or named & kept.others:
            return None
        changed: Terms = {old: new for old, new in zip(kept.constants, constants, strict=True) if new is not None}
        prepared = _about(kept.prepared, changed)
        return replace(prepared, text=text, timings={"plan kept": (time.perf_counter() - begun) * 1000})

    def keep(self, prepared: Prepared, statement: object, terms: bool) -> None:
        """Keep the plan of a statement, if another one of its form has been met and its plan can be used again."""
        form, iris = _parts(prepared.text, terms)
        if form not in self._met:
            if len(self._met) >= MOST:
                self._met.clear()
            self._met.add(form)
            return
        step = prepared.physical
        if self._version != self._database.version or not isinstance(step, DuckDBStep) or step.inputs:
            return
        every = list(_constants(prepared.optimised))
        # other names are bound by models, which may be exchanged
        if _MOMENTARY.search(prepared.text) or not all(c.text.startswith("<") for c in every):
            return
        free = self._free_places(prepared, statement, iris)
        if not set(self._free.get(form, ())) <= set(free):
            return  # less can be another here than in statements before, as with a thing that is not stored
        self._free[form] = free
        constants = [self._constant(iris[place]) for place in free]
        kept = tuple(c for c in constants if c is not None)
        others = {c.text for c in every} - {c.text for c in kept}
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[form, _fixed(iris, free)] = Kept(prepared, kept, frozenset(others))

    def _constant(self, iri: str) -> n.TermConstant | None:
        """An IRI as patterns have it; None where it is not exactly one stored term."""
        ids = self._ids_of(iri) if _PLAIN.fullmatch(iri) else ()
        return n.TermConstant(f"<{iri}>", ids) if len(ids) == 1 else None

    def _free_places(self, prepared: Prepared, statement: object, iris: Sequence[str]) -> tuple[int, ...]:
        """Which of the IRIs might be others without the plan being another."""
        uses = list(_uses(statement))
        free: list[int] = []
        for place, iri in enumerate(iris):
            constant = self._constant(iri)
            spans = {span for used, span, _ in uses if used == iri}
            is_end = all(is_end for used, _, is_end in uses if used == iri)
            if constant is None or iris.count(iri) > 1 or len(spans) != 1 or not is_end:
                continue
            ((begin, end),) = spans
            if prepared.text[begin:end] == f"<{iri}>" and _can_change(prepared, constant):
                free.append(place)
        return tuple(free)


def _parts(text: str, terms: bool) -> tuple[Form, list[str]]:
    """The form of a statement and its IRIs."""
    pieces = _IRI.split(text)
    return (terms, tuple(pieces[::2])), pieces[1::2]


def _fixed(iris: Sequence[str], free: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(iri for place, iri in enumerate(iris) if place not in free)


def _uses(part: object, is_end: bool = False) -> Iterator[tuple[str, ast.Span, bool]]:
    """The IRIs in a syntax tree, where they stand in the text, and whether as subject or object of a triple."""
    if isinstance(part, ast.Iri):
        yield part.text, part.span, is_end
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _uses(item)
    elif is_dataclass(part):
        for field in fields(part):
            ends = isinstance(part, ast.Triple) and field.name in ("subject", "object")
            yield from _uses(getattr(part, field.name), ends)


def _can_change(prepared: Prepared, constant: n.TermConstant) -> bool:
    """Whether all that a plan has of a constant is the constant, and its query is the same but for a parameter."""
    changed = _about(prepared, {constant: _NOTHING})
    (id,) = constant.ids
    for plan in (changed.logical, changed.optimised):
        shown = repr(plan)
        if constant.text[1:-1] in shown or re.search(rf"\b{id}\b", shown):
            return False
    anew = lower(changed.optimised)
    return isinstance(anew, DuckDBStep) and not anew.inputs and anew == changed.physical


def _about(prepared: Prepared, terms: Terms) -> Prepared:
    """A plan about other things: ``terms`` has what stands in for what."""

    def about(pattern: n.TriplePattern) -> n.TriplePattern:
        subject, object = terms.get(pattern.subject, pattern.subject), terms.get(pattern.object, pattern.object)
        same = subject is pattern.subject and object is pattern.object
        return pattern if same else replace(pattern, subject=subject, object=object)

    def changed(node: n.Node) -> n.Node:
        match node:
            case n.TriplePattern():
                return about(node)
            case g.PathClosure():
                subject, object = terms.get(node.subject, node.subject), terms.get(node.object, node.object)
                return replace(node, subject=subject, object=object)
            case g.BasicPattern():
                return replace(node, patterns=tuple(map(about, node.patterns)))
        return node

    ids = {old.ids[0]: new.ids[0] for old, new in terms.items() if isinstance(old, n.TermConstant)}
    optimised = bottom_up(prepared.optimised, changed)
    logical = optimised if prepared.logical is prepared.optimised else bottom_up(prepared.logical, changed)
    step = prepared.physical
    assert isinstance(step, DuckDBStep)
    given = {name: ids.get(value, value) if type(value) is int else value for name, value in step.parameters.items()}
    return replace(
        prepared, logical=logical, optimised=optimised, physical=replace(step, parameters=given, logical=optimised)
    )


def _constants(node: n.Node) -> Iterator[n.TermConstant]:
    """The constants in the patterns of a plan."""
    for part in node.below():
        for pattern in part.patterns if isinstance(part, g.BasicPattern) else (part,):
            if isinstance(pattern, n.TriplePattern | g.PathClosure):
                every = [pattern.subject, pattern.object, pattern.graph]
                relation = pattern.predicate if isinstance(pattern, n.TriplePattern) else None
                every += relation.terms if isinstance(relation, n.NoneOf) else [relation]
                yield from (term for term in every if isinstance(term, n.TermConstant))
