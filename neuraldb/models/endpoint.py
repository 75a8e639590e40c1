"""A reader over any endpoint that speaks OpenAI's chat-completion protocol: typed replies, held against the facts.

Several support sets of one question go into a prompt, several prompts are under way at once, and what was read once is
not asked again. What a reply says in another form than asked for is unknown; where the endpoint cannot be reached, or
the budget is used up, the statement fails, so that nothing is taken for unknown that was never asked.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from itertools import accumulate
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from neuraldb.core.errors import InterfaceError, ModelUnavailable
from neuraldb.core.progress import CancelToken
from neuraldb.models import prompting
from neuraldb.models.chat import LISTEN_SECONDS, ChatClient, Completion, Refused, TokenBudget
from neuraldb.models.confidence import TokenScores, scaled
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.tally import Tally

KEY = "NEURALDB_API_KEY"
"""The environment variable of the API key. No other is read: a key for one service is not sent to another."""
SET_TOKENS = 200
"""Tokens of a reply for each support set."""
Key = tuple[str, str, tuple[str, ...]]


class EndpointReader:
    """A reader over an endpoint.

    Args:
        url: where its API begins, such as ``http://localhost:8000/v1``.
        model: the name of the model there.
        api_key: None for that of the environment variable ``NEURALDB_API_KEY``, if it is set.
        batch: support sets in one prompt. With 1 no fact is ever beside another support set's.
        concurrency: prompts under way at once.
        timeout: seconds for one request.
        attempts: how often a request is sent, with back-off, before the statement fails.
        token_budget: tokens of prompts and replies in all; the request that might exceed it is an error.
        temperature: by which confidences are scaled (:func:`neuraldb.models.confidence.fitted`).
        logprobs: take confidences from the probabilities of the reply's tokens, and not from what the reply says.
        body: members of the request's body to add or, with None, to leave out: ``{"temperature": None}``.
        remembered: readings that are kept in memory.

    Raises:
        InterfaceError: an argument is out of range, or the address is none.
        MissingExtra: httpx2 or jsonschema is not installed.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str | None = None,
        batch: int = 8,
        concurrency: int = 4,
        timeout: float = 60.0,
        attempts: int = 4,
        token_budget: int | None = None,
        temperature: float = 1.0,
        logprobs: bool = False,
        body: Mapping[str, Any] | None = None,
        remembered: int = 10_000,
    ) -> None:
        for name, value in (("batch", batch), ("concurrency", concurrency), ("attempts", attempts)):
            if value < 1:
                raise InterfaceError(f"{name} is {value}, and must be at least 1")
        for name, number in (("timeout", timeout), ("temperature", temperature)):
            if not number > 0:
                raise InterfaceError(f"{name} is {number}, and must be above 0")
        prompting.check_library()
        key = os.environ.get(KEY) if api_key is None else api_key
        self.tally = Tally()
        budget = TokenBudget(token_budget)
        self._client = ChatClient(_address(url), (key or "").strip() or None, timeout, attempts, budget, self.tally)
        self._model, self._batch, self._concurrency = model, batch, concurrency
        self._temperature, self._verbal, self._body = temperature, not logprobs, dict(body or {})
        self._formatted = True
        self._known: OrderedDict[Key, Reading] = OrderedDict()
        self._remembered, self._lock = remembered, Lock()
        asked = f"{prompting.version(self._verbal)} {batch} {temperature:g} {sorted(self._body.items())}"
        version = hashlib.blake2b(asked.encode(), digest_size=4).hexdigest()
        self.name = f"endpoint-{model}-{self._client.shown}-{version}"

    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        """One reading a request, in order; unreadable where the reply was none.

        Raises:
            ModelUnavailable: the endpoint cannot be reached or refuses, or the token budget is used up. What was read
                until then is known when it is asked again.
            Cancelled, Timeout: when ``token`` says so.
        """
        known, missing = self._recall(requests)
        self.tally.add(read=len(requests), cached=len(requests) - len(missing))
        batches = list(self._batches(missing, self._batch))
        # what a reply to many passes over may be clear in a reply of its own
        self._ask([[request] for request in self._ask(batches, token, known)], token, known)
        return [known.get(_key(request), Reading((), unreadable=True)) for request in requests]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # -------------------------------------------------------------------------------------------------------- asking

    def _ask(
        self, batches: Sequence[Sequence[ReadRequest]], token: CancelToken | None, known: dict[Key, Reading]
    ) -> list[ReadRequest]:
        """Ask for batches of requests, several at once, and enter what is said.

        Returns:
            The requests that were left unclear in replies to several.
        """
        if not batches:
            return []
        stop = Event()
        pool = ThreadPoolExecutor(min(self._concurrency, len(batches)), "neuraldb reader")
        futures = [pool.submit(self._read_batch, batch, stop) for batch in batches]
        try:
            _await(futures, token)
        finally:
            # at an error nothing more is sent; what is under way ends by itself, at the latest when its time is up
            stop.set()
            pool.shutdown(wait=all(f.done() for f in futures), cancel_futures=True)
        unclear = []
        for batch, future in zip(batches, futures, strict=True):
            for request, reading in zip(batch, future.result(), strict=True):
                if not reading.unreadable:
                    known[_key(request)] = reading
                elif len(batch) > 1:
                    unclear.append(request)
        return unclear

    def _read_batch(self, batch: Sequence[ReadRequest], stop: Event) -> list[Reading]:
        reply = self._complete(batch, stop)
        scores = None if self._verbal else _scores(reply)
        found = prompting.readings(reply.text, batch, self.tally, scores)
        made = [scaled(reading, self._temperature) for reading in found]
        self._remember(batch, made)
        return made

    def _complete(self, batch: Sequence[ReadRequest], stop: Event) -> Completion:
        formatted = self._formatted
        body = self._request(batch, formatted)
        # no tokenizer of the endpoint's is known here: a token is rarely less than two bytes of such text
        tokens = sum(len(m["content"].encode()) for m in body["messages"]) // 2 + SET_TOKENS * len(batch)
        try:
            return self._client.complete(body, tokens, stop)
        except Refused as refused:
            if refused.status not in (400, 422) or not formatted or "response_format" not in body:
                raise
        # some servers do not know the format; the reply is held against the schema in any case
        reply = self._client.complete(self._request(batch, False), tokens, stop)
        self._formatted = False
        return reply

    def _request(self, batch: Sequence[ReadRequest], formatted: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": prompting.instructions(batch[0].mode, self._verbal)},
                {"role": "user", "content": prompting.payload(batch)},
            ],
            "temperature": 0,
            "max_tokens": SET_TOKENS * len(batch),
        }
        if formatted:
            form = {"name": "readings", "strict": True, "schema": prompting.schema(self._verbal)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        if not self._verbal:
            body["logprobs"] = True
        return {name: value for name, value in (body | self._body).items() if value is not None}

    @staticmethod
    def _batches(requests: Sequence[ReadRequest], size: int) -> Iterator[list[ReadRequest]]:
        """The requests in batches of one question and one mode each."""
        alike: dict[tuple[str, str], list[ReadRequest]] = {}
        for request in requests:
            alike.setdefault((request.question, request.mode), []).append(request)
        for group in alike.values():
            for begin in range(0, len(group), size):
                yield group[begin : begin + size]

    # ---------------------------------------------------------------------------------------------------- remembering

    def _recall(self, requests: Sequence[ReadRequest]) -> tuple[dict[Key, Reading], list[ReadRequest]]:
        """What is known of the requests, and the others, each once."""
        distinct = {_key(request): request for request in requests}
        with self._lock:
            known = {key: self._known[key] for key in distinct if key in self._known}
            for key in known:
                self._known.move_to_end(key)
        return known, [request for key, request in distinct.items() if key not in known]

    def _remember(self, batch: Sequence[ReadRequest], found: Sequence[Reading]) -> None:
        with self._lock:
            for request, reading in zip(batch, found, strict=True):
                if not reading.unreadable:
                    self._known[_key(request)] = reading
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)


