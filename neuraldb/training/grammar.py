"""English morphology for the generator: verb forms, auxiliaries, articles, and verb phrases around a slot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from neuraldb.training.vocabulary import VerbPhrase

IRREGULAR = {
    line.split()[0]: (line.split()[1], line.split()[2])
    for line in """
    arise arose arisen|be was been|bear bore borne|beat beat beaten|become became become|begin began begun
    bend bent bent
    bet bet bet|bind bound bound|bite bit bitten|bleed bled bled|blow blew blown|break broke broken|breed bred bred
    bring brought brought|broadcast broadcast broadcast|build built built|burn burned burned|buy bought bought
    cast cast cast|catch caught caught|choose chose chosen|come came come|cost cost cost|cut cut cut|deal dealt dealt
    dig dug dug|do did done|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen
    feed fed fed|feel felt felt|fight fought fought|find found found|flee fled fled|fly flew flown
    forbid forbade forbidden
    forget forgot forgotten|freeze froze frozen|get got got|give gave given|go went gone|grind ground ground
    grow grew grown|hang hung hung|have had had|hear heard heard|hide hid hidden|hit hit hit|hold held held
    hurt hurt hurt|keep kept kept|know knew known|lay laid laid|lead led led|leave left left|lend lent lent|let let let
    lie lay lain|light lit lit|lose lost lost|make made made|mean meant meant|meet met met|mow mowed mown|pay paid paid
    put put put|quit quit quit|read read read|ride rode ridden|ring rang rung|rise rose risen|run ran run|say said said
    see saw seen|seek sought sought|sell sold sold|send sent sent|set set set|shake shook shaken|shine shone shone
    shoot shot shot|show showed shown|shut shut shut|sing sang sung|sink sank sunk|sit sat sat|sleep slept slept
    speak spoke spoken|spend spent spent|spin spun spun|split split split|spread spread spread|stand stood stood
    steal stole stolen|stick stuck stuck|strike struck struck|swear swore sworn|sweep swept swept|swim swam swum
    take took taken|teach taught taught|tear tore torn|tell told told|think thought thought|throw threw thrown
    understand understood understood|wake woke woken|wear wore worn|weave wove woven|win won won|wind wound wound
    withdraw withdrew withdrawn|write wrote written|rewrite rewrote rewritten|oversee oversaw overseen
    undertake undertook undertaken|overtake overtook overtaken|undergo underwent undergone|foresee foresaw foreseen
    rebuild rebuilt rebuilt|outdo outdid outdone|withstand withstood withstood|spring sprang sprung|sew sewed sewn
    sow sowed sown|swing swung swung|cling clung clung|lean leaned leaned|learn learned learned|burst burst burst
    """.replace("\n", "|").split("|")
    if line.strip()
}
SHORT_VOWEL = re.compile(r"(?:[^aeiou]|qu)[aeiou][bdgklmnprt]$")
"""One vowel letter and one consonant at the end ("u" after "q" is none of its own)."""
STRESSED_END = re.compile(r"(?:[^f]fer|[^io]mit|^omit|cur|gret|begin|forget|bid)$|^(?:program|worship)$")
"""Ends of longer verbs that bear the stress, as in "refer", "submit" and "occur", not as in "offer" and "limit";
and two verbs that double the letter although they don't bear it."""
LONG_L = re.compile(r"(?:[^aeiou]|u)[aeiou]l$")
"""A final l is doubled wherever the stress lies, as British spelling has it ("travelled"), in "fuelled" too."""


def _stem(verb: str) -> str:
    """The verb as it stands before -ed and -ing: its last letter doubled after a short stressed vowel."""
    one_syllable = len(re.findall(r"[aeiouy]+", verb)) == 1
    short = SHORT_VOWEL.search(verb) and (one_syllable or STRESSED_END.search(verb))
    return verb + verb[-1] if short or LONG_L.search(verb) else verb


def past(verb: str) -> str:
    """The simple past.

    >>> [past(v) for v in ("write", "publish", "carry", "play", "stop", "found", "open")]
    ['wrote', 'published', 'carried', 'played', 'stopped', 'founded', 'opened']
    """
    if verb in IRREGULAR:
        return IRREGULAR[verb][0]
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    return _stem(verb) + "ed"


def participle(verb: str) -> str:
    """The past participle."""
    return IRREGULAR[verb][1] if verb in IRREGULAR else past(verb)


