"""The SPARQL of a plan, from its clauses."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.decoding.graph_catalogue import Link


def variable(number: int) -> str:
    """The variable with a number.

    >>> variable(0), variable(2)
    ('?a', '?c')
    """
    return f"?{chr(ord('a') + number)}"


def triple(near: str, link: Link, far: str) -> str:
    """A triple pattern, in whichever direction it was walked."""
    subject, object_ = (near, far) if link.forward else (far, near)
    return f"{subject} {link.code} {object_} ."


def comparison(term: str, operator: str, value: str) -> str:
    """A filter by a value."""
    return f"FILTER({term} {operator} {value})"


def denial(line: str) -> str:
    """That there is no such triple."""
    return f"FILTER NOT EXISTS {{ {line} }}"


def listed(lines: Sequence[str], wanted: int) -> str:
    """The bindings of a variable, each once."""
    return f"SELECT DISTINCT {variable(wanted)} {_where(lines)}"


def counted(lines: Sequence[str], wanted: int) -> str:
    """How many bindings a variable has."""
    return f"SELECT (COUNT(DISTINCT {variable(wanted)}) AS ?count) {_where(lines)}"


def asked(lines: Sequence[str]) -> str:
    """Whether there is a solution."""
    return f"ASK {_braces(lines)}"


def ordered(lines: Sequence[str], wanted: int, key: int, down: bool) -> str:
    """The bindings of a variable, each once, by its largest (or smallest) value of another."""
    order = f"DESC(MAX({variable(key)}))" if down else f"ASC(MIN({variable(key)}))"
    return f"SELECT {variable(wanted)} {_where(lines)} GROUP BY {variable(wanted)} ORDER BY {order}"


def most(lines: Sequence[str], wanted: int, other: int, down: bool) -> str:
    """The binding of a variable with the most (or fewest) of another."""
    order = f"{'DESC' if down else 'ASC'}(COUNT(DISTINCT {variable(other)}))"
    return f"SELECT {variable(wanted)} {_where(lines)} GROUP BY {variable(wanted)} ORDER BY {order} LIMIT 1"


def limited(query: str, count: int) -> str:
    """The first rows of a query."""
    return f"{query} LIMIT {count}"


def _where(lines: Sequence[str]) -> str:
    return f"WHERE {_braces(lines)}"


def _braces(lines: Sequence[str]) -> str:
    return f"{{ {' '.join(lines)} }}"
