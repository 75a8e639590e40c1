"""How SQL's statements begin, for telling them from English: by first keyword, the least that must follow it."""

from __future__ import annotations

import re

NAME = r"(?:\"[^\"]*\"|[A-Za-z_]\w*)"
QUALIFIED = rf"{NAME}(?:\.{NAME})*"
CLAUSE = "|".join(
    """where group order having limit offset join left right inner full cross natural anti semi asof positional union
    intersect except qualify window using tablesample pivot unpivot on as select for set values returning""".split()  # noqa: SIM905
)
"""Keywords that may follow a table in FROM."""
END = r"\s*;?\s*$"

_OBJECT = "(?:table|view|schema|index|sequence|macro|function|type|secret|database)"
_SCOPED = rf"(?:(?:global|session|local|variable) )?{QUALIFIED}"
# a space stands for any white space, ~ for white space or none
_WRITTEN = {
    "with": rf"with (?:recursive )?{NAME}~(?:\([^)]*\)~)?(?:using key~\([^)]*\)~)?as (?:(?:not )?materialized~)?\(",
    "insert": rf"insert (?:or (?:replace|ignore) )?into {QUALIFIED}~"
    rf"(?:\(|as |by name|by position|(?:values|valus|select|from|with)\b|default values|{END})",
    "update": rf"update {QUALIFIED}(?: (?:as )?{NAME})? set {QUALIFIED}~=",
    "delete": rf"delete from {QUALIFIED}(?: (?:as )?(?!(?:that|about)\b)\w+)?~(?:(?:where|using|returning)\b|;|$)",
    "create": rf"create (?:or replace )?(?:(?:temp|temporary|persistent|unique|materialized) )*{_OBJECT} "
    rf"(?:if not exists )?{QUALIFIED}~(?:\(|(?:as|on|start|increment)\b|;|$)",
    "drop": rf"drop (?:materialized )?{_OBJECT} (?:if exists )?{QUALIFIED}(?: (?:cascade|restrict))?{END}",
    "refresh": rf"refresh materialized view {QUALIFIED}{END}",
    "alter": rf"alter {_OBJECT} (?:if exists )?{QUALIFIED} (?:add|drop|rename|alter|set|reset)\b",
    "copy": rf"copy (?:\(|{QUALIFIED}~(?:\([^)]*\)~)?(?:to|from) '|from database\b)",
    "attach": "attach (?:or replace )?(?:database )?(?:if not exists )?'",
    "detach": rf"detach (?:database )?(?:if exists )?{QUALIFIED}{END}",
    "use": rf"use {QUALIFIED}{END}",
    "set": rf"set {_SCOPED}(?:~=| to (?:'|\d|true|false|{NAME}{END}))",
    "reset": rf"reset {_SCOPED}{END}",
    "pragma": rf"pragma {QUALIFIED}",
    "begin": rf"begin(?: (?:transaction|work))?(?: read (?:only|write))?{END}",
    "start": rf"start transaction(?: read (?:only|write))?{END}",
    "commit": rf"commit(?: (?:transaction|work))?{END}",
    "rollback": rf"rollback(?: (?:transaction|work))?{END}",
    "abort": rf"abort(?: (?:transaction|work))?{END}",
    "values": r"values~\(~(?:[-+\d'\"$%(\[{]|(?:null|true|false)\b|\w+~[(),])",
    "pivot": rf"pivot (?:\(|{QUALIFIED} (?:on|using|group)\b)",
    "unpivot": rf"unpivot (?:\(|{QUALIFIED} on\b)",
    "force": rf"force install (?:{NAME}|'[^']*')(?: from \S+)?{END}",
    "install": rf"install (?:{NAME}|'[^']*')(?: from \S+)?{END}",
    "load": rf"load (?:{NAME}|'[^']*'){END}",
    "call": rf"call {QUALIFIED}~\(",
    "checkpoint": rf"checkpoint(?: {NAME})?{END}",
    "vacuum": rf"vacuum(?: analyze)?(?: {QUALIFIED})?{END}",
    "analyze": rf"analyze(?: {QUALIFIED})?{END}",
    "export": "export database '",
    "import": "import database '",
    "merge": rf"merge into {QUALIFIED}",
    "truncate": rf"truncate (?:table )?{QUALIFIED}{END}",
    "prepare": rf"prepare {NAME} as \w",
    "execute": rf"execute {NAME}~(?:\(|{END})",
    "deallocate": rf"deallocate (?:prepare )?{NAME}{END}",
    "comment": rf"comment on (?:{_OBJECT}|column) {QUALIFIED} is ",
    "table": rf"table {QUALIFIED}{END}",
}
SHAPES: dict[str, re.Pattern[str]] = {
    word: re.compile(form.replace(" ", r"\s+").replace("~", r"\s*"), re.IGNORECASE) for word, form in _WRITTEN.items()
}
