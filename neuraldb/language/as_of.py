"""``AS OF`` in front of a statement: the moment of the past that it asks about."""

from __future__ import annotations

import datetime
import re

from neuraldb.core.dates import parse_date
from neuraldb.core.errors import ParseError
from neuraldb.language.masking import after_comments

# the moment in quotes, as SQL has it, or bare after AS OF in capitals: "As of 2024, Anna lives in Oslo" tells something
_AS_OF = re.compile(
    r"(?:(?i:AS\s+OF\s+(?:TIMESTAMP\s+|DATE\s+)?)'(?P<quoted>[^']*)'"
    r"|AS\s+OF\s+(?P<bare>\d{4}(?:-\d\d(?:-\d\d(?:[T ]\d\d:\d\d[^\s,]*(?<!:))?)?)?))\s*[:,]?\s+(?=\S)"
)


def as_of(text: str) -> tuple[datetime.datetime | None, str]:
    """The moment that a statement asks about, time zone aware, and the statement; None and the text for the present.

    A date means the last moment of its last day, so that what was told on that day counts.

    Raises:
        ParseError: what stands in the quotes is no date.

    >>> moment, rest = as_of("AS OF '17 May 2024' SELECT text FROM facts")
    >>> str(moment), rest
    ('2024-05-17 23:59:59.999999+00:00', 'SELECT text FROM facts')
    >>> as_of("AS OF 2023: Who lives in Oslo?")[1], as_of("As of 2023, Anna lives in Oslo.")[0]
    ('Who lives in Oslo?', None)
    """
    start = after_comments(text)
    match = _AS_OF.match(start)
    if match is None:
        return None, text
    words = match["quoted"] if match["quoted"] is not None else match["bare"]
    moment = _moment(words)
    if moment is None:
        place = len(text) - len(start) + match.start("quoted")
        raise ParseError(
            "AS OF needs a date or a time",
            source=text,
            span=(place, place + len(words)),
            hint="AS OF '2024-05-17' or AS OF '2024-05-17 12:00'",
        )
    return moment, start[match.end() :]


def _moment(words: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(words.strip())
    except ValueError:
        moment = None
    if moment is not None and (":" in words or "T" in words):
        return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    date = parse_date(words)
    if date is None or date.end is None:
        return None
    return datetime.datetime.combine(date.end, datetime.time.max, datetime.UTC)
