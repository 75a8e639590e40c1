"""Texts of many statements, in blocks as they come."""

import io
import os
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.shell.script import blocks_of, entries_of

SCRIPT = """# a remark
Anna lives in Oslo.
\\facts

SELECT ';' AS a,
  2 AS b;
SELECT 1; SELECT 2;
-- another
SELECT ?x WHERE {
  ?x :p 1 }
LIMIT 3
Who lives in Oslo?
help
"""
TEXTS = [
    ("Anna lives in Oslo.", 2),
    ("\\facts", 3),
    ("SELECT ';' AS a,\n  2 AS b", 5),
    ("SELECT 1", 7),
    ("SELECT 2", 7),
    ("SELECT ?x WHERE {\n  ?x :p 1 }\nLIMIT 3", 9),
    ("Who lives in Oslo?", 12),
    ("help", 13),
]


def read(blocks):
    return [(entry.text, int(entry.place.removeprefix("s:"))) for entry in entries_of(blocks, "s")]


def test_entries_and_their_lines():
    assert read([SCRIPT]) == TEXTS


@given(st.sets(st.integers(1, SCRIPT.count("\n") - 1)))
def test_blocks_may_end_after_any_line_that_does_not_end_a_statement(cuts):
    lines = SCRIPT.splitlines(keepends=True)
    # a SPARQL query that could go on is complete, if nothing more has come
    ends = [0, *sorted(cuts - {10}), len(lines)]
    assert read(["".join(lines[start:end]) for start, end in pairwise(ends)]) == TEXTS


@pytest.mark.parametrize("text", ["", "\n\n", "-- only a remark", "# remark\n", "/* long\nremark */", ";"])
def test_nothing_to_run(text):
    assert read([text]) == []


def test_what_is_unfinished_at_the_end_is_run_nevertheless():
    assert read(["SELECT 1"]) == [("SELECT 1", 1)]
    assert read(["ASK {\n"]) == [("ASK {", 1)]


def test_bytes_that_are_no_text():
    entries = list(entries_of(blocks_of(io.BytesIO(b"Anna sings.\ncaf\xe9\n\xef\xbb\xbf\n")), "s"))
    assert [(entry.text, str(entry.problem or "")) for entry in entries[:1]] == [("Anna sings.", "")]
    assert (entries[1].place, str(entries[1].problem)) == ("s:2", "byte 0xe9 is not UTF-8")


def test_byte_order_mark_and_windows_line_ends():
    assert list(blocks_of(io.BytesIO(b"\xef\xbb\xbfa\r\nb\r\n"))) == ["a\nb\n"]


def test_who_waits_for_an_answer_gets_it():
    """A block comes as soon as the writer pauses at the end of a line, not in the middle of one."""
    reading, writing = os.pipe()
    received = []
    arrived = threading.Event()

    def receive():
        with os.fdopen(reading, "rb") as stream:
            for block in blocks_of(stream):
                received.append(block)
                arrived.set()

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    os.write(writing, b"SEL")
    assert not arrived.wait(0.2)
    os.write(writing, b"ECT 1;\n")
    assert arrived.wait(5)
    assert received == ["SELECT 1;\n"]
    os.close(writing)
    thread.join(5)
