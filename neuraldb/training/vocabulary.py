"""The lexicon, read and checked: classes of entities, and the words for relations, quantities and dates.

The file format is described in ``lexicon/README.md``. Every mistake in a file is reported with its place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "lexicon"
HELD_OUT = ("medicine", "events", "infrastructure")
"""Domains that no training example comes from; the cards' figures are measured on them."""
KINDS = ("person", "place", "thing", "group", "literal")
DIMENSIONS = (
    "length", "height", "distance", "area", "mass", "volume", "duration", "speed",
    "money", "temperature", "percentage", "power", "data", "plain",
)  # fmt: skip
TENSES = ("past", "present")


@dataclass(frozen=True, slots=True)
class Noun:
    """A countable noun with its two forms."""

    singular: str
    plural: str


@dataclass(frozen=True, slots=True)
class EntityClass:
    """A class of entities: how it is called, how it is asked for, how its members are named."""

    name: str
    nouns: tuple[Noun, ...]
    kind: str
    names: tuple[tuple[str, str | None], ...]
    """Full name and, where there is one, a shorter alias."""
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerbPhrase:
    """``before {slot} after`` in its base form, with the tense it is used in."""

    tense: str
    verb: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between entities of two classes and the words for it."""

    name: str
    subject: str
    object: str
    functional: bool
    inverse_functional: bool
    verbs: tuple[VerbPhrase, ...]
    inverse_verbs: tuple[VerbPhrase, ...]
    nouns: tuple[Noun, ...]
    inverse_nouns: tuple[Noun, ...]
    inverse_prep: str
    role: Noun | None
    facts: tuple[str, ...]
    ask_object: tuple[str, ...]
    ask_subject: tuple[str, ...]
    ask_bool: tuple[str, ...]
    attributes: tuple[str, ...]
    inverse_attributes: tuple[str, ...]
    symmetric: bool = False
    """Whether it holds the other way round, too, as marriage does."""


@dataclass(frozen=True, slots=True)
class Adjective:
    """An adjective in its three degrees."""

    positive: str
    comparative: str
    superlative: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A numeric attribute of a class: a count of things, or a measure in a dimension."""

    name: str
    subject: str
    counted: Noun | None
    dimension: str | None
    low_end: float
    high_end: float
    integer: bool
    functional: bool
    verbs: tuple[VerbPhrase, ...]
    nouns: tuple[str, ...]
    facts: tuple[str, ...]
    ask_value: tuple[str, ...]
    high: tuple[Adjective, ...]
    low: tuple[Adjective, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DateAttribute:
    """A date of a class."""

    name: str
    subject: str
    precision: tuple[str, ...]
    low_end: int
    high_end: int
    verbs: tuple[VerbPhrase, ...]
    nouns: tuple[str, ...]
    facts: tuple[str, ...]
    ask_value: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """One lexicon file, with the shared classes and pools merged in."""

    name: str
    classes: Mapping[str, EntityClass]
    pools: Mapping[str, tuple[str, ...]]
    relations: tuple[Relation, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    dates: tuple[DateAttribute, ...] = ()


class LexiconError(ValueError):
    """An entry of a lexicon file is wrong; the message says which."""


@dataclass
class _Checker:
    file: str
    entry: str = ""
    problems: list[str] = field(default_factory=list)

    def fail(self, message: str) -> None:
        self.problems.append(f"{self.file}: {self.entry}: {message}")

    def table(self, value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.fail("must be a table")
        return {}

    def tables(self, table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        self.entry = key
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
        self.fail(f"each must be written as [[{key}]]")
        return []

    def texts(self, table: Mapping[str, Any], key: str, least: int = 0) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fail(f"{key} must be a list of strings")
            return ()
        if len(value) < least:
            self.fail(f"{key} needs at least {least} entries")
        return tuple(value)

    def slots(self, texts: tuple[str, ...], key: str, needed: set[str], allowed: set[str]) -> tuple[str, ...]:
        for text in texts:
            found = re.findall(r"\{(\w+)\}", text)
            if set(found) - needed - allowed or needed - set(found) or any(found.count(s) != 1 for s in needed):
                self.fail(
                    f"{key}: {text!r} must have {sorted(needed)} once each, and besides at most {sorted(allowed)}"
                )
        return texts

    def nouns(self, table: Mapping[str, Any], key: str) -> tuple[Noun, ...]:
        out = []
        for text in self.texts(table, key):
            parts = text.split("|")
            if len(parts) != 2:
                self.fail(f"{key}: {text!r} must be 'singular|plural'")
            else:
                out.append(Noun(*parts))
        return tuple(out)

    def verbs(self, table: Mapping[str, Any], key: str, slot: str) -> tuple[VerbPhrase, ...]:
        out = []
        for text in self.texts(table, key):
            found = re.fullmatch(rf"(past|present): (\w[\w'-]*) ?(.*?) ?\{{{slot}\}}(.*)", text)
            if not found or "{" in found[3] + found[4]:
                self.fail(f"{key}: {text!r} must be 'past|present: base-form … {{{slot}}} …'")
            elif found[2] in ("was", "were", "is", "are", "has", "had"):
                self.fail(f"{key}: {text!r} must begin with the base form of the verb")
            else:
                out.append(VerbPhrase(found[1], found[2], found[3].strip(), found[4].strip()))
        return tuple(out)

    def span(self, table: Mapping[str, Any], said: str) -> tuple[float, float]:
        value = table.get("range")
        if isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value):
            low, high = value
            if low < high:
                return low, high
        self.fail(f"range must be {said}")
        return 0, 1

    def adjectives(self, table: Mapping[str, Any], key: str) -> tuple[Adjective, ...]:
        out = []
        for text in self.texts(table, key):
            parts = text.split("|")
            if len(parts) != 3:
                self.fail(f"{key}: {text!r} must be 'long|longer|longest'")
            else:
                out.append(Adjective(*parts))
        return tuple(out)


def load_domain(path: Path, shared: Domain | None = None) -> Domain:
    """Read one lexicon file.

    Raises:
        LexiconError: with every problem found, a line each.
    """
    try:
        table = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{path.name}: {error}") from error
    check = _Checker(path.name)
    pools = dict(shared.pools) if shared else {}
    check.entry = "pool"
    own_pools = check.table(table.get("pool", {}))
    pools |= {name: check.texts(own_pools, name) for name in own_pools}
    classes = dict(shared.classes) if shared else {}
    check.entry = "class"
    for name, entry in check.table(table.get("class", {})).items():
        check.entry = f"class {name}"
        if name in classes:
            check.fail("is defined in common.toml already")
        classes[name] = _entity_class(check, name, check.table(entry), pools)
    domain = Domain(
        path.stem,
        classes,
        pools,
        tuple(_relation(check, e, classes) for e in check.tables(table, "relation")),
        tuple(_quantity(check, e, classes) for e in check.tables(table, "quantity")),
        tuple(_date(check, e, classes) for e in check.tables(table, "date")),
    )
    for key in set(table) - {"pool", "class", "relation", "quantity", "date"}:
        check.problems.append(f"{path.name}: unknown table {key!r}")
    if check.problems:
        raise LexiconError("\n".join(check.problems))
    return domain


def load_named(name: str, folder: Path = FOLDER) -> Domain:
    """The domain of this name, the shared classes merged in."""
    return load_domain(folder / f"{name}.toml", load_domain(folder / "common.toml"))


def load_lexicon(folder: Path = FOLDER) -> list[Domain]:
    """All domains, the shared classes merged into each."""
    shared = load_domain(folder / "common.toml")
    return [load_domain(p, shared) for p in sorted(folder.glob("*.toml")) if p.stem != "common"]


def _entity_class(
    check: _Checker, name: str, entry: Mapping[str, Any], pools: Mapping[str, tuple[str, ...]]
) -> EntityClass:
    nouns = check.nouns(entry, "nouns")
    kind = entry.get("kind", "thing")
    if not nouns:
        check.fail("needs nouns")
    if kind not in KINDS:
        check.fail(f"kind must be one of {KINDS}")
    names = check.texts(entry, "names")
    patterns = check.texts(entry, "patterns")
    if len(names) < 30 and len(patterns) < 4 and kind != "literal":
        check.fail("needs 30 names or 4 patterns")
    if kind == "literal" and len(names) < 8 and not patterns:
        check.fail("needs 8 names or a pattern")
    for pattern in patterns:
        for slot in re.findall(r"\{(\w+)\}", pattern):
            if slot not in ("A", "9") and slot.lower() not in pools:
                check.fail(f"pattern {pattern!r} uses the unknown pool {slot!r}")
    split = [tuple(part.strip() for part in n.split(" = ")) for n in names]
    return EntityClass(name, nouns, kind, tuple((s[0], s[1] if len(s) > 1 else None) for s in split), patterns)


def _known(check: _Checker, name: Any, classes: Mapping[str, EntityClass]) -> str:
    if not isinstance(name, str) or name not in classes:
        check.fail(f"unknown class {name!r}")
    return str(name)


def _only(check: _Checker, entry: Mapping[str, Any], kind: type, *besides: str) -> None:
    allowed = set(kind.__dataclass_fields__) | set(besides)  # type: ignore[attr-defined]
    for key in set(entry) - allowed:
        check.fail(f"unknown key {key!r}")


def _relation(check: _Checker, entry: Mapping[str, Any], classes: Mapping[str, EntityClass]) -> Relation:
    check.entry = f"relation {entry.get('name')}"
    _only(check, entry, Relation)
    verbs = check.verbs(entry, "verbs", "o")
    nouns = check.nouns(entry, "nouns")
    if not verbs and not nouns:
        check.fail("needs verbs or nouns")
    role = check.nouns({"role": [entry["role"]]}, "role") if "role" in entry else ()
    object_class = _known(check, entry.get("object"), classes)
    return Relation(
        name=str(entry.get("name")),
        subject=_known(check, entry.get("subject"), classes),
        object=object_class,
        functional=bool(entry.get("functional", False)),
        inverse_functional=bool(entry.get("inverse_functional", False)),
        verbs=verbs,
        inverse_verbs=check.verbs(entry, "inverse_verbs", "s"),
        nouns=nouns,
        inverse_nouns=check.nouns(entry, "inverse_nouns"),
        inverse_prep=str(entry.get("inverse_prep", "of")),
        role=role[0] if role else None,
        facts=check.slots(check.texts(entry, "facts", 2), "facts", {"s", "o"}, set()),
        ask_object=check.slots(check.texts(entry, "ask_object", 2), "ask_object", {"s"}, {"c", "cs"}),
        ask_subject=check.slots(check.texts(entry, "ask_subject", 2), "ask_subject", {"o"}, {"c", "cs"}),
        ask_bool=check.slots(check.texts(entry, "ask_bool", 1), "ask_bool", {"s", "o"}, set()),
        attributes=check.texts(entry, "attributes", 1),
        inverse_attributes=check.texts(entry, "inverse_attributes"),
        symmetric=bool(entry.get("symmetric", False)),
    )


def _quantity(check: _Checker, entry: Mapping[str, Any], classes: Mapping[str, EntityClass]) -> Quantity:
    check.entry = f"quantity {entry.get('name')}"
    _only(check, entry, Quantity, "range")
    counted = check.nouns({"counted": [entry["counted"]]}, "counted") if "counted" in entry else ()
    dimension = entry.get("dimension")
    if bool(counted) == bool(dimension):
        check.fail("needs either counted or dimension")
    if dimension is not None and dimension not in DIMENSIONS:
        check.fail(f"dimension must be one of {DIMENSIONS}")
    span = check.span(entry, "[low, high]")
    return Quantity(
        name=str(entry.get("name")),
        subject=_known(check, entry.get("subject"), classes),
        counted=counted[0] if counted else None,
        dimension=dimension,
        low_end=float(span[0]),
        high_end=float(span[1]),
        integer=bool(entry.get("integer", bool(counted))),
        functional=bool(entry.get("functional", True)),
        verbs=check.verbs(entry, "verbs", "v"),
        nouns=check.texts(entry, "nouns", 1),
        facts=check.slots(check.texts(entry, "facts", 1), "facts", {"s", "v"}, set()),
        ask_value=check.slots(check.texts(entry, "ask_value", 2), "ask_value", {"s"}, set()),
        high=check.adjectives(entry, "high"),
        low=check.adjectives(entry, "low"),
        attributes=check.texts(entry, "attributes", 1),
    )


def _date(check: _Checker, entry: Mapping[str, Any], classes: Mapping[str, EntityClass]) -> DateAttribute:
    check.entry = f"date {entry.get('name')}"
    _only(check, entry, DateAttribute, "range")
    span = check.span(entry, "[first year, last year]")
    return DateAttribute(
        name=str(entry.get("name")),
        subject=_known(check, entry.get("subject"), classes),
        precision=check.texts(entry, "precision", 1),
        low_end=int(span[0]),
        high_end=int(span[1]),
        verbs=check.verbs(entry, "verbs", "on"),
        nouns=check.texts(entry, "nouns"),
        facts=check.slots(check.texts(entry, "facts", 1), "facts", {"s", "on"}, set()),
        ask_value=check.slots(check.texts(entry, "ask_value", 2), "ask_value", {"s"}, set()),
        first=check.slots(check.texts(entry, "first"), "first", set(), {"c", "cs"}),
        last=check.slots(check.texts(entry, "last"), "last", set(), {"c", "cs"}),
        attributes=check.texts(entry, "attributes", 1),
    )
