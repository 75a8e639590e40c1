"""Link: one name for each entity, whatever its surface forms.

Exact first, then what the database knows (aliases), then spelling (case, accents, articles, punctuation), then the
names of countries and, within the rows at hand, acronyms, qualified names ("Gary, Indiana" and "Gary"), shorter forms
of people's names, plurals of kinds of things. A short form counts only where it can be one thing, among the rows and in
the database. Vectors never merge names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from neuraldb.core.countries import country, demonym
from neuraldb.core.person_names import has_initials, longer_forms, longest, name_parts
from neuraldb.core.text import fold, normalise, singular
from neuraldb.core.values import Value, parse_value
from neuraldb.operators.context import Context, neural
from neuraldb.plan.nodes import Link, Node
from neuraldb.plan.provenance import EVIDENCE
from neuraldb.stores.entities import EntityStore

QUOTES = "\"“”'`"


@neural(Link)
def link(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows with the column's names made one for each entity."""
    assert isinstance(node, Link)
    (rows,) = children
    index = rows.column_names.index(node.column)
    surfaces = told_apart(rows.column(node.column).to_pylist(), rows.column(EVIDENCE).to_pylist(), context)
    known = [s for s in surfaces if s is not None]
    # "Spanish" beside a Spain of another step may be the language
    peoples = {country(s) for s in known if demonym(s)} - {None}
    earlier = [name for name in context.linked if country(name) not in peoples]
    names = canonical(known, (*node.toward, *earlier), context, node.noun)
    context.linked.update(dict.fromkeys(names.values()))
    linked = pa.array([None if s is None else names[s] for s in surfaces], pa.string())
    return rows.set_column(index, node.column, linked)


def told_apart(surfaces: Sequence[str | None], evidence: Sequence[Sequence[int]], context: Context) -> list[str | None]:
    """Names that several entities have, each made that of the one that its row's facts mention; others as they are."""
    aliases, graph = context.stores.entities.aliases, context.stores.graph
    shared = {s: meant for s in dict.fromkeys(surfaces) if s and len(meant := aliases.meant(normalise(s))) > 1}
    if not shared:
        return list(surfaces)
    facts = {fact for s, those in zip(surfaces, evidence, strict=True) if s in shared for fact in those}
    mentioned: dict[tuple[int, str], set[int]] = defaultdict(set)
    for mention in graph.mentions(sorted(facts)):
        mentioned[mention.fact, normalise(mention.text)].add(mention.term)
    ids = sorted({term for meant in shared.values() for term in meant})
    names = dict(zip(ids, graph.terms(ids), strict=True))
    found: list[str | None] = []
    for surface, those in zip(surfaces, evidence, strict=True):
        terms = (
            {t for fact in those for t in mentioned[fact, normalise(surface)]} if surface in shared and surface else ()
        )
        sure = len(terms) == 1 and names.get(one := next(iter(terms)))
        found.append(names[one].text if sure else surface)
    return found


def canonical(surfaces: Iterable[str], toward: tuple[str, ...], context: Context, noun: str = "") -> dict[str, str]:
    """For each surface form the name of its entity; ``noun`` says what they are names of.

    That is the question's own, else the one that names were merged into, else the commonest, then the longest form.
    """
    counts = Counter(surfaces)
    keys = context.stores.identities((*counts, *toward))
    # of forms with one key the one that says most stands for them, in whatever order they come
    forms_of = {keys[s]: s for s in sorted(keys, key=lambda s: ("," in s.rstrip(" ,"), s.isupper(), s))}
    groups = merge(forms_of, context.stores.entities, noun)
    members: dict[str, list[str]] = defaultdict(list)
    for surface in counts:
        members[groups[keys[surface]]].append(surface)
    chosen = {groups[key]: name for key, name in context.stores.chosen_names(groups).items()}
    asked = chosen | {groups[keys[name]]: name for name in reversed(toward)}
    names: dict[str, str] = {}
    for group, forms in members.items():
        best = asked.get(group) or min(forms, key=lambda s: (-counts[s], -len(tidy(s)), s))
        for form in forms:
            names[form] = best if group in asked else tidy(best)
    return names


def tidy(surface: str) -> str:
    """A surface form without quotes and stray marks around it; itself where nothing else is in it."""
    return surface.lstrip(QUOTES + " \t\n").rstrip(QUOTES + ",;: \t\n") or surface


