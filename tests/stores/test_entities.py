"""Which entity a name means, and which names stand in a text."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from neuraldb.core.text import normalise
from neuraldb.stores.database import Database
from neuraldb.stores.entities import AliasIndex, EntityStore
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.graph import GraphStore, Mention, NewTriple
from neuraldb.stores.terms import Alias, Term


def know(database: Database, *names: str) -> list[int]:
    return GraphStore(database).ensure_terms([Term("entity", name) for name in names])


def found(database: Database, text: str) -> list[str]:
    return [text[name.start : name.end] for name in AliasIndex(database).find(text)]


def how(database: Database, name: str) -> list[tuple[int, str]]:
    return [(resolved.term, resolved.how) for resolved in EntityStore(database).resolve(name)]


# ---------------------------------------------------------------------------------------------------------- resolving


def test_the_strictest_way_wins(database: Database) -> None:
    upper, lower, berg = know(database, "OSLO", "Oslo", "Åse Berg")
    GraphStore(database).add_aliases([Alias(berg, "Miss B."), Alias(upper, "Tigerstaden")])
    assert how(database, "Oslo") == [(lower, "exact")]
    assert how(database, "OSLO") == [(upper, "exact")]
    assert how(database, "oslo") == [(upper, "folded"), (lower, "folded")]
    assert how(database, "ase berg") == [(berg, "folded")]
    assert how(database, "Miss B.") == how(database, "miss b") == [(berg, "alias")]
    assert how(database, "Aase Berg") == how(database, "Åse Brg") == [(berg, "fuzzy")]
    assert how(database, "Nobody") == []
    assert how(database, "") == []
    scores = [EntityStore(database).resolve(name)[0].score for name in ("Åse Berg", "Miss B.", "ase berg", "Åse Bergg")]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0


def test_names_that_differ_in_a_digit_are_different(database: Database) -> None:
    first, second, third = know(database, "ASR1603", "ASR1605", "Boeing 747 freighter")
    assert how(database, "ASR1603") == [(first, "exact")]
    assert how(database, "asr1605") == [(second, "folded")]
    assert how(database, "ASR1604") == how(database, "ASR160") == how(database, "ASR16033") == []
    assert how(database, "Boeing 737 freighter") == how(database, "Boeing 774 freighter") == []
    assert how(database, "Boeing 747 frieghter") == [(third, "fuzzy")]


def test_short_names_are_not_guessed(database: Database) -> None:
    know(database, "Anna", "Nils", "IBM", "C++")
    for name in ("Hanna", "Ana", "IBN", "Nil", "C", "C#"):
        assert how(database, name) == []


def test_how_many_errors_are_forgiven(database: Database) -> None:
    (berg, equinor) = know(database, "Bergen", "Equinor Energy")
    assert how(database, "Brgen") == how(database, "Begren") == how(database, "Bergenn") == [(berg, "fuzzy")]
    assert how(database, "Brgn") == []
    assert how(database, "Equinr Enrgy") == [(equinor, "fuzzy")]
    assert how(database, "Eqinr Enrgy") == []


def test_the_fewest_errors_win(database: Database) -> None:
    near, far = know(database, "Equinor Energy", "Equinor Enerqy")
    assert how(database, "Equinor Enegy") == [(near, "fuzzy")]
    assert how(database, "Equinor Enerxy") == [(near, "fuzzy"), (far, "fuzzy")]


def test_aliases_bring_together_what_spelling_does_not(database: Database) -> None:
    # a known fault of such systems: aliases stayed apart, even identical acronyms
    full, middle, *same = know(database, "John Doe", "John T. Doe", "DGIA", "DGIA", "DGIA", "DGIA")
    assert len(set(same)) == 1
    assert how(database, "DGIA") == [(same[0], "exact")]
    assert how(database, "John T. Doe") == [(middle, "exact")]
    (department,) = know(database, "Directorate General of Internal Affairs")
    GraphStore(database).add_aliases([Alias(department, "DGIA", "acronym"), Alias(full, "Jonny")])
    assert how(database, "DGIA") == [(same[0], "exact")]
    assert how(database, "dgia") == [(department, "alias")]
    assert how(database, "jonny") == [(full, "alias")]


def test_iris_go_by_their_exact_text(database: Database) -> None:
    (iri,) = GraphStore(database).ensure_terms([Term("iri", "http://example.org/Oslo")])
    assert how(database, "http://example.org/Oslo") == [(iri, "exact")]
    assert how(database, "http://example.org/oslo") == []


def test_the_record_of_an_entity(database: Database) -> None:
    FactStore(database).add([NewFact("Anna lives in Oslo."), NewFact("Anna sings."), NewFact("Oslo is a town.")])
    graph = GraphStore(database)
    anna, oslo = know(database, "Anna", "Oslo")
    (lives,) = graph.ensure_terms([Term("relation", "lives in")])
    graph.add_mentions([Mention(1, 0, 4, "Anna", anna), Mention(2, 0, 4, "Anna", anna), Mention(3, 0, 4, "Oslo", oslo)])
    graph.add_triples([NewTriple(anna, lives, oslo, fact=1)])
    graph.add_aliases([Alias(anna, "Annie"), Alias(anna, "A. Berg", "label")])
    FactStore(database).forget([2])
    (record,) = EntityStore(database).entity("anna")
    assert (record.id, record.name, record.aliases, record.facts) == (anna, "Anna", ("A. Berg", "Annie"), (1,))
    assert [(t.subject.text, t.relation.text, t.object.text, t.fact) for t in record.triples] == [
        ("Anna", "lives in", "Oslo", 1)
    ]
    assert EntityStore(database).entity("Nobody") == []


# ------------------------------------------------------------------------------------------------------------ finding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who is Anna Berg's brother?", ["Anna Berg"]),
        ("Who is Anna Berg’s brother?", ["Anna Berg"]),
        ("Is anna  berg in OSLO, or in Bergen?", ["anna  berg", "OSLO", "Bergen"]),
        ('(Anna Berg), "Oslo"; Bergen!', ["Anna Berg", "Oslo", "Bergen"]),
        ("Anna lives in Osloville", ["Anna"]),
        ("an Oslo-based, Bergen/Oslo company", ["Oslo", "Bergen", "Oslo"]),
        ("I met Anna. Berg is a mountain.", ["Anna"]),
        ("Ase Hovdes bok, Åse Hovde", ["Ase Hovdes", "Åse Hovde"]),
        (
            "Did J.R.R. Tolkien or J. R. R. Tolkien or JRR Tolkien write it?",
            ["J.R.R. Tolkien", "J. R. R. Tolkien", "JRR Tolkien"],
        ),
        ("the U.S. Army and the US Army", ["U.S. Army", "US Army"]),
        ("Is C++ older than C# or C?", ["C++", "C#", "C"]),
        ("What does AT&T sell to O'Brien?", ["AT&T", "O'Brien"]),
        ("Who lives in Paris?", []),
        ("What did the Who sing, and who sang?", ["the Who"]),
        ("Do the Rolling Stones or Rolling Stones sing?", ["Rolling Stones", "Rolling Stones"]),
        ("ASR1603 and ASR1605 and ASR16", ["ASR1603"]),
        ("東京は日本の首都です", ["東京", "日本"]),
        ("In St. Petersburg, Fla., it rains.", ["St. Petersburg"]),
        ("New York Times Square in New York", ["New York Times", "New York"]),
        ("3.5 and 35 and 3", ["3.5"]),
        ("", []),
        ("?! ' .", []),
    ],
)
def test_names_in_a_text(database: Database, text: str, expected: list[str]) -> None:
    know(
        database,
        *("Anna", "Anna Berg", "Oslo", "Bergen", "Åse Hovde", "Åse Hovdes", "J. R. R. Tolkien", "The U.S. Army", "C++"),
        *("C#", "C", "AT&T", "O'Brien", "The Who", "The Rolling Stones", "ASR1603", "東京", "日本", "St. Petersburg"),
        *("New York", "New York Times", "3.5"),
    )
    assert found(database, text) == expected


def test_all_that_share_a_name_are_found(database: Database) -> None:
    upper, lower = know(database, "OSLO", "Oslo")
    (other,) = know(database, "Christiania")
    GraphStore(database).add_aliases([Alias(other, "Óslo")])
    (name,) = AliasIndex(database).find("in oslo")
    assert name.terms == (upper, lower, other)


def test_names_come_and_go_with_their_transaction(database: Database) -> None:
    index = AliasIndex(database)
    (first,) = know(database, "Anna Berg")
    assert len(index.find("Anna Berg and Anna Moe")) == 1
    database.begin()
    know(database, "Anna Moe")
    assert [name.start for name in index.find("Anna Berg and Anna Moe")] == [0, 14]
    database.rollback()
    know(database, "Nils")
    assert [name.terms for name in index.find("Anna Berg and Anna Moe")] == [(first,)]
    assert len(index.find("Nils")) == 1
    assert index.find("Anna") == []


NAMES = st.lists(st.sampled_from(["anna", "berg", "oslo", "moe", "7"]), min_size=1, max_size=3).map(" ".join)


@given(st.lists(NAMES, max_size=5), st.lists(st.sampled_from(["Anna", "berg,", "OSLO", "moe", "7", "und"]), max_size=8))
@settings(max_examples=20, deadline=None)
def test_finding_against_trying_everything(names: list[str], words: list[str]) -> None:
    with Database.open() as database:
        know(database, *names)
        keys = {normalise(name) for name in names}
        expected: list[str] = []
        at = 0
        while at < len(words):
            ends = [end for end in range(len(words), at, -1) if normalise(" ".join(words[at:end])) in keys]
            if ends:
                expected.append(" ".join(words[at : ends[0]]).rstrip(","))
            at = ends[0] if ends else at + 1
        assert found(database, " ".join(words)) == expected
