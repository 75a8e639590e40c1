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

QUOTES = "\"“”'`"


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
    # of forms with one key the one that says most stands for them, in whatever order they come
    groups = merge({keys[s]: s for s in sorted(keys, key=lambda s: ("," in s.rstrip(" ,"), s.isupper(), s))})
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
    """A surface form without quotes and stray marks around it; itself where nothing else is in it."""
    return surface.lstrip(QUOTES + " \t\n").rstrip(QUOTES + ",;: \t\n") or surface


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
    full_names = only((initials(keys[k]), k) for k in plain if len(keys[k].split()) > 1)
    qualified = only((head, k) for k in plain if (head := normalise(keys[k].split(",")[0])) != k)
    for key in plain:
        full = full_names.get(key.replace(" ", ""), key)
        if full != key and keys[key].replace(".", "").isupper():
            group[key] = full
        elif key in qualified:
            group[key] = qualified[key]
    return {key: root(key, group) for key in keys}


def only(forms: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What each short form stands for; one that stands for several things is none."""
    meant: dict[str, set[str]] = defaultdict(set)
    for short, key in forms:
        meant[short].add(key)
    return {short: next(iter(keys)) for short, keys in meant.items() if len(keys) == 1}


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
