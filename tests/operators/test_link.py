"""Entity linking: one name for each entity, by spelling, alias, acronym and value, never by likeness."""

from __future__ import annotations

import pytest
from execution.given import Given, Traced
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.text import normalise
from neuraldb.operators.link import canonical, tidy
from neuraldb.plan.nodes import Field, Join, Link
from neuraldb.stores.graph import Alias
from operators.told import Told

FORMS = (
    *("Oslo", "oslo", "the Oslo", '"Oslo"', "Ōslo", "Bergen", "USA", "U.S.A.", "United States of America", "US"),
    *("Gary, Indiana", "Gary", "Gary, Texas", "3 km", "3000 m", "3 kg", "1982", "in 1982", "3 May 1982", "?", "Åse"),
    *("usa", "Gary Indiana", "Gary,", "AB", "Anna Berg", "Alf Borg"),
)


def names(told: Told, *surfaces: str, toward: tuple[str, ...] = ()) -> list[str]:
    """The name that each surface form gets."""
    found = canonical(surfaces, toward, told.context())
    return [found[surface] for surface in surfaces]


@pytest.mark.parametrize(
    "forms",
    [
        ["Oslo", "oslo"],
        ["Łukasz", "lukasz"],
        ["the Beatles", "Beatles"],
        ["J. R. R. Tolkien", "JRR Tolkien"],
        ["Oslo", '"Oslo"', "Oslo,"],
        ["USA", "United States of America"],
        ["U.S.A.", "United States of America"],
        ["Gary", "Gary, Indiana"],
        ["3 km", "3000 m"],
        ["3 May 1982", "May 3, 1982"],
        ["$3.5 million", "3,500,000 dollars"],
        ["12 per cent", "12%"],
        # people
        ["J. R. R. Tolkien", "John Ronald Reuel Tolkien"],
        ["J.R.R. Tolkien", "JRR Tolkien", "John Ronald Reuel Tolkien", "Tolkien"],
        ["A.T. Charlie Johnson", "A T Charlie Johnson", "AT Charlie Johnson"],
        ["A.D. Metapán", "A D Metapan"],
        ["Frank A. Camm", "Frank Camm"],
        ["J. Smith", "John Smith"],
        ["Dr. Anna Berg", "Anna Berg"],
        ["Prof. Anna Berg", "Dr. Anna Berg"],
        ["Sir Paul McCartney", "Paul McCartney"],
        ["Queen Elizabeth II", "Elizabeth II"],
        # countries and those who live there
        ["U.S.", "US", "USA", "United States", "the United States of America", "American", "Americans"],
        ["UK", "United Kingdom", "British"],
        ["Germany", "German", "Germans", "Federal Republic of Germany"],
        ["Holland", "the Netherlands", "Dutch"],
        ["Burma", "Myanmar"],
        # spelling, abbreviations, number
        ["Beyoncé", "Beyonce"],
        ["O'Brien", "O’Brien"],
        ["AT&T", "AT & T"],
        ["St. Louis", "Saint Louis"],
        ["Mt. Everest", "Mount Everest"],
        ["oak trees", "oak tree"],
    ],
)
def test_forms_of_one_name_are_one(told: Told, forms: list[str]) -> None:
    assert len(set(names(told, *forms))) == 1


@pytest.mark.parametrize(
    "forms",
    [
        ["Oslo", "Osla"],
        ["Norway", "Sweden"],
        ["Apollo 11", "Apollo 12"],
        ["3 km", "3 kg"],
        ["3 m", "3 kg"],
        ["1982", "1983"],
        ["Anna Berg", "Berg"],
        ["usa", "United States of America"],
        ["Indiana", "Gary, Indiana"],
        ["ASR1603", "ASR1605"],
        ["Boeing 737", "Boeing 747"],
        ["World War I", "World War II"],
        ["Henry IV", "Henry V"],
        ["John Smith", "Jane Smith"],
        ["John Smith Jr.", "John Smith Sr."],
        ["George W. Bush", "George H. W. Bush"],
        ["Martin King", "Martin Luther King"],
        ["Washington", "George Washington"],
        ["Victoria", "Lake Victoria"],
        ["Motors", "General Motors"],
        ["Paris", "Paris Hilton"],
        ["New York", "New York City", "York"],
        ["University of Oslo", "University College of Oslo"],
        ["Niger", "Nigeria"],
        ["North Korea", "South Korea"],
        ["Austria", "Australia"],
        ["Wales", "United Kingdom"],
        ["IN", "India"],
        ["C", "C++", "C#"],
        ["Cars", "Car"],
        ["1982", "3 May 1982"],
    ],
)
def test_likeness_does_not_make_two_names_one(told: Told, forms: list[str]) -> None:
    assert len(set(names(told, *forms))) == len(forms)


