"""Expected results of the W3C's tests: read from the formats they come in, and compared with what was found.

Solutions are compared as bags, and in order only where the query orders them. Literals of one numeric datatype are the
same where their values are; blank nodes match one to one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from rdflib.plugins.sparql.results.rdfresults import RDFResultParser
from rdflib.query import Result as RdfResult
from rdflib.term import BNode, Literal, Node

from neuraldb.core import rdf
from neuraldb.loading.rdf import verbatim

Row: TypeAlias = Mapping[str, Node]
Cell: TypeAlias = tuple[str, ...]
Cells: TypeAlias = tuple[Cell, ...]

UNBOUND: Cell = ("unbound",)
FORMATS = {".srx": "xml", ".srj": "json", ".tsv": "tsv", ".csv": "csv"}
SYNTAXES = {".ttl": "turtle", ".rdf": "xml"}


@dataclass(frozen=True)
class Expected:
    """A result: its variables and rows, or a truth value.

    Attributes:
        variables: the columns.
        rows: for each solution the terms of the variables that are bound.
        answer: of an ASK query; None of others.
    """

    variables: tuple[str, ...]
    rows: Sequence[Row]
    answer: bool | None


def expected(path: Path) -> Expected:
    """A result as a file has it: XML, JSON, CSV, TSV, or RDF in the vocabulary of result sets."""
    with verbatim():
        if path.suffix in FORMATS:
            with path.open("rb") as file:
                result = RdfResult.parse(file, format=FORMATS[path.suffix])
        else:
            with path.open("rb") as file:
                result = RDFResultParser().parse(file, format=SYNTAXES[path.suffix])  # type: ignore[no-untyped-call]
    if result.type == "ASK":
        return Expected((), [], bool(result.askAnswer))
    rows = [{str(v): term for v, term in binding.items() if term is not None} for binding in result.bindings]
    return Expected(tuple(map(str, result.vars or ())), rows, None)


def difference(found: Expected, wanted: Expected, *, ordered: bool) -> str:
    """What is wrong with a result; '' where it is as expected."""
    if found.answer is not None or wanted.answer is not None:
        return "" if found.answer == wanted.answer else f"{found.answer} instead of {wanted.answer}"
    variables = tuple(dict.fromkeys((*wanted.variables, *found.variables)))
    extra = {v for row in found.rows for v in row} - set(wanted.variables)
    if wanted.variables and extra:
        return f"columns {sorted(extra)} are not expected"
    left, right = ([_cells(row, variables) for row in side.rows] for side in (found, wanted))
    if len(left) != len(right):
        return f"{len(left)} rows instead of {len(right)}: {_sample(left, right, variables)}"
    same = _in_order(left, right) if ordered else _matched(left, right)
    return "" if same else f"other rows: {_sample(left, right, variables)}"


def _cells(row: Row, variables: Sequence[str]) -> Cells:
    return tuple(_cell(row[v]) if v in row else UNBOUND for v in variables)


def _cell(term: Node) -> Cell:
    """A term as something that is equal to what means the same."""
    if isinstance(term, BNode):
        return ("blank", str(term))
    if not isinstance(term, Literal):
        return ("iri", str(term))
    datatype = str(term.datatype or "")
    literal = rdf.literal(str(term), datatype, term.language or "")
    text = literal.text
    if literal.kind == "number":
        exact = datatype in rdf.INTEGERS or datatype == rdf.XSD + "decimal"
        text = str(Decimal(text.strip()).normalize()) if exact else _double(text)
    # strlang02 has en-US and strlang03-rdf11 en-us for the same: a tag's value is in lower case (RDF 1.1, 3.3)
    return ("literal", text, literal.datatype, literal.language.lower())


def _double(text: str) -> str:
    value = float(text.strip().replace("INF", "inf"))
    # computed in another order, sums of doubles differ in their last digits
    return "NaN" if math.isnan(value) else f"{value:.12g}"


def _in_order(found: list[Cells], wanted: list[Cells]) -> bool:
    names: dict[Cell, Cell] = {}
    return all(_agree(a, b, names) for a, b in zip(found, wanted, strict=True))


def _matched(found: list[Cells], wanted: list[Cells]) -> bool:
    """Whether two bags of rows are the same for some renaming of blank nodes."""
    ground = [Counter(row for row in rows if not _blanks(row)) for rows in (found, wanted)]
    if ground[0] != ground[1]:
        return False
    left, right = ([row for row in rows if _blanks(row)] for rows in (found, wanted))
    return len(left) == len(right) and _pairable(left, right, {})


def _pairable(left: list[Cells], right: list[Cells], names: dict[Cell, Cell]) -> bool:
    if not left:
        return True
    for place, candidate in enumerate(right):
        trial = dict(names)
        if _agree(left[0], candidate, trial) and _pairable(left[1:], right[:place] + right[place + 1 :], trial):
            return True
    return False


def _agree(a: Cells, b: Cells, names: dict[Cell, Cell]) -> bool:
    """Whether two rows are the same, blank nodes being renamed as ``names`` says; new ones are noted there."""
    for x, y in zip(a, b, strict=True):
        if x[0] != "blank" or y[0] != "blank":
            if x != y:
                return False
        elif names.setdefault(x, y) != y or sum(1 for renamed in names.values() if renamed == y) > 1:
            return False
    return True


def _blanks(row: Cells) -> bool:
    return any(cell[0] == "blank" for cell in row)


def _sample(found: list[Cells], wanted: list[Cells], variables: Sequence[str]) -> str:
    """A row of each side that the other has not, one without blank nodes if there is one."""
    sides = ((found, wanted), (wanted, found))
    extra, missing = (sorted((Counter(a) - Counter(b)).elements(), key=_blanks) for a, b in sides)
    parts = [f"{word} {_shown(rows[0], variables)}" for word, rows in (("got", extra), ("not", missing)) if rows]
    return ", ".join(parts) or "the order differs"


def _shown(cells: Cells, variables: Sequence[str]) -> str:
    return " ".join(f"?{v}={'|'.join(c[1:]) or '-'}" for v, c in zip(variables, cells, strict=True))
