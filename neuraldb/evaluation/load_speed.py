"""How fast triples are imported: a generated graph in every format, beside rdflib's ``Graph.parse`` of the same file.

Each reading is a process of its own, so that its memory can be told: the most that it held, less what it held with
everything imported but nothing read. Times are seconds of the processor, since other work may share it.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from neuraldb.core.rdf import RDF, XSD
from neuraldb.loading.jsonld_writer import JsonLdWriter
from neuraldb.loading.rdfxml_writer import RdfXmlWriter
from neuraldb.loading.stored import Page, Row
from neuraldb.loading.triples import lines
from neuraldb.loading.turtle_writer import TurtleWriter
from neuraldb.stores.terms import Term

FORMATS = {
    "ntriples": "nt",
    "nquads": "nquads",
    "turtle": "turtle",
    "trig": "trig",
    "rdfxml": "xml",
    "jsonld": "json-ld",
}
"""The formats that are measured, and what rdflib calls them."""
TRIPLES = 1_000_000
_FOAF = "http://xmlns.com/foaf/0.1/"
_PEOPLE = "http://example.org/person/"
_SCHEMA = "http://example.org/schema/"
_PAGE = 1000
_KNOWN = 6


@dataclass(frozen=True, slots=True)
class Speed:
    """What reading a file took.

    Attributes:
        triples: how many it has.
        seconds: of the processor.
        megabytes: of memory, at most, for the reading itself.
        last: seconds of the last batch by those of the second; None where there are too few.
    """

    triples: int
    seconds: float
    megabytes: float
    last: float | None = None

    @property
    def rate(self) -> float:
        """Triples a second."""
        return self.triples / self.seconds


def run(
    triples: int = TRIPLES, formats: Sequence[str] = tuple(FORMATS), peer: bool = True, seed: int = 0
) -> Iterator[tuple[str, Speed, Speed | None]]:
    """For each format its name, how fast it is imported into a new database file, and how fast rdflib reads it.

    Args:
        triples: about how many are generated.
        formats: which; of :data:`FORMATS`.
        peer: whether rdflib is measured, too.
        seed: from which the graph follows.
    """
    for form in formats:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"graph.{form}")
            with path.open("w", encoding="utf-8", newline="") as out:
                out.writelines(document(form, triples, seed))
            ours = _measured("ours", path, form)
            yield form, ours, _measured("rdflib", path, FORMATS[form]) if peer else None


def table(rows: Sequence[tuple[str, Speed, Speed | None]]) -> str:
    """The measurements as a table of Markdown."""
    head = ("format", "triples", "triples/s", "MB", "last/2nd batch", "rdflib triples/s", "rdflib MB", "ratio")
    out = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
    for form, ours, peer in rows:
        cells = [form, f"{ours.triples:,}", f"{ours.rate:,.0f}", f"{ours.megabytes:,.0f}"]
        cells.append("-" if ours.last is None else f"{ours.last:.2f}")
        cells += (
            ["-"] * 3
            if peer is None
            else [f"{peer.rate:,.0f}", f"{peer.megabytes:,.0f}", f"{ours.rate / peer.rate:.2f}"]
        )
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out)


# ---------------------------------------------------------------------------------------------------------- the graph


def document(form: str, triples: int, seed: int) -> Iterator[str]:
    """The text of the graph in a format, in parts."""
    turtle = TurtleWriter([RDF, _FOAF, _PEOPLE, _SCHEMA, XSD])
    writers: dict[str, TurtleWriter | RdfXmlWriter | JsonLdWriter] = {
        "turtle": turtle,
        "trig": turtle,
        "rdfxml": RdfXmlWriter([_FOAF, _SCHEMA]),
        "jsonld": JsonLdWriter(),
    }
    writer = writers.get(form)
    if isinstance(writer, TurtleWriter | RdfXmlWriter):
        yield from writer.head()
    for page in people(triples, seed, named=form in ("nquads", "trig")):
        yield from lines(page) if writer is None else writer.page(page)
    if isinstance(writer, RdfXmlWriter | JsonLdWriter):
        yield from writer.foot()


def people(triples: int, seed: int, named: bool = False) -> Iterator[Page]:
    """People with names, ages, birthdays and whom they know, ten triples each; in one named graph or none."""
    random_ = random.Random(seed)
    many = max(triples // (4 + _KNOWN), 1)
    graph = Term("iri", _SCHEMA + "graph") if named else None
    for start in range(0, many, _PAGE):
        places: dict[Term, int] = {}
        rows: list[Row] = []

        def place(term: Term, places: dict[Term, int] = places) -> int:
            return places.setdefault(term, len(places) + 1)

        for person in range(start, min(start + _PAGE, many)):
            born = f"{random_.randint(1900, 2020)}-{random_.randint(1, 12):02}-{random_.randint(1, 28):02}"
            said = [
                (RDF + "type", Term("iri", _FOAF + "Person")),
                (_FOAF + "name", Term("text", f'Person {person} "P"', language="en")),
                (_SCHEMA + "age", Term("number", f"{random_.randint(1, 99)}", XSD + "integer")),
                (_SCHEMA + "born", Term("date", born, XSD + "date")),
            ]
            known = random_.sample(range(many), min(_KNOWN, many))
            said += [(_FOAF + "knows", Term("iri", f"{_PEOPLE}{other}")) for other in known]
            subject = place(Term("iri", f"{_PEOPLE}{person}"))
            where = None if graph is None else place(graph)
            rows += [Row(subject, place(Term("iri", relation)), place(value), where) for relation, value in said]
        yield Page(rows, {number: term for term, number in places.items()})


# ---------------------------------------------------------------------------------------------------------- measuring


def _measured(who: str, path: Path, form: str) -> Speed:
    """What a process of its own says that it took."""
    command = [sys.executable, "-m", "neuraldb.evaluation.load_speed", who, str(path), form]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Speed(**json.loads(done.stdout.splitlines()[-1]))


def _ours(path: Path, form: str) -> Speed:
    import time

    from neuraldb.api import connect
    from neuraldb.loading.formats import FORMATS as READABLE
    from neuraldb.loading.load import load
    from neuraldb.loading.source import Source

    marks: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder, "graph.ndb")) as db:
        before, start = _peak(), time.process_time()
        report = load(
            db,
            Source(path, path.name),
            form=READABLE[form],
            report=lambda stage, done, total: marks.append((done, time.process_time())),
        )
        seconds = time.process_time() - start
        if report.refused:
            raise RuntimeError(f"{path} is refused: {report.refused[0]}")
    return Speed(report.triples + report.known_triples, seconds, _peak() - before, _slowing(marks))


def _slowing(marks: Sequence[tuple[int, float]]) -> float | None:
    """The seconds that the last full batch took by those of the second."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(marks)]
    full = [seconds for count, seconds in steps if count == max(count for count, _ in steps)]
    return full[-1] / full[1] if len(full) > 3 else None


def _rdflib(path: Path, form: str) -> Speed:
    import time

    import rdflib

    graph = rdflib.Dataset() if form in ("nquads", "trig") else rdflib.Graph()
    before, start = _peak(), time.process_time()
    graph.parse(path, format=form)
    return Speed(len(graph), time.process_time() - start, _peak() - before)


def _peak() -> float:
    """Megabytes that this process has held at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    import dataclasses

    who, path, form = sys.argv[1:]
    measured = _ours(Path(path), form) if who == "ours" else _rdflib(Path(path), form)
    sys.stdout.write(json.dumps(dataclasses.asdict(measured)) + "\n")
