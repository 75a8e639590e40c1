"""Settings of this session, changed and shown."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.plan.base_nodes import Field, Node

SHOWN = (Field("name"), Field("value", "DOUBLE"), Field("description"))


@dataclass(frozen=True, slots=True)
class ChangeSetting(Node):
    """A setting given a value, or with None set back; gives no rows."""

    name: str
    value: object

    @property
    def columns(self) -> tuple[Field, ...]:
        return ()

    @property
    def label(self) -> str:
        return f"ChangeSetting neuraldb.{self.name} = {'default' if self.value is None else self.value}"


@dataclass(frozen=True, slots=True)
class ShowSettings(Node):
    """Settings with their values (NULL: not set)."""

    settings: tuple[str, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        return SHOWN

    @property
    def label(self) -> str:
        return f"ShowSettings {', '.join(self.settings)}"
