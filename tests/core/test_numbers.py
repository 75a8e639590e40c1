"""Numbers as people write them; expected values follow from the written rules, round trips from Python's formatting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.numbers import find_numbers, number_at, parse_number, parse_ordinal, parse_range


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # grouping and decimal separators
        ("1,057", 1057),
        ("1 057", 1057),
        ("1\u202f057", 1057),
        ("1'057", 1057),
        ("1.057.000", 1_057_000),
        ("1,057.5", 1057.5),
        ("1.057,5", 1057.5),
        ("1 057,5", 1057.5),
        ("12,34,567", 1_234_567),
        ("4821,00", 4821),
        ("3,5", 3.5),
        ("0,057", 0.057),
        ("1.057", 1.057),
        (".5", 0.5),
        # signs, exponents, fractions
        ("-3.35", -3.35),
        ("−3.35", -3.35),
        ("+5", 5),
        ("5.9E24", 5.9e24),
        ("5.9 × 10^24", 5.9e24),
        ("5.9×10²⁴", 5.9e24),
        ("6x10^-3", 0.006),
        ("2½", 2.5),
        ("¾", 0.75),
        # scales
        ("1.2 million", 1_200_000),
        ("3.4bn", 3.4e9),
        ("12k", 12_000),
        ("5 hundred thousand", 500_000),
        ("2 lakh", 200_000),
        ("2 dozen", 24),
        # words
        ("zero", 0),
        ("twenty-five", 25),
        ("Two hundred and six", 206),
        ("a hundred", 100),
        ("a dozen", 12),
        ("half a dozen", 6),
        ("two dozen", 24),
        ("half a million", 500_000),
        ("two and a half", 2.5),
        ("two and a half million", 2_500_000),
        ("a million and a half", 1_500_000),
        ("nineteen hundred", 1900),
        ("a thousand and one", 1001),
        ("three hundred thousand five hundred and twelve", 300_512),
        ("three point one four", 3.14),
        ("minus three", -3),
    ],
)
def test_a_number_is_read(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0-374-26131-8",
        "15/33",
        "3.11.7",
        "1,2,3",
        "#5",
        "007",
        "C-17",
        "SBCT",
        "9L",
        "1e400",
        "9" * 400,
        "hundred",
        "half",
        "a",
        "two and three",
        "one two three",
        "ten five",
        "two-thirds",
        "one hundred and",
        "third",
        "20-30",
        "300 K",
        "five km",
    ],
)
def test_what_is_no_single_number_is_refused(text: str) -> None:
    assert parse_number(text) is None


@given(st.integers(-(10**14), 10**14))
def test_grouped_integers_in_three_styles_are_the_integer(number: int) -> None:
    grouped = f"{number:,}"
    assert parse_number(grouped) == number
    assert parse_number(grouped.replace(",", " ")) == number
    if grouped.count(",") > 1:  # a single point is a decimal point
        assert parse_number(grouped.replace(",", ".")) == number


@given(st.floats(-1e299, 1e299, allow_nan=False))
def test_the_shortest_decimal_of_a_float_is_that_float(number: float) -> None:
    assert parse_number(repr(number)) == number


ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"


def spelled(number: int) -> str:
    """The British English words for a number below 10**12."""
    if number < 20:
        return ONES.split()[number]
    if number < 100:
        return TENS.split()[number // 10] + (f"-{spelled(number % 10)}" if number % 10 else "")
    if number < 1000:
        return f"{spelled(number // 100)} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    for scale, word in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if number >= scale:
            rest = number % scale
            link = " and " if 0 < rest < 100 else " "
            return f"{spelled(number // scale)} {word}" + (f"{link}{spelled(rest)}" if rest else "")
    raise AssertionError(number)


@given(st.integers(0, 10**12 - 1))
@settings(max_examples=300)
def test_spelled_numbers_are_read_back(number: int) -> None:
    assert parse_number(spelled(number)) == number


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("first", 1),
        ("third", 3),
        ("21st", 21),
        ("Twenty-first", 21),
        ("twenty first", 21),
        ("fortieth", 40),
        ("12th", 12),
    ],
)
def test_ordinals(text: str, place: int) -> None:
    assert parse_ordinal(text) == place


@pytest.mark.parametrize("text", ["three", "3", "twenty-twelfth", "one-third", ""])
def test_no_ordinals(text: str) -> None:
    assert parse_ordinal(text) is None


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("20-30", (20, 30)),
        ("20 – 30", (20, 30)),
        ("between 20 and 30", (20, 30)),
        ("from twenty to thirty", (20, 30)),
        ("1,000–1,500", (1000, 1500)),
    ],
)
def test_ranges(text: str, ends: tuple[float, float]) -> None:
    assert parse_range(text) == ends


@pytest.mark.parametrize("text", ["30-20", "20", "0-374-26131-8", "twenty-five", "1990-91-92"])
def test_no_ranges(text: str) -> None:
    assert parse_range(text) is None


def test_numbers_are_found_in_order_where_they_stand() -> None:
    text = "Of 1,057 ships, twenty-five and a C-17 came; 3.11.7 and 15/33 are codes, -2.5 is not."
    assert [(text[n.start : n.end], float(n.value)) for n in find_numbers(text)] == [
        ("1,057", 1057.0),
        ("twenty-five", 25.0),
        ("-2.5", -2.5),
    ]


def test_a_number_in_the_middle_of_a_code_is_read_only_on_demand() -> None:
    assert list(find_numbers("20-30-40")) == []
    number = number_at("20-30", 3)
    assert number is not None
    assert (number.start, number.end, float(number.value)) == (3, 5, 30.0)
    assert number_at("20-30", 2) is None


@given(st.text(alphabet="0123456789,. -–e×'kmK½aon two hundred and half million", max_size=60))
def test_numbers_found_do_not_overlap_and_read_the_same_alone(text: str) -> None:
    position = 0
    for number in find_numbers(text):
        assert position <= number.start < number.end <= len(text)
        position = number.end
        alone = text[number.start : number.end]
        assert parse_number(alone) == float(number.value)
