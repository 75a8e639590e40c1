"""Characters that N-Triples and Turtle write by number or with a backslash."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.)|)", re.DOTALL)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "\\": "\\", '"': '"', "'": "'"}


def unescaped(text: str, *, strings: bool = False) -> str:
    r"""A text without its escapes.

    Args:
        text: with escapes.
        strings: whether there are those of strings (``\n``) besides those by number.

    Raises:
        ValueError: an escape is none, or stands for no character.

    >>> unescaped("caf\\u00e9"), unescaped("a\\tb", strings=True)
    ('café', 'a\tb')
    """
    if "\\" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        if digits is None:
            if not strings or match[3] not in _CHARACTERS:
                raise ValueError(f"{match[0]} is no escape")
            return _CHARACTERS[match[3]]
        number = int(digits, 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise ValueError(f"{match[0]} is no character")
        return chr(number)

    return _ESCAPE.sub(character, text)
