"""Deterministic stand-ins for the models, which answer from what a test says is true; no network, no torch."""

from doubles.encoder import HashedWords
from doubles.marked import TableParser, marked
from doubles.oracle import OracleExtractor, OracleReader, Pattern, Triple, World

__all__ = [
    "HashedWords",
    "OracleExtractor",
    "OracleReader",
    "Pattern",
    "TableParser",
    "Triple",
    "World",
    "marked",
]