def test_a_short_name_of_two_is_neither(told: Told) -> None:
    assert len(set(names(told, "Gary", "Gary, Indiana", "Gary, Texas"))) == 3


def test_an_acronym_of_two_names_is_neither(told: Told) -> None:
    assert len(set(names(told, "AB", "Anna Berg", "Alf Borg"))) == 3


@pytest.mark.parametrize("short", ["J. Smith", "Smith"])
def test_a_short_name_of_two_people_is_neither(told: Told, short: str) -> None:
    assert len(set(names(told, short, "John Smith", "Jane Smith"))) == 3
    assert len(set(names(told, short, "Dr. John F. Smith", "Dr. Jane Smith"))) == 3


@pytest.mark.parametrize("short", ["J. Smith", "Smith"])
def test_somebody_else_in_the_database_makes_a_short_name_unsure(told: Told, short: str) -> None:
    assert len(set(names(told, short, "Dr. John Smith"))) == 1
    told.tell("Jane Smith sings.", ("Jane Smith", "does", "sings"))
    assert len(set(names(told, short, "Dr. John Smith"))) == 2


def test_who_was_forgotten_makes_no_name_unsure(told: Told) -> None:
    told.tell("Jane Smith sings.", ("Jane Smith", "does", "sings"))
    told.forget(1)
    assert len(set(names(told, "J. Smith", "John Smith"))) == 1


def test_facts_about_a_country_are_found_by_any_of_its_names(told: Told) -> None:
    for number, name in enumerate(("United States", "USA", "American", "Norway"), start=1):
        told.tell(f"Story {number} is from {name}.", (f"Story {number}", "from", name))
    assert told.stores.mentioning("U.S.").tolist() == [1, 2, 3]
    assert {r.name for r in told.stores.entities.entity("USA")} == {"United States", "USA", "American"}


def test_facts_about_somebody_are_found_by_any_sure_form_of_the_name(told: Told) -> None:
    for number, name in enumerate(
        ("J. R. R. Tolkien", "John Ronald Reuel Tolkien", "Tolkien", "Simon Tolkien"), start=1
    ):
        told.tell(f"Book {number} is by {name}.", (f"Book {number}", "by", name))
    assert told.stores.mentioning("JRR Tolkien").tolist() == [1, 2]
    # there are two of that surname
    assert told.stores.mentioning("Tolkien").tolist() == [3]
    assert told.stores.mentioning("Simon Tolkien").tolist() == [4]


def test_a_surname_finds_the_only_one_who_bears_it(told: Told) -> None:
    for number, name in enumerate(("J. R. R. Tolkien", "Tolkien", "Anna Berg", "Berg"), start=1):
        told.tell(f"Book {number} is by {name}.", (f"Book {number}", "by", name))
    assert told.stores.mentioning("Tolkien").tolist() == [1, 2]
    assert told.stores.mentioning("J.R.R. Tolkien").tolist() == [1, 2]
    # nothing shows that this Berg is a person
    assert told.stores.mentioning("Berg").tolist() == [4]
    told.stores.database.rollback()
    told.stores.database.begin()
    assert told.stores.mentioning("Tolkien").tolist() == []


def test_the_commonest_form_is_the_name(told: Told) -> None:
    assert names(told, "OSLO", "Oslo", "Oslo") == ["Oslo"] * 3


def test_of_equally_common_forms_the_longest_is_the_name(told: Told) -> None:
    assert names(told, "Beatles", "the Beatles") == ["the Beatles"] * 2


def test_quotes_and_commas_around_a_name_are_no_part_of_it(told: Told) -> None:
    assert names(told, "“Big Push”,") == ["Big Push"]


def test_an_entity_that_the_question_names_is_called_by_the_questions_name(told: Told) -> None:
    assert names(told, "USA", "USA", "Oslo", toward=("the United States of America",)) == [
        "the United States of America",
        "the United States of America",
        "Oslo",
    ]