def merge(keys: Mapping[str, str], entities: EntityStore, noun: str = "") -> dict[str, str]:
    """Which identity keys stand for one entity: ``keys`` maps each to a surface form, the result to its group."""
    group = {key: key for key in keys}
    values = {key: parse_value(surface) for key, surface in keys.items()}
    first: dict[tuple[object, ...], str] = {}
    for key in sorted(keys):
        known = value_key(values[key]) or country_key(keys[key]) or initials_key(keys[key])
        if known is not None:
            group[key] = first.setdefault(known, key)
    plain = [k for k in sorted(keys) if value_key(values[k]) is None]
    full_names = only((initials(keys[k]), k) for k in plain if len(keys[k].split()) > 1)
    qualified = only((bare, k) for k in plain for bare in unqualified(keys[k]) if bare != k)
    people = people_of({k: keys[k] for k in plain}, entities)
    for key in plain:
        full = full_names.get(key.replace(" ", ""), key)
        if group[key] != key:
            continue
        if full != key and keys[key].replace(".", "").isupper():
            group[key] = full
        elif (bare := normalise(without_noun(keys[key], noun))) != key and bare in keys:
            group[key] = bare
        elif key in qualified:
            group[key] = qualified[key]
        elif key in people:
            group[key] = people[key]
        elif keys[key].islower() and (one := singular(key)) in keys and keys[one].islower():
            group[key] = one  # a kind of thing; "Cars" and "Beatles" are names
    return {key: root(key, group) for key in keys}


def people_of(keys: Mapping[str, str], entities: EntityStore) -> dict[str, str]:
    """For keys of names in a shorter form, the key of the longest; who else is in the database makes it unsure."""
    surnames = Counter(parts[-1] for name in keys.values() if (parts := name_parts(name)))
    shared = sorted(surname for surname, count in surnames.items() if count > 1)
    known = {normalise(name): name for surname in shared for name in entities.names_ending(surname)}
    longer = {
        short: long
        for short, long in longer_forms({**known, **keys}).items()
        if not entities.aliases.kept_apart(short, long)
    }
    found: dict[str, str] = {}
    by_person: dict[str, str] = {}
    for key in sorted(keys, key=lambda k: (-len(keys[k]), k)):
        person = longest(key, longer)
        if by_person.setdefault(person, key) != key:
            found[key] = by_person[person]
    return found


def country_key(surface: str) -> tuple[object, ...] | None:
    """What makes two names of countries one: the country."""
    found = country(surface)
    return None if found is None else ("country", found)


def initials_key(surface: str) -> tuple[object, ...] | None:
    """What makes two names with initials one, with points or without: "A.T. Johnson", "A T Johnson"."""
    return ("initials", *name_parts(surface)) if has_initials(surface) else None


def unqualified(surface: str) -> Iterator[str]:
    """What a qualified name may be called alone: "Gary, Indiana" Gary, and "1634: The Ram Rebellion" by its title."""
    if head := normalise(surface.split(",")[0]):
        yield head
    series, colon, title = surface.partition(": ")
    if colon and len(title.split()) > 1 and series:
        yield normalise(title)


def without_noun(surface: str, noun: str) -> str:
    """A name without the common noun that says what it is a name of; itself where that does not stand there.

    >>> [without_noun(name, "journals") for name in ("the Addiction journal", "The journal AIDS", "AIDS (journal)")]
    ['Addiction', 'AIDS', 'AIDS']
    >>> without_noun("The Wall Street Journal", "journals")
    'The Wall Street Journal'
    """
    kind = singular(noun.split()[-1]) if noun.strip() else ""
    words = surface.split()
    name = words[1:] if words[:1] in (["the"], ["The"]) else words
    says = [word.islower() and singular(word.strip("()")) == kind for word in name]
    if len(name) < 2 or not (says[0] or says[-1]):
        return surface
    return " ".join(name[:-1] if says[-1] else name[1:])


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
    return fold("".join(w[0] for w in name.replace("-", " ").split() if w[:1].isupper()))


def root(key: str, group: dict[str, str]) -> str:
    """The end of a chain of merges."""
    seen = {key}
    while group[key] != key and group[key] not in seen:
        key = group[key]
        seen.add(key)
    return key
