"""Showing results: the rows as data, what is to be said about them as narration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuraldb.shell.console import Console
from neuraldb.shell.settings import CAPPED, Settings

if TYPE_CHECKING:
    from neuraldb.execution.rendering import Grid
    from neuraldb.execution.result import Result

WHY_ROWS = 20
"""Rows whose facts are told after a result."""


def show(result: Result, settings: Settings, console: Console) -> None:
    """Write a result and what there is to say about it.

    Args:
        result: of a statement.
        settings: the format, how many rows, what else.
        console: where to.
    """
    if result.columns:
        interactive = console.interactive
        uncertain = interactive and any(value < 1 for value in result.confidence)
        grid = result.grid(settings.limit_for(interactive), uncertain)
        show_grid(grid, settings, console)
        if interactive:
            console.note(_summary(result))
    else:
        console.tell(acknowledgement(result))
    if settings.why and result.columns:
        _tell_why(result, console)
    for conflict in result.conflicts if not (settings.why and len(result)) else ():
        console.tell(f"against it: {conflict}")
    for note in result.notes if len(result) or not settings.why else ():
        console.tell(f"note: {note}")
    if settings.timing:
        console.tell(timing(result))


def show_grid(grid: Grid, settings: Settings, console: Console) -> None:
    """Write rows in the format that is set."""
    from neuraldb.execution.rendering import lines

    form = settings.form_for(console.interactive)
    console.data(lines(grid, form, width=console.width))
    if grid.more and form not in CAPPED:
        console.tell(grid.remainder)


def acknowledgement(result: Result) -> str:
    """What became of a statement that gives no rows."""
    if result.language in ("statement", "question") and result.lastrowid is not None:
        return f"known already as fact {result.lastrowid}" if result.rowcount == 0 else f"fact {result.lastrowid}"
    if result.language in ("statement", "retraction"):
        return f"{_counted(max(result.rowcount, 0), 'fact')} forgotten"
    return f"{_counted(result.rowcount, 'row')} changed" if result.rowcount >= 0 else "done"


def _summary(result: Result) -> str:
    parts = [_counted(len(result), "row")]
    facts = len({fact for row in result.evidence_ids for fact in row})
    if facts:
        parts.append(f"from {_counted(facts, 'fact')} (\\why tells which)")
    if len(result) and min(result.confidence) < 1:
        low, high = min(result.confidence), max(result.confidence)
        parts.append(f"confidence {high:.2f}" if high - low < 0.005 else f"confidence {low:.2f} to {high:.2f}")
    return ", ".join(parts)


def _tell_why(result: Result, console: Console) -> None:
    if not len(result):
        console.tell(result.why())
        return
    for row in range(min(len(result), WHY_ROWS)):
        console.tell(result.why(row))
    if len(result) > WHY_ROWS:
        console.tell(f"{len(result) - WHY_ROWS} more rows; \\why ROW tells of each")


def timing(result: Result) -> str:
    """How long each stage took, and how often a model was called."""
    stages = [f"{stage} {milliseconds:.1f} ms" for stage, milliseconds in result.timings.items()]
    total = sum(result.timings.values())
    calls = [f"{number} {role} calls" for role, number in result.counters.calls.items()]
    parts = [f"time: {total:.1f} ms" + (f" ({', '.join(stages)})" if stages else ""), *calls]
    if result.counters.facts_read:
        parts.append(f"{_counted(result.counters.facts_read, 'fact')} read")
    return ", ".join(parts)


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
