"""Whether a model replied to all it was asked: any object may be a model, and a lost reply must not shift the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from neuraldb.core.errors import ModelUnavailable

R = TypeVar("R")


def one_each(replies: Sequence[R], asked: int, role: str, model: object) -> Sequence[R]:
    """The replies, if there is one for each request.

    Args:
        replies: what the model gave, in the order of the requests.
        asked: how many requests there were.
        role: what the model is: ``reader``, ``extractor``, ``encoder``, ``parser``.
        model: the model itself; its ``name`` stands in the error.

    Raises:
        ModelUnavailable: there are more replies than requests, or fewer, or none at all.

    >>> one_each(["a", "b"], 2, "reader", None)
    ['a', 'b']
    """
    count = len(replies) if isinstance(replies, Sequence) or hasattr(replies, "__len__") else None
    if count == asked:
        return replies
    gave = f"{type(replies).__name__}, which is no list" if count is None else f"{count} for {asked} requests"
    raise unfit(role, model, f"gave {gave}", "a model gives one reply for each request, in order")


def unfit(role: str, model: object, what: str, hint: str | None = None) -> ModelUnavailable:
    """The error that says what is wrong with a model's replies.

    >>> print(unfit("reader", None, "gave 2 for 3 requests").message)
    the reader NoneType gave 2 for 3 requests
    """
    name = getattr(model, "name", None) or type(model).__name__
    return ModelUnavailable(f"the {role} {name} {what}", hint=hint)
