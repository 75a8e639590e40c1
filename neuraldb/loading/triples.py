"""Stored triples as RDF text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from neuraldb.core.rdf_names import NAMES, name_iri
from neuraldb.loading.rdf import verbatim
from neuraldb.stores.database import Database

_CHUNK = 10_000
_HEXADECIMAL = "x-"
_LABEL = re.compile(r"(?!x-)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
# what an IRI may not hold as it is
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def statements(database: Database, graphs: bool = False, imported: bool = False) -> Iterator[str]:
    """The current triples as lines of N-Triples, each once, in the order in which they came.

    Args:
        database: what to write.
        graphs: write N-Quads: with the names of the graphs.
        imported: only what was imported, not what was read from facts.
    """
    condition = " AND fact IS NULL" if imported else ""
    parts = "subject, relation, object" + (", graph" if graphs else "")
    ids = database.query(
        f"SELECT min(id) AS id FROM store.triples WHERE recorded_to IS NULL{condition} GROUP BY {parts} ORDER BY id"
    )
    for start in range(0, ids.num_rows, _CHUNK):
        rows = database.rows(
            """SELECT s.kind, s.text, r.kind, r.text, o.kind, o.text, o.datatype, o.language, g.kind, g.text
               FROM wanted w JOIN store.triples t ON t.id = w.id
               JOIN store.terms s ON s.id = t.subject JOIN store.terms r ON r.id = t.relation
               JOIN store.terms o ON o.id = t.object LEFT JOIN store.terms g ON g.id = t.graph ORDER BY t.id""",
            inputs={"wanted": pa.table({"id": ids.column("id").slice(start, _CHUNK)})},
        )
        for row in rows:
            terms = [written(*row[0:2]), written(*row[2:4]), written(*row[4:8])]
            if graphs and row[8] is not None:
                terms.append(written(*row[8:10]))
            yield " ".join([*terms, "."])


def written(kind: str, text: str, datatype: str = "", language: str = "") -> str:
    r"""A term in N-Triples; a name in words becomes an IRI (:data:`neuraldb.core.rdf_names.NAMES`).

    >>> written("iri", "http://x/a"), written("text", 'say "hi"\n', language="en"), written("entity", "Oslo")
    ('<http://x/a>', '"say \\"hi\\"\\n"@en', '<urn:neuraldb:entity:Oslo>')
    """
    if kind == "blank":
        return "_:" + (text if _LABEL.fullmatch(text) else _HEXADECIMAL + text.encode("utf-8", "surrogatepass").hex())
    if kind in NAMES:
        return f"<{name_iri(kind, text)}>"
    if kind == "iri":
        return f"<{_iri(text)}>"
    quoted = f'"{_SPECIAL.sub(_escaped, text)}"'
    if language:
        return f"{quoted}@{language}"
    return f"{quoted}^^<{_iri(datatype)}>" if datatype else quoted


def _iri(text: str) -> str:
    return _NO_IRI.sub(lambda match: f"\\u{ord(match[0]):04X}", text)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], f"\\u{ord(match[0]):04X}")


def named_graphs(database: Database) -> int:
    """How many graphs besides the default graph hold current triples."""
    ((count,),) = database.rows("SELECT count(DISTINCT graph) FROM store.triples WHERE recorded_to IS NULL")
    return int(count)


def turtle(database: Database) -> tuple[str, int]:
    """All current triples in Turtle, without the names of their graphs, and how many they are."""
    import rdflib

    graph = rdflib.Graph()
    lines = list(statements(database))
    with verbatim():
        graph.parse(data="\n".join(lines), format="nt")
        return graph.serialize(format="turtle"), len(graph)