def third(verb: str) -> str:
    """The third person singular of the present."""
    if verb in ("be", "have", "do", "go"):
        return {"be": "is", "have": "has", "do": "does", "go": "goes"}[verb]
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(s|x|z|ch|sh|o)$", verb) else "s")


def gerund(verb: str) -> str:
    """The present participle.

    >>> [gerund(v) for v in ("write", "run", "lie", "play", "see")]
    ['writing', 'running', 'lying', 'playing', 'seeing']
    """
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith("ee") and verb != "be":
        return verb[:-1] + "ing"
    return _stem(verb) + "ing"


PARTICIPLES = {p for _, p in IRREGULAR.values()}


def has_auxiliary(phrase: VerbPhrase) -> bool:
    """Whether the verb itself moves to the front in a question: "be", or "have" before a participle."""
    first = phrase.before.split(" ")[0]
    perfect = first.endswith("ed") or first in PARTICIPLES
    return phrase.verb == "be" or (phrase.verb == "have" and perfect)


def finite(phrase: VerbPhrase, plural: bool) -> str:
    """The conjugated verb: "was", "have", "writes"."""
    if phrase.verb == "be":
        table = {("past", False): "was", ("past", True): "were", ("present", False): "is", ("present", True): "are"}
        return table[phrase.tense, plural]
    if phrase.tense == "past":
        return past(phrase.verb)
    return phrase.verb if plural else third(phrase.verb)


def auxiliary(phrase: VerbPhrase, plural: bool) -> str:
    """The word that a yes-no question begins with."""
    if has_auxiliary(phrase):
        return finite(phrase, plural)
    if phrase.tense == "past":
        return "did"
    return "do" if plural else "does"


def predicate(phrase: VerbPhrase, slot: str, plural: bool) -> str:
    """The finite verb phrase: "was written by {o}"."""
    return squeeze(f"{finite(phrase, plural)} {phrase.before} {slot} {phrase.after}")


def negated(phrase: VerbPhrase, slot: str, plural: bool, short: bool) -> tuple[str, str]:
    """The negated verb phrase, and its cue word ("not" or the contracted auxiliary)."""
    helper = auxiliary(phrase, plural)
    main = "" if has_auxiliary(phrase) else phrase.verb
    cue = f"{helper}n't" if short else f"{helper} not"
    return squeeze(f"{cue} {main} {phrase.before} {slot} {phrase.after}"), cue


def inverted(phrase: VerbPhrase, subject: str, slot: str, plural: bool = False) -> str:
    """The yes-no question, without its mark: "was {s} written by {o}"; an empty slot leaves a gap."""
    main = "" if has_auxiliary(phrase) else phrase.verb
    return squeeze(f"{auxiliary(phrase, plural)} {subject} {main} {phrase.before} {slot} {phrase.after}")


def reduced(phrase: VerbPhrase, slot: str) -> str | None:
    """The participle that can follow a noun directly: "written by {o}", "playing for {o}"; None where it cannot."""
    if phrase.verb == "be":
        return squeeze(f"{phrase.before} {slot} {phrase.after}") if phrase.before else None
    if phrase.tense == "present" and phrase.verb != "have":
        return squeeze(f"{gerund(phrase.verb)} {phrase.before} {slot} {phrase.after}")
    return None


def article(noun: str) -> str:
    """The indefinite article that a noun takes."""
    if re.match(r"(?i)(hour|honour|honor|heir|[aeiou])", noun) and not re.match(r"(?i)(uni|use|eu|one|ur)", noun):
        return "an"
    if re.match(r"[FHLMNRSX][A-Z]", noun):
        return "an"
    return "a"


def squeeze(text: str) -> str:
    """Single spaces, none before a mark."""
    return re.sub(r" ([,.?!])", r"\1", re.sub(r"\s+", " ", text)).strip()


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Filled:
    """A text and where each slot's filling stands in it."""

    text: str
    spans: dict[str, tuple[int, int]]


def fill(template: str, fillings: dict[str, str], sentence: bool = False) -> Filled:
    """Put fillings into ``{slots}``; with ``sentence`` the first letter is made a capital."""
    out: list[str] = []
    spans: dict[str, tuple[int, int]] = {}
    length = 0
    for i, part in enumerate(re.split(r"\{(\w+)\}", template)):
        text = fillings[part] if i % 2 else part
        if i % 2:
            spans[part] = (length, length + len(text))
        out.append(text)
        length += len(text)
    text = "".join(out)
    return Filled(capital(text) if sentence else text, spans)
