"""Quantities in text; conversion factors are the definitions of the units, written out here by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.errors import DataError
from neuraldb.core.quantities import adopt, compatible, convert, find_quantities, parse_quantity, parse_range
from neuraldb.core.value import Value

MILE = 1609.344
POUND = 0.45359237
YEAR = 365.25 * 86400


def read(text: str) -> Value:
    value = parse_quantity(text)
    assert value is not None, text
    assert value.kind == "number"
    assert value.text == text
    return value


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        # length
        ("933 m", 933, "m"),
        ("1,057 m", 1057, "m"),
        ("4821,00 m", 4821, "m"),
        ("1.2 km", 1200, "m"),
        ("1.2km", 1200, "m"),
        ("5 KM", 5000, "m"),
        ("3 ㎞", 3000, "m"),
        ("7 µm", 7e-6, "m"),
        ("7 μm", 7e-6, "m"),
        ("12 inches", 0.3048, "m"),
        ("12 in", 0.3048, "m"),
        ("5 ft 11 in", 71 * 0.0254, "m"),
        ("5 feet 11", None, ""),
        ("6'2\"", 74 * 0.0254, "m"),
        ("6′2″", 74 * 0.0254, "m"),
        ("two and a half miles", 2.5 * MILE, "m"),
        ("half a mile", MILE / 2, "m"),
        ("4.2 light-years", 4.2 * 299_792_458 * YEAR, "m"),
        ("28 m below sea level", -28, "m"),
        ("over 933 metres above sea level", 933, "m"),
        ("933 m (3,061 ft)", 933, "m"),
        # area, volume
        ("45.97 km²", 45.97e6, "m2"),
        ("45.97 (square kilometres)", 45.97e6, "m2"),
        ("45.97 km^2", 45.97e6, "m2"),
        ("10 sq mi", 10 * MILE**2, "m2"),
        ("3 ㎡", 3, "m2"),
        ("2 hectares", 20_000, "m2"),
        ("1 acre", 43_560 * 0.3048**2, "m2"),
        ("3 cubic metres", 3, "m3"),
        ("5 litres", 0.005, "m3"),
        ("1 gallon", 231 * 0.0254**3, "m3"),
        ("1 imperial gallon", 0.00454609, "m3"),
        # mass
        ("5 kg", 5, "kg"),
        ("12 g", 0.012, "kg"),
        ("3 tonnes", 3000, "kg"),
        ("3 tons", 6000 * POUND, "kg"),
        ("10 stone 4 pounds", 144 * POUND, "kg"),
        ("5.9E24 kg", 5.9e24, "kg"),
        # time
        ("2 hours 15 minutes", 8100, "s"),
        ("2 hours and 15 minutes", 8100, "s"),
        ("2h 15m", 8100, "s"),
        ("1:45:30", 6330, "s"),
        ("1:45 hours", 6300, "s"),
        ("45 years", 45 * YEAR, "s"),
        ("45-year-old", 45 * YEAR, "s"),
        ("3 years, 2 months", YEAR * (3 + 2 / 12), "s"),
        ("half an hour", 1800, "s"),
        ("9.58s", 9.58, "s"),
        # speed, temperature, power, energy, pressure, frequency, data
        ("36 km/h", 10, "m/s"),
        ("60 mph", MILE / 60, "m/s"),
        ("10 kilometres per hour", 10 / 3.6, "m/s"),
        ("20 °C", 293.15, "K"),
        ("20°C", 293.15, "K"),
        ("212 °F", 373.15, "K"),
        ("-40 degrees Celsius", 233.15, "K"),
        ("300 K", 300, "K"),
        ("2 kW", 2000, "W"),
        ("3 kWh", 3 * 3.6e6, "J"),
        ("2 hPa", 200, "Pa"),
        ("1 atm", 101_325, "Pa"),
        ("2.4 GHz", 2.4e9, "Hz"),
        ("16 GB", 16e9, "byte"),
        ("1 KiB", 1024, "byte"),
        ("8 Mbit/s", 1e6, "byte/s"),
        # rates and densities
        ("1580.7 inhabitants per square kilometre", 1580.7e-6, "1/m2"),
        ("120 (inhabitants per square kilometre)", 120e-6, "1/m2"),
        ("85/km²", 85e-6, "1/m2"),
        ("365.25 visitors per year", 1 / 86400, "1/s"),
        ("2 g/cm3", 2000, "kg/m3"),
        ("9.8 m/s²", 9.8, "m/s2"),
        # percent
        ("12 %", 12, "%"),
        ("12.5 per cent", 12.5, "%"),
        # money
        ("$1,000,000", 1e6, "USD"),
        ("1 million dollars", 1e6, "USD"),
        ("$5m", 5e6, "USD"),
        ("€3.4bn", 3.4e9, "EUR"),
        ("5 million euros", 5e6, "EUR"),
        ("£20", 20, "GBP"),
        ("20 pounds sterling", 20, "GBP"),
        ("¥500", 500, "JPY"),
        ("Rs. 500", 500, "INR"),
        ("Rs 500", 500, "INR"),
        ("100 kr", 100, "SEK"),
        ("US$25", 25, "USD"),
        ("25 U.S. dollars", 25, "USD"),
        ("CHF 25", 25, "CHF"),
        ("-$5", -5, "USD"),
        ("$36 per hour", 0.01, "USD/s"),
        # counts
        ("560", 560, ""),
        ("560 pages", 560, ""),
        ("about 40 floors", 40, ""),
        ("c. 1850", 1850, ""),
        ("two hundred and six bones", 206, ""),
        ("1 floor", 1, ""),
        ("3m users", 3e6, ""),
    ],
)
def test_a_quantity_is_read_in_its_canonical_unit(text: str, number: float | None, unit: str) -> None:
    if number is None:
        assert parse_quantity(text) is None
    else:
        value = read(text)
        assert value.number == pytest.approx(number, rel=1e-12)
        assert value.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Oslo",
        "0-374-26131-8",
        "SBCT",
        "15/33",
        "F.C. 1910",
        "007",
        "+44 20 7946 0958",
        "12 Angry Men",
        "127 Hours",
        "third",
        "3rd",
        "20-30 km",
        "10:30",
        "1907-07-11",
        "a 933 m hill",
        "1920s",
        "5'",
        "€",
        "5 Kevin",
        "1e299 light-years",
    ],
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    assert parse_quantity(text) is None


def test_the_same_length_written_in_many_ways_is_the_same_number() -> None:
    # exact: factors are decimals, and the product is rounded once
    assert (
        len({read(t).number for t in ("1.1 km", "1,100 m", "1100 metres", "110000 cm", "1.1e3 m", "1.1 thousand m")})
        == 1
    )
    assert read("5280 feet").number == read("1 mile").number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It lies 933 metres above sea level.", [("933 metres", 933, "m")]),
        ("It has 560 pages and 12 floors.", [("560 pages", 560, ""), ("12 floors", 12, "")]),
        ("The school has 120 academic staff.", [("120 academic staff", 120, "")]),
        ("Its population is 120,770.", [("120,770", 120_770, "")]),
        (
            "It covers 45.97 km², or 17.75 sq mi.",
            [("45.97 km²", 45.97e6, "m2"), ("17.75 sq mi", 17.75 * MILE**2, "m2")],
        ),
        ("He paid 5 pounds.", [("5 pounds", 5, "GBP")]),
        ("It weighs 5 pounds.", [("5 pounds", 5 * POUND, "kg")]),
        ("A 20-30 km walk.", [("20", 20_000, "m"), ("30 km", 30_000, "m")]),
        ("It is between 20 and 30 metres long.", [("20", 20, "m"), ("30 metres", 30, "m")]),
        ("They read 3-5 pages.", [("3", 3, ""), ("5 pages", 5, "")]),
        ("A 100-metre race took 9.58 s.", [("100-metre", 100, "m"), ("9.58 s", 9.58, "s")]),
        ("The film lasts 1:45:30.", [("1:45:30", 6330, "s")]),
        ("It has 1982 students.", [("1982 students", 1982, "")]),
        ("The runway is 1533 long.", [("1533", 1533, "")]),
        ("A population of 1910 is small.", [("1910", 1910, "")]),
        ("They have two floors and a dozen rooms.", [("two floors", 2, ""), ("a dozen rooms", 12, "")]),
    ],
)
def test_quantities_in_running_text(text: str, found: list[tuple[str, float, str]]) -> None:
    hits = find_quantities(text)
    assert [text[a:b] for a, b, _ in hits] == [words for words, _, _ in found]
    assert [v.unit for _, _, v in hits] == [unit for _, _, unit in found]
    assert [v.number for _, _, v in hits] == pytest.approx([number for _, number, _ in found], rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "The ISBN is 0-374-26131-8 and the class PS3523.E55 S4 1982.",
        "SBCT won 15/33 at runway 9L/27R.",
        "F.C. 1910 and Gubbio 1910 met FC Magdeburg.",
        "He managed 1. FC Köln.",
        "Apollo 12 flew.",
        "It is at 250 Delaware Avenue.",
        "1634: The Ram Rebellion followed.",
        "Its OCLC number is number 8805735.",
        "He was born on 11 July 1907, on July 11th, 1907 and on 1907-07-11.",
        "It opened in 1929 and closed in the 1980s.",
        "In 1968 students protested.",
        "Call +44 20 7946 0958 at 10:30 or at 10:30:00 or 5 pm.",
        "Version 3.11.7 of C++ is #5.",
        "127 Hours and 12 Angry Men are films.",
        "One of them came one day, the second one.",
        "Two-thirds agreed; two thirds did not.",
        "In 1982 J. Smith came.",
        "A Boeing C-17 and an AC-130.",
        "No number here.",
    ],
)
def test_names_codes_dates_and_times_are_no_quantities(text: str) -> None:
    assert find_quantities(text) == []


PIECES = (
    "12 1,057 4821,00 1.2 $ € km m² °C 5'11\" 20-30 1:45:30 two hundred half an hour and per to pages people In Apollo "
    "1929 million k m s - – / ( ) . , ; July 0-374 % foot inches £5m Rs. ½"
)
TEXTS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join) | st.text(max_size=40)


@given(TEXTS)
@settings(deadline=None, max_examples=300)
def test_spans_are_in_order_and_cover_the_text_of_the_value(text: str) -> None:
    position = 0
    for start, end, value in find_quantities(text):
        assert position <= start < end <= len(text)
        assert value.text == text[start:end]
        assert value.number is not None
        assert math.isfinite(value.number)
        position = end


UNITS = (
    "m km mile ft inch km² acre litre gallon kg lb tonne s hour day year km/h mph °C °F K kW hp kWh kcal bar psi GHz "
    "GB MiB %"
)


@given(st.sampled_from(UNITS.split()), st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-6))
@settings(deadline=None)
def test_conversion_to_canonical_units_and_back(unit: str, number: float) -> None:
    value = read(f"{number!r} {unit}")
    assert convert(value, unit) == pytest.approx(number, rel=1e-9, abs=1e-9)


def test_convert() -> None:
    assert convert(read("1.2 km"), "m") == 1200
    assert convert(read("20 °C"), "°F") == 68
    assert convert(read("1580.7 inhabitants per square kilometre"), "per km²") == 1580.7
    assert convert(read("118 per km²"), "1/m2") == 0.000118
    assert convert(read("560 pages"), "km") == 560
    assert convert(read("$5"), "US dollars") == 5


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (read("5 kg"), "m"),
        (read("$5"), "EUR"),
        (read("5 m"), "metrs"),
        (Value("text", "Oslo"), "m"),
    ],
)
def test_convert_refuses_other_dimensions_currencies_and_words(value: Value, unit: str) -> None:
    with pytest.raises(DataError):
        convert(value, unit)


def test_an_unknown_unit_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError) as error:
        convert(read("5 m"), "metrs")
    assert "metres" in error.value.candidates


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("5 km", "3 miles", True),
        ("5", "3 miles", True),
        ("5 floors", "3 pages", True),
        ("5 floors", "3 miles", False),
        ("5 kg", "3 miles", False),
        ("$5", "€5", False),
        ("5 %", "5", True),
    ],
)
def test_what_compares(a: str, b: str, expected: bool) -> None:
    assert compatible(read(a), read(b)) is expected
    assert compatible(read(b), read(a)) is expected


def test_a_bare_number_adopts_the_unit_that_is_written() -> None:
    assert adopt(read("45"), read("60 minutes")).number == 2700
    assert adopt(read("20"), read("68 °F")).number == pytest.approx((20 + 459.67) / 1.8)
    assert adopt(read("45"), Value("number", "the total", number=3.0, unit="m")) == Value("number", "45", 45.0, "m")
    assert adopt(read("45 kg"), read("3 m")) == read("45 kg")


def test_ranges_share_the_unit() -> None:
    for text in ("20-30 km", "20 km to 30 km", "between 20 and 30 kilometres", "from 20 to 30 km"):
        ends = parse_range(text)
        assert ends is not None
        assert [(v.number, v.unit) for v in ends] == [(20_000.0, "m"), (30_000.0, "m")]
    assert parse_range("30 m - 3 kg") is None
    assert parse_range("30-20 km") is None
    assert parse_range("30 km") is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("$3-5 million", 3e6, 5e6),
        ("between 3 and 5 million dollars", 3e6, 5e6),
        ("20 to 30 thousand", 2e4, 3e4),
        ("3-5k", 3e3, 5e3),
        ("two to three hundred", 200, 300),
        # no scale, or one that the lower end cannot mean or has of its own
        ("500 to 2 million", 500, 2e6),
        ("3 thousand to 5 million", 3e3, 5e6),
    ],
)
def test_ranges_share_the_scale(text: str, low: float, high: float) -> None:
    ends = parse_range(text)
    assert ends is not None
    assert [v.number for v in ends] == [low, high]


def test_ranges_share_the_scale_in_running_text() -> None:
    found = find_quantities("It weighs 3-5 thousand tonnes and costs 2 to 3 million euros.")
    assert [(v.number, v.unit) for _, _, v in found] == [(3e6, "kg"), (5e6, "kg"), (2e6, "EUR"), (3e6, "EUR")]


@pytest.mark.parametrize("text", ["12 ‰", "12‰", "12 per mille", "1.2 pct", "1.2 %", "1.2 per cent"])
def test_parts_of_a_hundred_and_of_a_thousand(text: str) -> None:
    assert read(text).number == pytest.approx(1.2)
    assert read(text).unit == "%"


@pytest.mark.parametrize("text", ["5 (" + "a " * 20_000, "1," * 5000, "one " * 5000, "5'" * 5000, " " * 50_000])
def test_odd_long_texts_end_soon(text: str) -> None:
    # with quadratic matching the first of these takes two minutes
    assert find_quantities(text) is not None
