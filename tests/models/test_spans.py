"""Spans of tokens as spans of the text."""

from __future__ import annotations

import pytest

from neuraldb.models.minilm import load_tokenizer
from neuraldb.models.spans import past_accents


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("", 0, 0), ("Zoe", 3, 3), ("Zoe sings", 3, 3), ("Zo\u00eb sings", 3, 3),
        ("Zoe\u0308 sings", 3, 4), ("Zoe\u0308", 3, 4), ("Zoe\u0308\u0301!", 3, 5),
        # an accent that belongs to nothing here, and one behind a space
        ("Zoe \u0308", 3, 3),
        # signs that have no combining class, but that the tokenizer drops all the same
        ("\u0917\u0941", 1, 2),
    ],
)  # fmt: skip
def test_past_accents(text: str, end: int, expected: int) -> None:
    assert past_accents(text, end) == expected


@pytest.mark.parametrize(
    "text", ["Zoe\u0308 sings", "Malmo\u0308", "\u0917\u0941\u0930\u0941 sings", "a\u0323\u0301 b"]
)
def test_nothing_that_the_tokenizer_drops_is_left_between_two_tokens(text: str) -> None:
    offsets = load_tokenizer().encode(text, add_special_tokens=False).offsets
    assert any(past_accents(text, end) != end for _, end in offsets)
    for (_, end), (start, _) in zip(offsets, [*offsets[1:], (len(text), len(text))], strict=True):
        assert text[past_accents(text, end) : start].strip() == ""