def test_the_questions_name_is_taken_as_it_stands(told: Told) -> None:
    assert names(told, "Big Push", toward=('"Big Push"',)) == ['"Big Push"']


def test_a_known_alias_is_the_same_entity(told: Told) -> None:
    told.tell("Big Apple never sleeps.", ("Big Apple", "never", "sleeps"))
    (term,) = told.stores.entities.aliases.terms("big apple")
    assert len(set(names(told, "Big Apple", "New York"))) == 2
    told.stores.graph.add_aliases([Alias(term, "New York", "stated")])
    assert len(set(names(told, "Big Apple", "New York"))) == 1


@given(surfaces=st.lists(st.sampled_from(FORMS), max_size=8), toward=st.lists(st.sampled_from(FORMS), max_size=2))
@settings(deadline=None)
def test_linking_keeps_its_promises(memory_told: Told, surfaces: list[str], toward: list[str]) -> None:
    context = memory_told.context()
    found = canonical(surfaces, tuple(toward), context)
    assert set(found) == set(surfaces)
    # a name is one of the forms, or the question's
    assert set(found.values()) <= {tidy(s) for s in surfaces} | set(toward)
    # forms that are one name to the eye are one
    by_key: dict[str, set[str]] = {}
    for surface, name in found.items():
        by_key.setdefault(normalise(surface), set()).add(name)
    assert all(len(called) == 1 for called in by_key.values())
    # in whatever order they come
    assert canonical(surfaces[::-1], tuple(toward), context) == found


@given(surfaces=st.lists(st.sampled_from(FORMS), max_size=8))
@settings(deadline=None)
def test_linking_twice_is_linking_once(memory_told: Told, surfaces: list[str]) -> None:
    context = memory_told.context()
    once = [canonical(surfaces, (), context)[s] for s in surfaces]
    again = canonical(once, (), context)
    assert [normalise(again[name]) for name in once] == [normalise(name) for name in once]


def test_a_column_is_linked_and_all_else_stays(told: Told) -> None:
    fields = (Field("n", "BIGINT"), Field("who"))
    rows = Given(
        fields,
        (
            Traced((1, "oslo"), (3,), 0.5),
            Traced((2, None), (4,), 0.6),
            Traced((3, "Oslo"), (5,), 0.7),
            Traced((4, "Oslo"), (6,), 0.8),
        ),
    )
    assert told.rows(Link(rows, "who")) == [
        (1, "Oslo", [3], 0.5),
        (2, None, [4], 0.6),
        (3, "Oslo", [5], 0.7),
        (4, "Oslo", [6], 0.8),
    ]


def test_an_entity_has_one_name_throughout_a_statement(told: Told) -> None:
    one = Given((Field("who"),), (Traced(("John Ronald Reuel Tolkien",), (1,), 1.0),))
    other = Given((Field("who"),), (Traced(("J. R. R. Tolkien",), (2,), 1.0), Traced(("Anna",), (3,), 1.0)))
    assert told.rows(Join(Link(one, "who"), Link(other, "who"), "inner", on=("who",))) == [
        ("John Ronald Reuel Tolkien", [1, 2], 1.0)
    ]


@pytest.mark.parametrize("marks", ['""', ",", "?", "`"])
def test_a_name_of_nothing_but_marks_stays(told: Told, marks: str) -> None:
    assert names(told, marks) == [marks]


def test_nothing_to_link_is_nothing(told: Told) -> None:
    assert told.rows(Link(Given((Field("who"),), ()), "who", ("Oslo",))) == []


@pytest.mark.parametrize("form", ["the Serie A league", "Serie A league", "the league Serie A", "Serie A (league)"])
def test_the_noun_of_what_is_asked_for_is_no_part_of_a_name(told: Told, form: str) -> None:
    surfaces = ["Serie A", "Serie A", form]
    assert set(canonical(surfaces, (), told.context(), "leagues").values()) == {"Serie A"}
    assert canonical(surfaces, (), told.context(), "clubs")[form] != "Serie A"


@pytest.mark.parametrize("form", ["Premier League", "Serie B league", "league"])
def test_other_names_with_the_noun_stay_apart(told: Told, form: str) -> None:
    found = canonical(["Serie A", "Premier", form], (), told.context(), "leagues")
    assert len(set(found.values())) == 3
