"""Forms of people's names: titles, initials, parts."""

from __future__ import annotations

import pytest

from neuraldb.core.person_names import abbreviates, has_initials, name_parts, without_titles


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Dr. Anna Berg", "Anna Berg"),
        ("President Barack Obama", "Barack Obama"),
        ("Sir  Paul McCartney", "Paul McCartney"),
        ("Anna Berg", "Anna Berg"),
        ("General Motors", "General Motors"),
        ("St. Louis", "St. Louis"),
        ("Prince", "Prince"),
        ("", ""),
    ],
)
def test_titles_go_where_a_whole_name_is_left(name: str, bare: str) -> None:
    assert without_titles(name) == bare


@pytest.mark.parametrize("name", ["", "?", "Apollo 11", "3 km", "C++"])
def test_what_is_no_word_has_no_parts(name: str) -> None:
    assert name_parts(name) == ()
    assert not has_initials(name)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("J. Berg", "Jonas Berg"),
        ("A.-L. Berg", "A.-L. Berg"),
        ("John Kennedy", "John F. Kennedy"),
        ("JF Berg", "Jo Finn Berg"),
    ],
)
def test_initials_stand_for_first_names(short: str, long: str) -> None:
    assert abbreviates(short, long) is (short != long)
    assert not abbreviates(long, short)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Berg", "Anna Berg"),
        ("A. Berg", "A. Dahl"),
        ("B. Berg", "Anna Berg"),
        ("J. K. Berg", "Jonas Berg"),
        ("Anna Berg", ""),
    ],
)
def test_what_abbreviates_nothing(a: str, b: str) -> None:
    assert not abbreviates(a, b)
    assert not abbreviates(b, a)
