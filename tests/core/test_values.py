"""Reading, relating and showing typed values."""

from __future__ import annotations

import datetime
import functools
import itertools
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.values import Value, compare, display, equal, parse_value, sort_key

DAY = datetime.date(2023, 5, 7)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("true", "boolean"),
        ("Yes", "boolean"),
        ("no.", "boolean"),
        ("FALSE", "boolean"),
        ("no way", "text"),
        ("1929", "date"),
        ("July 11th, 1907", "date"),
        ("933 m", "number"),
        ("560", "number"),
        ("1,929", "number"),
        ("1929 metres", "number"),
        ("2954", "number"),
        ("Oslo", "text"),
        ("0-374-26131-8", "text"),
        ("44 BC", "text"),
        ("May", "text"),
        ("yesterday", "text"),
        ("", "text"),
    ],
)
def test_what_a_text_is_read_as(text: str, kind: str) -> None:
    value = parse_value(text)
    assert value.kind == kind
    assert value.text == text


def test_truth_values_are_one_and_zero() -> None:
    assert [parse_value(t).number for t in ("yes", "true", "no", "false")] == [1, 1, 0, 0]


def test_a_bare_number_that_may_be_a_year_is_what_the_caller_prefers() -> None:
    assert parse_value("1929", prefer="number").number == 1929
    assert parse_value("1929", prefer="date").kind == "date"
    assert parse_value("in 1929", prefer="number").kind == "date"
    assert parse_value("560", prefer="date").kind == "number"


def test_relative_dates_need_a_base() -> None:
    assert parse_value("yesterday", DAY) == Value(
        "date", "yesterday", start=datetime.date(2023, 5, 6), end=datetime.date(2023, 5, 6), precision="day"
    )


@pytest.mark.parametrize(
    ("a", "b", "order"),
    [
        ("1.2 km", "1,200 m", 0),
        ("1.2 km", "933 m", 1),
        ("20 °C", "68 °F", 0),
        ("-1 °C", "0 °C", -1),
        ("45", "45 years", 0),
        ("44", "45 years", -1),
        ("560 pages", "560", 0),
        ("100", "120 minutes", -1),
        ("$1,000,000", "1 million dollars", 0),
        ("1929", "1930", -1),
        ("1929", "May 1930", -1),
        ("1929", "in 1929", 0),
        ("3 May 1930", "1929", 1),
        ("early 19th century", "1850", -1),
        ("no", "yes", -1),
        ("Oslo", "oslo!", 0),
        ("Bergen", "Oslo", -1),
    ],
)
def test_values_that_compare(a: str, b: str, order: int) -> None:
    assert compare(parse_value(a), parse_value(b)) == order
    assert compare(parse_value(b), parse_value(a)) == -order
    assert equal(parse_value(a), parse_value(b)) is (order == 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("5 km", "5 kg"),
        ("$5", "€5"),
        ("40 floors", "40 m"),
        ("1929", "3 May 1929"),
        ("1920s", "1925"),
        ("19th century", "early 19th century"),
        ("Oslo", "5"),
        ("yes", "1"),
        ("5", "1929"),
        ("May 1929", "5 kg"),
    ],
)
def test_values_that_do_not_compare(a: str, b: str) -> None:
    assert compare(parse_value(a), parse_value(b)) is None
    assert compare(parse_value(b), parse_value(a)) is None
    assert not equal(parse_value(a), parse_value(b))


