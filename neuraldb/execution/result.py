"""What a statement gives back: rows with the facts they rest on, and how they came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pyarrow as pa

from neuraldb.core.errors import InterfaceError, InternalError, MissingExtra, NoResultSet, ProgrammingError
from neuraldb.core.progress import Counters
from neuraldb.execution.arrow_values import rows_of, type_name, whole_numbers
from neuraldb.execution.changed_rows import changed_rows
from neuraldb.execution.columns import Column, column, visible
from neuraldb.execution.rendering import Grid, render
from neuraldb.operators.updates import Conflict
from neuraldb.plan.meant_nodes import told_of
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.template_nodes import TRIPLE

if TYPE_CHECKING:
    import pandas
    import polars
    import rdflib

    from neuraldb.plan.nodes import Node

Row: TypeAlias = tuple[Any, ...]
Texts: TypeAlias = Callable[[Sequence[int]], Mapping[int, str]]

MOST_EVIDENCE = 256
"""Facts that a result may rest on for conflicts to be looked for."""
SHOWN_ROWS = 20
"""Rows that a repr shows; it says how many more there are."""
SHOWN_WIDTH = 160
"""Characters of a line of a repr; what is cut from a cell is marked with an ellipsis."""


class Evidence(NamedTuple):
    """A fact that a row rests on: its id and its text as it was told."""

    id: int
    text: str


def _no_texts(ids: Sequence[int]) -> Mapping[int, str]:
    return {}


class Result:
    """The rows of a statement, as Python tuples, a table on the screen, or Arrow.

    Iterating gives the rows, each time from the first. Its truth value: a result of one row and one column is as true
    as its value (a count of 0 and the answer "no" are false), any other is true if it has rows. ``len`` is the number
    of rows.

    Args:
        table: the rows, with or without the two columns of provenance (:mod:`neuraldb.plan.provenance`); None for a
            statement that gives no rows.
        statement: the text that was run.
        language: question, sql, sparql or statement.
        texts: gives the texts of facts by id; asked when evidence is looked at.
        plan: the optimised logical plan; None where the statement has none. Of one that changes data, the table holds
            the number of rows, which becomes the ``rowcount`` of a result without rows.
        explanation: gives the text of :meth:`explain`.
        timings: milliseconds by stage, in the order of the stages.
        counters: model calls and facts read.
        rowcount: rows that were changed; by default the number of rows given, and -1 where there are none to give.
        lastrowid: the id of the fact that was added last, if any was.
        conflicts: what is stored that speaks against the answer or the new fact; or a function that looks for it,
            given the ids of the facts that the rows rest on.
        origins: of each row what :attr:`origin` says; None where no edge was predicted.
        notes: see :attr:`notes`.
    """

    def __init__(
        self,
        table: pa.Table | None,
        *,
        statement: str = "",
        language: str = "",
        texts: Texts = _no_texts,
        plan: Node | None = None,
        explanation: Callable[[], str] | None = None,
        timings: Mapping[str, float] | None = None,
        counters: Counters | None = None,
        rowcount: int | None = None,
        lastrowid: int | None = None,
        conflicts: Sequence[object] | Callable[[Sequence[int]], Sequence[object]] = (),
        origins: tuple[str, ...] | None = None,
        notes: Iterable[str] = (),
    ) -> None:
        self.statement = statement
        self.language = language
        self.plan = plan
        self.timings: Mapping[str, float] = dict(timings or {})
        self.counters = counters or Counters()
        self.lastrowid = lastrowid
        self._conflicts = conflicts
        self._origins = origins
        self.notes = tuple(notes)
        """What is to be said beside the rows: which names or things a prediction knows nothing of, and why."""
        self._explanation = explanation
        self._texts = texts
        self._visible = None if table is None else visible(table)
        changed = None if self._visible is None else changed_rows(plan, self._visible)
        if changed is not None:
            self._visible, rowcount = None, changed
        # of a statement without rows there is nothing to tell the evidence of either
        self._full = None if self._visible is None else table
        self.rowcount = rowcount if rowcount is not None else (-1 if self._visible is None else len(self))

    # ----------------------------------------------------------------------------------------------------- columns

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; empty for a statement that gives no rows."""
        return () if self._visible is None else tuple(self._visible.column_names)

    @property
    def types(self) -> tuple[str, ...]:
        """DuckDB's name of each column's type."""
        return () if self._visible is None else tuple(type_name(kind) for kind in self._visible.schema.types)

    @property
    def description(self) -> tuple[Column, ...] | None:
        """The columns as PEP 249 describes them; None for a statement that gives no rows."""
        if self._visible is None:
            return None
        return tuple(column(field) for field in self._visible.schema)

    # -------------------------------------------------------------------------------------------------------- rows

    def __len__(self) -> int:
        return 0 if self._visible is None else int(self._visible.num_rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(()) if self._visible is None else rows_of(self._visible)

    def __bool__(self) -> bool:
        if len(self) == 1 and len(self.columns) == 1:
            return bool(self.scalar())
        return len(self) > 0

    @property
    def rows(self) -> list[Row]:
        """All rows as tuples of Python values."""
        return list(self)

    def fetchall(self) -> list[Row]:
        """All rows as tuples of Python values, each time anew; a cursor has the other fetch methods.

        Raises:
            NoResultSet: the statement gives no rows.
        """
        self._table()
        return list(self)

    def first(self) -> Row | None:
        """The first row; None where there is none."""
        return next(iter(self), None)

    def scalar(self) -> Any:
        """The value of a result of one row and one column; None of an empty one.

        Raises:
            ProgrammingError: there are more rows or columns.
        """
        if len(self) > 1 or len(self.columns) > 1:
            raise ProgrammingError(
                f"scalar() needs one row and one column, and there are {len(self)} and {len(self.columns)}",
                hint="take first() or fetchall()",
            )
        row = self.first()
        return None if row is None else row[0]

    # -------------------------------------------------------------------------------------------------- provenance

    @property
    def evidence(self) -> tuple[tuple[Evidence, ...], ...]:
        """For each row the facts it rests on, in order of id.

        Raises:
            InterfaceError: the database is closed, so that the texts cannot be read any more.
        """
        return self._evidence(self.evidence_ids)

    @property
    def evidence_ids(self) -> tuple[tuple[int, ...], ...]:
        """For each row the ids of the facts it rests on, ascending."""
        return self._ids_of(self._full)

    @property
    def confidence(self) -> tuple[float, ...]:
        """For each row how sure it is, in [0, 1]; rows that were looked up exactly have 1.

        Of a question read by the embedded reader it is the chance that the row is right, as fitted on generated
        databases (:mod:`neuraldb.models.calibration`).
        """
        return self._confidence_of(self._full)

    @property
    def origin(self) -> tuple[str, ...]:
        """For each row whether it rests on what is ``stored``, on ``predicted`` edges alone, or on both (``mixed``).

        In its evidence a predicted edge is an id below zero with a text that says how likely it is.
        """
        return ("stored",) * len(self) if self._origins is None else self._origins

    @cached_property
    def conflicts(self) -> tuple[object, ...]:
        """What is stored that speaks against the answer or the new fact, looked for when it is first asked for.

        Of rows that rest on more than :data:`MOST_EVIDENCE` facts nothing is looked for.

        Raises:
            InterfaceError: the database is closed, and it was not asked for before.
        """
        if not callable(self._conflicts):
            return tuple(self._conflicts)
        ids = sorted({fact for row in self.evidence_ids for fact in row})
        return tuple(self._conflicts(ids)) if len(ids) <= MOST_EVIDENCE else ()

    def why(self, row: int = 0) -> str:
        """Why a row is in the answer: the row, its confidence, and the facts it rests on.

        Args:
            row: its number, from 0; negative ones count from the end.

        Raises:
            InterfaceError: there is no such row, or the database is closed.
        """
        if not len(self):
            return "\n".join(("There are no rows, so there is nothing to explain.", *told_of(self.plan), *self.notes))
        if not -len(self) <= row < len(self):
            raise InterfaceError(f"there is no row {row}: the result has {len(self)}")
        assert self._full is not None and self._visible is not None  # noqa: PT018
        place = row % len(self)
        (values,) = rows_of(self._visible.slice(place, 1))
        one = self._full.slice(place, 1)
        (facts,) = self._evidence(self._ids_of(one))
        (confidence,) = self._confidence_of(one)
        lines = [f"{name}: {text}" for name, text in Grid(self.columns, [values]).named(0)]
        lines.append(f"confidence: {confidence:.2f}")
        lines.append(f"rests on {_counted(len(facts), 'fact')}{':' if facts else ', but on stored tables or none'}")
        lines += [f"  [{fact.id}] {_indented(fact.text)}" for fact in facts]
        against = [c for c in self.conflicts if not isinstance(c, Conflict) or c.concerns(f.id for f in facts)]
        lines += ["against it:"] if against else []
        lines += [f"  {_indented(str(conflict))}" for conflict in against]
        return "\n".join((*lines, *told_of(self.plan)))

    def explain(self) -> str:
        """The plan that made this result, as text."""
        return "The statement has no plan." if self._explanation is None else self._explanation()

    def _evidence(self, ids: tuple[tuple[int, ...], ...]) -> tuple[tuple[Evidence, ...], ...]:
        wanted = sorted({fact for row in ids for fact in row})
        texts = self._texts(wanted) if wanted else {}
        missing = [fact for fact in wanted if fact not in texts]
        if missing:
            raise InternalError(f"a row rests on fact {missing[0]}, which is not stored")
        return tuple(tuple(Evidence(fact, texts[fact]) for fact in row) for row in ids)

    def _ids_of(self, table: pa.Table | None) -> tuple[tuple[int, ...], ...]:
        if table is None or EVIDENCE not in table.column_names:
            return ((),) * (0 if table is None else table.num_rows)
        return tuple(tuple(sorted(ids or ())) for ids in table.column(EVIDENCE).to_pylist())

    def _confidence_of(self, table: pa.Table | None) -> tuple[float, ...]:
        if table is None or CONFIDENCE not in table.column_names:
            return (1.0,) * (0 if table is None else table.num_rows)
        return tuple(1.0 if value is None else float(value) for value in table.column(CONFIDENCE).to_pylist())

    # ------------------------------------------------------------------------------------------------------ frames

    def to_arrow(self, provenance: bool = False) -> pa.Table:
        """The rows as a ``pyarrow.Table``.

        Args:
            provenance: with the columns ``__evidence`` (list of fact ids) and ``__confidence`` at the end.

        Raises:
            NoResultSet: the statement gives no rows.
        """
        table = self._table()
        if not provenance:
            return table
        ids = pa.array(self.evidence_ids, pa.list_(pa.int64()))
        return table.append_column(EVIDENCE, ids).append_column(CONFIDENCE, pa.array(self.confidence, pa.float64()))

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a ``pandas.DataFrame``; integers with gaps get pandas' nullable types, so none is rounded.

        Raises:
            MissingExtra: (also an ImportError) pandas is not installed.
            NoResultSet: the statement gives no rows.
        """
        table = whole_numbers(self._table())
        try:
            import pandas as pd
        except ImportError as error:
            raise _missing("pandas") from error
        gaps = {c.type for c in table.columns if pa.types.is_integer(c.type) and c.null_count}
        nullable = {kind: pd.api.types.pandas_dtype(str(kind).replace("i", "I").replace("u", "U")) for kind in gaps}
        return table.to_pandas(types_mapper=nullable.get)

    def to_polars(self) -> polars.DataFrame:
        """The rows as a ``polars.DataFrame``; of equal column names, the later ones are numbered.

        Raises:
            MissingExtra: (also an ImportError) polars is not installed.
            NoResultSet: the statement gives no rows.
        """
        table = whole_numbers(self._table())
        try:
            import polars as pl
        except ImportError as error:
            raise _missing("polars") from error
        frame = pl.from_arrow(table.rename_columns(Grid(self.columns, []).distinct_columns))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def graph(self) -> rdflib.Graph:
        """The triples of CONSTRUCT or DESCRIBE as an ``rdflib.Graph``; ``result.graph().serialize()`` is Turtle.

        Names in words become IRIs, as in an export: ``urn:neuraldb:entity:Anna%20Berg``.

        Raises:
            ProgrammingError: the statement gives no graph.
        """
        if self._full is None or TRIPLE not in self._full.column_names:
            raise ProgrammingError("the statement gives no graph", hint="CONSTRUCT and DESCRIBE give one")
        from neuraldb.execution.result_graph import graph_of

        return graph_of(self._full.column(TRIPLE).to_pylist())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows for any library that takes Arrow streams (pyarrow, polars, pandas 3, DuckDB)."""
        return self._table().__arrow_c_stream__(requested_schema)

    def _table(self) -> pa.Table:
        if self._visible is None:
            raise NoResultSet("the statement gives no rows")
        return self._visible

    # --------------------------------------------------------------------------------------------------- on screen

    def render(
        self, form: str = "box", *, limit: int | None = None, width: int | None = None, confidence: bool = False
    ) -> str:
        """The rows as text; see :mod:`neuraldb.execution.rendering` for the forms.

        Args:
            form: box, markdown, csv, tsv, json, jsonl, vertical, html or none.
            limit: show at most so many rows; box, markdown, vertical and html say how many more there are.
            width: of a box's line, in characters; cells that are cut end in an ellipsis.
            confidence: with a last column that holds each row's confidence, to two places.

        Raises:
            InterfaceError: there is no such form.
        """
        return render(self.grid(limit, confidence), form, width=width)

    def grid(self, limit: int | None = None, confidence: bool = False) -> Grid:
        """Column names and rows as :func:`neuraldb.execution.rendering.render` takes them; as :meth:`render`."""
        shown = len(self) if limit is None else min(max(limit, 0), len(self))
        rows = [] if self._visible is None else list(rows_of(self._visible.slice(0, shown)))
        columns = self.columns
        if confidence and self._full is not None and columns:
            columns = (*columns, "confidence")
            sure = self._confidence_of(self._full.slice(0, shown))
            rows = [(*row, round(value, 2)) for row, value in zip(rows, sure, strict=True)]
        return Grid(columns, rows, more=len(self) - shown)

    def __repr__(self) -> str:
        if self._visible is None:
            changed = f", {_counted(self.rowcount, 'row')} changed" if self.rowcount >= 0 else ""
            return f"<Result without rows{changed}>"
        if not self.columns:
            return f"<Result of {_counted(len(self), 'row')} without columns>"
        return self.render(limit=SHOWN_ROWS, width=SHOWN_WIDTH)

    def _repr_html_(self) -> str:
        if self._visible is None:
            return self.render("html") or f"<p>{repr(self)[1:-1]}</p>"
        return self.render("html", limit=SHOWN_ROWS)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else f"no {noun}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


def _missing(extra: str) -> MissingExtra:
    return MissingExtra(f"{extra} is not installed", hint=f'pip install "neuraldb[{extra}]"')
