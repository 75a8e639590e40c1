"""The W3C's syntax tests, of queries and of updates: what is to be read, and what is not."""

from __future__ import annotations

from dataclasses import dataclass

import rdflib

from neuraldb.core.errors import Error
from neuraldb.evaluation.w3c import MF, Entry, path_of
from neuraldb.language import sparql


@dataclass(frozen=True, slots=True)
class Syntax:
    """Runs the tests of one kind of text.

    Attributes:
        text: the property by which a manifest names a test's text, where its action is none itself.
        kind: what the text is, or is not.
    """

    text: rdflib.URIRef
    kind: str

    def accept(self, entry: Entry) -> str:
        """A text that is to be read."""
        sparql.parse(self._read(entry))
        return ""

    def refuse(self, entry: Entry) -> str:
        """A text that is not to be read."""
        try:
            sparql.parse(self._read(entry))
        except Error:
            return ""
        return f"it is accepted though it is no {self.kind}"

    def _read(self, entry: Entry) -> str:
        action = entry.value(MF.action)
        assert action is not None
        # line ends as they are: some tests are about them
        return path_of(entry.value(self.text, action) or action).read_bytes().decode("utf-8")
