"""A small benchmark of our own: sentences, queries with their gold answers, and a world that knows both."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from doubles import World

FACTS = (
    "Anna lives in Oslo.",
    "Nils lives in Oslo.",
    "Ola lives in Bergen.",
    "Winter has 320 pages.",
    "The Sky Bridge is 300 m long.",
)
STATED = (
    ("Anna", "lives in", "Oslo"), ("Nils", "lives in", "Oslo"), ("Ola", "lives in", "Bergen"),
    ("Winter", "pages", "320"), ("The Sky Bridge", "length", "300 m"),
)  # fmt: skip
QUERIES = (
    ("Who lives in [entity:Oslo]?", "set", "? | lives in | Oslo", ["Anna", "Nils"], [[0, 1]]),
    ("Who lives in [entity:Bergen]?", "set", "? | lives in | Bergen", ["Ola"], [[2]]),
    ("How many [class:people] live in [entity:Oslo]?", "count", "? | lives in | Oslo", ["2"], [[0, 1]]),
    ("Does [entity:Anna] live in [entity:Oslo]?", "bool", "Anna | lives in | Oslo", ["true"], [[0]]),
    ("What is the total length of [class:bridges]?", "sum", "? | length | ?v", ["300 m"], [[4]]),
)
SCORER = """
'''Counts a query as right if all its answers are there; as half right if one of them is.'''
import json, sys


def score_query(query, answer):
    said, gold = {str(a).lower() for a in answer}, {str(a).lower() for a in query["answer"]}
    return (1.0 if said == gold else 0.0, 1.0 if said == gold else 0.5 if said & gold else 0.0)


if __name__ == "__main__":
    print("scored", *(path.rsplit("/", 1)[-1] for path in sys.argv[1:]))
    print(len(open(sys.argv[-1]).readlines()), "predictions")
"""


def world() -> World:
    """A world in which the facts hold and the queries mean what they say."""
    made = World()
    for text, triple in zip(FACTS, STATED, strict=True):
        made.tell(text, triple)
    for text, kind, pattern, _, _ in QUERIES:
        made.question(text, kind, pattern)
    return made


def plain(text: str) -> str:
    """A question without its marks."""
    return World().question(text, "set")


def database(name: str = "people", facts: Sequence[str] = FACTS) -> dict[str, Any]:
    """The benchmark's form of it."""
    queries = [
        {"id": f"{name}-{n}", "query": plain(text), "type": kind, "answer": answer, "facts": support}
        for n, (text, kind, _, answer, support) in enumerate(QUERIES)
    ]
    return {"name": name, "facts": list(facts), "queries": queries}


def written(path: Path, *databases: Mapping[str, Any]) -> Path:
    """Databases as a file, compressed if its name says so."""
    text = "\n\n".join(json.dumps(database) for database in databases) + "\n"
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")
    return path