def test_a_number_that_may_be_a_year_compares_with_dates() -> None:
    year = parse_value("1929", prefer="number")
    assert compare(year, parse_value("May 1930")) == -1
    assert compare(parse_value("1929"), year) == 0
    assert compare(parse_value("1929.5"), parse_value("1929")) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4821,00 m", "4,821 m"),
        ("1.2 km", "1,200 m"),
        ("384400 km", "384,400 km"),
        ("45.97 km²", "45.97 km²"),
        ("0 m", "0 m"),
        ("12 g", "12 g"),
        ("2 hours 15 minutes", "135 minutes"),
        ("45 years", "45 years"),
        ("1 month", "1 month"),
        ("9.58 s", "9.58 s"),
        ("20 °C", "293.15 K"),
        ("$3.4bn", "3,400,000,000 USD"),
        ("1580.7 inhabitants per square kilometre", "1,580.7 per km²"),
        ("5,000 visitors per year", "5,000 per year"),
        ("5.9E24 kg", "5.9e+24 kg"),
        ("12 %", "12 %"),
        ("-3.35", "-3.35"),
        ("560 pages", "560"),
        ("July 11th, 1907", "1907-07-11"),
        ("June 1981", "1981-06"),
        ("in 1929", "1929"),
        ("the 1920s", "1920s"),
        ("early nineteenth century", "early 19th century"),
        ("Yes", "true"),
        ("Oslo", "Oslo"),
    ],
)
def test_how_values_are_shown(text: str, shown: str) -> None:
    assert display(parse_value(text)) == shown


UNITS = (
    "m km mile inch m² km² acre m³ litre kg g lb s minute hour day month year km/h °C °F W kWh bar Hz GB byte Mbit/s % "
    "$ € m/s² kg/m3 /km² /year pages"
)
NUMBERS = st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-9) | st.integers(-(10**6), 10**6)
VALUES = st.one_of(
    st.builds(
        lambda n, u: parse_value(f"{n!r} {u}" if u[0] != "/" else f"{n!r}{u}"), NUMBERS, st.sampled_from(UNITS.split())
    ),
    st.dates().map(lambda d: parse_value(d.isoformat())),
    st.integers(1000, 2100).map(lambda y: parse_value(str(y))),
    st.integers(100, 209).map(lambda y: parse_value(f"late {y}0s")),
    st.sampled_from(["yes", "no", "Oslo", "Bergen", "C++"]).map(parse_value),
)


@given(VALUES)
@settings(deadline=None, max_examples=300)
def test_what_is_shown_is_read_back_as_an_equal_value(value: Value) -> None:
    again = parse_value(display(value))
    assert again.kind == value.kind
    assert again.unit == value.unit
    assert equal(again, value), (display(value), again)


@given(VALUES, VALUES)
@settings(deadline=None)
def test_comparison_is_antisymmetric_and_agrees_with_the_sort_key(a: Value, b: Value) -> None:
    order = compare(a, b)
    assert compare(b, a) == (None if order is None else -order)
    assert compare(a, a) == 0
    if order and a.kind == b.kind and a.unit == b.unit:
        assert (sort_key(a) < sort_key(b)) is (order < 0)


