"""Numbers, measures and dates as text: they say the value that was drawn, in many ways."""

from __future__ import annotations

import datetime
import random
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from neuraldb.core.dates import parse_date
from neuraldb.training.surfaces import SMALL, UNITS, date_text, draw, draw_date, number, quantity_text
from neuraldb.training.vocabulary import DIMENSIONS, Quantity
from training.made import lexicon

QUANTITIES = [(domain.name, quantity) for domain in lexicon() for quantity in domain.quantities]
DATES = [attribute for domain in lexicon() for attribute in domain.dates]


def read(text: str) -> float:
    """The number in a text, as a person reads it."""
    found = re.search(r"-?\d[\d,]*(\.\d+)?", text)
    if found is None:
        return float(next(value for value, word in enumerate(SMALL) if re.search(rf"\b{word}\b", text)))
    assert not re.search(r"\de[+-]?\d", text), text
    return float(found[0].replace(",", "")) * (1e6 if "million" in text else 1.0)


@given(st.integers(0, 100_000_000) | st.sampled_from([1_000_000, 2_500_000, 12, 13]), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_whole_numbers(value: int, seed: int) -> None:
    assert read(number(float(value), random.Random(seed))) == value


def test_a_number_is_written_in_several_ways() -> None:
    def forms(value: float) -> set[str]:
        return {number(value, random.Random(seed)) for seed in range(60)}

    assert forms(7.0) == {"seven", "7"}
    assert forms(1234.0) == {"1234", "1,234"}
    assert forms(2_500_000.0) == {"2.5 million", "2500000", "2,500,000"}
    assert forms(1234.5) == {"1234.5", "1,234.5"}


def test_every_quantity_of_the_lexicon_says_its_value() -> None:
    for name, quantity in QUANTITIES:
        for seed in range(12):
            rng = random.Random(seed)
            value = draw(quantity, rng)
            width = quantity.high_end - quantity.low_end
            # rounded to two digits at least
            assert quantity.low_end - 0.05 * width <= value <= quantity.high_end + 0.05 * width, (name, quantity.name)
            text = quantity_text(quantity, value, rng.randrange(6), rng)
            assert read(text) == pytest.approx(value, rel=1e-9), (name, quantity.name, text)
            assert text == text.strip()
            if quantity.counted is not None:
                assert text.endswith(quantity.counted.singular if value == 1 else quantity.counted.plural)


def test_wide_ranges_are_drawn_from_all_their_sizes() -> None:
    wide = next(q for _, q in QUANTITIES if q.low_end > 0 and q.high_end / q.low_end > 1000)
    values = sorted(draw(wide, random.Random(seed)) for seed in range(400))
    assert len(set(values)) > 100
    # as many below the geometric mean as above it
    assert values[200] == pytest.approx((wide.low_end * wide.high_end) ** 0.5, rel=0.5)


def test_every_dimension_has_units() -> None:
    assert set(DIMENSIONS) - {"money"} <= set(UNITS)
    assert {q.dimension for _, q in QUANTITIES if q.dimension} <= set(DIMENSIONS)


def test_units_vary_and_are_those_of_the_dimension() -> None:
    metres = Quantity("span", "bridge", None, "length", 1, 999, True, True, (), (), (), (), (), (), ())
    money = Quantity("price", "thing", None, "money", 2, 999, True, True, (), (), (), (), (), (), ())
    rng = random.Random(0)
    lengths = {
        quantity_text(metres, 300.0, unit, rng).removeprefix("300").strip() for unit in range(6) for _ in range(9)
    }
    assert lengths == {plural for _, plural, _ in UNITS["length"]}
    prices = {quantity_text(money, 300.0, unit, rng) for unit in range(6) for _ in range(30)}
    assert prices >= {"$300", "€300", "£300", "300 dollars", "USD 300", "EUR 300"}
    assert quantity_text(metres, 1.0, 0, rng).endswith("metre")


# -------------------------------------------------------------------------------------------------------------- dates


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2100, 12, 31)), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_a_date_reads_back(date: datetime.date, seed: int) -> None:
    for precision, preposition in (("day", "on"), ("month", "in"), ("year", "in")):
        text, said = date_text(date, precision, random.Random(seed))
        assert said == preposition
        parsed = parse_date(text)
        assert parsed is not None, text
        assert parsed.precision == precision
        first = {"day": date, "month": date.replace(day=1), "year": date.replace(month=1, day=1)}[precision]
        assert parsed.start == first


def test_days_are_written_in_many_ways_with_the_right_ending() -> None:
    def forms(day: int) -> str:
        return " ".join(date_text(datetime.date(1990, 5, day), "day", random.Random(seed))[0] for seed in range(80))

    for day, ending in ((1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd")):
        assert re.search(rf"\b{ending}\b", forms(day))
    assert len({date_text(datetime.date(1990, 3, 21), "day", random.Random(seed))[0] for seed in range(80)}) == 8


def test_dates_are_drawn_within_their_years() -> None:
    for attribute in DATES:
        for seed in range(5):
            date, precision = draw_date(attribute, random.Random(seed))
            assert attribute.low_end <= date.year <= attribute.high_end
            assert precision in attribute.precision
