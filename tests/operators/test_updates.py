"""Facts that update or contradict others: what becomes of the older one, and what is shown."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from neuraldb.core.errors import OperationalError
from neuraldb.operators.updates import conflicts_of
from neuraldb.operators.write import add_facts
from neuraldb.stores.facts import NewFact
from operators.told import Told, opened

OSLO = ("Anna lives in Oslo.", ("Anna", "lives in", "Oslo"))
BERGEN = ("Anna moved to Bergen.", ("Anna", "residence", "Bergen"))
HIGH = ("The tower is 300 m high.", ("tower", "height", "300 m"))
HIGHER = ("The tower has a height of 320 m.", ("tower", "height", "320 m"))
MAY, JUNE, JULY = (datetime.datetime(2024, month, 1) for month in (5, 6, 7))

Said = tuple[str, tuple[Any, ...]]


def tell(told: Told, *said: Said, **arguments: Any) -> int:
    """Store sentences with what each states, one after the other; gives the id of the last."""
    for text, *triples in said:
        told.world.tell(text, *triples)
        (added,) = add_facts([NewFact(text, **arguments)], told.context())
    return added.id


def current(told: Told) -> list[str]:
    return [fact.text for fact in told.stores.facts.current()]


# ---------------------------------------------------------------------------------------------------------- superseding


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OSLO, BERGEN),
        (HIGH, HIGHER),
        (
            ("Acme's boss is Bo.", ("Acme", "CEO", "Bo")),
            ("Cy is the CEO of Acme.", ("Acme", "managing director", "Cy")),
        ),
    ],
)
def test_a_new_value_of_a_functional_relation_supersedes_the_old(told: Told, old: Said, new: Said) -> None:
    tell(told, old, new)
    assert current(told) == [new[0]]
    (change,) = (c for c in told.stores.facts.history(1) if c.action == "supersede")
    assert change.related == 2
    # nothing of it is found any more, and all of it is still known of the past
    assert told.stores.database.rows("SELECT fact FROM triples") == [(2,)]
    assert told.stores.facts.get([1])[0].text == old[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("Anna Berg lives in Oslo.", ("Anna Berg", "home", "Oslo")), ("Dr. Anna Berg", "home", "Bergen")),
        (("The USA is led by Bo.", ("The USA", "led by", "Bo")), ("The United States", "led by", "Cy")),
    ],
)
def test_a_thing_is_known_by_titles_and_names_of_countries(told: Told, old: Said, new: tuple[str, str, str]) -> None:
    text = f"{new[0]} now has {new[2]}."
    tell(told, old, (text, new))
    assert current(told) == [text]


@pytest.mark.parametrize(
    "new",
    [
        ("Anna lives in Oslo, too.", ("Anna", "lives in", "Oslo")),
        ("Nils lives in Bergen.", ("Nils", "lives in", "Bergen")),
        ("Anna was born in Bergen.", ("Anna", "place of birth", "Bergen")),
        ("Anna knows Bergen.", ("Anna", "knows", "Bergen")),
        # Norway may be where Oslo is
        ("Anna lives in Norway.", ("Anna", "lives in", "Norway")),
        ("Anna lives in Greater Oslo.", ("Anna", "lives in", "Greater Oslo")),
        # not sure
        ("Anna may be in Bergen.", ("Anna", "lives in", "Bergen", 0.6)),
        # denied, which the extractor doesn't see
        ("Anna does not live in Bergen.", ("Anna", "lives in", "Bergen")),
        ("Anna never lived in Bergen.", ("Anna", "lives in", "Bergen")),
    ],
)
def test_what_is_no_other_value_supersedes_nothing(told: Told, new: Said) -> None:
    tell(told, OSLO, new)
    assert current(told) == [OSLO[0], new[0]]
    assert conflicts_of([1, 2], told.context()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("3.1 km", "3,100 m"), ("$3.5 million", "3,500,000 dollars"), ("12%", "12 per cent"), ("1975", "3 May 1975")],
)
def test_the_same_value_in_other_words_supersedes_nothing(told: Told, old: str, new: str) -> None:
    relation = "born on" if "75" in old else "length"
    tell(told, (f"It has {old}.", ("It", relation, old)), (f"It now has {new}.", ("It", relation, new)))
    assert len(current(told)) == 2
    assert conflicts_of([1, 2], told.context()) == []


def test_a_place_within_the_other_is_no_other_place(told: Told) -> None:
    tell(told, ("Grünerløkka is in Oslo.", ("Grünerløkka", "part of", "Oslo")), OSLO)
    tell(told, ("Anna lives in Grünerløkka.", ("Anna", "lives in", "Grünerløkka")))
    assert len(current(told)) == 3


def test_a_fact_that_says_more_is_not_lost(told: Told) -> None:
    both = ("Anna is a baker and lives in Oslo.", ("Anna", "occupation", "baker"), ("Anna", "lives in", "Oslo"))
    dated = ("Anna has lived in Oslo since 1999.", ("Anna", "lives in", "Oslo"))
    long = ("Anna, who once sang and danced on every stage of the land, lives in Oslo.", ("Anna", "lives in", "Oslo"))
    tell(told, both, dated, long, BERGEN)
    assert current(told) == [both[0], dated[0], long[0], BERGEN[0]]


def test_the_chain_of_updates_is_kept(told: Told) -> None:
    rome = ("Anna lives in Rome.", ("Anna", "home", "Rome"))
    tell(told, OSLO, BERGEN, rome)
    assert current(told) == [rome[0]]
    replaced = {c.fact: c.related for c in told.stores.facts.history() if c.action == "supersede"}
    assert replaced == {1: 2, 2: 3}


def test_what_was_superseded_can_be_told_again(told: Told) -> None:
    tell(told, OSLO, BERGEN)
    assert tell(told, OSLO) == 3
    assert current(told) == [OSLO[0]]


def test_what_was_said_earlier_does_not_supersede_what_was_said_later(told: Told) -> None:
    tell(told, OSLO, asserted_at=JUNE)
    tell(told, BERGEN, asserted_at=MAY)
    assert len(current(told)) == 2
    tell(told, ("Anna lives in Rome.", ("Anna", "lives in", "Rome")), asserted_at=JULY)
    assert current(told) == ["Anna lives in Rome."]


def test_facts_of_different_times_do_not_contradict_each_other(told: Told) -> None:
    tell(told, OSLO, valid_from=MAY, valid_to=JUNE)
    tell(told, BERGEN, valid_from=JUNE)
    assert len(current(told)) == 2
    assert conflicts_of([1, 2], told.context()) == []


def test_an_update_that_fails_leaves_the_old_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("the disk is full")

    with opened() as told:
        tell(told, OSLO)
        monkeypatch.setattr(told.stores.facts, "supersede", fail)
        with pytest.raises(OperationalError):
            tell(told, BERGEN)
        assert current(told) == [OSLO[0]]


# ------------------------------------------------------------------------------------------------------------ conflicts


def test_what_two_sources_say_differently_stays_and_is_shown(told: Told) -> None:
    tell(told, HIGH, source="A")
    tell(told, HIGHER, source="B")
    assert current(told) == [HIGH[0], HIGHER[0]]
    (conflict,) = conflicts_of([1], told.context())
    assert (conflict.fact, conflict.value, conflict.against, conflict.against_value) == (1, "300 m", 2, "320 m")
    assert str(conflict) == "[1] The tower is 300 m high. / [2] The tower has a height of 320 m. (height)"
    (other,) = conflicts_of([2], told.context())
    assert (other.fact, other.against) == (2, 1)
    assert len(conflicts_of([1, 2], told.context())) == 1


def test_what_is_told_at_once_is_a_conflict_whatever_its_order(told: Told) -> None:
    told.tell_together(OSLO, BERGEN)
    assert len(current(told)) == 2
    assert [(c.fact, c.against) for c in conflicts_of([1, 2], told.context())] == [(1, 2)]


def test_a_conflict_ends_when_one_side_is_forgotten(told: Told) -> None:
    tell(told, HIGH, source="A")
    tell(told, HIGHER, source="B")
    told.forget(2)
    assert conflicts_of([1], told.context()) == []


def test_a_source_that_says_both_by_turns_updates_only_its_own_word(told: Told) -> None:
    tell(told, HIGH, source="A")
    tell(told, ("The tower is 310 m high.", ("tower", "height", "310 m")), source="B")
    tell(told, HIGHER, source="B")
    assert current(told) == [HIGH[0], HIGHER[0]]


def test_nothing_told_has_no_conflicts(told: Told) -> None:
    assert conflicts_of([], told.context()) == []
