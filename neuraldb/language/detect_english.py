"""Whether an English sentence asks, tells, or takes something back: by its function words, which are a closed class.

Only what grammar decides is decided here; the rest is unclear, and a trained classifier's where there is one.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import DamerauLevenshtein

from neuraldb.language.detect_phrases import IRREGULAR, RELATIVE, is_phrase
from neuraldb.language.detect_phrases import PREPOSITIONS as LEADING


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ASKING = _words("who whom whose what which when where why how")
BE_DO = _words("is are was were am isn't aren't wasn't weren't does did doesn't didn't don't")
MODAL = _words("do has have had can could will would shall should may might must")
NEGATED_MODAL = _words("hasn't haven't hadn't can't couldn't won't wouldn't shouldn't mustn't")
FINITE = BE_DO | MODAL | NEGATED_MODAL
REQUESTS = _words(
    """list show give tell count find name display get fetch return retrieve enumerate search print describe explain
    summarize summarise compare calculate compute determine sort rank order select pick choose identify specify provide
    look output recommend suggest check verify confirm group filter"""
)
PREPOSITIONS = _words("in on at to from for with by of about under over during since until through into")
MEASURES = _words(
    """many much long old tall big far high deep wide heavy fast often large small young late early soon few"""
)
SUBJECTS = _words("i you he she it we they there this that these those")
OBJECTS = _words(
    """me us all the every each any some a an how who which what when where my our his her their its only both out up
    those these people"""
)
_FILLERS = _words("please hey hi hello ok okay so and well now then also but kindly just")
# words that look like a question word with a slip, and are none
_NOT_SLIPS = _words(
    "that then there this here now show white whole hat cow low row wow hot witch watch wheat whale while"
)
_MADE = r"(?:list|table|summary|overview|ranking|report|comparison|chart|timeline|catalogue|index|count|breakdown)"
_SHOWN = rf"(?:{_MADE}|names?|number|total|average|details|information|facts)"
_WANTING = re.compile(
    r"(?:i|we)(?:'d| would| do)?(?: really| also)? (?:want|need|like|love|wish) to (?:know|see|find|learn|hear)\b"
    rf"|(?:i|we)(?:'d| would| do)?(?: really| also)? (?:want|need|like) (?:\w+ ){{0,2}}{_SHOWN} (?:of|about|on|with)\b"
    r"|(?:i|we) (?:wonder|am wondering|was wondering)\b|(?:any idea|do you know|does any(?:one|body) know)\b"
    r"|(?:(?:i am|i'm|we are|we're) )?(?:looking|searching) for\b(?!.*\b(?:is|was|are|were)\b)"
    r"|wondering (?:who|whom|whose|what|which|when|where|why|how|if|whether)\b"
    r"|let (?:me|us) (?:know|see|have)\b|help (?:me|us) (?:to )?\w+"
    r"|(?:update|inform|brief) (?:me|us) (?:on|about|of)\b"
    r"|(?:figure|find|work) out (?:who|whom|whose|what|which|when|where|why|how|if|whether|the|all)\b"
    # what is to be made is an answer: "create a list of cities", but not "create a company"
    rf"|(?:create|make|generate|write|produce|compile|prepare|build|draw(?: up)?|put together) (?:me |us )?"
    rf"(?:an? |the )?(?:\w+ ){{0,2}}{_MADE}\b(?! (?:is|was|are|were)\b)"
)
_AMOUNT = re.compile(
    r"(?:the )?(?:total |overall |exact )?(?:number|amount|count|sum|average|total|maximum|minimum) of\b"
)
_CONTRACTED = re.compile(r"'(?:s|re|d|ll|ve)$|(?<=^what)s$|(?<=^when)s$|(?<=^who)s$|(?<=^how)s$|(?<=^where)s$")
_WORD = re.compile(r"[^\W_]+(?:['’‐-][^\W_]+)*['’]?", re.UNICODE)
_LABEL = re.compile(r"[^\W\d_]+:\s+(?=\S)")
_RETRACTION = re.compile(
    r"(?:forget|delete)\b(?!\s+(?:is|was|are|were|has|had|key|keys|button|in|it)\b)\s+\S"
    r"|(?:remove|retract|erase|unlearn|discard|drop|undo|cancel)\s+(?:that|what|the\s+(?:fact|statement|claim|sentence)"
    r"|everything|all\s+(?:the\s+)?(?:facts|information|data|statements)|fact|facts)\b"
    r"|it(?:\s+is|['’]s)(?:n't|\s+not|\s+no\s+longer)\s+true\s+(?:any\s*more\s+)?that\b"
    r"|(?:it\s+is|it['’]s|that['’]s|that\s+is)\s+no\s+longer\s+(?:true|the\s+case)\b",
    re.IGNORECASE,
)


def is_retraction(text: str) -> bool:
    """Whether a sentence takes back what was told.

    >>> is_retraction("Forget that Anna lives in Oslo."), is_retraction("Don't forget that Anna likes tea.")
    (True, False)
    """
    return _RETRACTION.match(_without_fillers(text)) is not None


def asks(text: str) -> bool | None:
    """Whether a sentence is a question or a request (True), or tells something (False); None where it isn't clear.

    >>> asks("who lives in oslo"), asks("May is the fifth month."), asks("capital cities")
    (True, False, None)
    """
    bare = _without_fillers(text.strip())
    if (label := _LABEL.match(bare)) and bare[: label.end()].strip(": ").lower() not in ASKING:
        return asks(bare[label.end() :]) is True and not is_phrase(_lower(bare[label.end() :]))
    if re.search(r"[?？][\s\"'”’)\]]*$", bare):
        return True
    words = _WORD.findall(bare)
    lower = _lower(bare)
    if not lower:
        return False
    for rule in (_wanted, _questioning, _asked_late, _slipped, _inverted, _requested):
        verdict = rule(bare, words, lower)
        if verdict is not None:
            return verdict
    if _stops(bare):
        return False
    if not re.search(r"[,;:=–—]|\s-\s", bare) and is_phrase(lower) and not _greets(text):
        return True
    return False if FINITE & set(lower) else None


def _lower(text: str) -> list[str]:
    """The words in lower case, their apostrophes straight."""
    return [w.lower().replace("’", "'") for w in _WORD.findall(text)]


def _greets(text: str) -> bool:
    return re.match(r"(?:hey|hi|hello)\b", text.strip(), re.IGNORECASE) is not None


def _without_fillers(text: str) -> str:
    """The text without "please", "hey," and the like in front."""
    bare = text.strip().lstrip("\"'“”‘¿([")
    while (match := re.match(r"([^\W\d_]+)\s*[,!:]?\s+(?=\S)", bare)) and match[1].lower() in _FILLERS:
        bare = bare[match.end() :]
    return bare


def _wanted(bare: str, words: list[str], lower: list[str]) -> bool | None:
    text = " ".join(lower)
    if _WANTING.match(text):
        return True
    if _AMOUNT.match(text) and not FINITE & set(lower):
        return True
    return None


def _questioning(bare: str, words: list[str], lower: list[str]) -> bool | None:
    """A question word in front, or after a preposition."""
    place = 1 if lower[0] in PREPOSITIONS and len(lower) > 1 else 0
    word = _CONTRACTED.sub("", lower[place])
    if word not in ASKING:
        return None
    following = lower[place + 1] if len(lower) > place + 1 else ""
    if word != lower[place] or following in FINITE:
        # "Which is why …" and "What is more, …" tell
        return not (
            bare.rstrip().endswith(".") and lower[place : place + 3] in (["which", "is", "why"], ["what", "is", "more"])
        )
    if word == "what" and following in ("a", "an") and "!" in bare:
        return False
    return word in ("whom", "whose", "which") or not _main_clause_follows(bare, lower)


def _main_clause_follows(bare: str, lower: list[str]) -> bool:
    """Whether what begins like a question is a clause within a statement: "When Anna was born, it rained."."""
    if lower[0] in ("when", "where") and "," in bare:
        return True
    if not bare.rstrip().endswith((".", "!")):
        return False
    return lower[1] not in MEASURES if len(lower) > 1 else False


def _asked_late(bare: str, words: list[str], lower: list[str]) -> bool | None:
    """A question word after what goes before: "Before Scott, who reached the pole"."""
    _, comma, rest = bare.partition(",")
    if not comma or "," in rest or lower[0] not in LEADING or bare.rstrip().endswith((".", "!")):
        return None
    following = _lower(rest)
    return True if len(following) > 1 and following[0] in ("who", "what", "which", "how", "when", "where") else None


def _slipped(bare: str, words: list[str], lower: list[str]) -> bool | None:
    """A question word or a request with one slip of the fingers, where the next word fits."""
    if len(lower) < 2 or lower[0] in _NOT_SLIPS or lower[0] in FINITE | SUBJECTS:
        return None
    first, second = lower[0], lower[1]
    if _near(first, ASKING) and (
        second in FINITE or second in MEASURES or (len(first) > 3 and FINITE & set(lower[2:4]))
    ):
        return True
    if second in OBJECTS and len(first) > 2 and first not in REQUESTS and _near(first, REQUESTS):
        return True
    return None


def _near(word: str, known: frozenset[str]) -> bool:
    if word in known:
        return False
    same_letters = any(sorted(word) == sorted(k) for k in known)
    if len(word) < 3:
        return same_letters
    return same_letters or any(
        DamerauLevenshtein.distance(word, k) == 1 and word[0] == k[0] for k in known if len(k) > 3
    )


def _inverted(bare: str, words: list[str], lower: list[str]) -> bool | None:
    """The finite verb in front: "is Anna …", "did …", "can …"; but May, Will and Can are also names."""
    first = lower[0]
    if first in BE_DO:
        # "Don't forget …" is told
        return first != "don't" or (len(lower) > 1 and lower[1] in SUBJECTS)
    if first in NEGATED_MODAL:
        return True
    if first not in MODAL:
        return None
    if len(lower) < 2 or lower[1] in FINITE:
        return False
    if lower[1] in SUBJECTS or lower[1] in OBJECTS or words[0][0].islower():
        return True
    # "Will Smith is an actor" has a verb of its own; "Will Smith come" has not
    return not (FINITE & set(lower[2:]) or bare.rstrip().endswith("."))


def _requested(bare: str, words: list[str], lower: list[str]) -> bool | None:
    """A verb of request in front: "list all …"."""
    if lower[0] in ("can", "could", "would", "will") or lower[0] not in REQUESTS:
        return None
    if len(lower) < 2 or lower[1] in FINITE:
        return False
    if lower[1] in OBJECTS or words[1][0].islower() or words[1][0].isdigit():
        # "Show business is hard."
        return not (_told_early(lower) and (lower[1] not in OBJECTS or words[1][0].isupper()))
    if lower[0] == "count":
        # a count may be a nobleman
        return not bare.rstrip().endswith(".") and not FINITE & set(lower)
    # "Find Anna's address." but not "Select Committee members met."
    told = bare.rstrip().endswith(".") and (
        set(lower[2:4]) & FINITE or (len(words) > 3 and "'s" not in " ".join(lower))
    )
    return not told


def _told_early(lower: list[str]) -> bool:
    """Whether a verb follows at once: "show jumping is a sport", but not "show those who are tall"."""
    if lower[1] in ASKING or lower[1] in ("if", "whether", "that"):
        return False
    for place in range(2, min(4, len(lower))):
        word, before = lower[place], lower[place - 1]
        if before in RELATIVE or before in ASKING or before in OBJECTS:
            continue
        past = (word in IRREGULAR or word.endswith("ed")) and lower[place + 1 : place + 2] in (["the"], ["a"], ["an"])
        if word in FINITE or past:
            return True
    return False


def _stops(bare: str) -> bool:
    """Whether it ends as a sentence does."""
    return bare.rstrip().endswith((".", "!", "。"))
