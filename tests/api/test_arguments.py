"""Arguments of the wrong kind: an error of ours, which names the argument and says what it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, InterfaceError


@pytest.fixture(scope="module")
def known() -> Iterator[Connection]:
    world = World()
    with neuraldb.connect(models=world.models()) as connection:
        connection.add(world.tell("Anna visited Oslo.", ("Anna", "visited", "Oslo")))
        yield connection


WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda db: db.entity(5), "name must be a string, not int"),
    (lambda db: db.entity(" "), "name is blank"),
    (lambda db: db.entities(5), "pattern must be a string, not int"),
    (lambda db: db.entities(limit="3"), "limit must be a whole number, not str"),
    (lambda db: db.merge(None, 1), "kept must be a string, not NoneType"),
    (lambda db: db.merge("Anna", 1), "other must be a string, not int"),
    (lambda db: db.split("Anna", None), "what must be a name, the ids of facts, or several names, not NoneType"),
    (lambda db: db.split("Anna", [1.5]), "what must be a name, the ids of facts, or several names, not float"),
    (lambda db: db.undo("last"), "change must be a whole number, not str"),
    (lambda db: db.paths(1, 2), "start must be a string, not int"),
    (lambda db: db.paths("Anna", None), "end must be a string, not NoneType"),
    (lambda db: db.paths("Anna", "Oslo", "3"), "hops must be a whole number, not str"),
    (lambda db: db.paths("Anna", "Oslo", limit=True), "limit must be a whole number, not bool"),
    (lambda db: db.paths("Anna", "Oslo", directed="no"), "directed must be True or False, not str"),
    (lambda db: db.paths("Anna", "Oslo", graph=3), "graph must be a string, not int"),
    (lambda db: db.paths("Anna", "Oslo", timeout="soon"), "timeout must be a number of seconds, not str"),
    (lambda db: db.neighbours(["Anna"]), "name must be a string, not list"),
    (lambda db: db.neighbours("Anna", hops=1.5), "hops must be a whole number, not float"),
    (lambda db: db.neighbours("Anna", relations=[1]), "relations must be a string or a sequence of strings, not int"),
    (lambda db: db.pagerank(3), "seeds must be a string or a sequence of strings, not int"),
    (lambda db: db.pagerank(damping="high"), "damping must be a number, not str"),
    (lambda db: db.components(min_confidence="high"), "min_confidence must be a number, not str"),
    (lambda db: db.graph(entities_only=1), "entities_only must be True or False, not int"),
    (lambda db: db.ask("Who?", paths=3), "paths must be a string, not int"),
    (lambda db: db.ask("Who?", budget="all"), "budget must be a whole number, not str"),
    (lambda db: db.ask("Who?", min_confidence="high"), "min_confidence must be a number, not str"),
    (lambda db: db.forget(1.5), "target must be the words of a fact, its id, or several ids, not float"),
    (lambda db: db.forget(["Anna visited Oslo."]), "target must be the words of one fact, or ids"),
    (lambda db: db.facts(5), "pattern must be a string, not int"),
    (lambda db: db.history("1"), "fact must be a whole number, not str"),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message for _, message in WRONG])
def test_an_argument_of_the_wrong_kind(known: Connection, call: Callable[[Any], object], message: str) -> None:
    with pytest.raises(InterfaceError) as caught:
        call(known)
    assert str(caught.value).startswith(message)


def test_an_argument_that_a_walk_does_not_have(known: Connection) -> None:
    with pytest.raises(InterfaceError, match="paths has no argument direct") as caught:
        known.paths("Anna", "Oslo", direct=True)  # type: ignore[call-arg]
    assert caught.value.candidates[0] == "directed"
    with pytest.raises(InterfaceError, match="components has no argument directed"):
        known.components(directed=True)  # type: ignore[call-arg]
    with pytest.raises(InterfaceError, match="graph has no argument timeout"):
        known.graph(timeout=1)  # type: ignore[call-arg]


def test_numbers_of_numpy_are_numbers(known: Connection) -> None:
    assert known.paths("Anna", "Oslo", np.int64(2), limit=np.int32(5), min_confidence=np.float32(0.5)).rowcount == 1
    assert known.forget(np.array([77, 78])) == 0
    with pytest.raises(BindError, match="nothing is called Kari"):
        known.neighbours("Kari")
