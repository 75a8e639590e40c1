"""What names stand for: exactly, by alias, by spelling, and relations, types and attributes also by meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from doubles import HashedWords

from neuraldb.core import rdf
from neuraldb.core.relation_names import local_name
from neuraldb.models.protocols import Vectors
from neuraldb.operators.bindings import bind
from neuraldb.operators.catalogue import StoreCatalogue
from neuraldb.operators.classes import TYPE
from neuraldb.operators.relation_binding import NEAR, SHOWN
from neuraldb.operators.write import import_triples
from neuraldb.plan.catalogue import RelationBinding, StoredAttribute
from neuraldb.plan.sparql_names import SAME_CLASS
from neuraldb.stores.graph import Alias
from neuraldb.stores.terms import Term
from operators.told import Told

BIRTHPLACE = "http://x.org/birthPlace"
ALL_KINDS = ("entity", "iri", "text", "number", "date", "boolean", "blank", "type", "relation")


class Directions:
    """An encoder for which each text points where the test says, and every other one in a direction of its own."""

    name, width = "directions", 64

    def __init__(self, **near: tuple[str, float]) -> None:
        self.near = {name.replace("_", " "): other for name, other in near.items()}
        self.encoded: list[str] = []
        self._own: dict[str, int] = {}

    def _axis(self, text: str) -> Vectors:
        vector = np.zeros(self.width, dtype=np.float32)
        vector[self._own.setdefault(text, len(self._own))] = 1.0
        return vector

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        out = []
        for text in texts:
            other, cosine = self.near.get(text, (text, 1.0))
            rest = self._axis(f"not {text}") * np.sqrt(1 - cosine**2)
            out.append(self._axis(other) * cosine + rest)
        return np.array(out, dtype=np.float32)


def catalogue(told: Told, encoder: Directions | HashedWords | None = None) -> StoreCatalogue:
    """The catalogue of what was told; without an encoder none may be asked for."""

    def given() -> Directions | HashedWords:
        assert encoder is not None, "the encoder was asked for"
        return encoder

    return StoreCatalogue(told.stores, given)


def texts(told: Told, ids: Sequence[int]) -> list[str]:
    return [term.text for term in told.stores.graph.terms(list(ids))]


@pytest.fixture
def family(told: Told) -> Told:
    told.tell_together(
        ("Anna Berg lives in Oslo.", ("Anna Berg", "lives in", "Oslo")),
        ("Nils lives in Bergen.", ("Nils", "lives in", "Bergen")),
        ("Nils works for Equinor.", ("Nils", "employer", "Equinor")),
    )
    return told


# ---------------------------------------------------------------------------------------------------------------- terms


@pytest.mark.parametrize("name", ["Anna Berg", "anna berg", "ANNA BERG", "the Anna Berg"])
def test_a_name_stands_for_its_entity_however_it_is_spelled(family: Told, name: str) -> None:
    assert texts(family, catalogue(family).terms(name, ("entity",))) == ["Anna Berg"]


def test_an_exact_name_goes_before_an_alias_and_an_alias_before_a_spelling(told: Told) -> None:
    us, us_lower, nation = told.stores.graph.ensure_terms([Term("entity", t) for t in ("US", "us", "United States")])
    names = catalogue(told)
    assert names.terms("US", ("entity",)) == (us,)
    assert names.terms("us", ("entity",)) == (us_lower,)
    assert names.terms("Us", ("entity",)) == (us, us_lower)
    told.stores.graph.add_aliases([Alias(nation, "US")])
    assert names.terms("US", ("entity",)) == (us,)
    assert names.terms("Us", ("entity",)) == (nation,)


def test_only_terms_of_the_kinds_that_are_asked_for_are_found(family: Told) -> None:
    names = catalogue(family)
    assert names.terms("lives in", ("entity",)) == ()
    assert texts(family, names.terms("lives in", ("relation",))) == ["lives in"]


def test_a_name_that_nothing_has_stands_for_nothing(family: Told) -> None:
    assert catalogue(family).terms("Zebedee", ALL_KINDS) == ()
    assert catalogue(family).terms("", ALL_KINDS) == ()


def test_the_nearest_names_are_those_that_look_like_it(family: Told) -> None:
    assert catalogue(family).nearest("Ana Berg", ("entity",), 1) == ("Anna Berg",)
    assert catalogue(family).nearest("xyzzy", ("entity",)) == ()


def test_an_iri_is_itself_and_nothing_else(told: Told) -> None:
    (term,) = told.stores.graph.ensure_terms([Term("iri", BIRTHPLACE)])
    assert catalogue(told).iri(BIRTHPLACE) == (term,)
    assert catalogue(told).iri(BIRTHPLACE.lower()) == ()


def test_a_literal_is_one_of_its_datatype_and_language(told: Told) -> None:
    plain, norwegian, other = told.stores.graph.ensure_terms(
        [Term("text", "hei"), Term("text", "hei", "", "no"), Term("text", "hei", "http://x.org/greeting")]
    )
    names = catalogue(told)
    assert names.literal(rdf.literal("hei")) == (plain,)
    assert names.literal(rdf.literal("hei", language="no")) == (norwegian,)
    assert names.literal(rdf.literal("hei", datatype="http://x.org/greeting")) == (other,)
    assert names.literal(rdf.literal("Hei")) == ()


# ------------------------------------------------------------------------------------------------------------ relations


def test_an_exact_relation_needs_no_encoder(family: Told) -> None:
    binding = catalogue(family).relation("Lives in")
    assert binding == RelationBinding(binding.ids if binding else (), "lives in", 1.0)
    assert binding is not None
    assert texts(family, binding.ids) == ["lives in"]


def test_a_relation_of_near_meaning_is_bound_with_its_score(family: Told) -> None:
    binding = catalogue(family, Directions(dwells_in=("lives in", 0.9))).relation("dwells in")
    assert binding is not None
    assert (binding.label, round(binding.score, 3)) == ("lives in", 0.9)
    assert [label for label, _ in binding.runners_up] == ["employer"]


def test_a_relation_that_is_not_near_enough_is_not_bound(family: Told) -> None:
    encoder = Directions(dwells_in=("lives in", NEAR - 0.01))
    assert catalogue(family, encoder).relation("dwells in") is None


def test_only_an_exact_relation_is_quite_sure(family: Told) -> None:
    binding = catalogue(family, Directions(dwells_in=("lives in", 1.0))).relation("dwells in")
    assert binding is not None
    assert binding.score < 1.0


def test_the_last_words_of_an_iri_name_the_relation(told: Told) -> None:
    subject, relation, place = Term("iri", "http://x.org/a"), Term("iri", BIRTHPLACE), Term("iri", "http://x.org/o")
    import_triples([(subject, relation, place, None)], told.context())
    binding = catalogue(told).relation("birth place")
    assert binding is not None
    assert texts(told, binding.ids) == [BIRTHPLACE]


def test_spellings_of_a_relation_are_bound_together(told: Told) -> None:
    told.tell("Anna lives in Oslo.", ("Anna", "lives in", "Oslo"))
    told.tell("Nils Lives In Oslo.", ("Nils", "Lives In", "Oslo"))
    binding = catalogue(told).relation("lives in")
    assert binding is not None
    assert sorted(texts(told, binding.ids)) == ["Lives In", "lives in"]


def test_a_relation_of_forgotten_facts_is_none(family: Told) -> None:
    family.forget(3)
    assert catalogue(family, Directions()).relation("employer") is None


def test_without_relations_no_encoder_is_needed(told: Told) -> None:
    assert catalogue(told).relation("lives in") is None


@pytest.mark.parametrize(
    ("iri", "words"),
    [
        (BIRTHPLACE, "birth Place"),
        ("http://x.org/ns#lives_in", "lives in"),
        ("urn:book:title", "title"),
        ("title", "title"),
    ],
)
def test_the_words_of_an_iri(iri: str, words: str) -> None:
    assert local_name(iri) == words


def test_triples_that_facts_state_may_repeat_and_imported_ones_do_not(told: Told) -> None:
    names = catalogue(told)
    ends = [Term("iri", f"http://x.org/{end}") for end in "abc"]
    import_triples([(ends[0], ends[1], ends[2], None)], told.context())
    assert names.sizes(None).repeated is False
    told.tell("Anna lives in Oslo.", ("Anna", "lives in", "Oslo"))
    (imported,), (stated,) = names.iri("http://x.org/b"), names.terms("lives in", ("relation",))
    assert names.sizes(None).repeated is True
    assert (names.sizes((imported,)).repeated, names.sizes((stated,)).repeated) == (False, True)
    told.forget(1)
    assert names.sizes(None).repeated is False


# ------------------------------------------------------------------------------------------------- types and attributes


@pytest.fixture
def typed(family: Told) -> Told:
    """Anna and Nils are of the type "person", with attributes; Oslo is a "city"."""
    graph = family.stores.graph
    kind, person, city = Term("iri", TYPE), Term("type", "person"), Term("type", "city")
    quads = [(Term("entity", name), kind, person, None) for name in ("Anna Berg", "Nils")]
    import_triples([*quads, (Term("entity", "Oslo"), kind, city, None)], family.context())
    assert graph.terms([1])
    return family


def test_types_are_ranked_by_meaning(typed: Told) -> None:
    encoder = Directions(people=("person", 0.9))
    assert [name for name, _ in catalogue(typed, encoder).type_candidates("people")] == ["person", "city"]


def attributes(names: StoreCatalogue, type: str) -> list[str]:
    return [a.name for a in names.stored_attributes(names.entity_class(type))]


def test_the_attributes_of_a_type_come_most_frequent_first(typed: Told) -> None:
    assert attributes(catalogue(typed, Directions(human=("person", 0.9))), "humans") == ["lives in", "employer"]


def test_attributes_have_kinds_shares_and_examples(typed: Told) -> None:
    typed.tell("Nils is 1.9 m tall.", ("Nils", "height", "1.9 m"))
    names = catalogue(typed)
    assert names.stored_attributes(names.entity_class("people")) == (
        StoredAttribute("lives in", "name", None, 1.0, "Oslo"),
        StoredAttribute("employer", "name", None, 0.5, "Equinor"),
        StoredAttribute("height", "number", "m", 0.5, "1.9 m"),
    )


def test_a_type_that_is_not_near_enough_has_no_attributes(typed: Told) -> None:
    names = catalogue(typed, Directions(human=("person", SAME_CLASS - 0.01)))
    assert attributes(names, "humans") == []
    # but it is said which came nearest
    ((label, score), *_) = names.entity_class("humans").runners_up
    assert (label, round(score, 2)) == ("person", 0.86)


def test_a_class_is_found_by_its_name_in_singular_or_plural_without_an_encoder(typed: Told) -> None:
    for name in ("people", "person", "Persons", "PEOPLE"):
        found = catalogue(typed).entity_class(name)
        assert (found.label, found.score, texts(typed, [c for _, c in found.classes])) == ("person", 1.0, ["person"])


def test_an_occupation_is_a_class_too(typed: Told) -> None:
    typed.tell("Nils is a painter.", ("Nils", "occupation", "painter"))
    found = catalogue(typed).entity_class("painters")
    assert (found.label, found.score, len(found.classes)) == ("occupation painter", 1.0, 1)
    typed.tell("Nils likes art dealers.", ("Nils", "likes", "art dealers"))
    assert catalogue(typed, Directions()).entity_class("art_dealers").classes == ()


def test_classes_that_are_equally_near_are_ambiguous(typed: Told) -> None:
    names = catalogue(typed)
    names.type_candidates = lambda name: (("person", 0.95), ("city", 0.93))  # type: ignore[method-assign]
    assert [label for label, _ in names.entity_class("inhabitants").ambiguous] == ["person", "city"]
    names.type_candidates = lambda name: (("person", 0.95), ("city", 0.88))  # type: ignore[method-assign]
    assert names.entity_class("inhabitants").label == "person"


def test_an_exact_class_is_none_that_means_the_same(typed: Told) -> None:
    names = catalogue(typed, Directions(human=("person", 0.99)))
    assert names.entity_class("humans").classes
    assert not names.entity_class("humans", exact=True).classes
    assert names.entity_class("person", exact=True).classes


def test_a_name_that_somebody_has_bound_is_that_class(typed: Told) -> None:
    bind("staff", "people", "table", typed.stores)
    assert catalogue(typed).entity_class("staff").label == "person"


def test_no_types_no_attributes_no_encoder(family: Told) -> None:
    assert catalogue(family).type_candidates("people") == ()
    assert attributes(catalogue(family), "people") == []


def test_candidates_for_an_attribute_are_relations_in_words(typed: Told) -> None:
    encoder = Directions(residence=("lives in", 0.8))
    assert [label for label, _ in catalogue(typed, encoder).attribute_candidates("residence")] == [
        "lives in",
        "employer",
    ]


def test_only_the_best_few_candidates_are_shown(told: Told) -> None:
    for number in range(SHOWN + 2):
        told.tell(f"A{number} has r{number} B.", (f"A{number}", f"r{number}", "B"))
    encoder = Directions(wanted=("r4", 0.5))
    candidates = catalogue(told, encoder).attribute_candidates("wanted")
    assert [label for label, _ in candidates] == ["r4", "r0", "r1"]


def test_a_name_is_encoded_once(typed: Told) -> None:
    encoder = Directions(dwells_in=("lives in", 0.9))
    names = catalogue(typed, encoder)
    assert names.relation("dwells in") == names.relation("dwells in")
    assert len(encoder.encoded) == len(set(encoder.encoded))


def test_a_name_goes_on_to_mean_the_same_within_a_transaction(typed: Told) -> None:
    # the fixture has a transaction open
    encoder = Directions(dwells_in=("lives in", 0.9), human=("person", 0.9))
    names = catalogue(typed, encoder)
    before, kind = names.relation("dwells in"), names.entity_class("humans")
    assert before is not None
    assert (before.label, kind.label) == ("lives in", "person")
    assert names.relation("hates") is None
    typed.tell("Nils dwells in Rome.", ("Nils", "dwells in", "Rome"))
    typed.tell("Nils hates Rome.", ("Nils", "hates", "Rome"))
    import_triples([(Term("entity", "Ola"), Term("iri", TYPE), Term("type", "human"), None)], typed.context())
    assert (names.relation("dwells in"), names.entity_class("humans")) == (before, kind)
    # what meant nothing may come to mean something
    assert (found := names.relation("hates")) is not None
    assert found.label == "hates"
    # and what somebody says holds at once
    bind("dwells in", "employer", "column", typed.stores)
    assert (said := names.relation("dwells in")) is not None
    assert said.label == "employer"
    # the next transaction finds what is there
    assert (anew := catalogue(typed, encoder)._relation("dwells in")) is not None
    assert (anew.label, anew.score) == ("dwells in", 1.0)


def test_the_key_of_a_name_is_its_entitys(family: Told) -> None:
    (term,) = catalogue(family).terms("Nils", ("entity",))
    family.stores.graph.add_aliases([Alias(term, "Nicky")])
    names = catalogue(family)
    assert names.name_keys("Nicky") == names.name_keys("NILS") == ("nils",)
    assert names.name_keys("Zebedee Zed") == ("zebedee zed",)


def test_a_relation_is_found_in_whatever_form_its_name_has(told: Told) -> None:
    told.tell("Anna was born in Oslo.", ("Anna", "birthplace", "Oslo"))
    told.tell("Nils comes from Bergen.", ("Nils", "place of birth", "Bergen"))
    told.tell("Oslo is the capital.", ("Oslo", "capital of", "the capital"))
    catalogue = StoreCatalogue(told.stores, Directions)
    for name in ("birthplace", "birthPlace", "birth_place", "place of birth", "hasBirthPlace"):
        binding = catalogue.relation(name)
        assert binding is not None
        assert len(binding.ids) == 2, name
    way_back = catalogue.relation("is capital of")
    assert way_back is not None
    assert len(way_back.ids) == 1
