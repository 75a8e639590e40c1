"""The lexicon: what ships is read without complaint, and every mistake in a file is reported with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuraldb.training.vocabulary import DIMENSIONS, KINDS, LexiconError, load_domain, load_lexicon
from training.made import lexicon

COMMON = """
[class.person]
nouns = ["person|people"]
kind = "person"
patterns = ["{First} {Last}", "{A}. {Last}", "Dr {Last}", "{First} {A}. {Last} = {Last}"]
[pool]
first = ["anna", "nils"]
last = ["berg", "holm"]
"""
DOMAIN = """
[class.book]
nouns = ["book|books", "novel|novels"]
patterns = ["The {Last}", "{First} {9}", "{Last} {9}{9}", "{First} and {First}"]
[[relation]]
name = "author"
subject = "book"
object = "person"
functional = true
verbs = ["past: be written by {o}"]
inverse_verbs = ["past: write {s}"]
nouns = ["author|authors"]
role = "writer|writers"
facts = ["{s} is by {o}.", "{o} wrote {s}."]
ask_object = ["Who wrote {s}?", "Which {c} wrote {s}?"]
ask_subject = ["What did {o} write?", "Which {cs} did {o} write?"]
ask_bool = ["Did {o} write {s}?"]
attributes = ["author"]
[[quantity]]
name = "pages"
subject = "book"
counted = "page|pages"
range = [10, 900]
verbs = ["present: have {v}"]
nouns = ["page count"]
facts = ["{s} has {v}."]
ask_value = ["How long is {s}?", "{s} pages?"]
high = ["long|longer|longest"]
low = ["short|shorter|shortest"]
attributes = ["pages"]
[[date]]
name = "published"
subject = "book"
precision = ["year"]
range = [1900, 2020]
verbs = ["past: be published {on}"]
nouns = ["publication date"]
facts = ["{s} came out {on}."]
ask_value = ["When was {s} published?", "{s} when?"]
attributes = ["published"]
"""


def load(folder: Path, domain: str) -> list[str]:
    """The names of the domains of a lexicon of one domain."""
    (folder / "common.toml").write_text(COMMON)
    (folder / "books.toml").write_text(domain)
    return [d.name for d in load_lexicon(folder)]


def test_a_lexicon_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, DOMAIN) == ["books"]
    (books,) = load_lexicon(tmp_path)
    assert set(books.classes) == {"person", "book"}
    (author,) = books.relations
    assert (author.functional, author.inverse_functional, author.role) == (True, False, author.role)
    assert author.role is not None
    assert (author.role.singular, author.verbs[0].verb, author.verbs[0].before) == ("writer", "be", "written by")
    (pages,) = books.quantities
    assert (pages.low_end, pages.high_end, pages.integer, pages.high[0].superlative) == (10.0, 900.0, True, "longest")
    (published,) = books.dates
    assert (published.low_end, published.high_end, published.precision) == (1900, 2020, ("year",))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('object = "person"', 'object = "persn"', "relation author: unknown class 'persn'"),
        ('"past: be written by {o}"', '"be written by {o}"', "verbs: 'be written by {o}' must be"),
        ('"past: be written by {o}"', '"past: was written by {o}"', "must begin with the base form"),
        ('"{s} is by {o}."', '"{s} is by him."', "facts: '{s} is by him.' must have ['o', 's'] once each"),
        ('"{s} is by {o}."', '"{s} is {s} by {o}."', "must have ['o', 's'] once each"),
        ('"{s} is by {o}.", ', "", "facts needs at least 2 entries"),
        ('"author|authors"', '"author"', "nouns: 'author' must be 'singular|plural'"),
        ("functional = true", "functinal = true", "relation author: unknown key 'functinal'"),
        ("range = [10, 900]", "range = [900, 10]", "quantity pages: range must be [low, high]"),
        ('counted = "page|pages"', "", "quantity pages: needs either counted or dimension"),
        ('counted = "page|pages"', 'dimension = "heigth"', "dimension must be one of"),
        ('"long|longer|longest"', '"long|longest"', "high: 'long|longest' must be 'long|longer|longest'"),
        ("range = [1900, 2020]", "range = [2020, 1900]", "date published: range must be [first year, last year]"),
        ("range = [1900, 2020]", "range = [2020]", "date published: range must be [first year, last year]"),
        ("range = [1900, 2020]", "range = 2020", "date published: range must be [first year, last year]"),
        ("range = [1900, 2020]", "", "date published: range must be [first year, last year]"),
        ("range = [10, 900]", "range = []", "quantity pages: range must be [low, high]"),
        ("range = [10, 900]", 'range = ["10", 900]', "quantity pages: range must be [low, high]"),
        ("range = [10, 900]", "range = [10, nan]", "quantity pages: range must be [low, high]"),
        ("[[relation]]", "[relation]", "relation: each must be written as [[relation]]"),
        ("[class.book]", "[[class.book]]", "class book: must be a table"),
        ('object = "person"', 'object = ["person"]', "relation author: unknown class ['person']"),
        ('"The {Last}"', '"The {Lst}"', "class book: pattern 'The {Lst}' uses the unknown pool 'Lst'"),
        ('"The {Last}", ', "", "class book: needs 30 names or 4 patterns"),
        ("[class.book]", "[class.person]", "class person: is defined in common.toml already"),
        ("[[quantity]]", "[[quantities]]", "unknown table 'quantities'"),
        ('facts = ["{s} has {v}."]', 'facts = "{s} has {v}."', "facts must be a list of strings"),
        ('name = "pages"', "name = pages", "books.toml: "),
    ],
)  # fmt: skip
def test_mistakes_are_reported_with_their_place(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in DOMAIN
    with pytest.raises(LexiconError) as caught:
        load(tmp_path, DOMAIN.replace(right, wrong, 1))
    assert message in str(caught.value)
    assert all(line.startswith("books.toml") for line in str(caught.value).splitlines())


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "common.toml").write_text(COMMON)
    (tmp_path / "books.toml").write_text(DOMAIN.replace('"author|authors"', '"author"').replace("[10, 900]", "[30, 3]"))
    with pytest.raises(LexiconError) as caught:
        load_domain(tmp_path / "books.toml", load_domain(tmp_path / "common.toml"))
    assert len(str(caught.value).splitlines()) == 2


# ---------------------------------------------------------------------------------------------------- what ships


def test_the_lexicon_that_ships_is_large() -> None:
    domains = lexicon()
    assert len(domains) >= 20
    assert len({domain.name for domain in domains}) == len(domains)
    assert sum(len(domain.relations) for domain in domains) > 200
    assert all(domain.quantities and domain.dates for domain in domains)


def test_names_of_predicates_are_unique_within_a_domain() -> None:
    for domain in lexicon():
        names = [p.name for p in (*domain.relations, *domain.quantities, *domain.dates)]
        assert len(set(names)) == len(names), domain.name
        # "@" names what lies around a place
        assert not any("@" in name for name in names)


def test_every_class_is_of_a_known_kind_and_can_be_named() -> None:
    for domain in lexicon():
        for cls in domain.classes.values():
            assert cls.kind in KINDS
            assert cls.names or cls.patterns
        assert {q.dimension for q in domain.quantities} <= {None, *DIMENSIONS}
