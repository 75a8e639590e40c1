"""Writing what is stored: facts, triples, or everything.

Current facts with subject, sources, labels and times come back the same when they are loaded into an empty database:
from JSON lines, CSV and TSV. As plain text they are sentences only. When a fact was recorded is the database's own
affair, and is not exported.

*Everything* is a folder with a ``manifest.json``, the facts, the imported triples, which names were merged or split
(``merges.jsonl``), and the user's tables (Parquet); or
one file of JSON lines with the facts and the imported triples. Triples that were read from facts are not part of it,
since loading the facts gives them again.
"""

from __future__ import annotations

import datetime
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from neuraldb.api import Connection
from neuraldb.core.errors import InterfaceError, OperationalError
from neuraldb.core.progress import Report, silent
from neuraldb.core.text import quoted
from neuraldb.execution.rendering import Grid, lines
from neuraldb.loading import merges
from neuraldb.loading.formats import ending_of
from neuraldb.loading.separated import cell

if TYPE_CHECKING:
    from neuraldb.stores.facts import Fact

ENDINGS = {
    "text": ".txt",
    "jsonl": ".jsonl",
    "csv": ".csv",
    "tsv": ".tsv",
    "ntriples": ".nt",
    "nquads": ".nq",
    "turtle": ".ttl",
    "trig": ".trig",
    "rdfxml": ".rdf",
    "jsonld": ".jsonld",
    "edges": ".edges",
    "everything": "",
}
"""The forms of an export, and how the names of their files end."""
TRIPLES = frozenset({"ntriples", "nquads", "turtle", "trig", "rdfxml", "jsonld", "edges"})
"""The forms that hold triples; the others hold facts."""
MANIFEST = "manifest.json"
STAGE = "export"
FORMAT = "neuraldb-export"
VERSION = 1

_PAGE = 10_000
_COLUMNS = ("text", "about", "source", "labels", "at", "valid_from", "valid_to")


@dataclass
class Exported:
    """What was written, and in ``notes`` what could not be."""

    facts: int = 0
    triples: int = 0
    tables: int = 0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ((self.facts, "fact"), (self.triples, "triple"), (self.tables, "table"))
        parts = [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts if number]
        return f"{', '.join(parts) or 'nothing'} exported"


def form_of(path: str | None) -> str:
    """The form that a target's name asks for: that of its ending, else everything; JSON lines without a target.

    >>> form_of("facts.csv.gz"), form_of("backup/"), form_of(None)
    ('csv', 'everything', 'jsonl')
    """
    if path is None:
        return "jsonl"
    ending = "" if path.endswith("/") or Path(path).is_dir() else ending_of(path)
    found = [form for form, own in ENDINGS.items() if own == ending]
    if not found:
        known = tuple(own for own in ENDINGS.values() if own)
        raise InterfaceError(f"no form of export ends in {ending}", candidates=known, hint="--as FORM names the form")
    return found[0]


def export(
    connection: Connection,
    target: str,
    form: str | None = None,
    *,
    evidence: bool = False,
    report: Report = silent,
) -> Exported:
    """Write to a file (packed, if its name ends in ``.gz``), which is there as a whole or not at all; or to a folder.

    Args:
        connection: what to write.
        target: the file, or for *everything* a new or empty folder.
        form: one of :data:`ENDINGS`; None goes by the name of the target.
        evidence: of triples, also what they rest on.
        report: called now and then with the stage ``export`` and the triples (or facts) done; what it raises ends it.

    Raises:
        InterfaceError: there is no such form, or it holds no evidence.
        OperationalError: the target cannot be written.
    """
    form = _checked(form or form_of(target))
    path = Path(target)
    try:
        if form == "everything" and ending_of(target) != ENDINGS["jsonl"]:
            return _export_folder(connection, path)
        with _whole_file(path) as out:
            delimiter = "\t" if ending_of(target) in (".tsv", ".tab") else ","
            return write(connection, out, form, evidence=evidence, delimiter=delimiter, report=report)
    except OSError as error:
        raise OperationalError(f"cannot write {target}: {error.strerror or error}") from error


def write(
    connection: Connection,
    out: TextIO,
    form: str,
    *,
    evidence: bool = False,
    delimiter: str = ",",
    report: Report = silent,
) -> Exported:
    """Write to an open stream; arguments and errors as of :func:`export`, ``delimiter`` is that of an edge list."""
    if evidence and form not in TRIPLES:
        raise InterfaceError(
            f"{form} holds no evidence of triples", candidates=tuple(f for f in ENDINGS if f in TRIPLES)
        )
    if _checked(form) == "everything":
        done = _write_facts(connection, out, "jsonl")
        names = _tables(connection)
        done.triples = _write_lines(out, (json.dumps({"triple": line}) for line in _imported(connection)))
        if any(True for _ in merges.lines(connection)):
            done.notes.append("which names were merged or split is exported to folders only")
        if names:
            done.notes.append(f"tables are exported to folders only; left out: {', '.join(names)}")
        return done
    if form in TRIPLES:
        from neuraldb.loading.triple_export import write_triples

        database = connection.session.stores.database
        written = write_triples(database, out, form, evidence=evidence, delimiter=delimiter, report=report)
        return Exported(triples=written.triples, notes=written.notes)
    return _write_facts(connection, out, form, report)


