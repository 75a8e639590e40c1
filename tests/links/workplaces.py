"""People who work somewhere and live somewhere, told in sentences, and one rule for where they live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from doubles import World
from doubles.encoder import HashedWords
from doubles.oracle import OracleExtractor, OracleReader

import neuraldb
from neuraldb.models.link_files import rules_as_bytes
from neuraldb.models.protocols import Vectors
from neuraldb.models.registry import Models
from neuraldb.models.rules import PathRule, Rules


class Stems(HashedWords):
    """Words without their last s: "lives" is "live"."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return super().encode([" ".join(word.rstrip("s") for word in text.split()) for text in texts])


def workplaces() -> World:
    """Who works where and lives where; of two nothing says where they live, and of Uma nothing says where she works."""
    world = World()
    for name in ("Ann", "Bob", "Eve", "Kim"):
        world.tell(f"{name} the plumber works for Acme", (name, "works for", "Acme"))
    for name in ("Ann", "Bob"):
        world.tell(f"{name} the plumber lives in Oslo", (name, "lives in", "Oslo"))
    world.tell("Uma the dancer lives in Rome", ("Uma", "lives in", "Rome"))
    world.tell("Acme is based in Oslo", ("Acme", "is based in", "Oslo"))
    world.mean("Where does {} live?", "{} | lives in | ?")
    world.mean("Who lives in {}?", "? | lives in | {}")
    world.mean("How many people live in {}?", "? | lives in | {}")
    world.mean("Does {} live in Oslo?", "{} | lives in | Oslo")
    world.mean("Does Eve live in {}?", "Eve | lives in | {}")
    world.mean("Is {} where people live?", "? | lives in | {}")
    world.mean("Who works for {}?", "? | works for | {}")
    for name in ("Ann", "Eve", "Zoe", "Uma"):
        world.question(f"Where does [entity:{name}] live?", "set")
    for place in ("Oslo", "Rome"):
        world.question(f"Who lives in [entity:{place}]?", "set")
    world.question("How many people live in [entity:Oslo]?", "count")
    world.question("Is [entity:Oslo] where people live?", "exists", "? | lives in | Oslo")
    world.question("Where does [inner:who works for [entity:Acme]] live?", "set")
    world.question("who works for [entity:Acme]", "set", "? | works for | Acme")
    for name in ("Ann", "Bob", "Eve", "Uma"):
        world.question(f"Does [entity:{name}] live in [entity:Oslo]?", "bool", f"{name} | lives in | Oslo")
    world.mean("live in", "? | lives in | ?v")
    world.question("Who does [entity:Ann] admire?", "set", "Ann | admires | ?")
    world.question("How old is [entity:Ann]?", "max", "? | age | ?v")
    return world


def opened(world: World) -> Iterator[neuraldb.Connection]:
    """A database of these sentences."""
    with neuraldb.connect(models=Models(Stems(), OracleReader(world), world.parser, OracleExtractor(world))) as db:
        for sentence in world.said:
            db.add(sentence)
        guessing(db)
        yield db


def guessing(db: neuraldb.Connection) -> None:
    """Give a database one rule: people live where their employer is based."""
    triples = db.session.stores.links.links().triples
    things, relations = np.unique(triples[:, [0, 2]]).tolist(), np.unique(triples[:, 1]).tolist()
    names = [term.text for term in db.session.stores.graph.terms(relations)]
    lives, works, based = (names.index(name) for name in ("lives in", "works for", "is based in"))
    rules = Rules({lives: [PathRule((2 * works, 2 * based), 0.6)]}, {})
    db.session.stores.links.put(things, relations, {}, rules_as_bytes(rules), "{}")
