import csv
import datetime
import io
import json
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

import neuraldb
from neuraldb.execution.rendering import FORMS, Grid, lines, plain, render

PEOPLE = Grid(("name", "born", "height"), [("Anna", datetime.date(1982, 5, 1), 1.7), ("Åse 東京", None, 12.25)], more=3)

GOLDEN = {
    "box": """
┌──────────┬────────────┬────────┐
│ name     │ born       │ height │
├──────────┼────────────┼────────┤
│ Anna     │ 1982-05-01 │    1.7 │
│ Åse 東京 │ NULL       │  12.25 │
└──────────┴────────────┴────────┘
3 more rows (5 in all)""",
    "markdown": """
| name | born | height |
| --- | --- | ---: |
| Anna | 1982-05-01 | 1.7 |
| Åse 東京 | NULL | 12.25 |

3 more rows (5 in all)""",
    "csv": """
name,born,height
Anna,1982-05-01,1.7
Åse 東京,,12.25""",
    "tsv": """
name\tborn\theight
Anna\t1982-05-01\t1.7
Åse 東京\t\t12.25""",
    "json": """
[
  {"name": "Anna", "born": "1982-05-01", "height": 1.7},
  {"name": "Åse 東京", "born": null, "height": 12.25}
]""",
    "jsonl": """
{"name": "Anna", "born": "1982-05-01", "height": 1.7}
{"name": "Åse 東京", "born": null, "height": 12.25}""",
    "vertical": """
-[ 1 ]------------
name   | Anna
born   | 1982-05-01
height | 1.7
-[ 2 ]------------
name   | Åse 東京
born   | NULL
height | 12.25
3 more rows (5 in all)""",
    "html": """
<table>
<thead><tr><th>name</th><th>born</th><th>height</th></tr></thead>
<tbody>
<tr><td>Anna</td><td>1982-05-01</td><td>1.7</td></tr>
<tr><td>Åse 東京</td><td>NULL</td><td>12.25</td></tr>
</tbody>
</table>
<p>3 more rows (5 in all)</p>""",
    "none": "",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    assert render(PEOPLE, form) == GOLDEN[form].removeprefix("\n")


@pytest.mark.parametrize("form", FORMS)
def test_a_statement_without_columns_shows_nothing(form):
    assert render(Grid((), []), form) == ""


def test_no_rows_still_show_the_columns():
    nobody = Grid(("name",), [])
    assert render(nobody, "box") == "┌──────┐\n│ name │\n├──────┤\n└──────┘"
    assert render(nobody, "csv") == "name"
    assert render(nobody, "json") == "[]"
    assert render(nobody, "jsonl") == ""
    assert render(nobody, "vertical") == ""


def test_an_unknown_form_is_refused_with_the_list_of_known_ones():
    with pytest.raises(neuraldb.InterfaceError) as caught:
        lines(PEOPLE, "xml")
    assert caught.value.candidates == FORMS


# ------------------------------------------------------------------------------------------------------------- boxes

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u200d\ufe0e\ufe0f"), max_size=12)


@given(st.lists(st.lists(texts, min_size=3, max_size=3)), st.integers(20, 60) | st.none())
def test_all_lines_of_a_box_are_equally_wide(rows, width):
    drawn = render(Grid(("a", "bb", "ccc"), rows), width=width).split("\n")
    assert len({wcswidth(line) for line in drawn}) == 1
    assert wcswidth(drawn[0]) >= 0  # nothing that a terminal would obey is left


@pytest.mark.parametrize("width", [40, 60, 100, 1000])
def test_a_box_fits_and_says_what_it_cut(width):
    grid = Grid(("id", "text", "more"), [(1, "x" * 90, "y" * 50), (2, "short", "z")])
    drawn = render(grid, width=width).split("\n")
    assert max(map(len, drawn)) <= width
    row = drawn[3]
    assert ("…" in row) == (width < 160)
    assert ("x" * 90 in row) == (width >= 160)
    assert "│  1 │" in row


def test_wide_characters_are_cut_whole():
    row = render(Grid(("t",), [("東" * 40,)]), width=30).split("\n")[3]
    assert row == "│ " + "東" * 12 + "…  │"


def test_line_ends_stay_line_ends():
    assert render(Grid(("a", "b"), [("one\r\ntwo", 1)])).split("\n")[3:5] == ["│ one │ 1 │", "│ two │   │"]


def test_what_a_terminal_would_obey_is_shown_instead():
    drawn = render(Grid(("a",), [("\x1b[31mred\x07 \u202e",)]))
    assert "\x1b" not in drawn
    assert "\\x1b[31mred\\x07 \\u202e" in drawn


# ------------------------------------------------------------------------------------------------- documents


def test_markdown_markup_is_escaped():
    grid = Grid(("a|b",), [("x | y",), ("*star* _under_ snake_case <b> `c` \\ [l](u) &amp; R&D",), ("two\nlines",)])
    assert render(grid, "markdown").split("\n") == [
        r"| a\|b |",
        "| --- |",
        r"| x \| y |",
        r"| \*star\* \_under\_ snake_case \<b\> \`c\` \\ \[l\](u) \&amp; R&D |",
        "| two<br>lines |",
    ]


def test_vertical_keeps_line_ends_aligned():
    assert render(Grid(("ab", "c"), [("one\ntwo", 3)]), "vertical").split("\n")[1:] == [
        "ab | one",
        "   | two",
        "c  | 3",
    ]


# ------------------------------------------------------------------------------------------------------- exchange

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
tables = st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5)