def _key(request: ReadRequest) -> Key:
    return request.mode, request.question, request.facts


def _await(futures: Sequence[Future[Any]], token: CancelToken | None) -> None:
    """Wait until all are done or one has failed, which is raised; the token is asked meanwhile."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, LISTEN_SECONDS, FIRST_EXCEPTION)
        for future in done:
            future.result()
        if token is not None:
            token.check()


def _scores(reply: Completion) -> TokenScores:
    """The tokens' log-probabilities; where the tokens are not those of the text, of the text as a whole.

    Raises:
        ModelUnavailable: there are none.
    """
    logs = [log for _, log in reply.tokens]
    if not logs:
        raise ModelUnavailable(
            "the endpoint gives no log-probabilities", hint="without logprobs the model says itself how sure it is"
        )
    if "".join(text for text, _ in reply.tokens) != reply.text:
        return TokenScores([len(reply.text)], [sum(logs)])
    return TokenScores(list(accumulate(len(text) for text, _ in reply.tokens)), logs)


def _address(url: str) -> str:
    """The address to which chats are sent.

    Raises:
        InterfaceError: it is none, or has a name and password in it, which may not be shown.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or any(character.isspace() for character in url):
        raise InterfaceError("the address of the endpoint is no http:// or https:// address")
    if "@" in parts.netloc:
        raise InterfaceError(
            "the address of the endpoint has a name or password in it", hint=f"give the key by {KEY} or api_key"
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
    return parts._replace(path=path, fragment="").geturl()
