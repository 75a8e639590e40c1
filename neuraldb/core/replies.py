"""Whether a model replied to all it was asked: any object may be a model, and a lost reply must not shift the rest."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

from neuraldb.core.errors import ModelUnavailable

_HINT = "a model gives one reply for each request, in order"
Replies = TypeVar("Replies", bound=Sized)


def one_each(replies: Replies, asked: int, role: str, model: object) -> Replies:
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
    try:
        count = len(replies)
    except TypeError:
        raise unfit(role, model, f"gave {type(replies).__name__}, which is no list", _HINT) from None
    if count != asked:
        raise unfit(role, model, f"gave {count} for {asked} requests", _HINT)
    return replies


def unfit(role: str, model: object, what: str, hint: str | None = None) -> ModelUnavailable:
    """The error that says what is wrong with a model's replies.

    >>> print(unfit("reader", None, "gave 2 for 3 requests").message)
    the reader NoneType gave 2 for 3 requests
    """
    name = getattr(model, "name", None) or type(model).__name__
    return ModelUnavailable(f"the {role} {name} {what}", hint=hint)
