"""Link: one name for each entity, whatever its surface forms.

Exact first, then what the database knows (aliases), then spelling (case, accents, articles, punctuation), then acronyms
and qualified names within the rows at hand ("Gary, Indiana" and "Gary"). Vectors never merge names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import pyarrow as pa

from neuraldb.core.text import normalise
from neuraldb.core.values import Value, parse_value
from neuraldb.operators.context import Context, neural
from neuraldb.plan.nodes import Link, Node


@neural(Link)
def link(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows with the column's names made one for each entity."""
    assert isinstance(node, Link)
    (rows,) = children
    index = rows.column_names.index(node.column)
    surfaces = rows.column(node.column).to_pylist()
    names = canonical([s for s in surfaces if s is not None], node.toward, context)
    linked = pa.array([None if s is None else names[s] for s in surfaces], pa.string())
    return rows.set_column(index, node.column, linked)


def canonical(surfaces: Iterable[str], toward: tuple[str, ...], context: Context) -> dict[str, str]:
    """For each surface form the name of its entity: the question's own, else the commonest, then the longest form."""
    counts = Counter(surfaces)
    keys = context.stores.identities((*counts, *toward))
    groups = merge({keys[s]: s for s in keys})
    members: dict[str, list[str]] = defaultdict(list)
    for surface in counts:
        members[groups[keys[surface]]].append(surface)
    asked = {groups[keys[name]]: name for name in reversed(toward)}
    names: dict[str, str] = {}
    for group, forms in members.items():
        best = asked.get(group) or min(forms, key=lambda s: (-counts[s], -len(tidy(s)), s))
        for form in forms:
            names[form] = best if group in asked else tidy(best)
    return names


def tidy(surface: str) -> str:
    """A surface form without quotes and stray marks around it."""
    return surface.strip().strip("\"“”'`").rstrip(",;:").strip()


def merge(keys: dict[str, str]) -> dict[str, str]:
    """Which identity keys stand for one entity: ``keys`` maps each to a surface form, the result to its group."""
    group = {key: key for key in keys}
    values = {key: parse_value(surface) for key, surface in keys.items()}
    by_value: dict[tuple[object, ...], str] = {}
    for key in sorted(keys):
        known = value_key(values[key])
        if known is not None:
            group[key] = by_value.setdefault(known, key)
    plain = [k for k in sorted(keys) if value_key(values[k]) is None]
    acronyms = {initials(keys[k]): k for k in plain if len(keys[k].split()) > 1}
    heads = {k: k for k in plain}
    for key in plain:
        full = acronyms.get(key.replace(" ", ""))
        head = normalise(keys[key].split(",")[0])
        if full is not None and full != key and keys[key].replace(".", "").isupper():
            group[key] = full
        elif "," in keys[key] and head != key and head in heads:
            group[head] = key
    return {key: root(key, group) for key in keys}


def value_key(value: Value) -> tuple[object, ...] | None:
    """What makes two values one: the magnitude in its unit, the days that are meant."""
    if value.kind == "number" and value.number is not None:
        return ("number", float(f"{value.number:.9g}"), value.unit)
    if value.kind == "date":
        return ("date", value.start, value.end)
    return None


def initials(name: str) -> str:
    """The initials of a name's capitalised words, folded: "United States of America" gives "usa"."""
    return "".join(w[0] for w in name.replace("-", " ").split() if w[:1].isupper()).lower()


def root(key: str, group: dict[str, str]) -> str:
    """The end of a chain of merges."""
    seen = {key}
    while group[key] != key and group[key] not in seen:
        key = group[key]
        seen.add(key)
    return key
