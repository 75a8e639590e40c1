"""Which entity a name means when a fact is added: by its form, by what stands beside it, or nobody's for sure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.stores.terms import Alias, Term


class People:
    """A database that is told who works where."""

    def __init__(self, db: Connection, world: World) -> None:
        self.db, self.world = db, world

    def tell(self, *facts: tuple[str, str], relation: str = "advises", about: str | None = None) -> None:
        """Tell at once of somebody (or several, between semicolons) and a firm each."""
        texts = []
        for who, where in facts:
            first, *others = who.split("; ")
            rest = "".join(f" {name} was there." for name in others)
            text = f"{first} {relation} {where}.{rest}"
            read = f"{about}: {text}" if about else text
            self.world.tell(read, (first, relation, where), *((name, "was with", first) for name in others))
            texts.append({"text": text, "about": about})
        self.db.add_many(texts)

    def of(self, name: str) -> list[str]:
        """The firms of an entity."""
        return sorted(t.object.text for t in self.db.entity(name).triples if t.relation.text == "advises")

    def names(self, pattern: str | None = None) -> list[str]:
        return [entity.name for entity in self.db.entities(pattern)]


@pytest.fixture
def people() -> Iterator[People]:
    world = World()
    with neuraldb.connect(models=world.models()) as db:
        yield People(db, world)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("A. Berg", "Anna Berg"),
        ("J. R. R. Tolkien", "John Ronald Reuel Tolkien"),
        ("JRR Tolkien", "J. R. R. Tolkien"),
        ("Dr Anna Berg", "Anna Berg"),
        ("Prof. Dr. Hans Müller", "Hans Müller"),
        ("ANNA BERG", "Anna Berg"),
        ("Asa Berg", "Åsa Berg"),
        ("Rolling Stones", "The Rolling Stones"),
        ("St. Louis", "Saint Louis"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_form_of_a_name_is_linked_to_it_in_whatever_order(
    people: People, short: str, long: str, turned: bool
) -> None:
    for name, firm in ((short, "Acme"), (long, "Equinor"))[:: -1 if turned else 1]:
        people.tell((name, firm))
    assert people.names() == sorted(["Acme", "Equinor", long])
    assert people.of(short) == people.of(long) == ["Acme", "Equinor"]
    assert short in people.db.entity(long).aliases


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ASR1603", "ASR1605"),
        ("Boeing 747", "Boeing 737"),
        ("Apollo 11", "Apollo 12"),
        ("Henry IV", "Henry V"),
        ("C", "C++"),
        ("John Smith", "Jane Smith"),
        ("George W. Bush", "George H. W. Bush"),
        ("turkey", "Turkey"),
        ("Houston", "Whitney E. Houston"),
        ("Anna Berg", "Anna Bergh"),
    ],
)
def test_what_is_near_is_not_the_same(people: People, one: str, other: str) -> None:
    people.tell((one, "Acme"), (other, "Equinor"))
    assert people.names() == sorted([one, other, "Acme", "Equinor"])


def test_a_link_goes_when_it_is_no_longer_sure_and_comes_back(people: People) -> None:
    people.tell(("John Smith", "Acme"), ("J. Smith", "Equinor"))
    assert people.of("John Smith") == ["Acme", "Equinor"]
    people.tell(("Jane Smith", "Statoil"))
    assert people.of("John Smith") == ["Acme"]
    assert people.of("J. Smith") == ["Equinor"]
    assert people.db.entity("J. Smith").may_be == ("Jane Smith", "John Smith")
    assert people.db.entity("John Smith").may_be == ()


def test_told_together_or_one_by_one_is_the_same(people: People) -> None:
    facts = [("J. Smith", "Equinor"), ("Dr John Smith", "Hydro"), ("Jane Smith", "Statoil"), ("John Smith", "Acme")]
    for fact in facts:
        people.tell(fact)
    world = World()
    with neuraldb.connect(models=world.models()) as db:
        together = People(db, world)
        together.tell(*facts)
        assert [e[1:] for e in together.db.entities()] == [e[1:] for e in people.db.entities()]


def test_named_in_full_in_the_same_fact(people: People) -> None:
    people.tell(("Anna Berg", "Acme"), ("Nils Berg", "Statoil"))
    people.tell(("Nils Berg; Berg", "Hydro"))
    assert "Berg" not in people.names()
    people.tell(("Anna Berg; Nils Berg; Berg", "Telenor"))
    assert "Berg" in people.names()
    assert people.db.entity("Berg").may_be == ("Anna Berg", "Nils Berg")


def test_whom_the_fact_is_about(people: People) -> None:
    people.tell(("John Smith", "Acme"), ("Jane Smith", "Statoil"))
    people.tell(("J. Smith", "Hydro"), about="Jane Smith")
    assert people.of("Jane Smith") == ["Hydro", "Statoil"]
    assert "J. Smith" in people.db.entity("Jane Smith").aliases


def test_what_stands_beside_a_name_tells_whose_it_is(people: People) -> None:
    people.tell(("John Smith", "Acme"), ("Jane Smith", "Statoil"))
    people.tell(("J. Smith", "Acme"), relation="left")
    people.tell(("Smith", "Statoil"), relation="joined")
    assert {t.relation.text for t in people.db.entity("John Smith").triples} == {"advises", "left"}
    assert {t.relation.text for t in people.db.entity("Jane Smith").triples} == {"advises", "joined"}
    rows = people.db.session.stores.database.rows(
        "SELECT text, confidence < 1 FROM store.mentions WHERE text LIKE '%Smith'"
    )
    assert dict(rows) == {"John Smith": False, "Jane Smith": False, "J. Smith": True, "Smith": True}


def test_what_both_have_tells_nothing(people: People) -> None:
    people.tell(("John Smith", "Acme"), ("Jane Smith", "Acme"), ("J. Smith", "Acme"))
    assert people.names("smith") == ["J. Smith", "Jane Smith", "John Smith"]


def test_an_alias_that_was_given_is_linked(people: People) -> None:
    people.tell(("Oslo", "Acme"))
    graph = people.db.session.stores.graph
    (oslo,) = graph.ensure_terms([Term("entity", "Oslo")])
    graph.add_aliases([Alias(oslo, "Tigerstaden")])
    people.tell(("Tigerstaden", "Hydro"))
    assert people.of("Oslo") == ["Acme", "Hydro"]


def test_a_name_of_two_people_is_told_apart_by_what_stands_beside_it(people: People) -> None:
    people.tell(("Anna Berg", "Acme"))
    people.tell(("Anna Berg", "Statoil"))
    people.db.split("Anna Berg", [2])
    people.tell(("Anna Berg", "Statoil"), relation="left")
    people.tell(("Anna Berg", "Hydro"))
    assert {t.relation.text for t in people.db.entity("Anna Berg (2)").triples} == {"advises", "left"}
    assert people.names("anna") == ["Anna Berg", "Anna Berg (1)", "Anna Berg (2)"]


def test_what_somebody_kept_apart_is_not_linked_again(people: People) -> None:
    people.tell(("Anna Berg", "Acme"), ("A. Berg", "Hydro"))
    people.db.split("Anna Berg", "A. Berg")
    people.tell(("A. Berg", "Telenor"), ("Anna K. Berg", "Statoil"))
    assert people.of("A. Berg") == ["Hydro", "Telenor"]
    people.db.undo()
    assert people.of("Anna Berg")[0] == "Acme"
    assert "Hydro" in people.of("A. Berg")


def test_links_go_with_a_rollback(people: People) -> None:
    people.tell(("A. Berg", "Hydro"))
    people.db.begin()
    people.tell(("Anna Berg", "Acme"))
    assert people.names("berg") == ["Anna Berg"]
    people.db.rollback()
    assert people.names("berg") == ["A. Berg"]
    assert people.of("A. Berg") == ["Hydro"]


def test_a_fact_in_other_words_of_a_linked_name_is_still_updated(people: People) -> None:
    people.tell(("Anna Berg", "Oslo"), relation="lives in")
    people.tell(("Dr. Anna Berg", "Bergen"), relation="lives in")
    assert [fact.text for fact in people.db.facts()] == ["Dr. Anna Berg lives in Bergen."]
