"""Arguments of the API, checked where they come in: what is wrong with one is said in the API's terms."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from numbers import Integral, Real

from neuraldb.core.errors import InterfaceError
from neuraldb.core.text import nearest


def text(name: str, value: object) -> str:
    """An argument that must be a text with something in it.

    Raises:
        InterfaceError: it is none; so do the others where an argument is not what they say.
    """
    if not isinstance(value, str):
        raise wrong(name, "a string", value)
    if not value.strip():
        raise InterfaceError(f"{name} is blank")
    return value


def text_or_none(name: str, value: object) -> str | None:
    """An argument that may be left out; any text will do, a blank one too."""
    if value is not None and not isinstance(value, str):
        raise wrong(name, "a string", value)
    return value


def path(name: str, value: object) -> str:
    """A file or folder, as a text."""
    if not isinstance(value, str | os.PathLike):
        raise wrong(name, "a path", value)
    return text(name, os.fsdecode(value))


def texts(name: str, value: object) -> tuple[str, ...]:
    """A text, or several."""
    if isinstance(value, str):
        return (value,)
    several = tuple(value) if isinstance(value, Iterable) else (value,)
    for each in several:
        if not isinstance(each, str):
            raise wrong(name, "a string or a sequence of strings", each)
    return several


def count(name: str, value: object) -> int:
    """A whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise wrong(name, "a whole number", value)
    if value < 1:
        raise InterfaceError(f"{name} is {value}, and must be 1 or more")
    return int(value)


def share(name: str, value: object) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise wrong(name, "a number", value)
    if not 0 <= float(value) <= 1:
        raise InterfaceError(f"{name} is {value}, and must lie between 0 and 1")
    return float(value)


def flag(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise wrong(name, "True or False", value)
    return value


def whole_or_none(name: str, value: object) -> int | None:
    """A whole number, such as an id, where one is given."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise wrong(name, "a whole number", value)
    return int(value)


def seconds(name: str, value: object) -> float | None:
    """A number of seconds, where one is given."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        raise wrong(name, "a number of seconds", value)
    return float(value)


def texts_or_ids(name: str, value: object, expected: str) -> list[str | int]:
    """A text, an id, or several of them; ``expected`` says what they are."""
    found: list[str | int] = []
    for each in value if isinstance(value, Iterable) and not isinstance(value, str) else (value,):
        if isinstance(each, bool) or not isinstance(each, str | Integral):
            raise wrong(name, expected, each)
        found.append(each if isinstance(each, str) else int(each))
    return found


def known(method: str, given: Collection[str], names: Collection[str]) -> None:
    """Refuse arguments by names that a method does not have."""
    for name in given:
        if name not in names:
            raise InterfaceError(f"{method} has no argument {name}", candidates=nearest(name, list(names)))


def wrong(name: str, expected: str, value: object) -> InterfaceError:
    """The error that an argument is of the wrong kind."""
    return InterfaceError(f"{name} must be {expected}, not {type(value).__name__}")
