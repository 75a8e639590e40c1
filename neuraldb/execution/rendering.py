r"""Rows as text: for a terminal, a document, another program.

==========  ==================================================================================================
box         a table in line-drawing characters; NULL is shown as ``NULL``, numbers are flush right
markdown    a table for a document, with everything escaped that Markdown would take as markup
csv, tsv    values that need it are quoted; NULL is nothing at all, an empty text is ``""``
json        one array of objects
jsonl       one object a line
vertical    one line a value, for wide rows
html        a table, with everything escaped
none        nothing
==========  ==================================================================================================

Dates are ISO 8601, truth values ``true`` and ``false``, bytes ``\x`` and hexadecimal digits. A value is never cut
without a mark: only a box with a given width cuts, with an ellipsis, and a row cap says how many rows it leaves out.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from wcwidth import wcswidth, wcwidth

from neuraldb.core.errors import InterfaceError

# what a terminal would obey instead of showing, line ends and tabs apart; the last range reverses the writing direction
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARKUP = re.compile(r"[\\|*`\[\]<>~]|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")
_NARROWEST = 8


@dataclass(frozen=True)
class Grid:
    """Column names and rows of Python values; ``more`` is how many rows there are besides."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    more: int = 0

    @property
    def distinct_columns(self) -> list[str]:
        """The column names, where one comes again with a number: ``name``, ``name_1``."""
        names: list[str] = []
        for name in self.columns:
            number, candidate = 0, name
            while candidate in names or (number and candidate in self.columns):
                number += 1
                candidate = f"{name}_{number}"
            names.append(candidate)
        return names

    @property
    def remainder(self) -> str:
        """The line that tells of the rows left out; empty where there are none."""
        if not self.more:
            return ""
        return f"{self.more} more row{'' if self.more == 1 else 's'} ({len(self.rows) + self.more} in all)"

    def named(self, row: int) -> list[tuple[str, str]]:
        """The cells of a row as text, each with its column's name."""
        return [(name, plain(value)) for name, value in zip(self.columns, self.rows[row], strict=True)]


def render(grid: Grid, form: str = "box", *, width: int | None = None) -> str:
    """The rows as one text without a final line end.

    Args:
        grid: what to show.
        form: one of :data:`FORMS`.
        width: the longest line of a box, in characters of a terminal; None for no limit.

    Raises:
        InterfaceError: there is no such form.
    """
    return "\n".join(lines(grid, form, width=width))


def lines(grid: Grid, form: str = "box", *, width: int | None = None) -> Iterator[str]:
    """As :func:`render`, piece by piece; a piece holds line ends where a quoted value does."""
    if form not in FORMS:
        raise InterfaceError(f"there is no output format {form}", candidates=FORMS)
    if not grid.columns:
        return iter(())
    return _box(grid, width) if form == "box" else _WRITERS[form](grid)


def plain(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Mapping | list | tuple):
        return _json(value)
    return str(value)


# ------------------------------------------------------------------------------------------------------------- boxes


def _box(grid: Grid, limit: int | None) -> Iterator[str]:
    header = [_cell(name) for name in grid.columns]
    body = [[_cell(plain(value)) for value in row] for row in grid.rows]
    widths = [max(_width(line) for row in (header, *body) for line in row[i]) for i in range(len(header))]
    if limit is not None:
        widths = _fitted(widths, limit - 3 * len(widths) - 1)
    right = [_numeric(grid.rows, place) for place in range(len(header))]
    yield _rule("┌┬┐", widths)
    yield from _box_row(header, widths, right)
    yield _rule("├┼┤", widths)
    for row in body:
        yield from _box_row(row, widths, right)
    yield _rule("└┴┘", widths)
    if grid.more:
        yield grid.remainder


def _rule(corners: str, widths: Sequence[int]) -> str:
    return corners[0] + corners[1].join("─" * (width + 2) for width in widths) + corners[2]


def _box_row(cells: Sequence[list[str]], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for number in range(max(map(len, cells))):
        parts = []
        for cell, width, flush_right in zip(cells, widths, right, strict=True):
            line = _cut(cell[number], width) if number < len(cell) else ""
            space = " " * (width - _width(line))
            parts.append(space + line if flush_right else line + space)
        yield f"│ {' │ '.join(parts)} │"


def _cell(text: str) -> list[str]:
    """The lines of a cell, safe to send to a terminal."""
    visible = _CONTROL.sub(_escaped, text.replace("\r\n", "\n").replace("\t", "    "))
    return visible.split("\n")


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _width(text: str) -> int:
    width = len(text) if text.isascii() else wcswidth(text)
    return width if width >= 0 else sum(max(wcwidth(c), 0) for c in text)


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    end = min(len(text), width - 1)
    while _width(text[:end]) > width - 1:
        end -= 1
    return text[:end] + "…"


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """The widths, the largest made smaller until they fit into the room; none gets narrower than it can be read."""
    low, high = _NARROWEST, max(widths)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(width, middle) for width in widths) <= room:
            low = middle
        else:
            high = middle - 1
    return [min(width, max(low, _NARROWEST)) for width in widths]


