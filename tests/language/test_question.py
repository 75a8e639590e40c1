"""Questions to trees: names are taken whole, and what is asked within is asked first."""

from __future__ import annotations

from doubles import World

from neuraldb.core.frames import QuestionFrame
from neuraldb.language.question import Atom, Bridge, bound, parse


class Held:
    """Names as a database would hold them."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def holds(self, name: str) -> bool:
        return name in self.names

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [(text.index(n), text.index(n) + len(n)) for n in self.names if n in text]


def entities(text: str, type: str, names: Held | None) -> list[str]:
    world = World()
    plain = world.question(text, type)
    tree = parse(plain, world.parser, names)
    return [tree.frame.text(e) for e in tree.frame.entities]


def test_a_part_of_a_name_is_the_name() -> None:
    question = "Did [entity:Elliot] See fly with [entity:Alan Bean]?"
    assert entities(question, "bool", Held("Elliot See", "Alan Bean")) == ["Elliot See", "Alan Bean"]
    assert entities(question, "bool", Held()) == ["Elliot", "Alan Bean"]
    assert entities(question, "bool", None) == ["Elliot", "Alan Bean"]


def test_two_parts_of_one_name_are_one() -> None:
    question = "Who leads the [entity:University] of [entity:Oslo]?"
    assert entities(question, "set", Held("University of Oslo")) == ["University of Oslo"]


def test_a_shorter_known_name_changes_nothing() -> None:
    assert entities("Who leads [entity:Oslo Tech]?", "set", Held("Oslo")) == ["Oslo Tech"]


def test_a_name_that_a_description_only_begins_in_is_left() -> None:
    text = "Where was the author of Emma born?"
    frame = QuestionFrame(text, "set", inner=(10, 28), entities=((24, 28),))
    crossing = [(24, 33)]
    assert bound(frame, crossing).entities == ((24, 28),)
    assert bound(frame, [(17, 28)]).entities == ((17, 28),)


def test_a_described_thing_that_is_a_name_is_not_asked_for() -> None:
    world = World()
    plain = world.question("Who leads [inner:the museum of [entity:Oslo]]?", "set")
    world.question("the museum of [entity:Oslo]", "set")
    asked = parse(plain, world.parser, Held())
    assert isinstance(asked, Bridge)
    named = parse(plain, world.parser, Held("the museum of Oslo"))
    assert isinstance(named, Atom)
    assert [named.frame.text(e) for e in named.frame.entities] == ["the museum of Oslo"]
