"""The functions over dates and times that graph plans call, as DuckDB SQL.

A date is an interval of days, from its first to its last. An ``xsd:dateTime`` is a point in time besides; one without
a zone may be 14 hours earlier or later than it says, so it compares with a zoned one only beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuraldb.core.rdf import XSD
from neuraldb.execution.scalars import Render, register

DATE, DATE_TIME = f"'{XSD}date'", f"'{XSD}dateTime'"
ZONE = "(Z|[+-][0-9][0-9]:[0-9][0-9])$"
ZONED = f"regexp_matches({{0}}, '{ZONE}')"
SLACK = "INTERVAL 14 HOURS"
CLOCK = r"T([0-9][0-9]):([0-9][0-9]):([0-9][0-9](?:\.[0-9]+)?)"


def moment(date: str, text: str, datatype: str) -> str:
    """The point in time of a date; where there is no zone, as if it were in UTC."""
    zoned = f"CASE WHEN {ZONED.format(text)} THEN {text} ELSE concat({text}, 'Z') END"
    return (
        f"CASE WHEN {datatype} = {DATE_TIME} THEN TRY_CAST({zoned} AS TIMESTAMPTZ) "
        f"ELSE TRY_CAST({date} AS TIMESTAMPTZ) END"
    )


def comparison(operator: str, true: str, false: str, apart: str) -> Render:
    """The form of a comparison of two dates.

    Args:
        operator: how points in time compare.
        true: when intervals of days compare so.
        false: when they do not; where neither holds, it cannot be known.
        apart: the truth value for a date and a point in time, which are different things.
    """

    def form(a: list[str]) -> str:
        a_from, a_to, a_text, a_type, b_from, b_to, b_text, b_type = a
        names = {"a_from": a_from, "a_to": a_to, "b_from": b_from, "b_to": b_to}
        x, y = moment(a_from, a_text, a_type), moment(b_from, b_text, b_type)
        mixed = f"{ZONED.format(a_text)} <> {ZONED.format(b_text)}"
        near = f"{x} <= {y} + {SLACK} AND {y} <= {x} + {SLACK}"
        same_day = f"{a_from} <= {b_to} AND {b_from} <= {a_to}"
        return (
            f"CASE WHEN {a_type} = {DATE_TIME} AND {b_type} = {DATE_TIME} "
            f"THEN CASE WHEN {mixed} AND {near} THEN NULL ELSE {x} {operator} {y} END "
            f"WHEN ({a_type}, {b_type}) IN (({DATE}, {DATE_TIME}), ({DATE_TIME}, {DATE})) THEN {apart} "
            f"WHEN {same_day} AND {mixed} THEN NULL "
            f"WHEN {true.format(**names)} THEN true WHEN {false.format(**names)} THEN false END"
        )

    return form


def zone_duration(a: list[str]) -> str:
    """The offset from UTC that a dateTime names, as an xsd:dayTimeDuration; NULL without one."""
    zone = f"regexp_extract({a[0]}, '{ZONE}', 1)"
    sign = f"CASE WHEN starts_with({zone}, '-') THEN '-' ELSE '' END"
    hours, minutes = (f"CAST(substring({zone}, {i}, 2) AS INTEGER)" for i in (2, 5))
    parts = " || ".join(
        f"CASE WHEN {n} > 0 THEN {n} || '{unit}' ELSE '' END" for n, unit in ((hours, "H"), (minutes, "M"))
    )
    return (
        f"CASE WHEN {zone} = '' THEN NULL WHEN {zone} IN ('Z', '+00:00', '-00:00') THEN 'PT0S' "
        f"ELSE {sign} || 'PT' || {parts} END"
    )


FORMS: Mapping[str, str] = {
    # the whole interval must lie in one year, month or day
    **{
        f"date_{unit}": f"CASE WHEN date_trunc('{unit}', {{0}}) = date_trunc('{unit}', {{1}}) THEN {unit}({{0}}) END"
        for unit in ("year", "month", "day")
    },
    **{
        f"time_{unit}": f"TRY_CAST(nullif(regexp_extract({{0}}, '{CLOCK}', {group}), '') AS DOUBLE)"
        for unit, group in (("hours", 1), ("minutes", 2), ("seconds", 3))
    },
    "zone": f"regexp_extract({{0}}, '{ZONE}', 1)",
    "iso_date": "strftime({0}, '%Y-%m-%d')",
}
BEFORE, AFTER = "{a_to} < {b_from}", "{a_from} > {b_to}"
NOT_BEFORE, NOT_AFTER = "{a_from} >= {b_to}", "{a_to} <= {b_from}"
SAME = "{a_from} = {b_from} AND {a_to} = {b_to}"

for _name, _form in FORMS.items():
    register(_name, lambda a, form=_form: form.format(*a))  # type: ignore[misc]
register("zone_duration", zone_duration)
register("moment", lambda a: f"({moment(a[0], a[2], a[3])})")
register("dates_equal", comparison("=", SAME, f"{BEFORE} OR {AFTER}", "false"))
register("dates <", comparison("<", BEFORE, NOT_BEFORE, "NULL"))
register("dates >", comparison(">", AFTER, NOT_AFTER, "NULL"))
register("dates <=", comparison("<=", NOT_AFTER, AFTER, "NULL"))
register("dates >=", comparison(">=", NOT_BEFORE, BEFORE, "NULL"))
