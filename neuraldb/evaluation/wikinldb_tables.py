"""What the scores of a WikiNLDB run come to: by type, by size, by number of support facts, with joins and without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neuraldb.loading.wikinldb_databases import TYPES, Query

BUCKETS = ((0, "0"), (1, "1"), (4, "2-4"), (9, "5-9"), (19, "10-19"))
"""The original's groups of queries by how many facts support the answer: the most facts, and the name."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A query with its scores, from 0 to 1; those of the original are None where it leaves the query out."""

    query: Query
    size: int
    compatible: tuple[float, float] | None
    strict: tuple[float, float]


def supporting(query: Query) -> str:
    """The name of the group of :data:`BUCKETS` that a query is in."""
    count = len({fact for support in query.facts for fact in support})
    return next((name for most, name in BUCKETS if count <= most), "20+")


def table(scored: Sequence[Scored]) -> str:
    """The figures in per cent; the original's columns are over the queries that it scores, ours over all."""
    lines = [
        f"{'':<24}{'':>8}{'compatible':>24}{'strict':>16}",
        f"{'':<24}{'queries':>8}{'scored':>8}{'F1':>8}{'exact':>8}{'exact':>8}{'F1':>8}",
    ]
    for heading, groups in _groups(scored):
        lines.append(heading)
        lines += [_line(f"  {name}", group) for name, group in groups if group]
    lines.append(_line("all", scored))
    return "\n".join(lines)


def _groups(scored: Iterable[Scored]) -> list[tuple[str, list[tuple[str, list[Scored]]]]]:
    types: dict[str, list[Scored]] = defaultdict(list)
    sizes: dict[int, list[Scored]] = defaultdict(list)
    support: dict[str, list[Scored]] = defaultdict(list)
    joins: dict[bool, list[Scored]] = defaultdict(list)
    for each in scored:
        types[each.query.type].append(each)
        sizes[each.size].append(each)
        support[supporting(each.query)].append(each)
        joins[each.query.is_join].append(each)
    names = [*TYPES, *sorted(set(types) - set(TYPES))]
    return [
        ("type", [(name, types[name]) for name in names]),
        ("facts in the database", [(str(size), sizes[size]) for size in sorted(sizes)]),
        ("facts in the support sets", [(name, support[name]) for name in (*(n for _, n in BUCKETS), "20+")]),
        ("join", [("with", joins[True]), ("without", joins[False])]),
    ]


def _line(name: str, scored: Sequence[Scored]) -> str:
    compatible = [each.compatible for each in scored if each.compatible is not None]
    strict = [each.strict for each in scored]
    cells = [
        _mean([overlap for _, overlap in compatible]), _mean([exact for exact, _ in compatible]),
        _mean([exact for exact, _ in strict]), _mean([overlap for _, overlap in strict]),
    ]  # fmt: skip
    return f"{name:<24}{len(scored):>8}{len(compatible):>8}" + "".join(f"{cell:>8}" for cell in cells)


def _mean(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.1f}" if values else "-"
