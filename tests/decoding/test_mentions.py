"""Which things the words of a question may mean."""

from __future__ import annotations

import pytest

from neuraldb.decoding.mentions import NameIndex

NAMES = ("Anna Berg", "Oslo", "oslo", "University of Oslo", "The Who", "mountain", "Christopher Nolan", "C++", "Berg")
INDEX = NameIndex((name, number) for number, name in enumerate(NAMES))


def found(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(m.text, tuple(NAMES[i] for i in m.ids), m.kind) for m in INDEX.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where was anna berg born?", [("anna berg", ("Anna Berg",), "exact")]),
        ("Who leads the University of Oslo?", [("the University of Oslo", ("University of Oslo",), "exact")]),
        ("What is Oslo's area?", [("Oslo", ("Oslo", "oslo"), "exact")]),
        ("Which mountains are high?", [("mountains", ("mountain",), "inflected")]),
        ("Which films did Nolan direct?", [("Nolan", ("Christopher Nolan",), "partial")]),
        ("Where was Ana Berg born?", [("Ana Berg", ("Anna Berg",), "misspelt"), ("Berg", ("Berg",), "exact")]),
        ("Who made C++?", [("C++", ("C++",), "exact")]),
        ("Which films are good?", []),
    ],
)
def test_names_are_found(text: str, expected: list[tuple[str, tuple[str, ...], str]]) -> None:
    assert found(text) == expected


def test_a_name_that_the_parser_saw_is_likelier() -> None:
    (berg,) = INDEX.find("Where is Berg?", [(9, 13)])
    assert berg.seen == 1.0
    (berg,) = INDEX.find("Where is Berg?", [(6, 13)])
    assert 0.0 < berg.seen < 1.0
