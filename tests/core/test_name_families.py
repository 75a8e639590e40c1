"""Longer forms of names, found by surname and first letter, are those that comparing every pair gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from neuraldb.core.person_names import MANY, abbreviates, has_initials, longer_forms, name_parts, without_titles
from neuraldb.core.text import normalise


def brute_force(names: Mapping[str, str]) -> dict[str, str]:
    """Every name compared with every other one."""
    titled = {key: normalise(bare) for key, name in names.items() if (bare := without_titles(name)) != name}
    found = {}
    for key, bare in titled.items():
        one = bare if bare in names else min(k for k, other in titled.items() if other == bare)
        if one != key:
            found[key] = one
    surnames: dict[str, dict[str, str]] = defaultdict(dict)
    for key, name in names.items():
        if parts := name_parts(name):
            surnames[parts[-1]][key] = name
    for surname, family in surnames.items():
        if len(surname) > 1 and 1 < len(family) <= MANY:
            for key in family.keys() - found.keys():
                if (longer := longest_form(key, family, titled)) is not None:
                    found[key] = longer
    return found


def longest_form(key: str, names: Mapping[str, str], titled: Mapping[str, str]) -> str | None:
    alone = len(name_parts(names[key])) == 1
    longer = [
        k
        for k, name in names.items()
        if k != key and len(name_parts(name)) > 1 and (alone or abbreviates(names[key], name))
    ]
    best = max((k for k in longer if k not in titled), key=lambda k: (len(names[k]), k), default=None)
    best = best or max(longer, key=lambda k: (len(names[k]), k), default=None)
    if best is None:
        return None
    whole = names[best]
    if any(
        k != best and name_parts(names[k]) != name_parts(whole) and not abbreviates(names[k], whole) for k in longer
    ):
        return None
    return best if not alone or any(k in titled or has_initials(names[k]) for k in longer) else None


firsts = st.sampled_from(["Anna", "Anders", "A.", "An.", "John", "J.", "Jo", "Jane", "JF", "St.", "Saint", "Åse", "ab"])
middles = st.sampled_from(["", "", "F.", "F", "Finn", "R. R.", "St."])
lasts = st.sampled_from(["Berg", "Berg", "Smith", "Louis", "Ås", "5", "X"])
titles = st.sampled_from(["", "", "", "Dr.", "President", "Sir"])
names = st.builds(lambda *parts: " ".join(filter(None, parts)), titles, st.one_of(firsts, st.just("")), middles, lasts)


@given(st.lists(names, max_size=14))
@settings(max_examples=150, deadline=None)
def test_families_agree_with_brute_force(some: list[str]) -> None:
    known = {normalise(name): name for name in some}
    assert longer_forms(known) == brute_force(known)


@pytest.mark.parametrize(
    "pair", [("Boeing 747", "Boeing 737"), ("Apollo 11", "Apollo 12"), ("Henry IV", "Henry V"), ("ASR1603", "ASR1605")]
)
def test_numbers_make_different_things(pair: tuple[str, str]) -> None:
    assert longer_forms({normalise(name): name for name in pair}) == {}
