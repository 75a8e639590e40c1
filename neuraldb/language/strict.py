"""``STRICT`` in front of SPARQL: only names that exist are bound, none by its meaning."""

from __future__ import annotations

import re

from neuraldb.language.masking import after_comments

_STRICT = re.compile(
    r"STRICT(?=\s+(?:BASE|PREFIX|SELECT|ASK|CONSTRUCT|DESCRIBE|INSERT|DELETE|WITH|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY)\b)",
    re.IGNORECASE,
)


def strict(text: str) -> tuple[bool, str]:
    """Whether a statement begins with STRICT, and the statement with blanks in its place, so that places stay.

    >>> strict("STRICT ASK { :Anna :brother ?who }"), strict("Strict rules are broken.")
    ((True, '       ASK { :Anna :brother ?who }'), (False, 'Strict rules are broken.'))
    """
    start = len(text) - len(after_comments(text))
    match = _STRICT.match(text, start)
    if match is None:
        return False, text
    return True, text[: match.start()] + " " * len(match[0]) + text[match.end() :]
