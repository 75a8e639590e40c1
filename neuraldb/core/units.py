"""Units of measure and currencies: how they are written, what dimension they have, what one of them is worth.

The spellings are in :mod:`neuraldb.core.unit_spellings`; the factors are pint's. pint is loaded when the first factor
is needed, and each factor is asked for once. A unit that means different things in different countries has one reading
here: a *ton* is the US short ton (a *tonne* is 1000 kg), a *gallon*, *pint* or *fluid ounce* the US one unless
*imperial* is said, a *month* a twelfth of a year of 365.25 days, *dollars* are US dollars, *Rs* Indian rupees, *¥* the
yen and *kr* the Swedish krona. Amounts in different currencies are different dimensions: there is no conversion.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from neuraldb.core.errors import DataError
from neuraldb.core.text import nearest
from neuraldb.core.unit_spellings import (
    CURRENCIES,
    ISO_CURRENCIES,
    MEASURES,
    MISSPELLED,
    NOT_SYMBOLS,
    PREFIXED,
    PREFIXES,
)

if TYPE_CHECKING:
    import pint

# the canonical unit of each dimension, and pint's expression for it
CANONICAL = {
    **{"m": "meter", "m2": "meter**2", "m3": "meter**3", "kg": "kilogram", "s": "second", "m/s": "meter/second"},
    **{"K": "kelvin", "W": "watt", "J": "joule", "Pa": "pascal", "Hz": "hertz"},
    **{"byte": "byte", "byte/s": "byte/second"},
}
PER_AREA = "1/m2"
PERMILLE = "permille"

_WORD = r"(?:(?:[A-Z]\.){2,}|[^\W\d_²³]+)"
_PHRASE = re.compile(rf"({_WORD})(?:[ \u00a0\-]({_WORD}))?(?:[ \u00a0\-]({_WORD}))?")
_SYMBOL = re.compile(r"[°º]\s?[CFK](?!\w)|[A-Z]{1,2}\$|CN¥|[%‰$€£¥₹₽₩₪₫฿₺₱₦₴₿″]|[\u3371-\u33df]")
_POWER_WORD = re.compile(r"(?:(square|sq\.?)|(?:cubic|cu\.?))[ \-\u00a0]", re.I)
_EXPONENT = re.compile(r"\^?([23])(?!\w)|([²³])|[ \-](squared|cubed)(?!\w)")
_PER = re.compile(r"[ \u00a0]?[/∕][ \u00a0]?|(?:[ \u00a0\-]|(?<!\S))per[ \u00a0\-]", re.I)

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``number * factor + offset`` is in ``canonical`` units; ``name`` is pint's, or a currency's ISO code."""

    name: str
    canonical: str
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)

    def to_canonical(self, number: Decimal) -> float:
        """The magnitude in canonical units, rounded to a double once."""
        with localcontext() as context:
            context.prec = 50
            return float(number * self.factor + self.offset)

    def from_canonical(self, number: float) -> float:
        """The magnitude in this unit, to 15 significant digits, so that conversions leave no dust."""
        with localcontext() as context:
            context.prec = 50
            exact = (Decimal(repr(number)) - self.offset) / self.factor
            context.prec = 15
            return float(+exact)


def unit_at(text: str, position: int) -> tuple[int, Unit] | None:
    """The unit that is written at ``position`` and where it ends; None if none is, or more letters follow.

    >>> unit_at("70 km/h.", 3)[0]
    7
    """
    read = _factor_at(text, position)
    if read is None:
        return None
    end, unit = read
    if (link := _PER.match(text, end)) and (below := _factor_at(text, link.end())):
        end, unit = below[0], _quotient(unit, below[1])
    return None if _continues(text, end) else (end, unit)


def rate_at(text: str, position: int) -> tuple[int, Unit] | None:
    """The reciprocal unit of a count (``per square kilometre``, ``/km²``) that is written at ``position``."""
    link = _PER.match(text, position)
    below = _factor_at(text, link.end()) if link else None
    if below is None or _continues(text, below[0]):
        return None
    return below[0], _quotient(Unit("1", "1"), below[1])


def names_unit(text: str, position: int) -> bool:
    """Whether a unit is spelled at ``position``; asks for no factor, so it costs little."""
    phrase = _PHRASE.match(text, position)
    return phrase is not None and _spelled(phrase[1]) is not None and not _continues(text, phrase.end(1))


def parse_unit(text: str) -> Unit:
    """The unit that the whole text says, canonical names included.

    Raises:
        DataError: the text is no unit; the nearest known ones are its candidates.
    """
    text = text.strip()
    read = rate_at(text, 1 if text.startswith("1/") else 0) or unit_at(text, 0)
    if read is None or read[0] != len(text):
        known = nearest(text, tuple(_measures()[1]) + tuple(_measures()[0]))
        raise DataError(f"{text!r} is not a unit of measure", source=text, candidates=known)
    return read[1]


def currency_code(text: str) -> str | None:
    """The ISO code of a currency written as a symbol, code or name, or None."""
    unit = _lookup(text.replace(".", ""))
    return unit.name if unit and unit.canonical in ISO_CURRENCIES else None


