"""A chat-completion endpoint on this machine, which says what a test wants it to say."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from neuraldb.models import chat
from neuraldb.models.endpoint import EndpointReader

Said = str | tuple[int, Any] | tuple[int, Any, dict[str, str]]
Say = Callable[[dict[str, Any], int], Said]
"""From a request's body and number to the text of the reply, or a status with a body and headers."""


@dataclass
class Stub:
    """What was asked, and where.

    Attributes:
        url: of its API.
        bodies, headers, paths: of the requests, in order of arrival.
        usage: tokens that each reply says it cost; None says nothing.
        logprobs: gives the (text, log-probability) pairs of a reply's text; None gives none.
    """

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    usage: int | None = 100
    logprobs: Callable[[str], list[tuple[str, float]]] | None = None

    def sets(self, number: int = -1) -> list[list[str]]:
        """The facts of each support set of a request."""
        return [[fact["text"] for fact in each["facts"]] for each in message(self.bodies[number])["sets"]]


def message(body: dict[str, Any]) -> dict[str, Any]:
    """The data of a request."""
    return dict(json.loads(body["messages"][-1]["content"]))


def reply(sets: list[dict[str, Any]]) -> str:
    """A reply of the form that is asked for."""
    return json.dumps({"sets": sets}, ensure_ascii=False)


def one_set(number: int, *found: tuple[Any, ...], verdict: str = "unknown", confidence: float = 0.9) -> dict[str, Any]:
    """What is said of a support set: (key, value, confidence) of each derivation, the words taken from fact 1."""
    made = [
        {
            "key": {"fact": 1, "text": key},
            "value": None if value is None else {"fact": 1, "text": value},
            "confidence": sure,
        }
        for key, value, sure in found
    ]
    return {"set": number, "verdict": verdict, "confidence": confidence, "derivations": made}


@contextmanager
def serving(say: Say) -> Iterator[Stub]:
    """An endpoint that is there while the block runs."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                stub.bodies.append(body)
                stub.headers.append(dict(self.headers))
                stub.paths.append(self.path)
                number = len(stub.bodies)
            said = say(body, number)
            status, content, *more = (200, self.completion(said)) if isinstance(said, str) else said
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def completion(self, text: str) -> dict[str, Any]:
            choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            if stub.logprobs is not None:
                scored = [{"token": token, "logprob": log} for token, log in stub.logprobs(text)]
                choice["logprobs"] = {"content": scored}
            usage = {} if stub.usage is None else {"usage": {"total_tokens": stub.usage}}
            return {"choices": [choice], **usage}

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing is said on the standard error stream."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients may go away before they have their reply; some tests are about that."""

    server = Server(("127.0.0.1", 0), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Serve:
    """Starts stub endpoints, and readers over them, until the test ends."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack

    def __call__(self, say: Say, **options: Any) -> tuple[Stub, EndpointReader]:
        stub = self.stack.enter_context(serving(say))
        reader = EndpointReader(stub.url, "small", **options)
        self.stack.callback(reader.close)
        return stub, reader


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Makes endpoints with readers over them; no key is set, and nothing is waited for between attempts."""
    monkeypatch.delenv("NEURALDB_API_KEY", raising=False)
    monkeypatch.setattr(chat, "FIRST_WAIT", 0.001)
    with ExitStack() as stack:
        yield Serve(stack)
