"""What a comparison of support sets comes to, as Markdown tables: by method; by type, support, joins and size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from neuraldb.evaluation.support_sets import METHODS, Asked

SUPPORTS = ((0, "0"), (1, "1"), (5, "2-5"), (20, "6-20"))
"""Groups of questions by how many facts support the answer: the most facts, and the name."""
JOINS = ("join", "conj", "neg")
"""The types of questions that are answered by asking several."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The means of some questions under one method, in per cent; precision and recall of those that have support."""

    queries: int
    exact: float
    overlap: float
    precision: float | None
    recall: float | None
    facts: float
    readings: float

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Figures:
        """The means; there must be a question."""
        supported = [each for each in asked if each.support]
        return cls(
            len(asked),
            100 * _mean([each.exact for each in asked]),
            100 * _mean([each.overlap for each in asked]),
            100 * _mean([each.precision for each in supported]) if supported else None,
            100 * _mean([each.recall for each in supported]) if supported else None,
            _mean([each.facts for each in asked]),
            _mean([each.readings for each in asked]),
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def supported_by(asked: Asked) -> str:
    """The name of the group of :data:`SUPPORTS` that a question is in."""
    return next((name for most, name in SUPPORTS if asked.support <= most), "more")


def joined(asked: Asked) -> str:
    """Whether one question or several are asked for the answer."""
    return "several questions" if asked.type in JOINS else "one question"


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to group questions: its heading, each question's group, and the groups in the order of the table."""

    heading: str
    of: Callable[[Asked], str]
    order: Callable[[str], Any]


_SUPPORT_ORDER = (*(name for _, name in SUPPORTS), "more")
GROUPINGS = (
    Grouping("type", lambda asked: asked.type, str),
    Grouping("supporting facts", supported_by, _SUPPORT_ORDER.index),
    Grouping("join", joined, str),
    Grouping("facts in the database", lambda asked: str(asked.size), int),
)


def tables(asked: Sequence[Asked]) -> str:
    """All tables: of the methods, then for each grouping what the answers score and what the support sets hold."""
    methods = [method for method in METHODS if any(each.method == method for each in asked)]
    parts = [_overall(asked, methods)]
    for grouping in GROUPINGS:
        parts.append(_grouped(asked, methods, grouping, "exact match / F1 (%)", _score))
        parts.append(_grouped(asked, methods, grouping, "precision / recall (%) / facts retrieved", _support))
    return "\n\n".join(parts)


def _overall(asked: Sequence[Asked], methods: Sequence[str]) -> str:
    rows = []
    for method in methods:
        figures = Figures.of([each for each in asked if each.method == method])
        means = (figures.exact, figures.overlap, figures.precision, figures.recall, figures.facts, figures.readings)
        rows.append([method, str(figures.queries), *map(_number, means)])
    head = ["method", "queries", "exact match", "F1", "precision", "recall", "facts", "readings"]
    return f"By method (%; facts retrieved and readings a question)\n\n{markdown(head, rows)}"


def _grouped(
    asked: Sequence[Asked],
    methods: Sequence[str],
    grouping: Grouping,
    measures: str,
    cell: Callable[[Figures], str],
) -> str:
    groups: dict[str, dict[str, list[Asked]]] = {}
    for each in asked:
        groups.setdefault(grouping.of(each), {}).setdefault(each.method, []).append(each)
    rows = []
    for name in sorted(groups, key=grouping.order):
        figures = {method: Figures.of(some) for method, some in groups[name].items()}
        queries = max(each.queries for each in figures.values())
        rows.append([name, str(queries), *(cell(figures[m]) if m in figures else "" for m in methods)])
    return f"By {grouping.heading}: {measures}\n\n{markdown([grouping.heading, 'queries', *methods], rows)}"


def _score(figures: Figures) -> str:
    return f"{_number(figures.exact)} / {_number(figures.overlap)}"


def _support(figures: Figures) -> str:
    return " / ".join(map(_number, (figures.precision, figures.recall, figures.facts)))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that can be read as it stands; the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (head, rule, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
