"""A client of one chat-completion endpoint (the protocol of OpenAI's, which many servers speak).

Passing faults are tried again with back-off, what is spent is held against a budget of tokens, and no reply may take
longer or be larger than allowed. The key goes into the header of a request and nowhere else: no name, message or
representation has it.
"""

from __future__ import annotations

import json
import random
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from neuraldb.core.errors import Cancelled, InterfaceError, MissingExtra, ModelUnavailable
from neuraldb.models.tally import Tally

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Statuses after which a request may succeed when it is sent again."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a request is sent again: doubled each time, unless the endpoint says how long."""
LISTEN_SECONDS = 0.1
LARGEST = 8 << 20
"""Bytes of the largest reply."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply: its text, and its tokens with their log-probabilities where they were asked for and given."""

    text: str
    tokens: tuple[tuple[str, float], ...] = ()


class TokenBudget:
    """How many tokens may be spent in all; None for as many as it takes."""

    def __init__(self, limit: int | None) -> None:
        if limit is not None and limit < 1:
            raise InterfaceError(f"a token budget of {limit} leaves nothing to ask for")
        self.limit = limit
        self._spent = self._reserved = 0
        self._settled = threading.Condition()

    def reserve(self, tokens: int, stop: threading.Event) -> None:
        """Set tokens aside for a request, before it is sent.

        While other requests are under way, which may cost less than was set aside for them, it is waited for them.

        Raises:
            ModelUnavailable: there are not so many left.
            Cancelled: ``stop`` was set.
        """
        with self._settled:
            while self.limit is not None and self._spent + self._reserved + tokens > self.limit:
                if stop.is_set():
                    raise Cancelled("the statement was cancelled")
                if not self._reserved:
                    left = max(0, self.limit - self._spent)
                    raise ModelUnavailable(
                        f"the token budget of the reader is used up: {left} of {self.limit} are left, "
                        f"and the next request may need {tokens}",
                        hint="raise token_budget (--token-budget); what was read so far is not read again",
                    )
                self._settled.wait(LISTEN_SECONDS)
            self._reserved += tokens

    def settle(self, reserved: int, spent: int) -> None:
        """Enter what a request has cost, in the place of what was set aside for it."""
        with self._settled:
            self._reserved -= reserved
            self._spent += spent
            self._settled.notify_all()


