"""One filter, one join, one top-k and one aggregate over sentences of which it is known what they are about.

The sentences are those of Text2KGBench's Wikidata-TekGen test part, on which nothing is trained. Each stands in the
part of one ontology, which says what it is about: that is the gold label. It is no perfect one (a sentence about the
book of a film may stand in either), but it is the same for all who are compared.
"""

from __future__ import annotations

import io
import json
import random
import tarfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.errors import OperationalError
from neuraldb.models.protocols import Reading, ReadRequest

ARCHIVE = Path("tekgen", "wikidata_tekgen.tar.gz")
DOMAINS = {
    "movie": "film",
    "music": "music",
    "sport": "sport",
    "book": "a book or writer",
    "military": "the military",
    "computer": "software or computers",
    "space": "astronomy or spaceflight",
    "politics": "politics",
    "nature": "rivers, mountains or lakes",
    "culture": "languages or peoples",
}
"""What the sentences of each ontology are about, in words."""
FILTERED = "movie"
WANTED = "space"
LONGEST = 30
"""Words that a sentence has at most which the filter wants: an exact condition beside the semantic one."""
NAMES = ("filter", "join", "top-k", "aggregate")
QUERY = "a spacecraft, an astronaut or a star"
"""What the top-k is near to."""


def criterion(domain: str) -> str:
    """What a reader is asked of a sentence."""
    return f"Is this about {DOMAINS[domain]}?"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, and the domain it is of."""

    id: int
    text: str
    domain: str

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


class LabelReader:
    """Stands in for a large model that is always right: it knows the labels, and reads nothing.

    With it, the quality of what comes out is that of the plans alone.
    """

    name = "labels"

    def __init__(self, rows: Sequence[Note]) -> None:
        self._domains = {note.text: note.domain for note in rows}
        self._asked = {criterion(domain): domain for domain in DOMAINS} | {f"Is this about {QUERY}?": WANTED}

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        """A verdict on each; no two are equally sure, so that comparing them comes to an end."""
        said = []
        for request in requests:
            (text,) = request.facts
            doubt = 0.01 + 0.04 * (zlib.crc32(text.encode()) % 9973) / 9973
            right = self._domains.get(text) == self._asked.get(request.question)
            said.append(Reading((), 1 - doubt, doubt, 0.0) if right else Reading((), doubt, 1 - doubt, 0.0))
        return said


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many sentences each query is about.

    Attributes:
        filter, join, top, aggregate: of them; a join has as many pairs for each domain.
        wanted: rows of the top-k.
    """

    filter: int = 2000
    join: int = 150
    top: int = 150
    aggregate: int = 150
    wanted: int = 20

    def of(self, name: str) -> int:
        """The sentences of a query."""
        return {"filter": self.filter, "join": self.join, "top-k": self.top, "aggregate": self.aggregate}[name]


@dataclass(frozen=True, slots=True)
class Quality:
    """How good rows are: precision, recall, and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def notes(folder: Path, seed: int = 0) -> list[Note]:
    """All sentences in an order of chance.

    Raises:
        OperationalError: the corpus is not there.
    """
    path = folder / ARCHIVE
    if not path.is_file():
        raise OperationalError(f"there is no {path}", hint="docs/evaluation.md says what must be there")
    found: dict[str, str] = {}
    with tarfile.open(path) as archive:
        for member in sorted(archive.getnames()):
            if "/test/" not in member or "unseen" in member or not member.endswith(".jsonl"):
                continue
            file = archive.extractfile(member)
            assert file is not None
            domain = Path(member).name.split("_")[2]
            for line in io.TextIOWrapper(file, "utf-8"):
                found.setdefault(json.loads(line)["sent"], domain)
    ordered = sorted(found.items())
    random.Random(seed).shuffle(ordered)
    return [Note(i, text, domain) for i, (text, domain) in enumerate(ordered)]


def gold(name: str, rows: Sequence[Note]) -> Counter[object]:
    """What should come out: ids of the filter and the top-k, (id, domain) of the join, the aggregate's counts."""
    if name == "filter":
        return Counter(note.id for note in rows if note.domain == FILTERED and note.words <= LONGEST)
    if name == "join":
        return Counter((note.id, note.domain) for note in rows)
    if name == "top-k":
        return Counter(note.id for note in rows if note.domain == WANTED)
    return Counter(note.domain for note in rows)


def quality(name: str, found: Counter[object], right: Counter[object], wanted: int) -> Quality:
    """Precision and recall of what came out.

    Of a top-k both are the share of the places that hold a right row, as far as there are right rows; of counts what
    is common to both counts.

    Args:
        name: of the query.
        found: what came out.
        right: what should have.
        wanted: rows of the top-k.
    """
    common = sum((found & right).values())
    if name == "top-k":
        share = common / max(1, min(wanted, sum(right.values())))
        return Quality(share, share)
    given, due = sum(found.values()), sum(right.values())
    return Quality(common / given if given else 1.0, common / due if due else 1.0)


def statement(name: str, wanted: int) -> tuple[str, list[object]]:
    """A query in our SQL, with its parameters; over the tables ``notes`` and ``domains``."""
    if name == "filter":
        return (
            f"SELECT id FROM notes WHERE means(text, %s) AND words <= {LONGEST:d} ORDER BY id",
            [criterion(FILTERED)],
        )
    if name == "join":
        return "SELECT n.id, d.name FROM notes n JOIN domains d ON means(n.text, d.criterion)", []
    if name == "top-k":
        return f"SELECT id FROM notes ORDER BY similarity(text, %s) DESC, id LIMIT {wanted:d}", [QUERY]
    labels = ", ".join(["%s"] * len(DOMAINS))
    counted = f"SELECT classify(text, [{labels}]) AS label, count(*) AS n FROM notes GROUP BY label"
    return counted, list(DOMAINS.values())


def answers(name: str, rows: Sequence[Sequence[object]]) -> Counter[object]:
    """The rows of :func:`statement` as :func:`gold` has them."""
    if name == "aggregate":
        named = {label: domain for domain, label in DOMAINS.items()}
        return Counter({named[str(label)]: int(str(count)) for label, count in rows if label is not None})
    return Counter(tuple(row) if name == "join" else row[0] for row in rows)


def as_json(rows: Sequence[Note]) -> list[Mapping[str, object]]:
    """Sentences for other programs."""
    return [{"id": note.id, "text": note.text, "words": note.words} for note in rows]
