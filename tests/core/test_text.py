"""Cleaning, name keys, search terms, digests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.core.errors import DataError
from neuraldb.core.text import clean, digest, fold, nearest, normalise, stem, tokens_for_search, words


@pytest.mark.parametrize(
    "names",
    [
        ("US", "U.S.", "u.s", "The U.S."),
        ("J. R. R. Tolkien", "J.R.R. Tolkien", "JRR Tolkien", "j.r.r. tolkien"),
        ("The Beatles", "the  beatles", "Beatles", "“The Beatles”", "Beatles'"),
        ("Anna", "Anna's", "Anna’s", "ANNA"),
        ("Łódź", "Lodz"),
        ("Hà Nội", "Ha Noi"),
        ("Beyoncé", "Beyonce\u0301", "Beyonce"),
        ("Straße", "Strasse", "STRASSE"),
        ("İstanbul", "Istanbul"),
        ("Ångström", "Angstrom"),
        ("Alan_Bean", "Alan Bean"),
        ("Spider-Man", "Spider Man"),
        ("C-130", "C130"),
        ("e-mail", "email", "E‑mail"),
        ("Procter & Gamble", "Procter and Gamble"),
        ("Yahoo!", "Yahoo™", "Yahoo"),
        ("O'Brien", "O’Brien", "OBrien"),
        ("Ph.D.", "PhD"),
        ("１２３", "123"),
        ("1,057", "1057"),
        ("❤\ufe0f", "❤"),
        ("T. rex", "T rex"),
    ],
)
def test_spellings_of_one_name_have_one_key(names: tuple[str, ...]) -> None:
    assert len({normalise(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("ASR1603", "ASR1605"),
        ("C", "C++", "C#"),
        ("1.5", "15", "1 5", "-15"),
        ("5", "-5", "$5", "5%"),
        ("4821,00", "482100"),
        ("A. Smith", "Smith", "B. Smith"),
        ("Vitamin A", "Vitamin"),
        ("A", "B", "The"),
        ("й", "и"),
        ("が", "か"),
        ("कि", "क"),
        ("😀", "😃"),
        ("👩‍🚀", "👩"),
        ("東京", "京都"),
        ("!!!", "???"),
        ("Alien", "Aliens"),
        ("v1.2.3", "v123"),
    ],
)
def test_different_names_have_different_keys(names: tuple[str, ...]) -> None:
    keys = [normalise(name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(keys)


@given(st.text(max_size=30) | st.text(alphabet="aAbsé'’.-_,&1 \u0301\u00ad\u200dthe#+", max_size=30))
def test_normalise_and_fold_are_idempotent(text: str) -> None:
    key = normalise(text)
    assert normalise(key) == key
    assert fold(fold(text)) == fold(text)
    assert key == " ".join(key.split())


@given(st.text(alphabet="abcdefghij XYZ", min_size=1, max_size=20))
def test_case_and_outer_space_make_no_other_name(text: str) -> None:
    assert normalise(text) == normalise(text.upper()) == normalise(f"  {text} ")


def test_words_and_search_terms() -> None:
    assert words("The cities' U.S. mayors, A. Smith!") == ("the", "cities", "us", "mayors", "a", "smith")
    assert tokens_for_search("Running cities") == tokens_for_search("runs (city)") == ("run", "citi")
    assert tokens_for_search("東京 tower") == ("東", "京", "tower")
    assert tokens_for_search("...") == ("...",)
    assert tokens_for_search("") == ()


@pytest.mark.parametrize(
    ("word", "root"), [("Running", "run"), ("cities", "citi"), ("generously", "generous"), ("1603", "1603")]
)
def test_stems_are_those_of_the_snowball_english_stemmer(word: str, root: str) -> None:
    assert stem(word) == root


def test_nearest_names_come_best_first_whatever_the_order_of_the_candidates() -> None:
    names = {"birthplace", "birth date", "employer", "spouse"}
    assert nearest("birthplcae", names)[0] == "birthplace"
    assert nearest("birthplcae", names) == nearest("birthplcae", sorted(names, reverse=True))
    assert nearest("zzzz", names) == ()
    assert nearest("Employers", names, count=1) == ("employer",)
    assert nearest("x", ()) == ()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Anna was born in Oslo.", "Anna was born in Oslo."),
        ("  Anna\t was\nborn. ", "Anna\t was\nborn."),
        ("Anna\x00 was\x07 born\x9b.", "Anna was born."),
        ("\ufeffÅse", "Åse"),
        ("\ud83d\ude00 smiles", "😀 smiles"),
        ("caf\udce9", "caf\ufffd"),
        ('The plan "Big Push" in Hà Nội', 'The plan "Big Push" in Hà Nội'),
        ("x'); DROP TABLE facts;--", "x'); DROP TABLE facts;--"),
        ("👩‍🚀", "👩‍🚀"),
    ],
)
def test_clean_keeps_the_text_but_for_what_nothing_can_hold(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00", "\u200b", "\u00a0\u2003"])
def test_blank_texts_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="blank"):
        clean(text)


@pytest.mark.parametrize("text", [None, float("nan"), 5, b"bytes"])
def test_what_is_no_text_is_refused_rather_than_spelled_out(text: object) -> None:
    with pytest.raises(DataError, match="must be a string"):
        clean(text)  # type: ignore[arg-type]


@given(st.text())
def test_what_is_clean_can_be_stored_and_stays_as_it_is(text: str) -> None:
    try:
        cleaned = clean(text)
    except DataError:
        return
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


def test_digest_ignores_space_case_and_final_punctuation_and_nothing_more() -> None:
    same = ("Anna lives in Oslo.", "anna  lives in\nOslo", "ANNA LIVES IN OSLO!", " Anna lives in Oslo …")
    assert len({digest(t) for t in same}) == 1
    others = (
        "Anna, lives in Oslo.",
        "Anna lives in Ösló.",
        "Anna's lives in Oslo.",
        "The Anna lives in Oslo.",
        "Anna lives in Oslo",
    )
    assert len({digest(t) for t in others}) == 5
    assert digest("?") != digest("!")


def test_digest_is_stable_across_versions() -> None:
    # stored in databases: BLAKE2b, 16 bytes, of the UTF-8 wording
    assert digest("Anna lives in Oslo.") == "3218f3cb3cb3b8e05d2d550c51b061fa"
