"""Families as graphs: a child, its parent, and the parent's sister, who is the child's aunt."""

from __future__ import annotations

import neuraldb
from neuraldb.stores.terms import Term

FAMILIES, WITHOUT = 12, 3
P = "PREFIX x: <http://x/> "


def iri(name: str) -> Term:
    return Term("iri", f"http://x/{name}")


def told(db: neuraldb.Connection, *triples: tuple[str, str, str]) -> None:
    db.session.import_triples([(iri(s), iri(r), iri(o), None) for s, r, o in triples])


def family(number: int, aunt: bool = True) -> list[tuple[str, str, str]]:
    child, parent, sister = f"child{number}", f"parent{number}", f"sister{number}"
    found = [(child, "parent", parent), (parent, "sister", sister)]
    return [*found, (child, "aunt", sister)] if aunt else found


def short(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [tuple(str(v).removeprefix("http://x/") for v in row) for row in rows]
