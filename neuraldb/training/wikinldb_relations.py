"""What the generator of WikiNLDB-like data knows of each relation: classes, phrases, and to which part it belongs.

Properties are those of Wikidata. Base relations are asked about with the original's templates; modifiers only describe
or tell more of an entity in joins ("someone who plays goalkeeper"). Relations without facts in the corpora are told of
invented people, with names and numbers that are drawn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SPLITS = ("entity", "template", "relation")
"""What the parts of a data set do not share: subjects, forms of questions and facts, or relations."""
PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation.

    Attributes:
        subject, object: the classes of its two ends, as :mod:`neuraldb.training.wikinldb_names` has them.
        many: whether a subject may have several objects; only of others can a wrong object be denied.
        symmetric: whether it holds in both directions.
        label: its name in TekGen, of which human sentences are taken.
        phrases: how it is told, besides the original's and PARAREL's phrases.
    """

    subject: str
    object: str
    many: bool = False
    symmetric: bool = False
    label: str = ""
    phrases: tuple[str, ...] = ()


BASES: dict[str, Relation] = {
    "P19": Relation("person", "city"),
    "P20": Relation("person", "city"),
    "P26": Relation("person", "person", symmetric=True),
    "P27": Relation("person", "country"),
    "P106": Relation("person", "occupation", many=True, label="occupation"),
    "P108": Relation("person", "company", many=True),
    "P69": Relation("person", "university", many=True),
    "P54": Relation("person", "team", many=True, label="member of sports team"),
    "P118": Relation("person", "league", many=True, label="league"),
    "P50": Relation("book", "person", many=True, label="author"),
    "P57": Relation("film", "person", many=True, label="director"),
    "P58": Relation("film", "person", many=True, label="screenwriter"),
    "P6": Relation("place", "person"),
    "P35": Relation("person", "country", many=True),
    "P47": Relation("place", "place", many=True, symmetric=True),
    "P1082": Relation("place", "population"),
    "P1867": Relation("place", "voters"),
    "P1092": Relation("item", "copies"),
    "P1110": Relation("event", "attendance"),
    "P1174": Relation("attraction", "visitors"),
    "P1198": Relation("place", "rate"),
}
"""Relations that questions are about."""

MODIFIERS: dict[str, Relation] = {
    "P413": Relation("person", "position"),
    "P2048": Relation("person", "height", phrases=("$s is $o tall", "The height of $s is $o")),
    "P2067": Relation("person", "weight", phrases=("$s weighs $o", "The weight of $s is $o")),
    "P569": Relation("person", "birthday", phrases=("$s was born on $o", "The date of birth of $s is $o")),
    "P39": Relation("person", "office"),
    "P463": Relation("person", "organisation", many=True),
    "P937": Relation("person", "city", many=True),
    "P166": Relation("person", "prize", many=True, phrases=("$s won a $o", "$s was awarded a $o")),
    "P136": Relation("work", "genre", label="genre", phrases=("The genre of $s is $o", "$s belongs to the genre $o")),
    "P495": Relation("work", "country", phrases=("$s originates from $o", "The country of origin of $s is $o")),
    "P577": Relation("work", "day", phrases=("$s was published on $o", "The publication date of $s is $o")),
    "P17": Relation("institution", "country"),
}
"""Relations that only restrict or tell more; P27, P106, P108 and P118 do so, too."""

RELATIONS = BASES | MODIFIERS

NUMBERS = frozenset({"population", "voters", "copies", "attendance", "visitors", "rate"})
"""Classes of objects that are numbers and are ranked as such."""

CONFUSED: tuple[frozenset[str], ...] = tuple(
    frozenset(pair)
    for pair in (("P50", "P57"), ("P50", "P58"), ("P6", "P35"), ("P1110", "P1174"), ("P27", "P1082"), ("P54", "P463"))
)
"""Relations that are told or asked in the same words, and so are never in one database."""

BY_RELATION: dict[str, tuple[str, ...]] = {
    "train": ("P19", "P27", "P106", "P50", "P26", "P57", "P47", "P1082", "P1174", "P1092", "P136"),
    "dev": ("P58", "P118", "P35", "P1867", "P495", "P577"),
    "test": (
        "P54", "P69", "P20", "P108", "P6", "P1110", "P1198",
        "P413", "P2048", "P2067", "P569", "P39", "P937", "P166", "P17",
    ),
}  # fmt: skip
"""The parts of a data set that is split by relation; each has questions of every type, and joins."""


def numeric(relation: str) -> bool:
    """Whether the objects of a relation are numbers."""
    return RELATIONS[relation].object in NUMBERS


