"""An OpenAI-compatible endpoint on this machine that answers peers' prompts with the reader and the encoder.

So what is compared are plans, not models. It understands the prompts of LOTUS 1.2 (filter, join, pairwise comparison,
map) and BlendSQL 0.1 (map to a truth value or to one of several options), and nothing else. Requests that arrive
together are read together, as servers of larger models do.
"""

from __future__ import annotations

import ast
import json
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, NamedTuple

import numpy as np

from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.operators.judging import BATCH, as_question, verdict

_FIELD = re.compile(r"\[(?P<name>[^\]]+)\]: «(?P<text>.*?)»\n", re.DOTALL)
_LABELS = re.compile(r"[Ww]hich of (?P<labels>.+?) (?:is|fits)\b", re.DOTALL)
_OPTIONS = re.compile(r"OPTIONS:\s*(?P<options>.+?)\n\n", re.DOTALL)
LABELS_APART = "; "
"""Stands between labels in an instruction, since labels have commas."""


class Asked(NamedTuple):
    """What a prompt asks of texts: whether each meets a criterion, or which of some labels fits the only one."""

    criterion: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()


def understood(messages: Sequence[dict[str, Any]]) -> Asked:
    """What the messages of a request ask.

    Raises:
        ValueError: the prompt is of no form that is known.
    """
    content = messages[-1]["content"]
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    fields = [(found["name"], found["text"]) for found in _FIELD.finditer(text)]
    texts = tuple(words for name, words in fields if name.lower().startswith("text"))
    criteria = [words for name, words in fields if name.lower().startswith("criterion")]
    if "\nDocument 2:" in text:
        return Asked(_bare(_between(text, "Question: ", "\n")), texts)
    if "\nClaim: " in text:
        return Asked(criteria[0] if criteria else _bare(text.rsplit("\nClaim: ", 1)[1]), texts)
    if "\nInstruction: " in text and (found := _LABELS.search(text)):
        return Asked("", texts, tuple(found["labels"].split(LABELS_APART)))
    if "\nCONTEXT:\n" in text:
        return _of_blendsql(text)
    raise ValueError(f"a prompt of no known form: {text[:200]}")


def _of_blendsql(text: str) -> Asked:
    last = text.rsplit("QUESTION:\n", 1)[1]
    question = last.split("\n", 1)[0].strip()
    found = _OPTIONS.search(last)
    context, _ = json.JSONDecoder().raw_decode(last.split("CONTEXT:\n", 1)[1])
    (value,) = context.values()
    return Asked(question, (str(value),), tuple(ast.literal_eval(found["options"])) if found else ())


def _bare(claim: str) -> str:
    """A claim without the name of the column that LOTUS puts before it."""
    return re.sub(r"^Text(:\w+)?: ", "", claim).strip()


def _between(text: str, begin: str, end: str) -> str:
    return text.split(begin, 1)[1].split(end, 1)[0].strip()


class Answering:
    """Answers prompts, those that wait together in one batch; counts what it is asked.

    Attributes:
        requests, encoded: prompts that were answered, and texts that were encoded.
    """

    def __init__(self, models: Models) -> None:
        self.models = models
        self.requests = 0
        self.encoded = 0
        self._queue: Queue[tuple[ReadRequest, Future[Reading]] | None] = Queue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="neuraldb endpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._queue.put(None)
        self._thread.join()

    def reply(self, messages: Sequence[dict[str, Any]]) -> str:
        """The text that answers a prompt."""
        asked = understood(messages)
        with self._lock:
            self.requests += 1
        if asked.labels:
            vectors = self._encode([*asked.labels, asked.texts[0]])
            return asked.labels[int(np.argmax(vectors[:-1] @ vectors[-1]))]
        waiting: list[Future[Reading]] = []
        for text in asked.texts:
            waiting.append(Future())
            self._queue.put((ReadRequest(as_question(asked.criterion), (text,), "verdict"), waiting[-1]))
        readings = [future.result() for future in waiting]
        if len(readings) == 2:
            return f"Document {1 if readings[0].yes >= readings[1].yes else 2}"
        judged = verdict(readings[0])
        return "True" if judged is not None and judged.value is True else "False"

    def embeddings(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of texts, with one component more, so that ``c`` is ``(1 + c) / 2`` of the encoder's cosine.

        The order by likeness is the same; LOTUS takes square roots of what it takes for scores, and stops at any
        below 0.
        """
        with self._lock:
            self.encoded += len(texts)
        halves = self._encode(texts) / np.sqrt(2.0)
        return [[*map(float, vector), float(np.sqrt(0.5))] for vector in halves]

    def _encode(self, texts: Sequence[str]) -> Any:
        with self._lock:
            return self.models.encoder.encode(list(texts))

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            try:
                while len(batch) < BATCH and (further := self._queue.get(timeout=0.005)) is not None:
                    batch.append(further)
            except Empty:
                pass
            try:
                said = self.models.read([request for request, _ in batch], CancelToken())
            except Exception as error:  # noqa: BLE001 - the requests that wait have to be told
                for _, future in batch:
                    future.set_exception(error)
            else:
                for (_, future), reading in zip(batch, said, strict=True):
                    future.set_result(reading)


@contextmanager
def serving(models: Models) -> Iterator[tuple[str, Answering]]:
    """The endpoint while the block runs: its address, and what answers."""
    answering = Answering(models)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                if self.path.endswith("/embeddings"):
                    self._send(_embedded(answering.embeddings(body["input"])))
                elif body.get("stream"):
                    self._stream(answering.reply(body["messages"]))
                else:
                    self._send(_completed(answering.reply(body["messages"])))
            except ValueError as error:
                self._send({"error": {"message": str(error)}}, 400)

        def _send(self, value: object, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for delta, reason in (({"role": "assistant", "content": text}, None), ({}, "stop")):
                choice = {"index": 0, "delta": delta, "finish_reason": reason}
                chunk = {**_head("chat.completion.chunk"), "choices": [choice]}
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="neuraldb endpoint server", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", answering
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        answering.close()


def _head(kind: str) -> dict[str, object]:
    return {"id": "reader", "object": kind, "created": 0, "model": "reader"}


def _completed(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return {
        **_head("chat.completion"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage,
    }


def _embedded(vectors: Sequence[Sequence[float]]) -> dict[str, object]:
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {"object": "list", "model": "encoder", "data": data, "usage": {"prompt_tokens": 0, "total_tokens": 0}}
