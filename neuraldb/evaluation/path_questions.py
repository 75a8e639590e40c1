"""Questions over a graph whose topic is given: PathQuestion (Zhou et al. 2018), WorldCup2014 (Zhang et al. 2016) and
MetaQA (Zhang et al. 2018).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.errors import ImportFailed
from neuraldb.loading.source import Source

Triple = tuple[str, str, str]
_TOPIC = re.compile(r"\[(.+?)\]")
_PATHQUESTION = {
    "PQ-2H": ("2H-kb.txt", "PQ-2H.train.txt.gz"),
    "PQ-3H": ("3H-kb.txt", "PQ-3H.train.txt.gz"),
    "PQL-2H": ("PQL2-KB.txt", "PQL-2H.train.txt.gz"),
    "PQL-3H": ("PQL3-KB.txt", "PQL-3H.train.txt.gz"),
}
_METAQA = {f"MetaQA {hops}-hop": ("kb.txt.gz", f"{hops}hop_dev.txt.gz") for hops in (1, 2, 3)}


_WORLDCUP = {"WC2014-P": ("kb.txt.gz", "WC-P.train.txt.gz"), "WC2014-C": ("kb.txt.gz", "WC-C.train.txt.gz")}
INVERSE = "_inverse"
"""Ends the names of relations that are the converse of others."""


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """A question about a topic.

    Attributes:
        text: the question in words.
        topic: the entity's name in the graph.
        named: the words for it in the question.
        answers: names in the graph.
        path: nodes and relations in turn from the topic to an answer; None where the data do not tell it.
        others: what else is named, as in the graph.
    """

    text: str
    topic: str
    named: str
    answers: frozenset[str]
    path: tuple[str, ...] | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """The questions over one graph.

    Attributes:
        name: of the data set.
        hops: the length of its longest paths.
        graph: the file of its triples.
        questions: the file of its questions.
    """

    name: str
    hops: int
    graph: Path
    questions: Path

    def triples(self) -> Iterator[Triple]:
        """The triples of the graph."""
        separator = "|" if self.name.startswith("MetaQA") else "\t"
        for line in Source(self.graph, self.graph.name).lines():
            parts = line.rstrip("\n").split(separator)
            if len(parts) == 3:
                yield parts[0], parts[1], parts[2]

    def read(self, limit: int) -> list[PathQuestion]:
        """So many questions, evenly spaced over the file."""
        lines = [line.rstrip("\n") for line in Source(self.questions, self.questions.name).lines() if line.strip()]
        made = next((read for name, read in _READERS.items() if self.name.startswith(name)), pathquestion)
        step = max(1, len(lines) // limit)
        return [made(line) for line in lines[::step][:limit]]


def datasets(folder: Path) -> list[Dataset]:
    """The data sets whose files lie in a folder.

    Raises:
        ImportFailed: there are none.
    """
    found = [
        Dataset(name, 2 if name in _WORLDCUP else int(re.sub(r"\D", "", name)), folder / graph, folder / questions)
        for name, (graph, questions) in (_PATHQUESTION | _METAQA | _WORLDCUP).items()
        if (folder / graph).exists() and (folder / questions).exists()
    ]
    if not found:
        raise ImportFailed(
            f"{folder} holds neither PathQuestion nor MetaQA nor WorldCup2014",
            hint="a folder with 2H-kb.txt or kb.txt.gz",
        )
    return found


def pathquestion(line: str) -> PathQuestion:
    r"""A question of PathQuestion: text, answers and path, separated by tabs.

    >>> made = pathquestion("where is a_b 's wife born ?\toslo(oslo/rome/)\ta_b#wife#c#born#oslo#<end>#oslo")
    >>> made.text, made.named, sorted(made.answers), made.path
    ("where is a b 's wife born ?", 'a b', ['oslo', 'rome'], ('a_b', 'wife', 'c', 'born', 'oslo'))
    """
    text, answers, path = line.split("\t")[:3]
    steps = tuple(path.split("#<end>")[0].split("#"))
    topic = steps[0]
    text = " ".join(text.replace(topic, topic.replace("_", " ")).split())
    return PathQuestion(text, topic, topic.replace("_", " "), frozenset({*_answers(answers), steps[-1]}), steps)


def _answers(text: str) -> list[str]:
    """The names in ``first(first/second/)``; names may hold brackets themselves."""
    for bracket in re.finditer(r"\(", text):
        first, rest = text[: bracket.start()], text[bracket.end() :]
        if rest.startswith(f"{first}/"):
            return [name for name in rest.removesuffix(")").split("/") if name]
    return []


def metaqa(line: str) -> PathQuestion:
    r"""A question of MetaQA: its topic in brackets, its answers after a tab, separated by bars.

    >>> made = metaqa("what films did [Ann Lee] act in\tEmma|Persuasion")
    >>> made.text, made.topic, sorted(made.answers)
    ('what films did Ann Lee act in', 'Ann Lee', ['Emma', 'Persuasion'])
    """
    text, answers = line.split("\t")[:2]
    topic = _TOPIC.search(text)
    if topic is None:
        raise ImportFailed("a question of MetaQA has its topic in brackets", source=text)
    return PathQuestion(_TOPIC.sub(r"\1", text).strip(), topic[1], topic[1], frozenset(answers.split("|")))


def worldcup(line: str) -> PathQuestion:
    r"""A question of WorldCup2014: text, an answer, one path or two, all answers; names have underscores.

    >>> paths = "Italy#from_inverse#A_B#<end>#A_B*AS_Roma#club_inverse#A_B#<end>#A_B"
    >>> made = worldcup("\t".join(("who from Italy plays for AS_Roma ?", "A_B", paths, "A_B/C/")))
    >>> made.text, made.topic, made.others, sorted(made.answers)
    ('who from Italy plays for AS Roma ?', 'Italy', ('AS_Roma',), ['A_B', 'C'])
    """
    text, _, paths, answers = line.split("\t")[:4]
    topic, *others = (path.split("#")[0] for path in paths.split("*"))
    named = topic.replace("_", " ")
    found = frozenset(name for name in answers.split("/") if name)
    return PathQuestion(text.replace("_", " "), topic, named, found, None, tuple(others))


_READERS = {"MetaQA": metaqa, "WC2014": worldcup}
