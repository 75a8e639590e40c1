"""``docs/operations.md`` tells of every error, and its numbers are those of the code."""

from __future__ import annotations

import re

from docs.commands import ROOT
from docs.test_shell_reference import rows, sections, spelt
from neuraldb.bulk import BATCH
from neuraldb.core import errors as core_errors
from neuraldb.loading.formats import FORMATS
from neuraldb.loading.load import TRIPLES_BATCH
from neuraldb.models.minilm import WIDTH
from neuraldb.shell.transfer import REFUSALS
from neuraldb.stores.connection import WRITER_TIMEOUT
from neuraldb.stores.schema import FORMAT_VERSION

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
SECTIONS = sections(re.sub(r"^```\w+\n.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL))
# the roots of the tree, of which no error is only that
ROOTS = {"Error", "DatabaseError"}


def errors() -> set[str]:
    """The names of the errors that the package has."""
    found = vars(core_errors).values()
    return {each.__name__ for each in found if isinstance(each, type) and issubclass(each, core_errors.Error)}


def test_errors() -> None:
    told = [spelt(row[0])[0] for row in rows(SECTIONS["What to do on an error"], "error")]
    assert len(told) == len(set(told))
    assert set(told) == errors() - ROOTS


def test_numbers() -> None:
    assert f"one for each\n{BATCH} entries ({TRIPLES_BATCH:,} for triples)" in SECTIONS["What a crash leaves"]
    assert f"format version, now {FORMAT_VERSION}." in SECTIONS["Format version"]
    assert (WRITER_TIMEOUT, REFUSALS, len(FORMATS), WIDTH) == (5, 50, 14, 384)
    assert "longer\nthan five seconds" in SECTIONS["Who may open it"]
    assert "[fourteen formats]" in SECTIONS["Loading large files"]
    assert "the first fifty of each file" in SECTIONS["Loading large files"]
    assert f"({WIDTH} numbers, {WIDTH * 4 / 1024:.1f} kB)" in SECTIONS["Size and speed"]
