"""Settings of the session, changed and shown."""

from __future__ import annotations

import pyarrow as pa

from neuraldb.core.accuracy import SETTINGS
from neuraldb.operators.context import ARROW_TYPES, Context, neural
from neuraldb.plan.nodes import Node
from neuraldb.plan.setting_nodes import SHOWN, ChangeSetting, ShowSettings


@neural(ChangeSetting)
def change_setting(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Set it, or set it back."""
    assert isinstance(node, ChangeSetting)
    context.stores.accuracy.set(node.name, node.value)
    return pa.table({})


@neural(ShowSettings)
def show_settings(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What is set."""
    assert isinstance(node, ShowSettings)
    rows = [(f"neuraldb.{name}", context.stores.accuracy.get(name), SETTINGS[name]) for name in node.settings]
    columns = zip(*rows, strict=True)
    return pa.table({f.name: pa.array(c, ARROW_TYPES[f.type]) for f, c in zip(SHOWN, columns, strict=True)})
