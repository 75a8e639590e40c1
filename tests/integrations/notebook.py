"""What a notebook does, run as a program of its own: prints one line of JSON for each step.

A process of its own, since JupySQL's package is called ``sql`` and IPython changes the process it runs in. The
arguments are the folder of the tests and what is to be tried: ``jupysql`` or ``magic``.
"""

import json
import sys


def show(value: object) -> None:
    print("STEP", json.dumps(value))  # noqa: T201


def main(tests: str, what: str) -> None:
    # last, so that JupySQL's ``sql`` is found before any other
    sys.path.append(tests)
    from api.fakes import connect
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    database = connect()
    database.session.answers["Who lives in Anna's flat?"] = [("Anna", [], 1.0), ("Nils", [], 0.5)]
    shell.user_ns["db"] = database
    {"jupysql": jupysql, "magic": magic}[what](shell, database)


def jupysql(shell, database) -> None:
    shell.run_line_magic("load_ext", "sql")
    shell.run_line_magic("sql", "db")
    show([tuple(row) for row in shell.run_line_magic("sql", "Who lives in Anna's flat?")])
    shell.run_cell_magic("sql", "", "Anna lives in Oslo.")
    show([[fact.text for fact in database.facts()], database.in_transaction])
    shell.run_cell_magic("sql", "", "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)")
    rows = shell.run_cell_magic("sql", "", "SELECT a, 'x%s' AS word FROM t WHERE a % 2 = 0 AND 'xy' LIKE 'x%'")
    show([tuple(row) for row in rows])
    show(rows.DataFrame().to_dict("list"))


def magic(shell, database) -> None:
    shell.run_line_magic("load_ext", "neuraldb.integrations.jupyter")
    try:
        shell.run_line_magic("neuraldb", "")
    except database.InterfaceError as error:
        show(error.message)
    show(shell.run_line_magic("neuraldb", "db") is database)
    show(shell.run_cell_magic("neuraldb", "people", "Anna lives in Oslo.\nWho lives in Anna's flat?").fetchall())
    show(shell.user_ns["people"].fetchall())
    show(shell.run_cell_magic("neuraldb", "", "SELECT count(*) AS n FROM facts;").scalar())
    show(shell.run_cell_magic("neuraldb", "", "-- nothing here"))
    try:
        shell.run_cell_magic("neuraldb", "not a name", "SELECT 1")
    except database.InterfaceError as error:
        show(error.message)


if __name__ == "__main__":
    main(*sys.argv[1:])
