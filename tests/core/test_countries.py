"""Countries by name, code and demonym; what only looks like one is none."""

from __future__ import annotations

import pytest

from neuraldb.core.countries import country, country_keys
from neuraldb.core.text import normalise


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("United States", "United States"),
        ("the united states", "United States"),
        ("U.S.A.", "United States"),
        ("US", "United States"),
        ("the US", "United States"),
        ("The U. S.", "United States"),
        ("Americans", "United States"),
        ("UK", "United Kingdom"),
        ("Great Britain", "United Kingdom"),
        ("French", "France"),
        ("Indian", "India"),
        ("Chinese", "China"),
        ("South Koreans", "South Korea"),
        ("Czechia", "Czech Republic"),
        ("Burma", "Myanmar"),
        ("UAE", "United Arab Emirates"),
    ],
)
def test_names_codes_and_demonyms(name: str, meant: str) -> None:
    assert country(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        "us",
        "the us",
        "The in",
        "in",
        "IN",
        "AND",
        "SA",
        "no",
        "NO",
        "Oslo",
        "American English",
        "Congolese",
        "Europe",
        "",
        "?",
    ],
)
def test_what_is_no_country(name: str) -> None:
    assert country(name) is None


@pytest.mark.parametrize("name", ["USA", "German", "Niger", "Dutch"])
def test_each_key_of_a_country_leads_to_all_the_others(name: str) -> None:
    keys = {normalise(name), *country_keys(normalise(name))}
    assert len(keys) > 1
    assert all({key, *country_keys(key)} == keys for key in keys)


def test_neighbours_in_the_alphabet_share_no_key() -> None:
    for one, other in (("niger", "nigeria"), ("austria", "australia"), ("mali", "malawi"), ("iran", "iraq")):
        assert not {one, *country_keys(one)} & {other, *country_keys(other)}
