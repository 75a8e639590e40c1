"""CSV and TSV whose rows are facts: one column holds the sentence, others may hold what a JSON object may.

The sentence's column is called text, fact or sentence, or is the only one, or is named by the user. The other columns
are those of :mod:`neuraldb.loading.objects`; several labels or sources in a cell are a JSON list, several labels may
also be separated by semicolons. Empty cells are absent. Without a column of sentences, the file is a table, and loading
it as one is a matter of :mod:`neuraldb.loading.tables`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from neuraldb.core.errors import DataError, ImportFailed
from neuraldb.loading.items import Item, fact_item, refusal
from neuraldb.loading.objects import TEXTS, arguments_of
from neuraldb.loading.source import Source, undecoded

_DELIMITERS = ",;\t|"


def read_rows(source: Source, delimiter: str | None = None, column: str | None = None) -> Iterator[Item]:
    """The facts of a table with a header.

    Args:
        source: the file.
        delimiter: what separates the cells; None takes of comma, semicolon, tab and bar what the header has most of.
        column: the name of the column of sentences.

    Raises:
        ImportFailed: there is no such column, or the quotes don't match.
    """
    lines = source.lines(ends=True)
    first = next(lines, None)
    if first is None:
        return
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    rows = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(rows)]
        sentence = text_column(header, source.name, column)
        started = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _row(f"line {started}", header, row, sentence)
            started = rows.line_num + 1
    except csv.Error as error:
        raise ImportFailed(f"{source.name}, line {rows.line_num}: {error}") from error


def text_column(header: Sequence[str], name: str, column: str | None) -> int:
    """The place of the column of sentences.

    Raises:
        ImportFailed: there is none.
    """
    folded = [title.lower() for title in header]
    if column is not None:
        if column.lower() not in folded:
            raise ImportFailed(f"{name} has no column {column}", candidates=tuple(header))
        return folded.index(column.lower())
    found = [place for title in TEXTS for place, other in enumerate(folded) if other == title]
    if found or len(header) == 1:
        return found[0] if found else 0
    raise ImportFailed(
        f"{name} has no column of sentences, but {', '.join(header)}",
        hint="--text COLUMN names that column; --table NAME loads the file as a table for SQL",
    )


def _row(place: str, header: Sequence[str], row: Sequence[str], sentence: int) -> Item:
    if problem := next(filter(None, map(undecoded, row)), ""):
        return Item(place, problem=problem)
    if len(row) != len(header):
        return Item(place, problem=f"{len(row)} cells, and the header has {len(header)}")
    fields: dict[str, Any] = {}
    for position, (title, cell) in enumerate(zip(header, row, strict=True)):
        if position != sentence and cell.strip():
            fields.setdefault(title.lower(), cell)
    try:
        sources, arguments = arguments_of(_lists(fields) | {TEXTS[0]: row[sentence]})
    except DataError as error:
        return refusal(place, error)
    return fact_item(place, sources=sources, **arguments)


def _lists(fields: Mapping[str, str]) -> dict[str, Any]:
    """The cells, with labels and sources as lists."""
    lists: dict[str, Any] = {name: fields[name] for name in fields if name not in TEXTS}
    if "labels" in lists:
        lists["labels"] = listed(fields["labels"]) or [part.strip() for part in fields["labels"].split(";")]
    for name in ("source", "sources"):
        if name in lists:
            lists[name] = listed(fields[name]) or [fields[name]]
    return lists


def listed(cell: str) -> list[str] | None:
    """The texts of a cell that holds a JSON list of texts; None for any other."""
    if not cell.lstrip().startswith("["):
        return None
    try:
        values = json.loads(cell)
    except (json.JSONDecodeError, RecursionError):
        return None
    return values if isinstance(values, list) and values and all(isinstance(v, str) for v in values) else None


def cell(texts: Sequence[str], separator: str | None = None) -> str:
    """Texts as a cell that is read back as them: one text as it is, where it can't be taken for several.

    >>> cell(["Anna"]), cell(["a", "b"]), cell([]), cell(["a;b"], ";")
    ('Anna', '["a", "b"]', '', '["a;b"]')
    """
    if not texts:
        return ""
    first = texts[0]
    several = len(texts) > 1 or listed(first) is not None or (separator is not None and separator in first)
    return json.dumps(list(texts), ensure_ascii=False) if several or not first or first != first.strip() else first
