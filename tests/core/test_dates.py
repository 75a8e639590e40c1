"""Dates in text: what days they mean and with what precision, by the calendar."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.core.dates import find_dates, parse_date
from neuraldb.core.intervals import century, decade, month, week, written, years
from neuraldb.core.value import Value

WEDNESDAY = datetime.date(2023, 5, 10)


def span(value: Value | None) -> tuple[str, str, str | None] | None:
    return None if value is None else (str(value.start), str(value.end), value.precision)


@pytest.mark.parametrize(
    "text",
    [
        "July 11th, 1907",
        "July 11, 1907",
        "July the 11th, 1907",
        "Jul. 11 1907",
        "11 July 1907",
        "11th of July, 1907",
        "the eleventh of July 1907",
        "Thursday, 11 July 1907",
        "11-Jul-1907",
        "11JUL1907",
        "on 11 July 1907",
        "1907-07-11",
        "1907/07/11",
        "1907-07-11T10:00:00Z",
        "11.07.1907",
        "07/11/1907",
        "1907 July 11",
        "Thu, 11 Jul 1907 10:00:00 GMT",
    ],
)
def test_a_day_written_in_many_ways(text: str) -> None:
    value = parse_date(text)
    assert span(value) == ("1907-07-11", "1907-07-11", "day")
    assert value is not None
    assert (value.kind, value.text) == ("date", text)


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("16/03/1932", "1932-03-16", "1932-03-16", "day"),
        ("10/03/1983", "1983-10-03", "1983-10-03", "day"),
        ("29 February 2000", "2000-02-29", "2000-02-29", "day"),
        ("9 September 476 AD", "0476-09-09", "0476-09-09", "day"),
        ("2023-W18", "2023-05-01", "2023-05-07", "week"),
        ("June 1981", "1981-06-01", "1981-06-30", "month"),
        ("June, 1981", "1981-06-01", "1981-06-30", "month"),
        ("February of 1980", "1980-02-01", "1980-02-29", "month"),
        ("1981-06", "1981-06-01", "1981-06-30", "month"),
        ("1910-11", "1910-11-01", "1910-11-30", "month"),
        ("1929", "1929-01-01", "1929-12-31", "year"),
        ("in 1929", "1929-01-01", "1929-12-31", "year"),
        ("c. 1850", "1850-01-01", "1850-12-31", "year"),
        ("AD 476", "0476-01-01", "0476-12-31", "year"),
        ("79 AD", "0079-01-01", "0079-12-31", "year"),
        ("1990-91", "1990-01-01", "1991-12-31", "year"),
        ("1990/91", "1990-01-01", "1991-12-31", "year"),
        ("1909–10", "1909-01-01", "1910-12-31", "year"),
        ("1914–1918", "1914-01-01", "1918-12-31", "year"),
        ("the 1920s", "1920-01-01", "1929-12-31", "decade"),
        ("early 1920s", "1920-01-01", "1923-12-31", "decade"),
        ("mid-1920s", "1924-01-01", "1926-12-31", "decade"),
        ("late 1920's", "1927-01-01", "1929-12-31", "decade"),
        ("19th century", "1801-01-01", "1900-12-31", "century"),
        ("the nineteenth century", "1801-01-01", "1900-12-31", "century"),
        ("early 19th century", "1801-01-01", "1833-12-31", "century"),
        ("mid-19th century", "1834-01-01", "1867-12-31", "century"),
        ("late 19th-century", "1868-01-01", "1900-12-31", "century"),
        ("1st century", "0001-01-01", "0100-12-31", "century"),
        ("twenty-first century", "2001-01-01", "2100-12-31", "century"),
    ],
)
def test_the_days_and_the_precision_of_a_date(text: str, start: str, end: str, precision: str) -> None:
    assert span(parse_date(text)) == (start, end, precision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "560",
        "2954",
        "0476",
        "May",
        "May 5",
        "4 July",
        "44 BC",
        "1200 BC",
        "15 March 1200 BC",
        "5th century BC",
        "'98",
        "11/07/07",
        "1.2.3",
        "3.11.7",
        "555-1234",
        "1588-2632",
        "+44 20 7946 0958",
        "978-1-4165-4253-7",
        "31 February 1990",
        "2010-13-45",
        "13/13/1990",
        "2023-W54",
        "1929 metres",
        "1634: The Ram Rebellion",
        "yesterday",
        "100 ad",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("today", "2023-05-10", "2023-05-10", "day"),
        ("Yesterday", "2023-05-09", "2023-05-09", "day"),
        ("last night", "2023-05-09", "2023-05-09", "day"),
        ("tomorrow morning", "2023-05-11", "2023-05-11", "day"),
        ("the day before yesterday", "2023-05-08", "2023-05-08", "day"),
        ("last Friday", "2023-05-05", "2023-05-05", "day"),
        ("last Wednesday", "2023-05-03", "2023-05-03", "day"),
        ("this Friday", "2023-05-12", "2023-05-12", "day"),
        ("this Monday", "2023-05-08", "2023-05-08", "day"),
        ("next Wednesday", "2023-05-17", "2023-05-17", "day"),
        ("next Thursday", "2023-05-11", "2023-05-11", "day"),
        ("three days ago", "2023-05-07", "2023-05-07", "day"),
        ("a week ago", "2023-05-03", "2023-05-03", "day"),
        ("two weeks ago", "2023-04-26", "2023-04-26", "day"),
        ("a fortnight ago", "2023-04-26", "2023-04-26", "day"),
        ("10 days from now", "2023-05-20", "2023-05-20", "day"),
        ("last week", "2023-05-01", "2023-05-07", "week"),
        ("this week", "2023-05-08", "2023-05-14", "week"),
        ("last month", "2023-04-01", "2023-04-30", "month"),
        ("next month", "2023-06-01", "2023-06-30", "month"),
        ("five months ago", "2022-12-01", "2022-12-31", "month"),
        ("last July", "2022-07-01", "2022-07-31", "month"),
        ("last April", "2023-04-01", "2023-04-30", "month"),
        ("next May", "2024-05-01", "2024-05-31", "month"),
        ("earlier this year", "2023-01-01", "2023-12-31", "year"),
        ("last year", "2022-01-01", "2022-12-31", "year"),
        ("twenty-five years ago", "1998-01-01", "1998-12-31", "year"),
        ("last decade", "2010-01-01", "2019-12-31", "decade"),
        ("two centuries ago", "1801-01-01", "1900-12-31", "century"),
    ],
)
def test_relative_dates_are_reckoned_from_the_base(text: str, start: str, end: str, precision: str) -> None:
    assert span(parse_date(text, WEDNESDAY)) == (start, end, precision)
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["5000 years ago", "half a year ago", "some days ago", "last time", "Friday", "9999999 days ago"]
)
def test_relative_phrases_that_name_no_date(text: str) -> None:
    assert parse_date(text, WEDNESDAY) is None


@pytest.mark.parametrize("base", [datetime.date(2023, 5, day) for day in range(1, 32)])
def test_last_and_next_weekday_are_within_a_week_on_the_right_side(base: datetime.date) -> None:
    for number, name in enumerate(calendar.day_name):
        last, following = parse_date(f"last {name}", base), parse_date(f"next {name}", base)
        assert last is not None
        assert following is not None
        assert last.start is not None
        assert following.start is not None
        assert last.start.weekday() == following.start.weekday() == number
        assert 1 <= (base - last.start).days <= 7
        assert 1 <= (following.start - base).days <= 7


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Built in 1929, opened July 11th, 1930.", ["1929", "July 11th, 1930"]),
        ("From 1914 to 1918 and between 1939 and 1945.", ["1914", "1918", "1939", "1945"]),
        ("It won in 1920, 1921 and 1922.", ["1920", "1921", "1922"]),
        ("In 1968 students protested.", ["1968"]),
        ("Einstein (1879–1955) in a film (1929).", ["1879–1955", "1929"]),
        ("Born 14 March 1879 – died 18 April 1955.", ["14 March 1879", "18 April 1955"]),
        ("In the early 1920s and the late 19th century.", ["early 1920s", "late 19th century"]),
        ("The treaty of 1839 and the 1990-91 season.", ["1839", "1990-91"]),
        ("Founded 1900 in Paris, completed in May 1902.", ["1900", "May 1902"]),
        ("He retired 1998-12-01T10:30 for good.", ["1998-12-01T10:30"]),
        ("First aired on 10/03/1983.", ["10/03/1983"]),
    ],
)
def test_dates_in_running_text(text: str, found: list[str]) -> None:
    hits = find_dates(text)
    assert [v.text for _, _, v in hits] == found
    assert [text[a:b] for a, b, _ in hits] == found


@pytest.mark.parametrize(
    "text",
    [
        "1634: The Ram Rebellion came before 1634: The Baltic War.",
        "F.C. 1910 and the 2 Decembrie 1918 square.",
        "A population of 1910, 1174 pages, 1609 m and 1500 people.",
        "From 1200 to 1500 metres, about 1500 people.",
        "May has version 3.11.7, ISSN number 1433-1500 and ISBN 0-374-26131-8.",
        "In 44 BC and 1200 BC.",
        "Yesterday I met USA Today.",
        "The may be of march.",
    ],
)
def test_names_amounts_and_codes_are_no_dates(text: str) -> None:
    assert find_dates(text) == []


def test_relative_dates_in_running_text() -> None:
    # a capital inside a sentence makes a name
    text = "Yesterday I read in USA Today that last week's storm, two years ago and in May 2014, were alike."
    assert [(v.text, str(v.start)) for _, _, v in find_dates(text, WEDNESDAY)] == [
        ("Yesterday", "2023-05-09"),
        ("last week", "2023-05-01"),
        ("two years ago", "2021-01-01"),
        ("May 2014", "2014-05-01"),
    ]


@given(st.dates())
def test_every_day_is_read_back_from_iso(day: datetime.date) -> None:
    assert span(parse_date(day.isoformat())) == (str(day), str(day), "day")


@given(st.dates(min_value=datetime.date(1000, 1, 1), max_value=datetime.date(2999, 12, 31)))
def test_every_day_is_read_back_from_words(day: datetime.date) -> None:
    name = calendar.month_name[day.month]
    for text in (f"{day.day} {name} {day.year}", f"{name} {day.day}, {day.year}", f"{name[:3]} {day.day} {day.year}"):
        assert span(parse_date(text)) == (str(day), str(day), "day")
        assert [v.text for _, _, v in find_dates(f"It was so on {text}.")] == [text]


@given(st.integers(1000, 2100), st.integers(1, 12))
def test_a_month_has_the_days_of_the_calendar(year: int, number: int) -> None:
    value = parse_date(f"{calendar.month_name[number]} {year}")
    last = calendar.monthrange(year, number)[1]
    assert span(value) == (f"{year}-{number:02d}-01", f"{year}-{number:02d}-{last}", "month")


INTERVALS = st.one_of(
    st.dates().map(lambda day: (day, day, "day")),
    st.dates(max_value=datetime.date(9998, 1, 1), min_value=datetime.date(2, 1, 1)).map(week),
    st.builds(month, st.integers(1000, 2999), st.integers(1, 12)),
    st.integers(1, 2100).map(lambda year: years(year, year)),
    st.integers(1000, 2000).flatmap(lambda y: st.integers(y + 1, 2100).map(lambda last: years(y, last))),
    st.builds(decade, st.integers(100, 299).map(lambda d: 10 * d), st.sampled_from([None, "early", "mid", "late"])),
    st.builds(century, st.integers(1, 99), st.sampled_from([None, "early", "mid", "late"])),
)


@given(INTERVALS)
def test_what_is_written_is_read_back(interval: tuple[datetime.date, datetime.date, str]) -> None:
    value = parse_date(written(interval))
    assert value is not None, written(interval)
    assert (value.start, value.end, value.precision) == interval


PIECES = (
    "1929 July 11th 11 , . - – / the of in early mid 1920s 19th century BC AD 1990-91 May last two weeks ago Friday "
    "yesterday 1907-07-11 10/03/1983 pages ( ) : next month from to and"
)
TEXTS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join) | st.text(max_size=40)


@given(TEXTS)
def test_spans_are_in_order_and_cover_the_text_of_the_value(text: str) -> None:
    position = 0
    for start, end, value in find_dates(text, WEDNESDAY):
        assert position <= start < end <= len(text)
        assert value.text == text[start:end]
        assert value.start is not None
        assert value.end is not None
        assert value.start <= value.end
        position = end