def _numeric(rows: Sequence[Sequence[Any]], place: int) -> bool:
    cells = [row[place] for row in rows if row[place] is not None]
    return bool(cells) and all(isinstance(c, int | float | Decimal) and not isinstance(c, bool) for c in cells)


# ------------------------------------------------------------------------------------------------- documents


def _markdown(grid: Grid) -> Iterator[str]:
    right = [_numeric(grid.rows, place) for place in range(len(grid.columns))]
    yield _markdown_row(grid.columns)
    yield _markdown_row(["---:" if flush_right else "---" for flush_right in right], escaped=False)
    for row in grid.rows:
        yield _markdown_row([plain(value) for value in row])
    if grid.more:
        yield ""
        yield grid.remainder


def _markdown_row(cells: Sequence[str], escaped: bool = True) -> str:
    texts = [_markdown_cell(cell) for cell in cells] if escaped else cells
    return f"| {' | '.join(texts)} |"


def _markdown_cell(text: str) -> str:
    return "<br>".join(_MARKUP.sub(r"\\\g<0>", line).strip() for line in _cell(text))


def _html(grid: Grid) -> Iterator[str]:
    yield "<table>"
    yield f"<thead><tr>{''.join(f'<th>{escape(name)}</th>' for name in grid.columns)}</tr></thead>"
    yield "<tbody>"
    for row in grid.rows:
        yield f"<tr>{''.join(f'<td>{_html_cell(value)}</td>' for value in row)}</tr>"
    yield "</tbody>"
    yield "</table>"
    if grid.more:
        yield f"<p>{escape(grid.remainder)}</p>"


def _html_cell(value: Any) -> str:
    return "<br>".join(escape(line) for line in _cell(plain(value)))


def _vertical(grid: Grid) -> Iterator[str]:
    names = [" ".join(_cell(name)) for name in grid.columns]
    width = max(map(_width, names))
    for number, row in enumerate(grid.rows, 1):
        yield f"-[ {number} ]".ljust(width + 12, "-")
        for name, value in zip(names, row, strict=True):
            first, *others = _cell(plain(value))
            yield f"{name}{' ' * (width - _width(name))} | {first}"
            yield from (f"{' ' * width} | {line}" for line in others)
    if grid.more:
        yield grid.remainder


# ----------------------------------------------------------------------------------------------------------- exchange


def _separated(separator: str) -> Callable[[Grid], Iterator[str]]:
    def write(grid: Grid) -> Iterator[str]:
        yield separator.join(_quoted(name, separator) for name in grid.columns)
        for row in grid.rows:
            yield separator.join("" if value is None else _quoted(plain(value), separator) for value in row)

    return write


def _quoted(text: str, separator: str) -> str:
    # the csv module of Python 3.11 cannot tell NULL from an empty text
    special = text == "" or text != text.strip() or any(c in text for c in (separator, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if special else text


def _json_array(grid: Grid) -> Iterator[str]:
    objects = list(_json_lines(grid))
    if not objects:
        yield "[]"
        return
    yield "["
    for place, text in enumerate(objects, 1):
        yield f"  {text}{',' if place < len(objects) else ''}"
    yield "]"


def _json_lines(grid: Grid) -> Iterator[str]:
    names = grid.distinct_columns
    for row in grid.rows:
        yield _json(dict(zip(names, row, strict=True)))


def _json(value: Any) -> str:
    return json.dumps(_jsonable(value), ensure_ascii=False, allow_nan=False)


def _jsonable(value: Any) -> Any:
    """The value in JSON's own types; what JSON has no exact form for becomes a string."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() and Decimal(repr(float(value))) == value else format(value, "f")
    if isinstance(value, Mapping):
        return {plain(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return plain(value).replace(" ", "T", 1) if isinstance(value, datetime.datetime) else plain(value)


def _nothing(grid: Grid) -> Iterator[str]:
    return iter(())


_WRITERS: dict[str, Callable[[Grid], Iterator[str]]] = {
    "markdown": _markdown,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "json": _json_array,
    "jsonl": _json_lines,
    "vertical": _vertical,
    "html": _html,
    "none": _nothing,
}
FORMS = ("box", *_WRITERS)
"""The names of the output formats."""
