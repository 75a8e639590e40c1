"""All graph queries inside the grammar, the slow way: every pattern is tried against every triple."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
Triple = tuple[str, str, str]
Solution = dict[str, str]


def code(term: str) -> str:
    """A term as the grammar writes it."""
    return "a" if term == "a" else f"<http://x/{term[1:]}>" if term.startswith(":") else f'"{term}"^^<{_INTEGER}>'


@dataclass(frozen=True)
class Pattern:
    """Lines of SPARQL and all their solutions."""

    lines: tuple[str, ...]
    solutions: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def variables(self) -> list[str]:
        return sorted({name for solution in self.solutions for name, _ in solution})

    def bindings(self, variable: str) -> set[str]:
        return {dict(solution)[variable] for solution in self.solutions}


class Reference:
    """The queries over some triples.

    Args:
        triples: as SPARQL writes them, without duplicates.
        clauses: the most of a pattern.
        variables: the most of a pattern.
    """

    def __init__(self, triples: list[Triple], clauses: int, variables: int) -> None:
        self.triples, self.most, self.names = triples, clauses, ["?a", "?b", "?c"][:variables]
        self.relations = sorted({relation for _, relation, _ in triples})
        self.things = sorted({end for s, _, o in triples for end in (s, o)})
        self.numbers = [thing for thing in self.things if not thing.startswith(":")]

    def queries(self) -> set[str]:
        """Their texts."""
        found = set(self._from_constants())
        for pattern in self._patterns():
            found |= set(self._forms(pattern))
        return found

    # ------------------------------------------------------------------------------------------------ patterns

    def _patterns(self) -> Iterator[Pattern]:
        todo = [*self._starts()]
        while todo:
            pattern = todo.pop()
            yield pattern
            if len(pattern.lines) < self.most:
                todo += [grown for grown in self._grown(pattern) if grown.lines[-1] not in pattern.lines]

    def _starts(self) -> Iterator[Pattern]:
        empty = Pattern((), ((),))
        for relation in self.relations:
            for thing in self.things:
                yield from self._with(empty, thing, relation, "?a")
                yield from self._with(empty, "?a", relation, thing)
            yield from self._with(empty, "?a", relation, "?b")

    def _grown(self, pattern: Pattern) -> Iterator[Pattern]:
        new = [name for name in self.names if name not in pattern.variables][:1]
        for v in pattern.variables:
            for relation in self.relations:
                for other in (*new, *self.things):
                    yield from self._with(pattern, v, relation, other)
                    yield from self._with(pattern, other, relation, v)
                for other in ("?any", *self.things):
                    yield from self._without(pattern, v, (v, relation, other))
                    yield from self._without(pattern, v, (other, relation, v))
            for number in sorted(pattern.bindings(v) & set(self.numbers)):
                for operator in ("<", "<=", ">", ">="):
                    kept = {b for b in pattern.bindings(v) if compares(b, operator, number)}
                    yield from self._keeping(pattern, v, kept, f"FILTER({v} {operator} {number})")

    def _with(self, pattern: Pattern, *triple: str) -> Iterator[Pattern]:
        """With one more triple, if it has solutions and may be said."""
        solutions = tuple(
            tuple(sorted((dict(solution) | bound).items()))
            for solution in pattern.solutions
            for each in self.triples
            if (bound := self._match(dict(solution), triple, each)) is not None
        )
        if solutions:
            yield Pattern((*pattern.lines, line(triple)), solutions)

    def _without(self, pattern: Pattern, v: str, triple: Triple) -> Iterator[Pattern]:
        before = pattern.bindings(v)
        kept = {b for b in before if not any(self._match({v: b}, triple, each) is not None for each in self.triples)}
        if kept != before:
            yield from self._keeping(pattern, v, kept, f"FILTER NOT EXISTS {{ {line(triple)} }}")

    @staticmethod
    def _keeping(pattern: Pattern, v: str, kept: set[str], line: str) -> Iterator[Pattern]:
        solutions = tuple(solution for solution in pattern.solutions if dict(solution)[v] in kept)
        if solutions:
            yield Pattern((*pattern.lines, line), solutions)

    @staticmethod
    def _match(solution: Solution, triple: tuple[str, ...], stored: Triple) -> Solution | None:
        bound: Solution = {}
        for written, term in zip(triple, stored, strict=True):
            wanted = solution.get(written, bound.get(written)) if written.startswith("?") else written
            if wanted is not None and wanted != term:
                return None
            if written.startswith("?"):
                bound[written] = term
        return bound

    # ------------------------------------------------------------------------------------------------ forms

    def _forms(self, pattern: Pattern) -> Iterator[str]:
        where, lines = f"{{ {' '.join(pattern.lines)} }}", pattern.lines
        yield f"ASK {where}"
        for claim in self._claims(pattern.variables, pattern):
            if claim not in lines:
                yield f"ASK {{ {' '.join((*lines, claim))} }}"
        for v in pattern.variables:
            yield f"SELECT (COUNT(DISTINCT {v}) AS ?count) WHERE {where}"
            yield from limits(f"SELECT DISTINCT {v} WHERE {where}")
            for w in pattern.variables:
                if w != v:
                    for way in ("DESC", "ASC"):
                        order = f"GROUP BY {v} ORDER BY {way}(COUNT(DISTINCT {w})) LIMIT 1"
                        yield f"SELECT {v} WHERE {where} {order}"
                if pattern.bindings(w) & set(self.numbers):
                    for order in (f"DESC(MAX({w}))", f"ASC(MIN({w}))"):
                        yield from limits(f"SELECT {v} WHERE {where} GROUP BY {v} ORDER BY {order}")

    def _claims(self, ends: list[str], pattern: Pattern) -> Iterator[str]:
        """Last clauses that may be false: each end is one of such a triple."""
        for v in ends:
            bindings = pattern.bindings(v)
            for relation in self.relations:
                subjects = {s for s, r, _ in self.triples if r == relation}
                objects = {o for _, r, o in self.triples if r == relation}
                if bindings & subjects:
                    yield from (line((v, relation, end)) for end in objects)
                if bindings & objects:
                    yield from (line((end, relation, v)) for end in subjects)
            for number in bindings & set(self.numbers):
                yield from (f"FILTER({v} {operator} {number})" for operator in ("<", "<=", ">", ">="))

    def _from_constants(self) -> Iterator[str]:
        for thing in self.things:
            for claim in self._claims(["?x"], Pattern((), ((("?x", thing),),))):
                if "FILTER" not in claim:
                    yield f"ASK {{ {claim.replace('?x', code(thing))} }}"


def line(triple: tuple[str, ...]) -> str:
    """A triple pattern."""
    return " ".join(part if part.startswith("?") else code(part) for part in triple) + " ."


def limits(query: str) -> Iterator[str]:
    """A query with each LIMIT, and without."""
    yield query
    yield from (f"{query} LIMIT {count}" for count in (1, 2, 3))


def compares(term: str, operator: str, number: str) -> bool:
    """Whether a term is a number that compares so."""
    if term.startswith(":"):
        return False
    a, b = int(term), int(number)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]
