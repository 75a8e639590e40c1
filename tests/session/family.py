"""A small family in a database, and all that a database holds, to see that nothing has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doubles import World

from neuraldb.execution.result import Result
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

LIVES = "Where does [entity:Anna] live?"
WHERE = "Where does Anna live?"
WHO = "Who lives in Oslo?"
HOW_MANY = "How many people live in Oslo?"


def family() -> World:
    """Anna and Nils live in Oslo, Ola in Bergen; what the questions above mean."""
    world = World()
    for name, place, sure in (("Anna", "Oslo", 0.9), ("Nils", "Oslo", 0.8), ("Ola", "Bergen", 1.0)):
        world.tell(f"{name} lives in {place}.", (name, "lives in", place, sure))
    world.question(LIVES, "set", "Anna | lives in | ?")
    world.question("Who lives in [entity:Oslo]?", "set", "? | lives in | Oslo")
    world.question("How many [class:people] live in [entity:Oslo]?", "count", "? | lives in | Oslo")
    return world


def opened(world: World, path: str | Path = ":memory:", read_only: bool = False) -> Session:
    """A session with the world's models, nothing told yet."""
    return Session(str(path), read_only, world.models())


def tell_all(session: Session, world: World) -> None:
    """Add all sentences of the world."""
    session.add([NewFact(text) for text in world.said])


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All that is stored, but for what is only remembered of readings."""
    database = session.stores.database
    names = [
        (schema, table)
        for schema, table in database.rows(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
        )
        if table != "derivations"
    ]
    return {f"{s}.{t}": database.rows(f'SELECT * FROM "{s}"."{t}" ORDER BY ALL') for s, t in names}


def told_of(result: Result) -> list[tuple[Any, ...]]:
    """The rows of a result with evidence and confidence."""
    return [
        (*row, ids, round(sure, 9))
        for row, ids, sure in zip(result, result.evidence_ids, result.confidence, strict=True)
    ]
