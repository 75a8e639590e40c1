"""Text as the database sees it: what may come in, when two names are the same name, what a search looks for.

This is the one place for case folding, of names in SQL too: DuckDB's ``lower`` and Python's differ. Three grades of
sameness, from strict to loose: :func:`digest` (the same sentence), :func:`normalise` (the same name),
:func:`tokens_for_search` (the same words, whatever their endings). What DuckDB itself calls the same is
:func:`identifier`.
"""

from __future__ import annotations

import hashlib
import re
import string
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from neuraldb.core.errors import DataError

if TYPE_CHECKING:
    from pluralizer import Pluralizer
    from snowballstemmer.english_stemmer import EnglishStemmer

# letters that Unicode does not decompose, but that people leave the stroke or ligature off
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ŋ": "n"}
)
_MARKS = re.compile(r"(?<=[a-z\u00aa-\u024f\u0370-\u03ff\u1e00-\u1fff])[\u0300-\u036f]+")
# soft hyphens, zero-width spaces and joiners that no name needs (emoji need U+200D), marks of ownership
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff™®©℠]")
_APOSTROPHES = "'’‘ʼ`´′"
_POSSESSIVE = re.compile(rf"(?<=\w)\s?[{_APOSTROPHES}]s(?!\w)")
_APOSTROPHE = re.compile(rf"[{_APOSTROPHES}]")
_LETTER, _ALNUM = r"[^\W\d_]", r"[^\W_]"
_INITIALS = re.compile(rf"(?<!{_ALNUM}){_LETTER}(?:(?:\.{_LETTER}(?!{_ALNUM}))+|(?:\. {_LETTER}(?!{_ALNUM}))+)\.?")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SINGLE = re.compile(rf"(?<!{_ALNUM})({_LETTER})-(?={_ALNUM})|(?<={_ALNUM})-(?={_LETTER}(?!{_ALNUM}))")
# what punctuation a name keeps: points and the like in numbers, signs, the initial "A." (or it would be an article)
_PUNCTUATION = re.compile(
    rf"(?<=\d)[.,:](?=\d)|(?<!\S)-(?=\d)|(?<=(?<!\S)a)\.(?=\s+{_ALNUM})|(?P<joined>(?<={_LETTER})\.(?={_LETTER}))"
    r"|(?P<other>[^\w\s#%‰@+$<=>|~]|_)"
)
# categories of characters that are symbols and marks, not punctuation
_KEPT = frozenset({"Sm", "Sc", "So", "Mn", "Mc", "Me", "Lm", "No", "Nl"})
_EQUIVALENT = str.maketrans({"&": " and ", "−": "-", "‐": "-", "‑": "-"})
_ARTICLES = re.compile(r"(?:(?:the|an) (?=\S)|a (?=\S\S))+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FINAL_PUNCTUATION = " .!?…。！？;:,"

_ASCII_CAPITALS = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
_stemmer_lock = threading.Lock()


def clean(text: str) -> str:
    r"""A user's text as it is stored: verbatim, but for what no file or screen can hold.

    Surrogate pairs become the character they stand for, lone surrogates the replacement character; NUL bytes, other
    control characters (tab and line ends stay) and a byte order mark are removed, as is space around the text.

    Raises:
        DataError: the text is not a string, or nothing visible is in it.

    >>> clean(" Anna\x00 was born in Oslo.\n")
    'Anna was born in Oslo.'
    """
    if not isinstance(text, str):
        raise DataError(f"a text must be a string, not {type(text).__name__}")
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").removeprefix("\ufeff")
    text = _CONTROL.sub("", text).strip()
    if not any(unicodedata.category(c)[0] not in "ZC" for c in text):
        raise DataError("the text is blank", hint="a fact needs at least one word")
    return text


def identifier(name: str) -> str:
    """The key of a name that SQL identifies a table, a column or a function by: DuckDB folds ASCII letters only.

    >>> identifier("Birth_Place"), identifier("ÅR") == identifier("år")
    ('birth_place', False)
    """
    return name.lower() if name.isascii() else name.translate(_ASCII_CAPITALS)


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """The key under which a name is known: two spellings of one name give one key, and nothing else does.

    Case, accents (of Latin and Greek letters), quotes, punctuation, possessive 's, leading articles and the width of
    characters don't count; ``&`` is *and*; initials close up (``J. R. R.`` is ``JRR``, ``U.S.`` is ``US``), as does a
    single letter before or after a hyphen (``C-130``, ``e-mail``). Digits, decimal points, signs and symbols stay, so
    ``C``, ``C++`` and ``C#``, 1.5 and 15, 5 and -5 are different names, and so are emoji and the scripts of the world.

    >>> normalise("The  U.S. Army's “Big Red One”"), normalise("C++"), normalise("T. rex")
    ('us army big red one', 'c++', 't rex')
    """
    key = _plain(text)
    articles = _ARTICLES.match(key)
    return key[articles.end() :] if articles else key


def mentions(text: str, name: str) -> bool:
    """Whether a name stands in a text word for word, however either is spelled (:func:`normalise`).

    >>> mentions("She studied at the University of Oslo.", "university of Oslo"), mentions("Osloer", "Oslo")
    (True, False)
    """
    return f" {normalise(name)} " in f" {normalise(text)} "


def words(text: str) -> tuple[str, ...]:
    """The words of a text in order, folded as in :func:`normalise`, leading articles included."""
    return tuple(word.rstrip(".") or word for word in _plain(text).split())


def stem(word: str) -> str:
    """The stem of an English word (Snowball), in lower case.

    >>> stem("Running"), stem("cities")
    ('run', 'citi')
    """
    return _stem(word.lower())


@lru_cache(maxsize=65536)
def singular(key: str) -> str:
    """A key of :func:`normalise` with its last word in the singular.

    >>> singular("oak trees"), singular("swiss"), singular("people")
    ('oak tree', 'swiss', 'person')
    """
    head, _, last = key.rpartition(" ")
    return f"{head} {pluralizer().singular(last)}".strip() if last.isalpha() else key


def tokens_for_search(text: str) -> tuple[str, ...]:
    """The terms of a text for lexical search: folded, stemmed, without punctuation; Han and Kana one by one."""
    tokens: list[str] = []
    for word in words(text):
        if word.isascii():
            tokens.append(_stem(word))
        else:
            tokens += _CJK.sub(lambda m: f" {m[0]} ", word).split()
    return tuple(tokens)


def nearest(name: str, candidates: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The candidates most like ``name``, best first, for "did you mean"; none if none is at all alike.

    >>> nearest("birthplcae", ("birthplace", "employer", "birth date"))
    ('birthplace', 'birth date')
    """
    from rapidfuzz import fuzz, process

    # sorted: equal scores must not depend on the order of a set
    ordered = sorted(set(candidates))
    found = process.extract(
        normalise(name), ordered, scorer=fuzz.ratio, processor=normalise, limit=count, score_cutoff=55
    )
    return tuple(match[0] for match in found)


def digest(text: str) -> str:
    """A stable id of a fact's wording (32 hex digits): space, case and final punctuation don't count, all else does."""
    wording = " ".join(text.casefold().split())
    wording = wording.rstrip(_FINAL_PUNCTUATION) or wording
    return hashlib.blake2b(wording.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def fold(text: str) -> str:
    """Lower case without accents: NFKC, case folded, Latin and Greek letters without their marks.

    Other scripts keep their marks, which there make other letters (й, が, क्).
    """
    if text.isascii():
        return text.lower()
    previous = ""
    while text != previous:
        previous = text
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold().translate(_LETTERS)
        text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
    return text


def _plain(text: str) -> str:
    """Folded, without possessives and punctuation, single spaces; the folded text itself if nothing else is in it."""
    folded = " ".join(fold(text).split())
    key, previous = folded, ""
    while key != previous:
        previous = key
        key = _POSSESSIVE.sub("", fold(key).translate(_EQUIVALENT))
        key = _APOSTROPHE.sub("", key)
        key = _INITIALS.sub(lambda m: m[0].replace(".", "").replace(" ", "") + " ", key)
        key = _GROUPED.sub(lambda m: m[0].replace(",", ""), key)
        key = _SINGLE.sub(r"\1", key)
        key = " ".join(_PUNCTUATION.sub(_punctuation, key).split())
    return key or folded


def _punctuation(match: re.Match[str]) -> str:
    """What stands in a key for a mark: itself (in numbers, symbols), nothing (between letters) or a space."""
    if match["joined"]:
        return ""
    mark = match["other"]
    if mark is None or unicodedata.category(mark) in _KEPT or mark == "\u200d":
        return match[0]
    return " "


@lru_cache(maxsize=1)
def pluralizer() -> Pluralizer:
    """English nouns to singular and plural; loaded when it is first needed."""
    from pluralizer import Pluralizer

    return Pluralizer()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _stemmer() -> EnglishStemmer:
    # not snowballstemmer.stemmer(): that takes PyStemmer where it is installed, and stems must not depend on that
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    with _stemmer_lock:  # a stemmer keeps the word it works on in itself
        return str(_stemmer().stemWord(word))


def quoted(name: str) -> str:
    '''A name as an identifier of SQL: in double quotes, those inside it doubled.

    >>> quoted('the "total"')
    '"the ""total"""'
    '''
    return '"' + name.replace('"', '""') + '"'


def written(name: str) -> str:
    """A name as SQL can be given it: as it is where it is a plain word, else :func:`quoted`.

    >>> written("price"), written("unit price")
    ('price', '"unit price"')
    """
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else quoted(name)
