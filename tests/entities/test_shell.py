"""Entities in the shell: what is typed, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World
from shell.helpers import Shell

import neuraldb
from neuraldb.shell.script import entries_of

SCRIPT = r"""
\entities a berg
\merge Anna Berg, "Annie, the baker"
\entities a berg
\entity annie the baker
SELECT action, text FROM history WHERE action = 'merge';
\undo
\split Anna Berg, 3
\entities a berg
\undo 9
\entity A. Lund
"""
SHOWN = r"""name,aliases,facts,triples
Anna Berg,,2,2
> Annie, the baker is Anna Berg; \undo 7 takes it back
name,aliases,facts,triples
Anna Berg,"Annie, the baker",3,3
Anna Berg
  also: Annie, the baker
  Anna Berg · visited · Oslo
  Anna Berg · plays · chess
  Anna Berg · visited · Hamar
  [1] Anna Berg visited Oslo.
  [2] Annie, the baker visited Hamar.
  [3] Anna Berg plays chess.
action,text
merge,"Annie, the baker is Anna Berg"
> taken back: Annie, the baker is Anna Berg
> Anna Berg (2) is not Anna Berg (1); \undo 9 takes it back
name,aliases,facts,triples
Anna Berg (1),,1,1
Anna Berg (2),,1,1
> taken back: Anna Berg (2) is not Anna Berg (1)
A. Lund
  may be: Anna Lund
  may be: Arne Lund
  A. Lund · visited · Voss
  [6] A. Lund visited Voss.
"""
FACTS = {
    "Anna Berg visited Oslo.": ("Anna Berg", "visited", "Oslo"),
    "Annie, the baker visited Hamar.": ("Annie, the baker", "visited", "Hamar"),
    "Anna Berg plays chess.": ("Anna Berg", "plays", "chess"),
    "Anna Lund visited Bergen.": ("Anna Lund", "visited", "Bergen"),
    "Arne Lund visited Hamar.": ("Arne Lund", "visited", "Hamar"),
    "A. Lund visited Voss.": ("A. Lund", "visited", "Voss"),
}


@pytest.fixture
def shell() -> Iterator[Shell]:
    world = World()
    for text, triple in FACTS.items():
        world.tell(text, triple)
    with neuraldb.connect(models=world.models()) as db:
        for text in FACTS:
            db.add(text)
        yield Shell(db)


def say(shell: Shell, text: str) -> tuple[bool, str, str]:
    """Run a text; gives whether all went well, the data and the narration."""
    well = shell.run_all(entries_of([text]))
    return well, shell.out(), shell.err()


def test_a_script(shell: Shell) -> None:
    shown = ""
    for line in filter(None, SCRIPT.splitlines()):
        well, out, err = say(shell, line)
        assert well, err
        shown += out + "".join(f"> {told}\n" for told in err.splitlines())
    assert shown == SHOWN


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("\\merge Anna Berg", "takes two names"),
        ("\\merge Anna Berg, Arne Lund, A. Lund", "takes two names"),
        ("\\merge Anna Berg, Kari", "nothing is known of Kari"),
        ("\\split", "takes a name, and facts or names"),
        ("\\split Anna Berg", "takes a name, and facts or names"),
        ("\\split Anna Berg, 2", "fact 2 does not mention"),
        ("\\undo", "no merge or split to take back"),
        ("\\undo 1", "change 1 is no merge and no split"),
        ("\\undo x", "x is no id of a change"),
        ("\\entities xyz", ""),
    ],
)
def test_what_is_wrong_is_said(shell: Shell, line: str, error: str) -> None:
    well, out, err = say(shell, line)
    assert well == (error == "")
    assert (error or "nobody is called so") in err
    assert out == ""
