"""The facts of which WikiNLDB-like databases are made: human sentences of TekGen, triples of PARAREL, invented ones.

A human sentence is taken only where it names subject and object, and names the object in the words of the relation; of
what it may say besides (:attr:`Stated.unclear`) nothing is asked in the same database.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.text import mentions
from neuraldb.loading.wikinldb_databases import Triple
from neuraldb.training.tekgen import sentences
from neuraldb.training.wikinldb_names import Names, pararel_facts, pararel_phrases
from neuraldb.training.wikinldb_relations import BASES, NUMBERS, RELATIONS, SLIPS, STATING, states, unclear
from neuraldb.training.wikinldb_templates import templates

LONGEST = 300
"""Characters of a human sentence."""
PARAREL = ("P19", "P20", "P27", "P106", "P108", "P47", "P413", "P39", "P463", "P937", "P17")
"""Relations whose facts and phrases are taken of PARAREL; of others its phrases are about other things."""
# UTF-8 that was read as Latin-1
_MANGLED = re.compile(r"[ÃÅÂÄÐâ\x80-\x9f]")
# names of relations in TekGen whose subject is no person, and none speaks of one
_THINGS = frozenset(
    {
        "constellation", "platform", "developer", "parent taxon", "mountain range", "parent peak", "publisher", "genre",
        "mouth of the watercourse", "origin of the watercourse", "reservoir created", "tributary", "record label",
        "part of", "production company", "narrative location", "filming location", "site of astronomical discovery",
        "distribution format", "operating system", "CPU",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact and what it says.

    Attributes:
        text: the sentence.
        triples: what it states, names as they stand in it.
        origin: ``tekgen``, ``pararel`` or ``drawn``.
        unclear: relations that it may state besides.
    """

    text: str
    triples: tuple[Triple, ...]
    origin: str
    unclear: frozenset[str] = frozenset()


class Corpora:
    """What the generator draws from.

    Args:
        folder: the corpora, with ``tekgen``, ``pararel`` and ``wikinldb-templates``.

    Attributes:
        names: for invented facts.
        sentences: human sentences, by the relation that they state.
        others: human sentences that state no relation that is asked about.
        triples: PARAREL's, by relation.
        phrases: how each relation is told.
        questions: the original's question forms, by relation and type.
    """

    def __init__(self, folder: Path) -> None:
        known = pararel_facts(folder)
        self.questions = templates(folder)
        self.phrases = _phrases(self.questions, pararel_phrases(folder))
        self.triples = {relation: known.get(relation, []) for relation in PARAREL}
        self.sentences: dict[str, list[Stated]] = defaultdict(list)
        self.others: list[Stated] = []
        pools: dict[str, list[str]] = {"book": [], "film": [], "league": [], "genre": [], "prize": []}
        for text, labelled in sentences(folder).items():
            for subject, label, name in labelled:
                for pool, taken in _POOLED.get(label, ()):
                    pools[pool].append((subject, name)[taken])
            self._keep(text, labelled)
        distinct = {pool: [n for n in dict.fromkeys(found) if _plain(n)] for pool, found in pools.items()}
        self.names = Names(known, distinct)

    def _keep(self, text: str, labelled: Sequence[Triple]) -> None:
        if len(text) > LONGEST or _MANGLED.search(text):
            return
        if not all(mentions(text, s) and mentions(text, o) for s, _, o in labelled):
            return
        relations = {each.label: relation for relation, each in RELATIONS.items() if each.label}
        known = [(s, relations.get(label, ""), o) for s, label, o in labelled]
        sure = tuple((s, r, o) for s, r, o in known if r in STATING and states(text, r, o))
        if len(sure) < sum(1 for _, r, _ in known if r):
            return
        stated = frozenset(relation for _, relation, _ in sure)
        personal = any(RELATIONS[r].subject == "person" for r in stated) or not (
            stated or {label for _, label, _ in labelled} <= _THINGS
        )
        fact = Stated(text, sure or tuple(labelled), "tekgen", unclear(text, stated, personal))
        for relation in stated:
            self.sentences[relation].append(fact)
        if not stated:
            self.others.append(fact)

    def tell(self, triple: Triple, phrases: Sequence[str], origin: str, rng: random.Random) -> Stated:
        """A triple in one of some phrases."""
        subject, _, name = triple
        return Stated(sentence(rng.choice(phrases), subject, name), (triple,), origin)


_POOLED = {
    "author": (("book", 0),), "illustrator": (("book", 0),), "director": (("film", 0),), "screenwriter": (("film", 0),),
    "production company": (("film", 0),), "cast member": (("film", 0),), "league": (("league", 1),),
    "genre": (("genre", 1),), "award received": (("prize", 1),),
}  # fmt: skip


def _plain(name: str) -> bool:
    """Whether a name of TekGen is fit to be put into templates."""
    return not _MANGLED.search(name) and len(name) > 3 and "," not in name and "(" not in name


def _phrases(questions: dict[str, dict[str, list[list[str]]]], pararel: dict[str, list[str]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for relation, each in RELATIONS.items():
        originals = (
            [str(p).strip(" .") for p in questions.get(relation, {}).get("fact", ())] if relation in BASES else []
        )
        others = pararel.get(relation, []) if relation in PARAREL else []
        told = (_articled(p) for p in (*originals, *others, *each.phrases) if p not in SLIPS)
        out[relation] = list(dict.fromkeys(told))
    return out


def _articled(phrase: str) -> str:
    return re.sub(r"\ban? \$o", "a $o", phrase)


def filled(template: str, subject: str, name: str) -> str:
    """A template with both slots filled; the article before a name fits it.

    >>> filled("$s works as a $o", "Anna", "actor")
    'Anna works as an actor'
    """
    template = re.sub(r"\ban? \$o", ("an" if name[:1].lower() in "aeiou" else "a") + " $o", template)
    parts = re.split(r"(\$s|\$o)", template)
    return "".join({"$s": subject, "$o": name}.get(part, part) for part in parts)


def sentence(phrase: str, subject: str, name: str) -> str:
    """A phrase as a sentence."""
    text = filled(phrase, subject, name).strip()
    return text if text.endswith(".") else f"{text}."


def is_number(relation: str) -> bool:
    """Whether the objects of a relation are numbers; of relations that are not ours, no."""
    return relation in RELATIONS and RELATIONS[relation].object in NUMBERS
