"""What DuckDB says of functions: read once, anew for unknown ones, and by several threads at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuraldb.plan.expressions import Scalar
from neuraldb.plan.sql_catalogue import DuckDBTables


class Functions:
    """Answers the query for functions, and counts how often it is asked."""

    def __init__(self) -> None:
        self.there = [("abs", "scalar")]
        self.asked = 0

    def rows(self, sql: str, parameters: Mapping[str, Scalar]) -> list[tuple[Any, ...]]:
        self.asked += 1
        return list(self.there)


def test_unknown_functions_are_looked_for_anew() -> None:
    functions = Functions()
    tables = DuckDBTables(functions.rows)
    assert [tables.function_kind(name) for name in ("ABS", "abs")] == ["scalar", "scalar"]
    assert functions.asked == 1
    assert tables.function_kind("mine") is None
    functions.there.append(("mine", "macro"))
    assert tables.function_kind("mine") == "macro"
    assert tables.functions() == ("abs", "mine")


def test_what_is_known_does_not_vanish_while_another_thread_looks_anew() -> None:
    functions = Functions()
    tables = DuckDBTables(functions.rows)
    tables.function_kind("abs")
    seen: list[tuple[str, ...]] = []

    def asking(sql: str, parameters: Mapping[str, Scalar]) -> list[tuple[Any, ...]]:
        # as another thread would ask while this one reads them; it has them at hand
        if not seen:
            seen.append(())
            seen[0] = tables.functions()
            assert functions.asked == 1
        return functions.rows(sql, parameters)

    tables._rows = asking
    assert tables.function_kind("mine") is None
    assert seen == [("abs",)]
