"""A file to be read: gzip or not, its digest, its lines."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple, cast

from neuraldb.core.errors import ImportFailed

_GZIP = b"\x1f\x8b"
_BOM = "\ufeff"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CHUNK = 1 << 20
# how surrogateescape decodes the bytes that are not UTF-8
_UNDECODED = re.compile("[\udc80-\udcff]")


class Scan(NamedTuple):
    """What one pass over a file tells: a digest of its contents, and how many lines it has."""

    digest: str
    lines: int


STDIN = "standard input"
"""What the standard input is called; it has no path by which to know it again."""


@dataclass(frozen=True)
class Source:
    """A file to be read, as often as needed.

    Attributes:
        path: where it is.
        name: what the user calls it.
    """

    path: Path
    name: str

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The contents as bytes, unpacked.

        Raises:
            ImportFailed: there is no such file, it cannot be read, or its compression is damaged.
        """
        try:
            with self.path.open("rb") as file:
                packed = file.read(len(_GZIP)) == _GZIP
                file.seek(0)
                if packed:
                    with gzip.open(file) as unpacked:
                        yield cast("IO[bytes]", unpacked)
                else:
                    yield file
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ImportFailed(f"{self.name} is not a whole gzip file") from error
        except OSError as error:
            raise ImportFailed(f"cannot read {self.name}: {error.strerror or error}") from error

    @cached_property
    def scan(self) -> Scan:
        """Digest and number of lines of the unpacked contents."""
        digest = hashlib.blake2b(digest_size=16)
        lines, last = 0, b"\n"
        with self.open() as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                lines += chunk.count(b"\n")
                last = chunk[-1:]
        return Scan(digest.hexdigest(), lines + (last != b"\n"))

    def lines(self, ends: bool = False) -> Iterator[str]:
        """The lines, with their ends or without; of bytes that are not UTF-8, :func:`undecoded` tells.

        Raises:
            ImportFailed: as :meth:`open`, or the file is no text in UTF-8.
        """
        with self.open() as file:
            for number, line in enumerate(file):
                if number == 0:
                    self._check_text(line)
                text = line.decode("utf-8", "surrogateescape")
                text = text.removeprefix(_BOM) if number == 0 else text
                yield text if ends else text.rstrip("\r\n")

    def chunks(self, size: int = _CHUNK) -> Iterator[str]:
        """The contents as text, ``size`` bytes at a time.

        Raises:
            ImportFailed: as :meth:`text`.
        """
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        lines = 0
        with self.open() as file:
            first = True
            while True:
                chunk = file.read(size)
                if first:
                    self._check_text(chunk[:4096])
                    first = False
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    line = lines + error.object.count(b"\n", 0, error.start) + 1
                    raise ImportFailed(f"{self.name}, line {line}: {_not_utf8(error.object[error.start])}") from error
                lines += chunk.count(b"\n")
                if text:
                    yield text
                if not chunk:
                    return

    def text(self) -> str:
        """The whole contents as text.

        Raises:
            ImportFailed: as :meth:`lines`, or a byte is not UTF-8.
        """
        with self.open() as file:
            contents = file.read()
        self._check_text(contents[:4096])
        try:
            return contents.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = contents.count(b"\n", 0, error.start) + 1
            raise ImportFailed(f"{self.name}, line {line}: {_not_utf8(contents[error.start])}") from error

    def _check_text(self, beginning: bytes) -> None:
        if beginning.startswith(_WIDE):
            raise ImportFailed(f"{self.name} is UTF-16", hint="convert it to UTF-8")
        if b"\0" in beginning:
            raise ImportFailed(f"{self.name} is no text file")


def undecoded(text: str) -> str:
    r"""Why a line cannot be read; empty where it can.

    >>> undecoded("caf\udce9")
    'byte 0xe9 is not UTF-8'
    """
    found = _UNDECODED.search(text)
    return _not_utf8(ord(found[0]) - 0xDC00) if found else ""


def _not_utf8(byte: int) -> str:
    return f"byte 0x{byte:02x} is not UTF-8"


@contextmanager
def spooled(stream: IO[bytes], name: str) -> Iterator[Source]:
    """A stream that can be read once, such as the standard input, as a file that can be read again.

    Raises:
        ImportFailed: the disk is full.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input")
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file)
        except OSError as error:
            raise ImportFailed(f"cannot read {name}: {error.strerror or error}") from error
        yield Source(path, name)
