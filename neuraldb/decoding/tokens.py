"""The same automaton over the tokens of a model: which may come next, whatever parts of symbols they are.

A plan is written as its symbols with a space between them. The symbols that may follow a state are a prefix tree of
bytes, the vocabulary is another, and walking both together gives the admissible tokens; one may end within a symbol
or span several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from neuraldb.decoding.automaton import Automaton, Plan, State

_SPACE = ord(" ")


class Vocabulary:
    """The tokens of a model as a prefix tree.

    Args:
        tokens: the bytes that each token adds to a text; those that add none, such as the end, are left out.
        end: the token that ends a text.
    """

    def __init__(self, tokens: Mapping[int, bytes], end: int) -> None:
        self.tokens, self.end = tokens, end
        self.root = _Entry()
        for token, text in tokens.items():
            entry = self.root
            for byte in text:
                entry = entry.following.setdefault(byte, _Entry())
            if text:
                entry.tokens.append(token)
        self.complete = len(self.root.following) == 256 and all(e.tokens for e in self.root.following.values())
        """Whether every text can be written."""


class _Entry:
    """A prefix of tokens."""

    __slots__ = ("following", "tokens")

    def __init__(self) -> None:
        self.following: dict[int, _Entry] = {}
        self.tokens: list[int] = []


class _Node:
    """A place in the text of a plan: within a symbol, or after it, where ``state`` is what it led to."""

    __slots__ = ("_alive", "_following", "ends", "state")

    def __init__(self, state: State | None = None) -> None:
        self.state = state
        self.ends: list[_Node] = []
        self._following: dict[int, _Node] | None = None if state is not None else {}
        self._alive: bool | None = None

    @property
    def bytes(self) -> Sequence[int]:
        """What may follow; after a symbol that is a space, without asking what symbols there are."""
        if self.state is not None:
            return (_SPACE,)
        return tuple(self._following or ())

    def after(self, byte: int) -> _Node | None:
        """The place behind a byte."""
        if self._following is None:
            if byte != _SPACE:
                return None
            assert self.state is not None
            self._following = {_SPACE: _symbols(self.state)}
        return self._following.get(byte)

    def alive(self, vocabulary: Vocabulary) -> bool:
        """Whether a vocabulary that cannot write every text can go on from here to the end of a symbol."""
        if self._alive is None:
            self._alive = False
            whole = self.state is not None and self.state.plan is not None
            self._alive = whole or any(
                (place.ends and any(end.alive(vocabulary) for end in place.ends)) or place.alive(vocabulary)
                for place in _written(vocabulary.root, self)
            )
        return self._alive


def _symbols(state: State) -> _Node:
    """The prefix tree of the symbols that may follow a state."""
    root = _Node()
    for symbol, following in state.steps:
        node = root
        for byte in symbol.text.encode():
            assert node._following is not None
            node = node._following.setdefault(byte, _Node())
        node.ends.append(_Node(following))
    return root


def _written(entry: _Entry, node: _Node) -> Iterator[_Node]:
    """The places that one token leads to without leaving the symbol."""
    for byte, longer in entry.following.items():
        place = node.after(byte)
        if place is not None:
            if longer.tokens:
                yield place
            yield from _written(longer, place)


Places: TypeAlias = tuple[_Node, ...]
"""Where a text may be in the plans that it is the beginning of."""


class TokenAutomaton:
    """The plans of an automaton, token by token.

    Args:
        automaton: gives the plans.
        vocabulary: of the model.
    """

    def __init__(self, automaton: Automaton, vocabulary: Vocabulary) -> None:
        self._automaton, self._vocabulary = automaton, vocabulary

    def start(self) -> Places:
        """Before the first token; a text may begin with a space, as tokenizers like it."""
        root = _Node(self._automaton.start)
        first = root.after(_SPACE)
        assert first is not None
        return self._living((root, first))

    def allowed(self, places: Places) -> list[int]:
        """The tokens that may come next, ascending; the end where a plan is whole. None: there is no plan at all."""
        found = [token for token, _ in self._continued(self._vocabulary.root, places)]
        if self.plan(places) is not None:
            found.append(self._vocabulary.end)
        return sorted(found)

    def after(self, places: Places, token: int) -> Places:
        """Where a token leads; nowhere if it is not allowed."""
        for byte in self._vocabulary.tokens.get(token, b""):
            places = _after(places, byte)
        return self._living(places) if token in self._vocabulary.tokens else ()

    def forced(self, places: Places) -> int | None:
        """The longest token of a text that cannot go on otherwise; None where there is a choice."""
        allowed = self.allowed(places)
        if len(allowed) == 1:
            return allowed[0]
        if not allowed or self._vocabulary.end in allowed:
            return None
        longest = max(allowed, key=lambda token: len(self._vocabulary.tokens[token]))
        for byte in self._vocabulary.tokens[longest]:
            if any(node.bytes != (byte,) for node in places if node.bytes) or self.plan(places) is not None:
                return None
            places = _after(places, byte)
        return longest

    def plan(self, places: Places) -> Plan | None:
        """The whole plan that a text is; where names are shared, the first."""
        return next(
            (node.state.plan for node in places if node.state is not None and node.state.plan is not None), None
        )

    def _continued(self, entry: _Entry, places: Places) -> Iterator[tuple[int, Places]]:
        for byte in {byte for node in places for byte in node.bytes} & entry.following.keys():
            longer, following = entry.following[byte], _after(places, byte)
            if longer.tokens and self._living(following):
                yield from ((token, following) for token in longer.tokens)
            if following:
                yield from self._continued(longer, following)

    def _living(self, places: Places) -> Places:
        """The places from which a text can go on, or end."""
        leading = tuple(node for node in places if node.state is not None or node.bytes)
        if self._vocabulary.complete:
            return leading
        return tuple(node for node in leading if node.alive(self._vocabulary))


def _after(places: Places, byte: int) -> Places:
    """The places behind a byte, and behind the symbols that end there."""
    reached = [node for place in places if (node := place.after(byte)) is not None]
    return (*reached, *(end for node in reached for end in node.ends))