def _factor_at(text: str, position: int) -> tuple[int, Unit] | None:
    """A unit without a denominator, with its power: "sq km", "km²", "metres squared"."""
    power = 1
    if word := _POWER_WORD.match(text, position):
        power, position = (2 if word[1] else 3), word.end()
    read = _atom_at(text, position)
    if read is None:
        return None
    end, unit = read
    if power == 1 and (mark := _EXPONENT.match(text, end)):
        power = 2 if (mark[1] or mark[2] or mark[3]) in ("2", "²", "squared") else 3
        end = mark.end()
    if power == 1:
        return end, unit
    return (end, _power(unit, power)) if unit.canonical in ("m", "s") else None


def _atom_at(text: str, position: int) -> tuple[int, Unit] | None:
    """The longest spelling of one unit at ``position``."""
    if symbol := _SYMBOL.match(text, position):
        key = unicodedata.normalize("NFKC", symbol[0].replace("º", "°")).replace(" ", "")
        if key[-1] in "23" and (base := _lookup(key[:-1])):
            return symbol.end(), _power(base, int(key[-1]))
        return (symbol.end(), unit) if (unit := _lookup(key)) else None
    phrase = _PHRASE.match(text, position)
    if phrase is None:
        return None
    words = [unicodedata.normalize("NFKC", w.replace(".", "")) for w in phrase.groups() if w]
    for count in range(len(words), 0, -1):
        if unit := _lookup(" ".join(words[:count])):
            return phrase.end(count), unit
    return None


def _continues(text: str, end: int) -> bool:
    """Whether a word, a number or a path goes on where the unit ends."""
    following = text[end : end + 2]
    return bool(following) and (following[0].isalnum() or following[0] == "_" or bool(re.match(r"/\w", following)))


def _lookup(key: str) -> Unit | None:
    """A unit by its spelling, symbols as written, words in lower or upper case but not as in titles ("127 Hours")."""
    measure = _spelled(key)
    return _unit(*measure) if measure else None


def _spelled(key: str) -> tuple[str, str] | None:
    """Pint's expression and the canonical unit of a spelling."""
    symbols, words = _measures()
    measure = symbols.get(key) or symbols.get(MISSPELLED.get(key, "")) or words.get(key)
    return words.get(key.lower()) if measure is None and key.isupper() and len(key) > 3 else measure


@lru_cache(maxsize=1)
def _measures() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Symbols and words, each with pint's expression and the canonical unit."""
    spelled = dict.fromkeys(("%", "percent", "per cent", "pct"), ("%", "%"))
    spelled |= dict.fromkeys(("‰", "permille", "per mille", "per mil"), (PERMILLE, "%"))
    for line in MEASURES.strip().splitlines():
        canonical, name, spellings = (part.strip() for part in line.split("|", 2))
        for spelling in spellings.split("|"):
            key, _, own = spelling.partition("=")
            spelled[key] = (own or name, canonical)
    for canonical, name, bases, symbol, prefixes in PREFIXED:
        for mark, prefix in [("", ""), *((mark, PREFIXES[mark]) for mark in prefixes.split())]:
            for base in bases:
                spelled[prefix + base] = spelled[prefix + base + "s"] = (prefix + name, canonical)
            if mark + symbol not in NOT_SYMBOLS:
                spelled[mark + symbol] = (prefix + name, canonical)
    for line in CURRENCIES.strip().splitlines():
        code, _, spellings = line.partition(" ")
        spelled.update(dict.fromkeys(spellings.split("|"), (code, code)))
    spelled.update({code: (code, code) for code in ISO_CURRENCIES})
    keys = {unicodedata.normalize("NFKC", key.replace("~", " ")): measure for key, measure in spelled.items()}
    words = {key for key in keys if key.islower() and len(key) > 3}
    return {k: m for k, m in keys.items() if k not in words}, {k: keys[k] for k in words}


@lru_cache(maxsize=4096)
def _unit(name: str, canonical: str) -> Unit:
    """The unit with its factor, which for measures is pint's."""
    if canonical not in CANONICAL:
        return Unit(name, canonical, Decimal("0.1") if name == PERMILLE else Decimal(1))
    with _lock, localcontext() as context:
        context.prec = 50
        registry = _registry()
        one = registry.parse_expression(name)
        zero = registry.Quantity(Decimal(0), one.units)
        offset = zero.to(CANONICAL[canonical]).magnitude
        return Unit(name, canonical, one.to(CANONICAL[canonical]).magnitude - offset, offset)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Any]:
    """The units of pint with exact decimal factors; loading them takes half a second, so not at import."""
    import pint

    return pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=True)


def _power(unit: Unit, power: int) -> Unit:
    return Unit(f"{unit.name}**{power}", f"{unit.canonical}{power}", unit.factor**power)


def _quotient(above: Unit, below: Unit) -> Unit:
    return Unit(f"{above.name}/{below.name}", f"{above.canonical}/{below.canonical}", above.factor / below.factor)
