"""A reader by a short text, as ``neuraldb.connect(reader=…)`` and ``--reader`` take it; nothing is loaded yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.errors import InterfaceError
from neuraldb.models.folders import check
from neuraldb.models.protocols import Reader

FORMS = ("seq2seq:FOLDER", "causal:FOLDER", "URL#MODEL")
"""The forms of such a text."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which reader is meant.

    Attributes:
        kind: ``seq2seq``, ``causal`` or ``endpoint``.
        where: its folder, or its address.
        model: the name of the model at an endpoint.
    """

    kind: str
    where: str
    model: str = ""


def parse(text: str) -> Choice:
    """What a text names.

    Raises:
        InterfaceError: it has none of the :data:`FORMS`.

    >>> parse("seq2seq:models/t5"), parse("http://localhost:8000/v1#llama")
    (Choice(kind='seq2seq', where='models/t5', model=''), \
Choice(kind='endpoint', where='http://localhost:8000/v1', model='llama'))
    """
    head, colon, rest = text.partition(":")
    if head in ("seq2seq", "causal") and rest:
        return Choice(head, rest)
    if head in ("http", "https") and colon:
        address, _, model = text.partition("#")
        if model:
            return Choice("endpoint", address, model)
        # the address may hold what is not to be shown
        raise InterfaceError(f"the endpoint has no model: write {FORMS[2]}")
    raise InterfaceError(f"there is no reader {text}", hint=f"a reader is {', '.join(FORMS[:2])} or {FORMS[2]}")


def loader(text: str, token_budget: int | None = None) -> Callable[[], Reader]:
    """What loads the reader that a text names, when it is called.

    Args:
        text: as of :func:`parse`.
        token_budget: tokens that an endpoint may be asked for in all.

    Raises:
        InterfaceError: the text names none, or a folder's reader is given a budget.
        ModelUnavailable: its folder holds no model.
    """
    choice = parse(text)
    if choice.kind != "endpoint":
        if token_budget is not None:
            raise InterfaceError("a token budget is of an endpoint; models in folders cost none")
        folder = Path(choice.where)
        check(folder)
        return lambda: _folder_reader(choice.kind, folder)

    def endpoint() -> Reader:
        from neuraldb.models.endpoint import EndpointReader

        return EndpointReader(choice.where, choice.model, token_budget=token_budget)

    return endpoint


def _folder_reader(kind: str, folder: Path) -> Reader:
    if kind == "seq2seq":
        from neuraldb.models.seq2seq import Seq2SeqReader

        return Seq2SeqReader(folder)
    from neuraldb.models.causal import CausalReader

    return CausalReader(folder)
