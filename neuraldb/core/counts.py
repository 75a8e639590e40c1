"""Pure numbers in running text: which of them count or measure something, and which only name something.

No quantity are numbers that are part of a name (``Apollo 12``, ``F.C. 1910``, ``250 Delaware Avenue``) or of a
numbering (``number 9``, ``room 12``), times of day, days of a month, years after *in*, *since* and the like, numbers
next to other numbers, fractions and number words below a hundred that count nothing.
"""

from __future__ import annotations

import re

from neuraldb.core.intervals import MONTHS
from neuraldb.core.numbers import ORDINALS, Number


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOUN = re.compile(r"[ \u00a0]([a-z]+(?:-[a-z]+)*)(?![\w'’.]\w)")
_IRREGULAR = _words("""
    people children men women staff personnel sheep fish teeth mice geese oxen cattle aircraft spacecraft dice
    police crew alumni criteria phenomena faculty deer offspring syllabi fungi bacteria media
""")
# words that end a noun phrase, or verbs and adverbs that end in -s as plurals do
_NO_NOUN = _words("""
    a about above across after against all also always and another any are around as at be because been before below
    besides between both but by can come comes contains could do does down during each else ever every for from had
    has have he her his how if in includes into is it its just less like lives located makes many may me more most
    much my near no nor not of off on once only onto or other others our out over per perhaps plays plus runs serves
    she should since so some stands such takes than that the their them then there these they this those through
    thus till times to together too towards twice under unless until up upon us versus via was we were what when
    where whereas which while who whose why will with within without works would yet you your
""")
_PARTS = frozenset({"halves", "quarters", *(f"{word}s" for word in ORDINALS)})
_NUMBERED = _words("""
    no nos nr num number numbers numbered room chapter page pages volume vol issue part section figure fig table
    step version level channel line lines platform gate flight highway route road type model phase code isbn issn
    oclc lccn id zip postcode phone tel fax bus tram area district ward unit class grade season episode act scene
    article runway pier block lot apartment apt suite house building codex psalm verse group stage round game match
    day edition rank ranked numero item question rule paragraph clause option category league division
""")
# words after which four digits are a year whatever follows, and after which they are one unless something is counted
_ALWAYS_YEAR = _words("in since during until till")
_YEAR_AFTER = _ALWAYS_YEAR | _words("""
    between by circa c ca year years before after from of early late mid around about summer winter spring autumn
    fall established founded completed built opened born died published constructed erected inaugurated introduced
    formed launched released created elected retired dissolved abolished closed aired premiered married renamed
    begun started ended finished selected incorporated
""")
# "a population of 1910" is no year, "the treaty of 1839" is one
_AMOUNT_OF = re.compile(
    r"\b(?:population|length|width|height|depth|elevation|altitude|area|total|sum|staff|size|weight|mass|capacity|average|"
    r"maximum|minimum|cost|price|number|membership|enrol\w*|count|speed|density|budget|range|distance|wingspan|crew|"
    r"attendance|turnover|output|score|rate) of $",
    re.I,
)
_DIMENSIONS = _words("long tall high wide deep thick")
_YEAR_TO = frozenset({"and", "to", "through"})
_YEAR_OF = frozenset({"the", "its", "his", "her", "their", "this", "that", "early", "late"})
# words that begin a sentence before a number without being a name
_BEGINNINGS = _words("""
    a about above after all almost also an and another any approximately around as at besides between both but by
    containing costing count counts despite during each either every exactly fewer for from had has have having he
    her his how i in including is it its just less more most my nearly no of on only or other our over roughly she
    since so some than that the their there these they this those to total under until up upon us was we were when
    where which while who with within you your
""")
_MONTHS = tuple(name for name in MONTHS if len(name) > 3 and name != "sept")

_GLUED = re.compile(r"[^\W\d]|_|['’°]|[-–/:]\S|:|\s?[ap]\.?m\b|\s?o['’]clock")
_NEXT_NAME = re.compile(rf"\s+(?:[A-Z]|{'|'.join(_MONTHS)})|\s+\d|\.\s?[A-Z]{{2,3}}\b")
_ROW_OR_DATE = re.compile(r".*(?:\d|\d\w*,|[\"“‘'–—-])")
_NEXT_WORD = re.compile(r"\s+([a-z]+)")
_YEAR = re.compile(r"(?:1\d|20)\d\d|2100")


def counted_noun(text: str, position: int, *, singular: bool = False) -> int | None:
    """Where the noun ends that a number before ``position`` counts: a plural, at most two adjectives before it.

    With ``singular``, after a one, it is the next word.

    >>> counted_noun("has 120 academic staff.", 7)
    22
    """
    for _ in range(3):
        word = _NOUN.match(text, position)
        if word is None or word[1] in _NO_NOUN or word[1] in _PARTS:
            return None
        if singular or _is_plural(word[1]):
            return word.end()
        position = word.end()
    return None


def stands_in_name(text: str, number: Number) -> bool:
    """Whether the number is part of a name, a numbering, a date or a row of numbers, judged by what stands before."""
    word = _last_word(text, number.start)
    if not word:
        return False
    bare = _bare(word)
    if bare in _NUMBERED or (_is_year(text, number) and (bare in _YEAR_OF or bare in _ALWAYS_YEAR)):
        return True
    if word[-1] in ",;:!?)" or (word[-1] == "." and "." not in word[:-1] and len(word) > 3):
        return False
    letters = word.lstrip("\"“”'’([{")
    return bare not in _BEGINNINGS and (letters[:1].isupper() or any(c.isdigit() for c in letters))


def is_plain_number(text: str, number: Number) -> bool:
    """Whether a number without unit and noun states how much, rather than a year, a day, an address or a clock time."""
    if number.spelled and abs(number.value) < 100:
        return False
    if _GLUED.match(text, number.end) or _NEXT_NAME.match(text, number.end):
        return False
    word = _last_word(text, number.start)
    if _ROW_OR_DATE.fullmatch(word) or word.strip(",.").lower() in _MONTHS:
        return False
    if not _is_year(text, number):
        return True
    following = _NEXT_WORD.match(text, number.end)
    if following and following[1] not in _NO_NOUN and following[1] not in _DIMENSIONS:
        return False
    return not introduces_year(text, number.start) and _bare(word) not in _YEAR_TO and not word.startswith("(")


def is_year_number(text: str) -> bool:
    """Whether the whole text is a bare number from 1000 to 2100, which may be a year."""
    return _YEAR.fullmatch(text) is not None


def is_always_year(text: str, start: int) -> bool:
    """Whether the word before ``start`` makes four digits a year even before a noun ("In 1968 students protested")."""
    return _bare(_last_word(text, start)) in _ALWAYS_YEAR


def introduces_year(text: str, start: int) -> bool:
    """Whether the word before ``start`` makes four digits a year unless something that they count follows."""
    return _bare(_last_word(text, start)) in _YEAR_AFTER and not _AMOUNT_OF.search(text, max(0, start - 20), start)


def _last_word(text: str, end: int) -> str:
    """The word before ``end``, with its punctuation; of a long one the end."""
    parts = text[max(0, end - 40) : end].split()
    return parts[-1] if parts else ""


def _bare(word: str) -> str:
    return word.strip("\"“”'’([{,;:.!?)]}").lower()


def _is_plural(word: str) -> bool:
    return word in _IRREGULAR or (word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is", "ous")))


def _is_year(text: str, number: Number) -> bool:
    return _YEAR.fullmatch(text, number.start, number.end) is not None