def _checked(form: str) -> str:
    if form not in ENDINGS:
        raise InterfaceError(f"there is no form of export {form}", candidates=tuple(ENDINGS))
    return form


# --------------------------------------------------------------------------------------------------------------- facts


def fields_of(fact: Fact) -> dict[str, Any]:
    """A fact as an object that :mod:`neuraldb.loading.objects` reads back; what is absent is left out."""
    named = [source for source in fact.sources if source]
    fields: dict[str, Any] = {"text": fact.text, "about": fact.subject}
    if len(fact.sources) > 1:
        fields["sources"] = list(fact.sources)
    elif named:
        fields["source"] = named[0]
    fields["labels"] = list(fact.labels)
    for name, moment in (("at", fact.asserted_at), ("valid_from", fact.valid_from), ("valid_to", fact.valid_to)):
        fields[name] = None if moment is None else moment.astimezone(datetime.UTC).isoformat()
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _write_facts(connection: Connection, out: TextIO, form: str, report: Report = silent) -> Exported:
    done = Exported()
    if form in ("csv", "tsv"):
        _write_lines(out, lines(Grid(_COLUMNS, []), form))
    broken = 0
    for facts in _pages(connection):
        if form == "jsonl":
            texts = [json.dumps(fields_of(fact), ensure_ascii=False) for fact in facts]
        elif form == "text":
            texts = [" ".join(fact.text.splitlines()) for fact in facts]
            broken += sum(len(fact.text.splitlines()) > 1 for fact in facts)
        else:
            # the first line is the header
            texts = list(lines(Grid(_COLUMNS, [_row(fields_of(fact)) for fact in facts]), form))[1:]
        done.facts += _write_lines(out, texts)
        report(STAGE, done.facts, None)
    if broken:
        done.notes.append(f"line ends within {broken} of the facts have become spaces")
    return done


def _pages(connection: Connection) -> Iterator[list[Fact]]:
    """The current facts in order of id, many at a time."""
    store = connection.session.stores.facts
    last = 0
    while page := store.current(after=last, limit=_PAGE):
        yield page
        last = page[-1].id


def _row(fields: Mapping[str, Any]) -> list[str | None]:
    sources = fields["sources"] if "sources" in fields else [s for s in [fields.get("source")] if s]
    labels = fields.get("labels", [])
    cells = {**fields, "source": cell(sources) or None, "labels": cell(labels, ";") or None}
    return [cells.get(name) for name in _COLUMNS]


def _write_lines(out: TextIO, texts: Iterable[str]) -> int:
    count = 0
    for text in texts:
        out.write(text + "\n")
        count += 1
    return count


# ---------------------------------------------------------------------------------------------------------- everything


def _export_folder(connection: Connection, folder: Path) -> Exported:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OperationalError(f"cannot export to {folder}: it is there already, and not an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    with _whole_file(folder / "facts.jsonl") as out:
        done = _write_facts(connection, out, "jsonl")
    with _whole_file(folder / "triples.nq") as out:
        done.triples = _write_lines(out, _imported(connection))
    if merged := list(merges.lines(connection)):
        with _whole_file(folder / merges.FILE) as out:
            _write_lines(out, merged)
    names = _tables(connection)
    files = {name: f"table{number}.parquet" for number, name in enumerate(names, 1)}
    for name, file in files.items():
        _write_table(connection, name, folder / file)
    done.tables = len(names)
    manifest = {"format": FORMAT, "version": VERSION, "facts": done.facts, "triples": done.triples, "tables": files}
    # last, so that a folder with a manifest is a whole one
    with _whole_file(folder / MANIFEST) as out:
        out.write(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return done


def _imported(connection: Connection) -> Iterator[str]:
    """The imported triples as lines of N-Quads, without their ends."""
    from neuraldb.loading.stored import Selection, pages
    from neuraldb.loading.triples import lines as quads

    for page in pages(connection.session.stores.database, Selection(graphs=True, imported=True)):
        yield from (line.rstrip("\n") for line in quads(page))


def _tables(connection: Connection) -> list[str]:
    """The names of the user's own tables."""
    rows = connection.session.stores.database.rows(
        """SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database()
           AND NOT internal AND NOT temporary ORDER BY table_name"""
    )
    return [name for (name,) in rows]


def _write_table(connection: Connection, name: str, path: Path) -> None:

    database = connection.session.stores.database
    columns = database.rows(
        """SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND database_name = current_database()
           AND table_name = ? AND data_type = 'HUGEINT'""",
        [name],
    )
    # Parquet has no integers of 128 bits, and DuckDB would make floats of them
    exact = ", ".join(f"CAST({quoted(column)} AS DECIMAL(38, 0)) AS {quoted(column)}" for (column,) in columns)
    selection = f"* REPLACE ({exact})" if exact else "*"
    database.execute(f"COPY (SELECT {selection} FROM {quoted(name)}) TO $path (FORMAT parquet)", {"path": str(path)})


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that takes its name when it is complete; packed, if its name ends in ``.gz``."""
    part = path.with_name(path.name + ".part")
    try:
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(part.open("wb"))
            if path.suffix == ".gz":
                file = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb")))
            yield stack.enter_context(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
