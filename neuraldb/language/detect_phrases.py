"""Whether a text is a phrase without a verb, as what is typed into a search box: "capital of norway", "anna's brother".

A sentence has a finite verb. English verbs cannot be listed, but what may be one shows by closed classes: auxiliaries,
irregular verbs, and the endings -s and -ed where no noun or participle is expected. Only phrases of a form that no
sentence has are called so here; everything else stays unclear.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IRREGULAR = _words(
    """ate bear beat became become began begin bend bent bet bit bite blew blow bought bound break bring broke
    brought build built burnt burst buy came catch caught choose chose come cost crept cut dealt did dig do drank
    draw dreamt drew drink drive drove dug eat fall fed feed feel fell felt fight find flee fled flew fling flow
    fly forbade forget forgave forgot forgive fought found freeze froze gave get give gave go got grew grow had
    hang have hear heard held hid hide hit hold hung hurt keep kept knew know laid lay lead learnt leave led left
    lend lent let lie lost lose made make mean meant meet met overcame paid pay put quit ran rang read ride ring
    rise rode rose run said sang sank sat saw say see seek sell send sent set sewed shake shine shone shook shoot
    shot shrank shut sing sink sit sleep slept slid smelt sold sought speak spend spent spoke spread sprang stand
    steal stick stole stood stuck struck stung sung swam swear swept swim swing swore swung take taught teach tear
    tell think thought threw throw told took tore understand understood wake wear went wept win woke won wore write
    wrote"""
)
"""Present and past of the irregular verbs; their participles too where they are the same."""
AUXILIARY = _words(
    """is are was were am isn't aren't wasn't weren't does did do doesn't didn't don't has have had hasn't haven't
    hadn't can could will would shall should may might must can't couldn't won't wouldn't shouldn't mustn't cannot"""
)
PARTICIPLES = _words("built born made held known shown seen sold bought given taken drawn")
PREPOSITIONS = _words(
    """in on at to from for with by of about under over during since until through into above below near between
    without within after before across along behind beside against among around"""
)
DETERMINERS = _words(
    """a an the all any every each some no both my your his her its our their this that these those most many few
    several which what whose two three four five six seven eight nine ten"""
)
INDEFINITE = _words("everyone everybody anyone anybody someone somebody those people all any every each")
RELATIVE = _words("who that which whom whose")
_PRONOUNS = _words("i you he she it we they there this that here what who where when how let one")
_PLURALS = _words("people men women children")
_SOME = _words("most some many much few none part half lots plenty all")
_SUPERLATIVE = re.compile(r"(?:most|least|\w{2,}est)$")
_NOT_SUPERLATIVE = _words(
    "west guest forest best harvest interest test rest nest request quest contest protest midwest"
)
_COMPARED = re.compile(
    r"(?:(?:more|less|fewer|\w+er) than|above|below|over|under|between) (?:[\d.,]+(?: \S+)?(?: and [\d.,]+ \S+)?"
    r"|(?:the )?\S+(?: \S+)?)$"
)
_POSSESSIVE = re.compile(
    r"(?:the |my |our )?(?:[^\W\d_]+ ){0,3}?[^\W\d_]+(?:'s|s')(?: [^\W\d_]+'s)*(?: [^\W\d_]+){1,2}$"
)
LONGEST = 14


def is_phrase(lower: list[str]) -> bool:
    """Whether words are a noun phrase and no sentence.

    Args:
        lower: the words in lower case, without punctuation.

    >>> is_phrase("capital of norway".split()), is_phrase("anna lives in oslo".split())
    (True, False)
    """
    if not 2 <= len(lower) <= LONGEST or lower[0] in _PRONOUNS or lower[0].partition("'")[0] in _PRONOUNS:
        return False
    verbs = [place for place in range(len(lower)) if may_be_finite(lower, place)]
    if _described(lower, verbs):
        return True
    if verbs or "and" in lower or "or" in lower:
        return False
    text = " ".join(lower)
    return _owned(text, lower) or _of(lower) or _superlative(lower) or _plural(lower)


