"""Names of tables and columns bound to what somebody says they mean, and set free again."""

from __future__ import annotations

from neuraldb.core.errors import BindError, InterfaceError, ProgrammingError
from neuraldb.core.text import nearest, normalise
from neuraldb.plan.semantic_nodes import phrase
from neuraldb.stores.bindings import KINDS, Binding
from neuraldb.stores.bundle import Stores
from neuraldb.stores.failures import reading_only
from neuraldb.stores.journal import record


def bind(name: str, meaning: str, kind: str, stores: Stores) -> None:
    """Say what a name means, in the place of what it was bound to before.

    Raises:
        InterfaceError: there is no such kind of binding.
        ProgrammingError: a name is blank, or means itself.
        ReadOnly: the database is open for reading only.
    """
    _check(kind, stores)
    words, meant = phrase(name), phrase(meaning)
    if not normalise(words) or not normalise(meant):
        raise ProgrammingError("a binding needs a name and what it means")
    if normalise(words) == normalise(meant):
        raise ProgrammingError(f"{words} means itself already")
    with stores.database.transaction(), stores.database.one_moment():
        moment = stores.database.now()
        stores.bindings.put(kind, words, meant, moment)
        record(stores.database, moment, ["bind"], [None], [None], detail=f"{kind} {words} means {meant}")


def unbind(name: str, kind: str, stores: Stores) -> None:
    """Take a binding back.

    Raises:
        BindError: the name is bound to nothing.
        InterfaceError: there is no such kind of binding.
        ReadOnly: the database is open for reading only.
    """
    _check(kind, stores)
    words = phrase(name)
    with stores.database.transaction(), stores.database.one_moment():
        moment = stores.database.now()
        meant = stores.bindings.meaning(kind, words)
        if meant is None or not stores.bindings.end(kind, words, moment):
            names = [b.name for b in stores.bindings.all() if b.kind == kind]
            raise BindError(f"the {kind} {words} is bound to nothing", candidates=nearest(words, names))
        record(stores.database, moment, ["unbind"], [None], [None], detail=f"{kind} {words} meant {meant}")


def bindings(stores: Stores) -> list[Binding]:
    """All bindings that hold."""
    return stores.bindings.all()


def _check(kind: str, stores: Stores) -> None:
    if kind not in KINDS:
        raise InterfaceError(f"a name is not bound as a {kind}", candidates=KINDS)
    if stores.database.read_only:
        raise reading_only()