@given(st.lists(VALUES, max_size=6), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_sort_key_is_a_total_order(values: list[Value], random: Random) -> None:
    shuffled = random.sample(values, len(values))
    assert [sort_key(v) for v in sorted(values, key=sort_key)] == [sort_key(v) for v in sorted(shuffled, key=sort_key)]


# ------------------------------------------------------------------------------------------------- reported faults


def _order(a: Value, b: Value) -> int:
    return compare(a, b) or 0


def test_heights_kept_as_text_still_have_the_right_maximum_and_minimum() -> None:
    # as text the maximum of these is "933 m" and the minimum "1,057 m"
    heights = ["933 m", "1,057 m", "4821,00 m", "1.2 km"]
    for order in itertools.permutations(heights):
        values = [parse_value(t) for t in order]
        by_comparison = functools.cmp_to_key(_order)
        assert max(values, key=sort_key).text == max(values, key=by_comparison).text == "4821,00 m"
        assert min(values, key=sort_key).text == min(values, key=by_comparison).text == "933 m"
    assert display(parse_value("4821,00 m")) == "4,821 m"
    assert max(["9", "10", "1,200"], key=lambda t: sort_key(parse_value(t))) == "1,200"


def test_one_amount_in_other_words_is_the_same_amount() -> None:
    amounts = ("$1,000,000", "1 million dollars", "US$1m", "USD 1,000,000", "1,000,000 US dollars", "$1 million")
    assert all(equal(parse_value(a), parse_value(b)) for a, b in itertools.product(amounts, repeat=2))
    assert not equal(parse_value("$1,000,000"), parse_value("€1,000,000"))


def test_yesterday_is_reckoned_from_the_day_of_writing() -> None:
    value = parse_value("Yesterday", DAY)
    assert (value.start, value.end) == (datetime.date(2023, 5, 6), datetime.date(2023, 5, 6))


def test_reading_plain_text_loads_no_heavy_library() -> None:
    code = (
        "import sys; from neuraldb.core.values import parse_value;"
        "from neuraldb.core.quantities import find_quantities; from neuraldb.core.dates import find_dates;"
        "text = 'Anna Berg has 2 sons in Oslo since 1982, of whom one plays.';"
        "find_quantities(text); find_dates(text); parse_value(text); parse_value('1929'); parse_value('560 pages');"
        "print([m for m in ('pint', 'dateutil', 'rapidfuzz', 'snowballstemmer', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_of_a_kind_is_shown_so_that_it_can_be_read() -> None:
    for text in ("0/km²", "0 per year", "0 %", "0 m", "0 byte", "0 s"):
        value = parse_value(text)
        assert equal(parse_value(display(value)), value), display(value)


SAME = [
    # money
    ("$3.5 million", "3,500,000 dollars"),
    ("US$3,500,000", "USD 3.5 million"),
    ("€1.2bn", "1,200,000,000 euros"),
    ("£5m", "5 million pounds sterling"),
    ("$20", "20 bucks"),
    ("CHF 12", "12 Swiss francs"),
    # percentages
    ("12%", "12 per cent"),
    ("twelve percent", "12 pct"),
    ("12 ‰", "1.2%"),
    # separators, scales, words
    ("1,057", "1 057"),
    ("1,057", "1'057"),
    ("3.500.000", "3.5 million"),
    ("half a million", "500,000"),
    ("two hundred and six", "206"),
    ("10k", "ten thousand"),
    ("3 lakh", "300,000"),
    ("a dozen", "12"),
    # units
    ("3.1 km", "3,100 m"),
    ("5 ft 11 in", "71 inches"),
    ("5'11\"", "1.8034 m"),
    ("1 hectare", "10,000 m²"),
    ("100 sq km", "100 km²"),
    ("20 °C", "68 °F"),
    ("minus five degrees Celsius", "−5 °C"),
    ("2 hours 15 minutes", "135 minutes"),
    ("90 minutes", "1.5 hours"),
    ("1 tonne", "1,000 kg"),
    ("1 GB", "1000 MB"),
    ("5 nautical miles", "9.26 km"),
    ("45", "45 years"),
    # dates
    ("3 May 1982", "May 3rd, 1982"),
    ("3 May 1982", "03.05.1982"),
    ("4th of July 1976", "1976-07-04"),
    ("May 1982", "1982-05"),
    ("the 1920s", "1920s"),
    ("19th century", "the nineteenth century"),
    ("in 1929", "1929"),
]
DIFFERENT = [
    *(("3 km", "3 kg"), ("$5", "€5"), ("3 US dollars", "3 Canadian dollars"), ("12%", "0.12 km"), ("5", "-5")),
    *(("1.5", "15"), ("20 °C", "20 °F"), ("40 floors", "40 m"), ("10 km", "10 km/h"), ("100 m²", "100 m")),
    *(("3 m", "3 million"), ("1929", "3 May 1929"), ("May 1982", "June 1982"), ("11/07/1907", "11.07.1907")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_values_that_people_write_differently_are_one(one: str, other: str) -> None:
    assert equal(parse_value(one), parse_value(other))
    assert equal(parse_value(other), parse_value(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_values_that_look_alike_are_two(one: str, other: str) -> None:
    assert not equal(parse_value(one), parse_value(other))
