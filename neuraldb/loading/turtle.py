"""Turtle and TriG, statement by statement: no more of a file is in memory than the statement being read and a buffer.

rdflib's parser (:mod:`~neuraldb.loading.turtle_parser`) wants all of a text; it gets a piece of the file at a time. A
statement that comes near the end of the piece, or fails there, is parsed again when more of the file has been read.
"""

from __future__ import annotations

from collections.abc import Iterator

from rdflib.plugins.parsers.notation3 import BadSyntax

from neuraldb.core.errors import ImportFailed
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.rdf import BlankLabels
from neuraldb.loading.source import Source
from neuraldb.loading.turtle_parser import SPACE, StatementParser, TripleSink

_CHUNK = 1 << 16
# no token but a string is longer than this without being wrong
_LOOK_AHEAD = 4096
_SHOWN = 40


def read_turtle(source: Source, graphs: bool = False) -> Iterator[Item]:
    """The triples of a file of Turtle, or of TriG with ``graphs``, in the order in which they are complete.

    Raises:
        ImportFailed: the file is not of that format, with the line and a caret; the triples before have been given by
            then.
    """
    for number, quad in enumerate(_quads(source, graphs), 1):
        yield Item(f"triple {number}", quad)


def _quads(source: Source, graphs: bool) -> Iterator[Quad]:
    sink = TripleSink(BlankLabels(source.scan.digest))
    parser = StatementParser(sink, source.path.resolve().as_uri(), graphs)
    text = _Text(source, "trig" if graphs else "turtle")
    while True:
        state = parser.state
        failure: tuple[int, str] | None = None
        start = end = parser.skipSpace(text.buffer, text.place)
        if start < 0:
            end = len(text.buffer)
            if text.whole and parser.inside:
                raise text.failure(end, "} was expected")
        else:
            try:
                end = parser.directiveOrStatement(text.buffer, start)
            except BadSyntax as error:
                end = error._i if error._i >= 0 else len(text.buffer)
                failure = (end, error._why)
            except ValueError as error:
                failure = (start, str(error))
            except RecursionError:
                failure = (start, "brackets within brackets, too deep")
            except (IndexError, AssertionError):
                end = len(text.buffer)
                failure = (end, "the statement does not end")
        if not text.whole and len(text.buffer) - end < _LOOK_AHEAD:
            sink.quads.clear()
            parser.state = state
            text.fill()
            continue
        if failure is not None:
            raise text.failure(*failure)
        yield from sink.quads
        sink.quads.clear()
        if start < 0:
            return
        text.place = end


class _Text:
    """The piece of a file that is parsed at present.

    Args:
        source: the file.
        form: what the format is called.

    Attributes:
        buffer: the piece.
        place: where in it the next statement begins.
        whole: whether it goes to the end of the file.
    """

    def __init__(self, source: Source, form: str) -> None:
        self.buffer = ""
        self.place = 0
        self.whole = False
        self._name = source.name
        self._form = form
        self._chunks = source.chunks(_CHUNK)
        self._lines = 1

    def fill(self) -> None:
        """More of the file, at least as much as is in the buffer already: a long statement is not read too often."""
        rest = self.buffer[self.place :]
        parts, length = [rest], 0
        while length < max(len(rest), _CHUNK) and not self.whole:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.whole = True
            else:
                parts.append(chunk)
                length += len(chunk)
        self._lines += self.buffer.count("\n", 0, self.place)
        self.buffer = "".join(parts)
        self.place = 0

    def failure(self, place: int, reason: str) -> ImportFailed:
        """The error at a place of the buffer."""
        place = SPACE.match(self.buffer, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        place = min(place, len(self.buffer.rstrip()))
        rest = self.buffer[place : place + _SHOWN + 1].split()
        shown = rest[0] if rest else "the end of the file"
        shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
        line = self._lines + self.buffer.count("\n", 0, place)
        start = self.buffer.rfind("\n", 0, place) + 1
        end = self.buffer.find("\n", place)
        written = self.buffer[start : end if end >= 0 else len(self.buffer)].rstrip("\r")
        span = (place - start, place - start + (len(shown) if rest else 1))
        message = f"{self._name}, line {line}: not {self._form}: {reason}, at {shown}"
        return ImportFailed(message, source=written, span=span)
