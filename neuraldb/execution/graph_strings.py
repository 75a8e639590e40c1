"""The functions over strings that graph plans call, as DuckDB SQL; positions count characters from 1, as in XPath."""

from __future__ import annotations

from collections.abc import Mapping

from neuraldb.execution.scalars import register

LONGEST = 2**31
"""Characters that no string has."""


def collapsed(text: str) -> str:
    """A lexical form without the white space of XML around it."""
    return f"trim({text}, ' ' || chr(9) || chr(10) || chr(13))"


def place(number: str) -> str:
    """A number as a position; what is no number is behind all of them."""
    return f"CAST(least(greatest({number}, 1.0), {LONGEST}) AS BIGINT)"


START = place("floor({1} + 0.5)")
END = "(floor({1} + 0.5) + floor({2} + 0.5))"

FORMS: Mapping[str, str] = {
    "substring_from": f"substring({{0}}, {START})",
    "substring_of": (
        f"CASE WHEN isnan({END}) THEN '' ELSE substring({{0}}, {START}, greatest({place(END)} - {START}, 0)) END"
    ),
    "before": "CASE contains({0}, {1}) WHEN true THEN left({0}, strpos({0}, {1}) - 1) WHEN false THEN '' END",
    "after": (
        "CASE contains({0}, {1}) WHEN true THEN substring({0}, strpos({0}, {1}) + length({1})) WHEN false THEN '' END"
    ),
    # a pattern that cannot be read is an error, as SPARQL has it, and not the end of the query
    "match": "TRY(regexp_matches({0}, {1}))",
    # a pattern that matches the empty string is an error, too (err:FORX0003)
    "substitute": "TRY(CASE WHEN NOT regexp_matches('', {1}) THEN regexp_replace({0}, {1}, {2}, 'g') END)",
    "collapsed": collapsed("{0}"),
    "unspaced": r"regexp_replace({0}, '\s', '', 'g')",
    "escape_pattern": "regexp_escape({0})",
    "flagged": (  # a pattern, and flags that are computed
        "CASE WHEN regexp_full_match({1}, '[smixq]*') THEN "
        "CASE WHEN regexp_matches({1}, '[smi]') THEN '(?' || regexp_replace({1}, '[xq]', '', 'g') || ')' ELSE '' END "
        "|| CASE WHEN contains({1}, 'q') THEN regexp_escape({0}) "
        r"WHEN contains({1}, 'x') THEN regexp_replace({0}, '\s', '', 'g') ELSE {0} END END"
    ),
    "replacement": r"regexp_replace({0}, '\$([0-9])', '\\\1', 'g')",
    "language_matches": (
        "CASE WHEN {1} = '*' THEN {0} <> '' "
        "ELSE lower({0}) = lower({1}) OR starts_with(lower({0}), lower({1}) || '-') END"
    ),
    "resolve_iri": (  # a reference, and the base
        "CASE WHEN regexp_matches({0}, '^[A-Za-z][A-Za-z0-9+.-]*:') THEN {0} "
        "ELSE regexp_replace({1}, '[^/]*$', '') || {0} END"
    ),
    **{name: f"{name}({{0}})" for name in ("md5", "sha1", "sha256", "sha384", "sha512", "url_encode")},
    "blank_label": "'n' || md5({0} || {1})",  # what tells a solution apart, and the label
}

for _name, _form in FORMS.items():
    register(_name, lambda a, form=_form: form.format(*a))  # type: ignore[misc]
register("join_texts", lambda a: f"({' || '.join(a)})")
