"""What the tests of consumers share: the module as a driver whose sessions need no models."""

from __future__ import annotations

from types import ModuleType

from api.fakes import connect

import neuraldb


class Driver(ModuleType):
    """:mod:`neuraldb`, but for where its sessions come from."""

    connect = staticmethod(connect)

    def __getattr__(self, name: str) -> object:
        return getattr(neuraldb, name)


driver = Driver("neuraldb")
