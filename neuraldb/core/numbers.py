"""Numbers as people write them: ``1,057``, ``4821,00``, ``1.2 million``, ``12k``, ``two hundred and six``, ``a dozen``.

What a separator means is decided from the groups of digits alone, never from a locale:

==================  ======================================================================================
``1,057``           a comma before groups of exactly three digits groups them: 1057 (also ``12,34,567``)
``4821,00``, ``3,5``  any other single comma is a decimal comma: 4821, 3.5
``1.057``           a single point is a decimal point, whatever follows: 1.057
``1.057.000``       two or more points before groups of three group them: 1057000
``1.057,5``         groups with points and then a comma: continental, 1057.5; ``1,057.5`` is the same number
``1 057``, ``1'057``  spaces (also no-break and thin ones) and apostrophes before groups of three group them: 1057
==================  ======================================================================================

A numeral must stand on its own: digits that belong to an identifier (``0-374-26131-8``, ``15/33``, ``C-17``,
``3.11.7``, ``#5``, ``007``) are no number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = {word: value for value, word in enumerate(_ONES.split(), start=1)}
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "lakh": 10**5, "crore": 10**7}
ABBREVIATED_SCALES = {"k": 10**3, "mn": 10**6, "mln": 10**6, "bn": 10**9, "bln": 10**9, "tn": 10**12, "trn": 10**12}
MULTIPLIERS = {**SCALES, **ABBREVIATED_SCALES, "lakhs": 10**5, "crores": 10**7, "hundred": 100, "dozen": 12}
IRREGULAR_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
ORDINALS = {
    **{f"{word}th": value for word, value in ONES.items() if value not in IRREGULAR_ORDINALS.values()},
    **{f"{word[:-1]}ieth": value for word, value in TENS.items()},
    **IRREGULAR_ORDINALS,
    "hundredth": 100,
    "thousandth": 1000,
}

_LONGEST = 60  # words of a number: enough for any below the limit
# Beyond this a double overflows or is about to; no one writes such a number but by accident.
LIMIT = Decimal(10) ** 300

GAP = " \u00a0\u2009\u202f"
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
DIGITS = rf"""(?:
      (?P<fraction> (?:\d+[{GAP}]?)?[{VULGAR}] )
    | (?P<comma> [1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)? | [1-9]\d?(?:,\d\d)+,\d{{3}}(?:\.\d+)? )
    | (?P<point> [1-9]\d{{0,2}}(?: (?:\.\d{{3}}){{2,}}(?:,\d+)? | \.\d{{3}},\d+ ) )
    | (?P<gap> [1-9]\d{{0,2}}(?: (?:[{GAP}]\d{{3}})+ | (?:['’]\d{{3}})+ )(?:[.,]\d+)? )
    | (?P<decimal> \d+,\d+ )
    | (?P<plain> \d*\.\d+ | \d+ )
    )(?! \d | [.,]\d | ['’]\d{{3}} | [{VULGAR}] )
    (?: [eE](?P<exponent>[+\-−]?\d{{1,3}})(?!\w)
      | [{GAP}]?[×x·*][{GAP}]?10(?: \^?(?P<power>[+\-−]?\d{{1,3}})(?!\w) | (?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+) ) )?"""
_SCALED = "|".join(word for word in MULTIPLIERS if word not in ABBREVIATED_SCALES)
# "300 K" are kelvins and MN is a state: abbreviations count in lower case only, and k only next to its digits.
SCALE = rf"(?P<scale>(?:[{GAP}\-]?(?:(?i:{_SCALED})|mn|mln|bn|bln|tn|trn)(?!\w)){{1,2}}|k(?!\w)|)"
# A sign or digit must not continue a word, another number, an identifier or a fraction; "Rs.500" is the exception.
APART = r"(?: (?<![\w.,/:\#’'@\-–+]) | (?<=Rs\.) | (?<=kr\.) )"
_AT = re.compile(rf"{DIGITS}{SCALE}", re.X)
_NUMERAL = re.compile(rf"{APART}(?P<sign>[+\-−]?){DIGITS}{SCALE}(?!/\d|[\-–]\d+[\-–/])", re.X)

_WORD = "|".join(sorted([*ONES, *TENS, "hundred", *SCALES, "dozen", "zero", "half"], key=len, reverse=True))
_SPELLED = re.compile(
    rf"(?<![\w\-’'])(?:(?:minus|negative)\s+)?(?:(?:an?|half)\s+){{0,2}}(?:{_WORD})(?!\w)"
    rf"(?:(?:-|\s+(?:and\s+)?(?:point\s+)?(?:an?\s+)?)(?:{_WORD})(?!\w))*",
    re.I,
)
_LETTERS = re.compile(r"[^\W\d_]+")
_LEADING_ZERO = re.compile(r"0\d")
_SPACED = re.compile(r"\w+")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)", re.I)
_BETWEEN = re.compile(
    r"between\s+(?P<low>.+?)\s+and\s+(?P<high>.+)|(?:from\s+)?(?P<low2>.+?)\s+to\s+(?P<high2>.+)", re.I
)
_DASHED = re.compile(r"(?P<low>\S.*?)\s?[-–—]\s?(?P<high>[\d.].*)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in a text: ``text[start:end]`` says ``value``; ``spelled`` if it is written in words only."""

    start: int
    end: int
    value: Decimal
    spelled: bool = False


def find_numbers(text: str) -> Iterator[Number]:
    """The cardinal numbers of a text, in order, without overlaps; ordinals and identifiers are passed over."""
    digits = (_from_digits(m) for m in _NUMERAL.finditer(text))
    words = (n for m in _SPELLED.finditer(text) for n in _from_words(text, m.start(), m.end()))
    position = 0
    for number in sorted((n for group in (digits, words) for n in group if n), key=lambda n: n.start):
        if number.start >= position:
            yield number
            position = number.end


def number_at(text: str, position: int) -> Number | None:
    """The unsigned number that begins exactly at ``position``, whatever stands before it."""
    if match := _AT.match(text, position):
        return _from_digits(match)
    if match := _SPELLED.match(text, position):
        return next(_from_words(text, match.start(), match.end()), None)
    return None


def shared_scale(low: Number, high: Number, text: str) -> Decimal:
    """The scale word of a range's upper end ("3-5 million"), where the lower end has none and means it too; else 1."""
    own, words = ([w for w in _LETTERS.findall(text[n.start : n.end].lower()) if w in MULTIPLIERS] for n in (low, high))
    scale = Decimal(MULTIPLIERS[words[-1]]) if words and not own else Decimal(1)
    return scale if low.value * scale <= high.value else Decimal(1)


def parse_number(text: str) -> float | None:
    """The number that the whole text says, or None; ordinals, ranges and numbers with a unit are none.

    >>> [parse_number(t) for t in ("1,057", "4821,00", "1.057", "1.057.000", "1.2 million", "a dozen", "15/33")]
    [1057.0, 4821.0, 1.057, 1057000.0, 1200000.0, 12.0, None]
    """
    text = text.strip()
    number = next(find_numbers(text), None)
    whole = number is not None and (number.start, number.end) == (0, len(text))
    return float(number.value) if number is not None and whole else None


def parse_ordinal(text: str) -> int | None:
    """The place in a row that the whole text says (``third``, ``21st``, ``twenty-first``), or None.

    >>> [parse_ordinal(t) for t in ("third", "21st", "Twenty-first", "three")]
    [3, 21, 21, None]
    """
    text = text.strip().lower()
    if match := _ORDINAL.fullmatch(text):
        return int(match[1])
    head, _, last = text.replace(" ", "-").rpartition("-")
    if last not in ORDINALS:
        return None
    if not head:
        return ORDINALS[last]
    return TENS[head] + ORDINALS[last] if head in TENS and ORDINALS[last] < 10 else None


def split_range(text: str) -> tuple[str, str] | None:
    """The two ends of ``20-30``, ``20 to 30``, ``from 20 to 30`` or ``between 20 and 30``, as written, or None."""
    text = text.strip()
    if match := _BETWEEN.fullmatch(text):
        return (match["low"], match["high"]) if match["low"] else (match["low2"], match["high2"])
    if match := _DASHED.fullmatch(text):
        return match["low"], match["high"]
    return None


def parse_range(text: str) -> tuple[float, float] | None:
    """The ends of a range of pure numbers, lower first as written, or None; an end after a start below it is none.

    >>> parse_range("between 20 and 30"), parse_range("1,000–1,500"), parse_range("0-374-26131-8")
    ((20.0, 30.0), (1000.0, 1500.0), None)
    """
    ends = split_range(text)
    if ends is None:
        return None
    low, high = parse_number(ends[0]), parse_number(ends[1])
    return (low, high) if low is not None and high is not None and low <= high else None


def _from_digits(match: re.Match[str]) -> Number | None:
    """The number of a match of :data:`DIGITS`; None for codes like ``007`` and for what no double can hold."""
    if _LEADING_ZERO.match(match["plain"] or ""):
        return None
    if match["fraction"]:
        whole = match["fraction"][:-1].strip(GAP)
        value = Decimal(whole or 0) + Decimal(unicodedata.numeric(match["fraction"][-1])).quantize(Decimal("1e-12"))
    else:
        value = Decimal(_plain_digits(match))
    exponent = match["exponent"] or match["power"] or unicodedata.normalize("NFKC", match["raised"] or "")
    if exponent:
        value = value.scaleb(int(exponent.replace("−", "-")))
    for scale in re.findall(r"[^\W\d_]+", match["scale"].lower()):
        value *= MULTIPLIERS[scale]
    if match.re is _NUMERAL and match["sign"] in ("-", "−"):
        value = -value
    return Number(match.start(), match.end(), value) if abs(value) < LIMIT else None


def _plain_digits(match: re.Match[str]) -> str:
    """The digits with a decimal point and without grouping."""
    if grouped := match["comma"]:
        return grouped.replace(",", "")
    if grouped := match["point"]:
        return grouped.replace(".", "").replace(",", ".")
    if grouped := match["gap"]:
        return re.sub(rf"[{GAP}'’]", "", grouped).replace(",", ".")
    if decimal := match["decimal"]:
        return decimal.replace(",", ".")
    return match["plain"]


def _from_words(text: str, start: int, end: int) -> Iterator[Number]:
    """The numbers that a run of number words says: the longest well-formed one, then what is left of the run."""
    tokens = [(m[0].lower(), m.start(), m.end()) for m in _SPACED.finditer(text, start, end)]
    place = 0
    while place < len(tokens):
        negative = tokens[place][0] in ("minus", "negative")
        value, used = _evaluate([word for word, _, _ in tokens[place + negative : place + negative + _LONGEST]])
        if used and value is not None:
            last = tokens[place + negative + used - 1][2]
            yield Number(tokens[place][1], last, -value if negative else value, spelled=True)
        place += max(1, negative + used)


def _evaluate(words: list[str]) -> tuple[Decimal | None, int]:
    """The value of the longest number at the head of ``words``, and how many words it takes (0 if none is there)."""
    if words[0] == "zero":
        return Decimal(0), 1
    if words[0] == "half":
        article = len(words) > 2 and words[1] in ("a", "an")
        halved = words[2] if article else "".join(words[1:2])
        return (Decimal(MULTIPLIERS[halved]) / 2, 2 + article) if halved in MULTIPLIERS else (None, 0)
    if words[0] in ("a", "an") and (len(words) < 2 or words[1] not in MULTIPLIERS):
        return None, 0
    total, group, scale, used = _whole(words)
    if not used:
        return None, 0
    value = Decimal(total + group)
    if words[used : used + 3] == ["and", "a", "half"]:
        # "two and a half million" halves a one, "a million and a half" halves the million
        value, used = value + Decimal(scale if not group else 1) / 2, used + 3
        while used < len(words) and words[used] in SCALES:
            value, used = value * SCALES[words[used]], used + 1
    elif words[used : used + 1] == ["point"]:
        digits = _decimals(words[used + 1 :])
        if digits:
            value, used = value + Decimal(f"0.{digits}"), used + 1 + len(digits)
            while used < len(words) and words[used] in SCALES:
                value, used = value * SCALES[words[used]], used + 1
    elif words[used : used + 1] == ["dozen"]:
        value, used = value * 12, used + 1
    return value, used


def _whole(words: list[str]) -> tuple[int, int, int, int]:
    """The whole number at the head: finished thousands, the group under way, the last scale, the words taken."""
    total, group, scale, used = 0, 0, 10**15, 0
    for place, word in enumerate(words):
        if word in ("a", "an") and place == 0:
            group = 1
            continue
        if word in ONES and group % (10 if ONES[word] < 10 else 100) == 0 and _follows(words, place, group):
            group += ONES[word]
        elif word in TENS and group % 100 == 0:
            group += TENS[word]
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word in SCALES and group and SCALES[word] < scale:
            scale = SCALES[word]
            total, group = total + group * scale, 0
        elif word == "dozen" and words[0] in ("a", "an") and place == 1:
            return 0, 12, 1, 2
        elif word == "and" and place and words[place - 1] in ("hundred", *SCALES):
            continue
        else:
            break
        used = place + 1
    return total, group, scale, used


def _follows(words: list[str], place: int, group: int) -> bool:
    """Whether a word below twenty may continue the group: "twenty five", "hundred (and) five", but not "ten five"."""
    return group % 100 == 0 or words[place - 1] in TENS


def _decimals(words: list[str]) -> str:
    """The digits that words after "point" spell, one a word."""
    digits = ""
    for word in words:
        if word != "zero" and ONES.get(word, 10) > 9:
            break
        digits += "0" if word == "zero" else str(ONES[word])
    return digits
