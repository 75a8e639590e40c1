"""The models of a session, each loaded when it is first needed; any of them may be another object of its protocol."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar, cast

from neuraldb.core.frames import QuestionParser
from neuraldb.core.progress import CancelToken
from neuraldb.core.replies import one_each
from neuraldb.models.calibration import Calibrator
from neuraldb.models.protocols import (
    Encoder,
    Extractor,
    PlainReader,
    PlanRanker,
    Reader,
    Reading,
    ReadRequest,
    Retriever,
)

M = TypeVar("M")


class Models:
    """Encoder, retriever, reader, question parser and extractor.

    Args:
        encoder, reader, parser, extractor: objects of those protocols; None for the embedded default, which is loaded
            (and torch with it) when it is first asked for. The reader may be a text, too, that names one
            (:mod:`neuraldb.models.choice`).
        retriever: one for the encoder; None for the embedded one, where the encoder is the embedded one too.
        calibrator: one for the reader; None for the embedded one, which serves the embedded reader alone.
        plan_ranker: chooses the query that a question means; None for the embedded one, where the encoder is the
            embedded one too, and for the similarity of another encoder's vectors.
        token_budget: tokens that an endpoint named by such a text may cost in all; None for as many as it takes.

    Raises:
        InterfaceError: a text names no reader.
        ModelUnavailable: the folder that it names holds no model.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        reader: Reader | PlainReader | str | None = None,
        parser: QuestionParser | None = None,
        extractor: Extractor | None = None,
        *,
        retriever: Retriever | None = None,
        calibrator: Calibrator | None = None,
        plan_ranker: PlanRanker | None = None,
        token_budget: int | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._load_reader = _reader_loader(reader, token_budget) if isinstance(reader, str) else None
        reader = None if isinstance(reader, str) else reader
        given = {
            "encoder": encoder, "reader": reader, "parser": parser, "extractor": extractor, "retriever": retriever,
            "calibrator": calibrator, "plan_ranker": plan_ranker,
        }  # fmt: skip
        self._own_encoder = encoder is None
        self._loaded: dict[str, object] = {role: model for role, model in given.items() if model is not None}

    @property
    def encoder(self) -> Encoder:
        """Texts to vectors."""
        return self._get("encoder", _encoder)

    @property
    def retriever(self) -> Retriever | None:
        """Questions to what is looked for among the encoder's vectors; None if there is none for this encoder."""
        if "retriever" not in self._loaded and not self._own_encoder:
            return None
        return self._get("retriever", _retriever)

    @property
    def reader(self) -> Reader | PlainReader:
        """Neural SPJ; :meth:`read` asks it."""
        return self._get("reader", self._load_reader or _reader)

    def read(self, requests: Sequence[ReadRequest], token: CancelToken) -> list[Reading]:
        """What the reader says, one reading a request, in order.

        Args:
            requests: what it is asked.
            token: stops it within the call, if it takes one.

        Raises:
            ModelUnavailable: it does not say one thing of each.
            Cancelled, Timeout: when ``token`` says so.
        """
        token.check()
        reader = self.reader
        readings = cast("Reader", reader).read(requests, token=token) if self._stoppable else reader.read(requests)
        return one_each(readings, len(requests), "reader", reader)

    @cached_property
    def _stoppable(self) -> bool:
        """Whether the reader takes a token."""
        return takes_token(self.reader.read)

    @property
    def calibrator(self) -> Calibrator | None:
        """The chance that an answer is right; None where nothing is known of the reader's answers."""
        calibrator = self._get("calibrator", Calibrator.load)
        return calibrator if calibrator.reader == self.reader.name else None

    @property
    def plan_ranker(self) -> PlanRanker:
        """Which of several queries a question means."""
        from neuraldb.models.plan_ranker import LearnedRanker, SimilarityRanker

        embedded = self._own_encoder
        return self._get(
            "plan_ranker", lambda: LearnedRanker.load(self.encoder) if embedded else SimilarityRanker(self.encoder)
        )

    @property
    def parser(self) -> QuestionParser:
        """Questions to frames."""
        return self._get("parser", _parser)

    @property
    def extractor(self) -> Extractor:
        """Facts to mentions and triples."""
        return self._get("extractor", _extractor)

    def _get(self, role: str, load: Callable[[], M]) -> M:
        with self._lock:
            if role not in self._loaded:
                self._loaded[role] = load()
            return cast("M", self._loaded[role])


def takes_token(read: Callable[..., object]) -> bool:
    """Whether a reader's method has a parameter ``token``, by name.

    >>> takes_token(lambda requests, token=None: []), takes_token(lambda requests: [])
    (True, False)
    """
    try:
        parameter = inspect.signature(read).parameters.get("token")
    except (TypeError, ValueError):
        # some built-in functions have no signature
        return False
    return parameter is not None and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)


def _reader_loader(text: str, token_budget: int | None) -> Callable[[], Reader]:
    from neuraldb.models.choice import loader

    return loader(text, token_budget)


def _encoder() -> Encoder:
    from neuraldb.models.encoder import MiniLMEncoder

    return MiniLMEncoder.load()


def _retriever() -> Retriever:
    from neuraldb.models.retriever import MiniLMRetriever

    return MiniLMRetriever.load()


def _reader() -> Reader:
    from neuraldb.models.reader import MiniLMReader

    return MiniLMReader.load()


def _parser() -> QuestionParser:
    from neuraldb.models.question_parser import MiniLMQuestionParser

    return MiniLMQuestionParser.load()


def _extractor() -> Extractor:
    from neuraldb.models.extractor import MiniLMExtractor

    return MiniLMExtractor.load()
