"""What a user may say about an edge list; apart, since the list of formats needs no more of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """What a user may say about an edge list.

    Attributes:
        columns: names of columns, or their numbers from 1: of heads, relations, tails and, if wanted, graphs. None
            finds them by the header, and takes the first three where there is none.
        header: whether the first row is a header; None looks whether it has names of columns.
        base: makes IRIs of names.
    """

    columns: tuple[str, ...] | None = None
    header: bool | None = None
    base: str | None = None


NONE = EdgeOptions()
"""Nothing is said."""
