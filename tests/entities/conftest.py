"""A database of three people with a world's models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles import World

import neuraldb
from entities.people import FACTS
from neuraldb.api import Connection


@pytest.fixture
def world() -> World:
    world = World()
    for text in FACTS[:3]:
        name, _, place = text.rstrip(".").partition(" visited ")
        world.tell(text, (name, "visited", place))
    world.tell(FACTS[3], ("Anna Berg", "plays", "chess"))
    world.tell("Annie B likes tea.", ("Annie B", "likes", "tea"))
    world.tell("Anna Berg visited Tromsø.", ("Anna Berg", "visited", "Tromsø"))
    world.question("How many [class:people] visited something?", "count", "? | visited | _")
    world.question("Who visited [entity:Oslo]?", "set", "? | visited | Oslo")
    for name in ("Anna Berg", "Annie B"):
        world.question(f"What did [entity:{name}] visit?", "set")
        world.question(f"Did [entity:{name}] visit [entity:Bergen]?", "bool")
    world.mean("What did {} visit?", "{} | visited | ?")
    world.mean("Did {} visit Bergen?", "{} | visited | Bergen")
    return world


@pytest.fixture
def db(world: World, tmp_path: Path) -> Iterator[Connection]:
    with neuraldb.connect(tmp_path / "people.ndb", models=world.models()) as opened:
        for text in FACTS:
            opened.add(text)
        yield opened
