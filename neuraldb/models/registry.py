"""The models of a session, each loaded when it is first needed; any of them may be another object of its protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from neuraldb.core.frames import QuestionParser
from neuraldb.models.agreement import WEIGHTS as AGREEMENT
from neuraldb.models.agreement import Agreement
from neuraldb.models.protocols import Encoder, Extractor, Reader, Retriever

M = TypeVar("M")


class Models:
    """Encoder, retriever, reader, question parser and extractor.

    Args:
        encoder, reader, parser, extractor: objects of those protocols; None for the embedded default, which is loaded
            (and torch with it) when it is first asked for. The reader may be a text, too, that names one
            (:mod:`neuraldb.models.choice`).
        retriever: one for the encoder; None for the embedded one, where the encoder is the embedded one too.
        token_budget: tokens that an endpoint named by such a text may cost in all; None for as many as it takes.

    Raises:
        InterfaceError: a text names no reader.
        ModelUnavailable: the folder that it names holds no model.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        reader: Reader | str | None = None,
        parser: QuestionParser | None = None,
        extractor: Extractor | None = None,
        *,
        retriever: Retriever | None = None,
        token_budget: int | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._load_reader = _reader_loader(reader, token_budget) if isinstance(reader, str) else None
        reader = None if isinstance(reader, str) else reader
        given = {
            "encoder": encoder, "reader": reader, "parser": parser, "extractor": extractor, "retriever": retriever,
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
    def reader(self) -> Reader:
        """Neural SPJ."""
        return self._get("reader", self._load_reader or _reader)

    @property
    def agreement(self) -> Agreement | None:
        """How likely answers are, given all facts that give them; None if it was not fitted for this reader."""
        fitted = Agreement.load() if AGREEMENT.exists() else None
        return fitted if fitted is not None and fitted.reader == self.reader.name else None

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
