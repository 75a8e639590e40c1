"""Regular expressions of XPath, which SPARQL uses, in the form that DuckDB's (RE2) takes.

Both agree but for flags, for ``$1`` in replacements, and for what RE2 has not: back-references and subtraction of
character classes. A pattern that RE2 cannot read is an error, so that the filter drops the row.
"""

from __future__ import annotations

import re

from neuraldb.plan.expressions import Expression, Literal
from neuraldb.plan.sparql_values import call

_SPACE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\s+", re.S)
_REFERENCE = re.compile(r"\\(.)|\$(\d)", re.S)


def flagged(pattern: Expression, flags: str) -> Expression:
    """A pattern under XPath's flags: ``s`` dot matches all, ``m`` lines, ``i`` case, ``x`` no spaces, ``q`` literal."""
    if "q" in flags:
        pattern = call("escape_pattern", pattern)
    elif "x" in flags:
        pattern = Literal(unspaced(str(pattern.value))) if isinstance(pattern, Literal) else call("unspaced", pattern)
    inline = "".join(f for f in "smi" if f in flags)
    return call("join_texts", Literal(f"(?{inline})"), pattern) if inline else pattern


def unspaced(pattern: str) -> str:
    r"""A pattern without the white space outside character classes.

    >>> unspaced(r"a b[ c]\ d")
    'ab[ c]\\ d'
    """
    return _SPACE.sub(lambda m: "" if m[0].isspace() else m[0], pattern)


def replacement(text: str) -> str:
    r"""A replacement with RE2's references.

    >>> replacement(r"$1-\$")
    '\\1-$'
    """
    return _REFERENCE.sub(lambda m: rf"\{m[2]}" if m[2] else ("\\\\" if m[1] == "\\" else m[1]), text)