@given(tables, st.sampled_from([("csv", ","), ("tsv", "\t")]))
def test_separated_values_are_read_back(rows, form):
    name, separator = form
    text = render(Grid(("a", 'b,"\t'), rows), name)
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    assert read == [["a", 'b,"\t'], *rows]


def test_null_is_not_an_empty_text():
    assert render(Grid(("a", "b"), [(None, "")]), "csv").split("\n")[1] == ',""'
    frame = pd.read_csv(
        io.StringIO(render(Grid(("a", "b"), [(None, "NULL"), ("x", "nan")]), "csv")), keep_default_na=False
    )
    assert frame.values.tolist() == [["", "NULL"], ["x", "nan"]]


@given(tables)
def test_json_is_read_back(rows):
    grid = Grid(("a", "b"), rows)
    expected = [{"a": a, "b": b} for a, b in rows]
    assert json.loads(render(grid, "json")) == expected
    assert [json.loads(line) for line in lines(grid, "jsonl")] == expected


def test_json_of_values_that_json_has_no_form_for():
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    values = {
        "decimal": (Decimal("1.50"), 1.5),
        "long": (Decimal("0.1000000000000000000000001"), "0.1000000000000000000000001"),
        "nan": (float("nan"), "nan"),
        "inf": (float("-inf"), "-inf"),
        "bytes": (b"\x00a", "\\x0061"),
        "time": (moment, "2024-01-02T03:04:05"),
        "nested": ({"k": [moment.date(), None]}, {"k": ["2024-01-02", None]}),
        "true": (True, True),
        "big": (2**70, 2**70),
    }
    line = render(Grid(tuple(values), [tuple(value for value, _ in values.values())]), "jsonl")
    assert json.loads(line) == {name: expected for name, (_, expected) in values.items()}


@pytest.mark.parametrize(
    ("columns", "distinct"),
    [
        (("a", "a", "a"), ["a", "a_1", "a_2"]),
        (("a", "a_1", "a"), ["a", "a_1", "a_2"]),
        (("a", "a", "a_1"), ["a", "a_2", "a_1"]),
        (("a", "b"), ["a", "b"]),
    ],
)
def test_equal_column_names_are_numbered(columns, distinct):
    assert Grid(columns, []).distinct_columns == distinct


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (Decimal("1E+3"), "1000"),
        (b"ab", "\\x6162"),
        (datetime.datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00"),
        (datetime.timedelta(days=1, hours=2), "1 day, 2:00:00"),
        (["a", None, Decimal("0.5")], '["a", null, 0.5]'),
        ({"k": "é"}, '{"k": "é"}'),
        ("plain", "plain"),
    ],
)
def test_plain_text_of_a_value(value, text):
    assert plain(value) == text
