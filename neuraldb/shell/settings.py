"""What a user sets for the statements that follow."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("auto", "question", "sql", "sparql")
CAP = 100
"""Rows that a terminal gets to see unless the user wants more; what is left out is counted."""
CAPPED = ("box", "markdown", "vertical", "html")
"""The formats that say how many rows they leave out, so that a cap is never silent."""


@dataclass
class Settings:
    """The settings of a shell or a script.

    Attributes:
        form: the output format; None is a box on a terminal, else CSV.
        limit: the most rows that are shown, 0 for all; None caps on a terminal only.
        timing: tell how long each stage took.
        language: one of :data:`LANGUAGES`.
        strict: in SPARQL, bind only names that exist.
        why: after each result, tell what its rows rest on.
        echo: before each result, tell its statement.
        min_confidence: leave out rows of a question that are less sure.
        budget: facts that may be read for a question; None for as many as may matter.
        timeout: seconds for a statement; None for no limit.
    """

    form: str | None = None
    limit: int | None = None
    timing: bool = False
    language: str = "auto"
    strict: bool = False
    why: bool = False
    echo: bool = False
    min_confidence: float | None = None
    budget: int | None = None
    timeout: float | None = None

    def form_for(self, interactive: bool) -> str:
        """The output format of data that go to a terminal, or elsewhere."""
        return self.form or ("box" if interactive else "csv")

    def limit_for(self, interactive: bool) -> int | None:
        """The most rows to show; None for all."""
        if self.limit is not None:
            return self.limit or None
        return CAP if interactive and self.form_for(interactive) in CAPPED else None