# How a human sentence must name the object {o} to be taken to state the relation, and nothing more of that relation.
_ONLY = r"(?! ?(,|and|&|\(|/))"
STATING: dict[str, str] = {
    "P57": rf"\bdirected by {{o}}{_ONLY}",
    "P58": rf"\b(?<!co-)(written|written and directed|directed and written) by {{o}}{_ONLY}",
    "P50": rf"\b(written|authored|novel|novels|book|anthology|stories|manga) by ([\w-]+ ){{{{0,4}}}}{{o}}{_ONLY}",
    "P54": r"\b(plays|played|playing|debut) (as an? [\w ]+ )?for {o}( in [\w ]+)?\.$",
    "P118": r"\b(plays|played|playing|to play) [^.,]*\bin( the| English)* {o}\.$",
    "P106": r"\b(is|was) an? (?!.*\band\b)[\w\- ]*{o}( from \w+)?\.$",
    "P136": r"\b(is|was) an? [\w\- ]*\b{o}\b",
}

# What a sentence may say besides the triples that it is annotated with: it is then not put where that is asked. Of
# modifiers but these it matters only whether a sentence mentions a value that is asked for.
CUED = frozenset({*BASES, "P495"})
_NATION = r"\b[A-Z][a-z]+(an|ish|ese|ch|li|qi|wegian|tch)\b|citizen|national"
_WRITTEN = r"(?i)\bwrit|\bwrote|\bauthor|screenplay|script|\b(novel|story|book|manga|comic)\w* by"
CUES = {
    relation: re.compile(pattern)
    for relation, pattern in {
        "P57": r"(?i)direct",
        "P58": _WRITTEN,
        "P50": _WRITTEN,
        "P54": r"(?i)\bclub|\bteam|\bplay|\bsign|\bjoin|\bF\.?C\b|\bseason|\bloan",
        "P118": r"(?i)league|division|championship|\bplay",
        "P495": rf"{_NATION}|\b(made|filmed|produced|set) in",
        "P19": r"(?i)\bborn|\bfrom\b|native",
        "P20": r"(?i)\bdie|death|killed|\(.*\d{4}.*\d{4}.*\)",
        "P26": r"(?i)\bmarri|wife|husband|spouse",
        "P27": _NATION,
        "P69": r"(?i)universit|college|stud|graduat|degree|school|educat",
        "P108": r"(?i)\bwork|employ|\bjob",
        "P1110": r"(?i)attend",
        "P6": r"(?i)\bleader|\bgovern|minister|mayor|president",
        "P35": r"(?i)\bleader|\bgovern|president|\bking|queen|emperor|\bhead",
        "P1092": r"(?i)\bbuilt|\bproduced|\bmade",
        "P47": r"(?i)\bborder|neighbo",
    }.items()
}


def states(text: str, relation: str, name: str) -> bool:
    """Whether a human sentence that is annotated with a relation and its object surely states it.

    >>> states("Moon is a film directed by Ola Vik.", "P57", "Ola Vik")
    True
    """
    return re.search(STATING[relation].format(o=re.escape(name)), text) is not None


def unclear(text: str, stated: frozenset[str], personal: bool) -> frozenset[str]:
    """The relations that a human sentence may state besides those that it is annotated with; rather too many.

    Args:
        text: the sentence.
        stated: the relations that it surely states.
        personal: whether it may speak of a person.
    """
    hinted = frozenset(relation for relation, cue in CUES.items() if cue.search(text))
    # of a person such a sentence nearly always says the occupation
    return (hinted | (frozenset({"P106"}) if personal else frozenset())) - stated


# ------------------------------------------------------------------------------------------- what templates get wrong

SLIPS = frozenset(
    {
        # asks for more than one relation can tell, or for a total
        "How many inhabitants are there in $o?", "What items are there?", "List all items", "What items exist?",
        # a rate is asked for as if it were a number of people
        "Are there $o people unemployed in $s?", "Which places have the least people out of work?",
        "Which places have the most people out of work?", "There are $o people out work in $s",
        "$o is $s", "$s is a part of $o", "$s is a $o",
    }
)  # fmt: skip
"""Templates that are passed over: their gold answer would not be what they say."""


def slips(kind: str, question: str, pattern: str, relation: str) -> bool:
    """Whether a question form is passed over.

    >>> slips("count", "How many books did $s write?", "$s", "P50"), slips("set", "Who wrote $s?", "$o", "P50")
    (True, False)
    """
    bare = pattern.strip(" .")
    wrong_way = kind == "argmin" and re.search(r"\bmost\b", question) is not None
    # of numbers only that of one subject can be looked up; a total of all would be meant otherwise
    total = numeric(relation) and kind == "count" and "$s" not in question
    return not bare or (bare in ("$s", "$o") and bare in question) or wrong_way or total or question in SLIPS