def may_be_finite(lower: list[str], place: int) -> bool:
    """Whether a word may be the verb of a sentence, by its form and by the word before it."""
    word, before = lower[place], lower[place - 1] if place else ""
    if word in AUXILIARY:
        return True
    if not place or before in DETERMINERS or before in PREPOSITIONS or before[:1].isdigit():
        return False  # after these comes a noun
    following = lower[place + 1] if place + 1 < len(lower) else ""
    if word == "born":
        return False
    if word in PARTICIPLES or word.endswith("ed"):
        # a participle has no object: "built in", "designed by"
        noun = _is_plural(before) or any(map(_is_superlative, lower[:place]))
        return not (following == "by" or (word in PARTICIPLES and following in PREPOSITIONS and noun))
    if word in IRREGULAR:
        return True
    verb = len(word) > 3 and word.endswith("s") and not word.endswith(("'s", "s'", "ss", "us", "is"))
    return verb and not _is_superlative(before)


def _is_superlative(word: str) -> bool:
    return _SUPERLATIVE.match(word) is not None and word not in _NOT_SUPERLATIVE


def _is_plural(word: str) -> bool:
    return word in _PLURALS or (len(word) > 3 and word.endswith("s") and not word.endswith(("'s", "ss", "us", "is")))


def _described(lower: list[str], verbs: list[int]) -> bool:
    """Whom a relative clause describes, and nothing after it: "everyone who lives in oslo"."""
    places = [i for i in range(1, min(5, len(lower))) if lower[i] in RELATIVE]
    if lower[0] not in INDEFINITE or not places or any(v < places[0] for v in verbs):
        return False
    return len([v for v in verbs if v > places[0]]) <= 1 and len(lower) > places[0] + 1


def _owned(text: str, lower: list[str]) -> bool:
    """Whether words are somebody's something: "anna's brother", but not "anna's married"."""
    return (
        _POSSESSIVE.match(text) is not None
        and not lower[-1].endswith(("ed", "ing", "ly"))
        and not (lower[-2:-1] and _is_plural(lower[-2]))
    )


def _of(lower: list[str]) -> bool:
    """Whether a noun with its "of" leads: "capital of norway"."""
    place = lower.index("of") if "of" in lower else 0
    head = lower[place - 1] if place else ""
    return 1 <= place <= 4 and head not in _SOME and lower[0] not in _SOME and not head.endswith("ed")


def _superlative(lower: list[str]) -> bool:
    """Whether a superlative leads: "the tallest mountain in norway"."""
    first = lower[1] if lower[0] == "the" and len(lower) > 2 else lower[0]
    return _is_superlative(first) and first != "most"


def _plural(lower: list[str]) -> bool:
    """Whether a plural with what restricts it leads: "rivers in norway", "mountains higher than 3000 metres"."""
    place = 0
    while place < min(3, len(lower) - 1) and not _is_plural(lower[place]):
        place += 1
    led = lower[0] in DETERMINERS and lower[0] != "no"
    if place + 1 >= len(lower) or not _is_plural(lower[place]) or (place and not led):
        return False
    rest = lower[place + 1 :]
    if rest[0] in PARTICIPLES or rest[0].endswith("ed"):
        rest = rest[1:]
    return _restricts(rest)


def _restricts(words: list[str]) -> bool:
    """Whether words are prepositions with a name of one or two words each, and at the end a comparison."""
    while words:
        if _COMPARED.match(" ".join(words)):
            return True
        if words[0] not in PREPOSITIONS:
            return False
        words = words[2:] if words[1:2] and words[1] in DETERMINERS else words[1:]
        if not words:
            return False
        words = words[1:] if words[1:2] and words[1] in PREPOSITIONS else words[2:]
    return True
