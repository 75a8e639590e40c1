"""rdflib's parser of Turtle and TriG, taken statement by statement, with terms of this database instead of rdflib's.

What rdflib does otherwise than the specification asks is done here: numbers keep their lexical form (rdflib makes ``1``
of ``01`` and ``1E-7`` of ``0.0000001``), relative IRIs are resolved as RFC 3986 says, what only Notation 3 has (paths,
sets, literals as subjects, subjects of which nothing is said) is refused, and so are escapes that are none. The usual
names, one letter, digit, ``_`` or ``-`` after the other, are found by one expression; rdflib looks at each character.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, cast

from rdflib.plugins.parsers.notation3 import RDFSink
from rdflib.plugins.parsers.trig import TrigSinkParser

from neuraldb.core.rdf import BOOLEAN, RDF, XSD
from neuraldb.language.sparql_terms import Prologue
from neuraldb.loading.escapes import unescaped
from neuraldb.loading.items import Quad
from neuraldb.loading.rdf import BlankLabels, iri_term, literal_term
from neuraldb.loading.triples import iri_of
from neuraldb.stores.terms import Term

_TYPE = Term("iri", RDF + "type")
_BOOLEANS = {value: literal_term(str(value).lower(), BOOLEAN) for value in (True, False)}
_REMEMBERED = 50_000
SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*+")
"""What may stand between two tokens."""
_IRI = re.compile(r'<[^\x00-\x20<>"{}|^`]*>')
_USUAL = re.compile(r"([A-Za-z][\w-]*)?:(\w[\w-]*)?(?=[ \t\r\n,;)\]}]|\.[ \t\r\n])", re.ASCII)
_NUMBER = re.compile(
    r"(?P<double>[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)[eE][+-]?[0-9]+)"
    r"|(?P<decimal>[+-]?[0-9]*\.[0-9]+)|(?P<integer>[+-]?[0-9]+)"
)
_IN_NUMBERS = frozenset("0123456789+-.")
_LANGUAGE = re.compile("[a-zA-Z]+(-[a-zA-Z0-9]+)*")
# a word is not the beginning of a longer one, nor of a prefix
_AFTER_WORD = re.compile(r"(?![\w:-]|\.[\w.-]*[\w-]:)")
_DECLARATION = re.compile(r"@(prefix|base)(?![\w-])")
_SPARQL_DECLARATION = re.compile(r"(prefix|base)(?=[ \t\r\n#<])", re.IGNORECASE)


class TripleSink(RDFSink):
    """What the parser makes terms and triples with.

    Args:
        labels: for blank nodes.

    Attributes:
        quads: what came in since it was last emptied.
        labels: for blank nodes.
    """

    def __init__(self, labels: BlankLabels) -> None:
        super().__init__(cast("Any", None))
        self.quads: list[Quad] = []
        self.labels = labels
        self._literals: dict[tuple[str, str, str], Term] = {}

    def newSymbol(self, *args: str) -> Any:  # these names are rdflib's
        """The term of an IRI."""
        return iri_term(args[0])

    def newBlankNode(self, arg: Any = None, uri: str | None = None, why: Any = None) -> Any:
        """The term of a node that has no label in the file."""
        return Term("blank", self.labels.new())

    def newLiteral(self, s: str, dt: Any = None, lang: str | None = None) -> Any:
        """The term of a literal, remembered.

        Raises:
            ValueError: it has a language and a datatype, or a language that is none.
        """
        if lang and (dt is not None or not _LANGUAGE.fullmatch(lang)):
            raise ValueError(f"@{lang} is followed by a datatype" if dt is not None else f"@{lang} is no language")
        key = (s, iri_of(dt) or "" if dt is not None else "", lang or "")
        term = self._literals.get(key)
        if term is None:
            if len(self._literals) >= _REMEMBERED:
                self._literals.clear()
            term = self._literals[key] = literal_term(*key)
        return term

    def newSet(self, *args: Any) -> NoReturn:
        """Refuse what only Notation 3 has."""
        raise ValueError("($ … $) is Notation 3")

    def makeStatement(self, quadruple: Any, why: Any = None) -> None:
        """Take a triple in."""
        graph, relation, subject, value = quadruple
        if isinstance(value, bool):
            value = _BOOLEANS[value]
        self.quads.append(Quad(subject, relation, value, graph))


class StatementParser(TrigSinkParser):
    """rdflib's parser; :meth:`directiveOrStatement` parses what begins at a place, and gives where it ends.

    At the end of the text, methods raise IndexError, AssertionError, or BadSyntax with a place near it: there may be
    more of the file.

    Args:
        sink: takes the triples.
        base: of relative IRIs.
        graphs: whether there may be named graphs, as in TriG.

    Attributes:
        inside: whether a graph is open.
    """

    def __init__(self, sink: TripleSink, base: str, graphs: bool) -> None:
        super().__init__(sink, turtle=True)
        self.inside = False
        self._sink = sink
        self._graphs = graphs
        self._prologue = Prologue()
        self._prologue.base = base
        self._known: dict[str, Term] = {}

    @property
    def state(self) -> tuple[Any, ...]:
        """What a statement may change besides what only it uses; may be set back."""
        return self._prologue.base, self.inside, self._context, self._sink.labels.count

    @state.setter
    def state(self, state: tuple[Any, ...]) -> None:
        self._prologue.base, self.inside, self._context, self._sink.labels.count = state

    # -------------------------------------------------------------------------------------------- graphs, declarations

    def graph(self, argstr: str, i: int) -> int:  # names and arguments are rdflib's from here on
        """Open a graph, or close it: rdflib itself would go through all of it at once."""
        if self.inside:
            if argstr[i] != "}":
                return -1
            self.inside, self._context = False, None
            return i + 1
        if not self._graphs:
            return -1
        word = self.sparqlTok("GRAPH", argstr, i)
        start = i if word < 0 else word
        label: list[Any] = []
        end = self.labelOrSubject(argstr, start, label)
        if word >= 0 and end < 0:
            self.BadSyntax(argstr, start, "the name of a graph was expected")
        brace = self._text(argstr, max(start, end))
        if argstr[brace] != "{":
            if word >= 0:
                self.BadSyntax(argstr, brace, "{ was expected")
            return -1
        self.inside, self._context = True, label[0] if label else None
        return brace + 1

    def directive(self, argstr: str, i: int) -> int:
        """``@prefix`` and ``@base``."""
        return self._declared(argstr, _DECLARATION.match(argstr, i))

    def sparqlDirective(self, argstr: str, i: int) -> int:
        """``PREFIX`` and ``BASE``."""
        return self._declared(argstr, _SPARQL_DECLARATION.match(argstr, i))

    def _declared(self, argstr: str, word: re.Match[str] | None) -> int:
        if word is None or self.inside:
            return -1
        place = self._text(argstr, word.end())
        prefix: list[Any] = [("", "")]
        if word[1].lower() == "prefix":
            prefix.clear()
            end = self.qname(argstr, place, prefix)
            if end < 0 or prefix[0][1] or prefix[0][0] == "_":
                self.BadSyntax(argstr, place, "a prefix was expected")
            place = self._text(argstr, end)
        iri = _IRI.match(argstr, place)
        if iri is None:
            self.BadSyntax(argstr, place, "an IRI was expected")
        # what was made of names and relative IRIs does not hold any more
        self._known.clear()
        if word[1].lower() == "prefix":
            self._bindings[prefix[0][0]] = self._resolved(argstr, iri)
        else:
            self._prologue.base = self._resolved(argstr, iri)
        return iri.end()

    # ------------------------------------------------------------------------------------------------------ statements

    def statement(self, argstr: str, i: int) -> int:
        """The triples of a subject."""
        nodes: list[Any] = []
        before = len(self._sink.quads)
        end = self.node(argstr, i, nodes)
        if end < 0 or isinstance(nodes[0], bool):
            self.BadSyntax(argstr, i, "a subject was expected")
        following = self._text(argstr, end)
        if argstr[following] in ".}" and argstr[i] == "[" and len(self._sink.quads) > before:
            return end
        if argstr[following] in ".;}":
            self.BadSyntax(argstr, following, "a relation was expected")
        return self.property_list(argstr, end, nodes[0])

    def checkDot(self, argstr: str, i: int) -> int:
        """The end of a statement."""
        place = self._text(argstr, i)
        if argstr[place] == "." or (self.inside and argstr[place] == "}"):
            return place + (argstr[place] == ".")
        return self.BadSyntax(argstr, place, "a full stop was expected")

    def verb(self, argstr: str, i: int, res: Any) -> int:
        """The relation."""
        place = self.skipSpace(argstr, i)
        if place < 0:
            return -1
        end = self.tok("a", argstr, place)
        if end >= 0:
            res.append(("->", _TYPE))
            return end
        names: list[Any] = []
        end = self.uri_ref2(argstr, place, names)
        if end >= 0:
            if names[0].kind == "blank":
                self.BadSyntax(argstr, place, "a relation was expected")
            res.append(("->", names[0]))
        return end

    def objectList(self, argstr: str, i: int, res: Any) -> int:
        """The objects of a relation."""
        while True:
            end = self.object(argstr, i, res)
            if end < 0:
                self.BadSyntax(argstr, i, "an object was expected")
            place = self._text(argstr, end)
            if argstr[place] != ",":
                return place
            i = place + 1

    def path(self, argstr: str, i: int, res: Any) -> int:
        """A node without the paths of Notation 3."""
        return self.nodeOrLiteral(argstr, i, res)

    # ----------------------------------------------------------------------------------------------------------- terms

    def tok(self, tok: str, argstr: str, i: int, colon: bool = False) -> int:
        """One of the words of Turtle."""
        end = i + len(tok)
        found = tok in ("a", "true", "false") and argstr.startswith(tok, i)
        return end if found and _AFTER_WORD.match(argstr, end) else -1

    def nodeOrLiteral(self, argstr: str, i: int, res: Any) -> int:
        """A term; numbers as they are written."""
        place = self.skipSpace(argstr, i)
        if place < 0 or argstr[place] not in _IN_NUMBERS:
            return super().nodeOrLiteral(argstr, place, res) if place >= 0 else -1
        number = _NUMBER.match(argstr, place)
        if number is None:
            return -1
        res.append(self._sink.newLiteral(number[0], Term("iri", XSD + str(number.lastgroup))))
        return number.end()

    def uri_ref2(self, argstr: str, i: int, res: Any) -> int:
        """An IRI, a name with a prefix, or a blank node's label."""
        place = self.skipSpace(argstr, i)
        if place < 0:
            return -1
        match = (_IRI if argstr[place] == "<" else _USUAL).match(argstr, place)
        if match is None:
            end = -1 if argstr[place] in "<?" else super().uri_ref2(argstr, place, res)
            if end < 0 and (argstr[place] == "<" or argstr.startswith("^^", i - 2)):
                self.BadSyntax(argstr, place, "an IRI was expected")
            return end
        term = self._known.get(match[0])
        if term is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            term = self._known[match[0]] = self._made(argstr, match)
        res.append(term)
        return match.end()

    def _made(self, argstr: str, match: re.Match[str]) -> Term:
        if match.re is _IRI:
            return iri_term(self._resolved(argstr, match))
        beginning = self._bindings.get(match[1] or "")
        if beginning is None:
            self.BadSyntax(argstr, match.start(), f"the prefix {match[1] or ''}: is not declared")
        return iri_term(beginning + (match[2] or ""))

    def _resolved(self, argstr: str, match: re.Match[str]) -> str:
        try:
            return self._prologue.resolve(unescaped(match[0][1:-1]))
        except ValueError as error:
            self.BadSyntax(argstr, match.start(), str(error))

    def anonymousNode(self, ln: str) -> Any:
        """The node of a label."""
        return Term("blank", self._sink.labels.get(ln))

    def _unicodeEscape(self, argstr: str, i: int, startline: int, reg: Any, n: int, prefix: str) -> tuple[int, str]:
        try:
            return i + n, unescaped(f"\\{prefix}{argstr[i : i + n]}")
        except ValueError as error:
            self.BadSyntax(argstr, i - 2, str(error))

    # ----------------------------------------------------------------------------------------------------------- space

    def skipSpace(self, argstr: str, i: int) -> int:
        """Where the next token begins; -1 at the end of the text."""
        end = SPACE.match(argstr, i).end()  # type: ignore[union-attr]  # it matches nothing, too
        return end if end < len(argstr) else -1

    def _text(self, argstr: str, i: int) -> int:
        """Where the next token begins; IndexError at the end of the text."""
        place = self.skipSpace(argstr, i)
        if place < 0:
            raise IndexError(i)
        return place