@dataclass
class ChatClient:
    """Sends chats to an endpoint; threads may share it.

    Attributes:
        url: the address that ends in ``/chat/completions``.
        key: the API key; None for none.
        timeout: seconds that one request may take in all.
        attempts: how often a request is sent at most.
        budget, tally: where what is spent is entered.
    """

    url: str
    key: str | None = field(repr=False)
    timeout: float
    attempts: int
    budget: TokenBudget
    tally: Tally

    def __post_init__(self) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise MissingExtra("httpx2 is not installed", hint='pip install "neuraldb[endpoint]"') from error
        if self.key is not None and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise InterfaceError("the API key has characters that no key has")
        try:
            httpx2.URL(self.url)
        except httpx2.InvalidURL as error:
            raise InterfaceError("the address of the endpoint is no http:// or https:// address") from error
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        # what runs on this machine is never asked through a proxy; without TLS no certificates need to be loaded
        local = is_local(self.url)
        verify = not (local and urlsplit(self.url).scheme == "http")
        self._client = httpx2.Client(headers=headers, timeout=self.timeout, trust_env=not local, verify=verify)
        self._passing = (httpx2.TransportError, httpx2.DecodingError)
        weakref.finalize(self, self._client.close)

    @property
    def shown(self) -> str:
        """The address as it may be shown: without anything that may be secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.removesuffix('/chat/completions')}"

    def complete(self, body: Mapping[str, Any], tokens: int, stop: threading.Event) -> Completion:
        """The completion of a chat.

        Args:
            body: the request.
            tokens: that the request may cost at most.
            stop: when it is set, nothing more is sent.

        Raises:
            ModelUnavailable: the endpoint cannot be reached, refuses, gives no completion, or the budget is used up.
            Cancelled: ``stop`` was set.
        """
        for attempt in range(1, self.attempts + 1):
            self.budget.reserve(tokens, stop)
            spent = 0
            try:
                self.tally.add(calls=1, retries=int(attempt > 1))
                status, wait, content = self._send(body)
                if status == 200:
                    reply, spent = self._completion(content, tokens)
                    self.tally.add(tokens=spent)
                    return reply
                fault = f"answered {status}{self._reason(status, content)}"
            except self._passing as error:
                status, wait, fault = 0, None, f"cannot be reached: {type(error).__name__}"
            except TimeoutError:
                status, wait, fault = 0, None, f"took longer than {self.timeout:g} seconds"
            finally:
                self.budget.settle(tokens, spent)
            if status and status not in PASSING:
                raise Refused(f"the endpoint {self.shown} {fault}", status)
            if attempt < self.attempts and stop.wait(self._wait(attempt, wait)):
                raise Cancelled("the statement was cancelled")
        raise ModelUnavailable(f"the endpoint {self.shown} {fault}, {_times(self.attempts)}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, body: Mapping[str, Any]) -> tuple[int, str | None, bytes]:
        """Status, ``Retry-After`` and contents; the whole of it within the time."""
        deadline = time.monotonic() + self.timeout
        content = bytearray()
        with self._client.stream("POST", self.url, json=body) as response:
            for part in response.iter_bytes():
                content += part
                if time.monotonic() > deadline:
                    raise TimeoutError
                if len(content) > LARGEST:
                    raise ModelUnavailable(f"the endpoint {self.shown} gave more than {LARGEST >> 20} MB")
            return response.status_code, response.headers.get("retry-after"), bytes(content)

    def _completion(self, content: bytes, tokens: int) -> tuple[Completion, int]:
        """The completion, and the tokens that it cost; where the endpoint does not tell, what was set aside."""
        try:
            found = json.loads(content)
            choice = found["choices"][0]
            text = choice["message"].get("content")
            logs = (choice.get("logprobs") or {}).get("content") or ()
            usage = found.get("usage") or {}
            spent = usage.get("total_tokens")
            scored = tuple((str(each["token"]), float(each["logprob"])) for each in logs)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ModelUnavailable(f"what the endpoint {self.shown} gave is no chat completion") from error
        if not isinstance(spent, int) or isinstance(spent, bool) or spent < 0:
            spent = tokens
        return Completion(text if isinstance(text, str) else "", scored), spent

    def _reason(self, status: int, content: bytes) -> str:
        """What the endpoint says is wrong; nothing of what it says about a key, which it may repeat."""
        if status in (401, 403):
            return " (the API key is missing, or not accepted)"
        try:
            said = json.loads(content)
            said = said.get("error", said) if isinstance(said, dict) else said
            text = said.get("message", "") if isinstance(said, dict) else said
        except (ValueError, RecursionError):
            return ""
        text = " ".join(str(text).split())[:200]
        if self.key:
            text = text.replace(self.key, "…")
        return f": {text}" if text and text.isprintable() else ""

    def _wait(self, attempt: int, told: str | None) -> float:
        seconds = retry_after(told)
        if seconds is None:
            seconds = FIRST_WAIT * 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return min(seconds, LONGEST_WAIT)


class Refused(ModelUnavailable):
    """The endpoint will not answer a request, however often it is sent; ``status`` says why."""

    def __init__(self, message: str, status: int = 0) -> None:
        hint = "NEURALDB_API_KEY, or api_key, gives the key" if status in (401, 403) else None
        super().__init__(message, hint=hint)
        self.status = status


def retry_after(told: str | None) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, given as a number or a date; None where it says nothing.

    >>> retry_after("2"), retry_after("soon") is None
    (2.0, True)
    """
    if told is None:
        return None
    if told.strip().isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None


def is_local(url: str) -> bool:
    """Whether an address is this machine's.

    >>> is_local("http://localhost:8000/v1"), is_local("http://[::1]/v1"), is_local("https://example.org/v1")
    (True, True, False)
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _times(attempts: int) -> str:
    return "once" if attempts == 1 else f"{attempts} times"
