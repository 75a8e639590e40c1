"""The original's question forms, plain and with joins, and which of them each part of a data set may use."""

from __future__ import annotations

import json
import random
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from neuraldb.loading.wikinldb_databases import TYPES
from neuraldb.training.wikinldb_facts import Corpora
from neuraldb.training.wikinldb_relations import BASES, BY_RELATION, MODIFIERS, PARTS, RELATIONS, numeric, slips

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Form:
    """A question form.

    Attributes:
        relation: what it asks about.
        kind: one of :data:`~neuraldb.loading.wikinldb_databases.TYPES`.
        text: with the slots ``$s`` and ``$o``.
        pattern: what a derivation says, such as ``$o [SEP] $s``, or ``TRUE``.
    """

    relation: str
    kind: str
    text: str
    pattern: str

    @property
    def slots(self) -> str:
        """Which ends are named: ``s``, ``o``, both or neither."""
        return "".join(slot for slot in "so" if f"${slot}" in self.text)

    @property
    def key(self) -> str:
        """The end of which a derivation speaks first: ``s`` or ``o``; empty for yes-no questions."""
        return self.pattern[1:2] if self.pattern.startswith("$") else ""


@dataclass(frozen=True)
class Plan:
    """What one part of a data set may tell and ask.

    Attributes:
        bases, modifiers: relations.
        phrases: how they are told.
        forms: question forms, by relation.
        filters: by (relation, slot) and modifier, descriptions that stand for a slot, with ``$AO`` for the value.
        expansions: by (relation, slot) and modifier, what is asked of a winner, before a relative clause.
        share: of the names of subjects, from and to, in per cent.
    """

    bases: tuple[str, ...]
    modifiers: tuple[str, ...]
    phrases: Mapping[str, Sequence[str]]
    forms: Mapping[str, Sequence[Form]]
    filters: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = field(default_factory=dict)
    expansions: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = field(default_factory=dict)
    share: tuple[int, int] = (0, 100)


_SHARES = {"train": (0, 70), "dev": (70, 85), "test": (85, 100)}


def plan(corpora: Corpora, folder: Path, split: str, part: str) -> Plan:
    """What a part may tell and ask under a split."""
    allowed = BY_RELATION[part] if split == "relation" else tuple(RELATIONS)
    bases = tuple(relation for relation in BASES if relation in allowed)
    modifiers = tuple(relation for relation in RELATIONS if relation in allowed and relation in _MODIFYING)

    def of_part(items: Sequence[Item], seed: str) -> Sequence[Item]:
        return portion(items, part, seed) if split == "template" else items

    def told(relation: str) -> Sequence[str]:
        # a relation with few phrases is told in the same ones everywhere
        phrases = corpora.phrases[relation]
        return of_part(phrases, relation) if len(phrases) > len(PARTS) else phrases

    forms = {relation: plain_forms(corpora, relation) for relation in bases}
    kept = {
        relation: [
            form
            for kind in TYPES
            for form in of_part([f for f in forms[relation] if f.kind == kind], f"{relation} {kind}")
        ]
        for relation in bases
    }
    joins = [_joins(folder, name, set(bases), set(modifiers)) for name in ("filter", "expand")]
    share = _SHARES[part] if split == "entity" else (0, 100)
    phrases = {relation: told(relation) for relation in (*bases, *modifiers) if corpora.phrases[relation]}
    return Plan(bases, modifiers, phrases, kept, joins[0], joins[1], share)


_MODIFYING = frozenset({*MODIFIERS, "P27", "P106", "P108", "P118"})


def portion(items: Sequence[Item], part: str, seed: str) -> Sequence[Item]:
    """The items that a part has to itself: a fifth each for development and test, where there are as many.

    >>> [len(portion("abcdefghij", part, "")) for part in ("train", "dev", "test")]
    [6, 2, 2]
    """
    mixed = random.Random(seed).sample(list(items), len(items))
    test = max(1, len(mixed) // 5) if len(mixed) > 1 else 0
    dev = max(1, len(mixed) // 5) if len(mixed) > 2 else 0
    cut = {"test": slice(0, test), "dev": slice(test, test + dev), "train": slice(test + dev, None)}
    return mixed[cut[part]]


def plain_forms(corpora: Corpora, relation: str) -> list[Form]:
    """The forms of a relation whose gold answer is what they say.

    How many people live somewhere is looked up, not counted: of numbers such forms ask for a set of one.
    """
    out = []
    for kind in TYPES:
        for each in corpora.questions.get(relation, {}).get(kind, ()):
            text, pattern = str(each[0]).strip(), str(each[1]).strip(" .")
            if slips(kind, text, pattern, relation):
                continue
            looked_up = kind == "count" and numeric(relation)
            out.append(Form(relation, "set" if looked_up else kind, text, pattern))
    return out


def _joins(
    folder: Path, name: str, bases: set[str], modifiers: set[str]
) -> dict[tuple[str, str], dict[str, list[str]]]:
    """The phrases of joins, by relation and the slot that they describe."""
    out: dict[tuple[str, str], dict[str, list[str]]] = {}
    with tarfile.open(folder / "wikinldb-templates" / "templates.tar.gz") as archive:
        for member in archive.getnames():
            found = re.fullmatch(rf"(?:.*/)?{name}_(subject|object)s?\.json", member)
            file = archive.extractfile(member) if found else None
            if found is None or file is None:
                continue
            for relation, by_modifier in json.load(file).items():
                kept = {m: _fit(name, texts) for m, texts in by_modifier.items() if m in modifiers}
                if relation in bases:
                    out[relation, found[1][0]] = {m: texts for m, texts in kept.items() if texts}
    return out


def _fit(name: str, texts: Sequence[str]) -> list[str]:
    """Of expansions only those to which a relative clause can be put."""
    return [text for text in texts if name == "filter" or re.search(r"\b(person|player|work) (that|who)$", text)]
