"""The names of the two columns that every row carries besides its own, and how plans combine them."""

from __future__ import annotations

EVIDENCE = "__evidence"
"""BIGINT[]: ids of the facts that the row rests on, ascending."""
CONFIDENCE = "__confidence"
"""DOUBLE in [0, 1]."""
