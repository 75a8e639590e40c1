import datetime
import threading

import pyarrow as pa
import pytest

import neuraldb
from api.fakes import FakeSession, connect
from neuraldb.api import Connection
from neuraldb.core import errors
from neuraldb.stores.graph import NewTriple
from neuraldb.stores.terms import Term


@pytest.fixture
def db():
    with connect() as connection:
        yield connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "people.ndb"


def texts(connection):
    return [fact.text for fact in connection.facts()]


# ------------------------------------------------------------------------------------------------------------- facts


def test_add_gives_the_id_and_keeps_what_is_told(db):
    first = db.add("Anna Berg was born in Oslo.")
    second = db.add(
        "Her brother lives in Bergen.",
        about="Anna Berg",
        source="Nils",
        labels=["family", "cities"],
        at="2023-05-07",
        valid_from=datetime.date(2020, 1, 1),
        valid_to=datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
    )
    assert second == first + 1
    fact = db.facts("brother")[0]
    assert (fact.id, fact.subject, fact.sources, fact.labels) == (second, "Anna Berg", ("Nils",), ("family", "cities"))
    assert fact.asserted_at == datetime.datetime(2023, 5, 7, tzinfo=datetime.UTC)
    assert fact.valid_from == datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert fact.valid_to == datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)


def test_the_same_sentence_twice_is_one_fact_with_two_sources(db):
    assert db.add("I love tea.", source="a") == db.add("I love tea.", source="b")
    assert [fact.sources for fact in db.facts()] == [("a", "b")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "   "}, "blank"),
        ({"text": 5}, "must be a string, not int"),
        ({"text": "x", "about": 5}, "about must be a string"),
        ({"text": "x", "labels": "family"}, "labels must be a sequence of strings"),
        ({"text": "x", "labels": [1]}, "labels must be a sequence of strings"),
        ({"text": "x", "at": "yesterday"}, "at is 'yesterday', which is no date"),
        ({"text": "x", "valid_to": 2024}, "valid_to must be a date, not int"),
    ],
)
def test_add_refuses_what_it_cannot_store(db, arguments, message):
    with pytest.raises(neuraldb.DataError, match=message):
        db.add(**arguments)
    assert db.facts() == []


def test_forget_by_id_ids_and_words(db):
    ids = [db.add(f"Fact number {word}.") for word in ("one", "two", "three", "four")]
    assert db.forget(ids[0]) == 1
    assert db.forget(ids[0]) == 0
    assert db.forget(ids[1:3]) == 2
    assert db.forget("number four") == 1
    assert db.facts() == []
    assert [change.action for change in db.history()] == ["add"] * 4 + ["forget"] * 4
    assert [change.action for change in db.history(ids[0])] == ["add", "forget"]


def test_facts_by_pattern_and_limit(db):
    for name in ("Anna", "Åse", "Nils"):
        db.add(f"{name} is here.")
    assert [fact.text for fact in db.facts("ase")] == ["Åse is here."]
    assert [fact.text for fact in db.facts(limit=2)] == ["Anna is here.", "Åse is here."]


def test_graph_is_a_networkx_graph_of_the_triples(db):
    store = db.session.stores.graph
    subject, relation, target = store.ensure_terms(
        [Term("entity", "Anna"), Term("relation", "livesIn"), Term("entity", "Oslo")]
    )
    store.add_triples([NewTriple(subject, relation, target, confidence=0.5)])
    graph = db.graph()
    assert [graph.nodes[node]["name"] for node in (subject, target)] == ["Anna", "Oslo"]
    ((start, end, attributes),) = graph.edges(data=True)
    assert (start, end, attributes["relation"], attributes["confidence"]) == (subject, target, "livesIn", 0.5)


# ------------------------------------------------------------------------------------------------------------ asking


def test_ask_passes_options_on(db):
    db.session.answers["Who lives in Oslo?"] = [("Anna", [], 0.9)]
    assert db.ask("Who lives in Oslo?", min_confidence=0.4, budget=7).fetchall() == [("Anna",)]
    options, _ = db.session.seen[-1]
    assert (options.min_confidence, options.budget) == (0.4, 7)
    db.ask("Who lives in Oslo?")
    options, _ = db.session.seen[-1]
    assert (options.min_confidence, options.budget) == (0.0, None)


@pytest.mark.parametrize("arguments", [{"min_confidence": 1.5}, {"min_confidence": -0.1}, {"budget": 0}])
def test_ask_refuses_options_out_of_range(db, arguments):
    with pytest.raises(neuraldb.InterfaceError):
        db.ask("Who?", **arguments)
    assert db.session.seen == []


def test_evidence_of_an_answer(db):
    fact = db.add("Anna lives in Oslo.")
    db.session.answers["Who lives in Oslo?"] = [("Anna", [fact], 0.9)]
    result = db.ask("Who lives in Oslo?")
    assert result.evidence == (((fact, "Anna lives in Oslo."),),)
    db.forget(fact)
    assert result.evidence == (((fact, "Anna lives in Oslo."),),)


def test_an_empty_database_answers_with_empty_falsy_results(db):
    db.session.answers["Who lives in Paris?"] = []
    db.session.answers["How many people live in Paris?"] = [(0, [], 1.0)]
    assert not db.ask("Who lives in Paris?")
    assert db.ask("Who lives in Paris?").fetchall() == []
    assert not db.ask("How many people live in Paris?")
    assert db.sql("SELECT count(*) FROM facts").scalar() == 0
    assert db.facts() == db.history() == []
    assert len(db.graph()) == 0


def test_execute_takes_every_language(db):
    db.session.answers["Who lives in Oslo?"] = [("Anna", [], 1.0)]
    assert db.execute("Anna lives in Oslo.").lastrowid == db.facts()[0].id
    assert db.execute("Who lives in Oslo?").scalar() == "Anna"
    assert db.execute("SELECT text FROM facts").scalar() == "Anna lives in Oslo."
    assert db.execute("Who lives in Oslo?", language="question").language == "question"


def test_explain_passes_everything_on(db):
    assert (
        db.explain("SELECT 1", language="sql", parameters=[1], level="analyze") == "analyze of sql: SELECT 1 with [1]"
    )
    with pytest.raises(neuraldb.InterfaceError, match="no level deep"):
        db.explain("SELECT 1", level="deep")


@pytest.mark.parametrize("text", [None, 5, b"SELECT 1"])
def test_a_statement_is_a_text(db, text):
    for run in (db.execute, db.sql, db.explain, db.cursor().execute):
        with pytest.raises(neuraldb.InterfaceError, match="must be a string"):
            run(text)


# ---------------------------------------------------------------------------------------------------------- add_many


def test_add_many_takes_sentences_mappings_and_facts(db):
    report = db.add_many(
        [
            "Anna lives in Oslo.",
            {"text": "She works.", "about": "Anna", "source": "Nils", "labels": ["work"], "at": "2024-01-01"},
            neuraldb.NewFact("Nils bakes.", source="Anna"),
            {"text": "It rains.", "subject": "Bergen", "source": None},
            "anna lives in OSLO",
        ]
    )
    assert (report.added, report.duplicates, report.refused) == (4, 1, [])
    assert [fact.id for fact in db.facts()] == report.ids[:4]
    assert report.ids[4] == report.ids[0]
    assert [(fact.subject, fact.sources) for fact in db.facts()] == [
        (None, ("", "")),
        ("Anna", ("Nils",)),
        (None, ("Anna",)),
        ("Bergen", ("",)),
    ]
    assert str(report) == "4 added, 1 known already, 0 refused"


def test_bad_items_are_reported_and_do_not_stop_the_rest(db):
    items = [
        "one.",
        "",
        None,
        {"about": "x"},
        {"text": "x", "colour": "red"},
        float("nan"),
        {"text": float("nan")},
        "two.",
    ]
    report = db.add_many(items, batch=3)
    assert texts(db) == ["one.", "two."]
    assert (report.added, len(report.ids)) == (2, 2)
    assert [refused.position for refused in report.refused] == [1, 2, 3, 4, 5, 6]
    assert [refused.item for refused in report.refused[:4]] == items[1:5]
    reasons = [refused.reason for refused in report.refused]
    assert "blank" in reasons[0]
    assert "not NoneType" in reasons[1]
    assert "no text" in reasons[2]
    assert "no 'colour'" in reasons[3]
    assert "text, about, source" in reasons[3]


@pytest.mark.parametrize("bad", [0, 3, 6])
def test_what_only_the_store_refuses_is_found_and_the_rest_goes_in(db, bad):
    real = db.session.add

    def add(facts, **rest):
        if any(fact.text == f"Fact {bad}." for fact in facts):
            raise neuraldb.DataError("it cannot be encoded")
        return real(facts, **rest)

    db.session.add = add
    report = db.add_many([f"Fact {i}." for i in range(7)])
    assert texts(db) == [f"Fact {i}." for i in range(7) if i != bad]
    assert [(r.position, r.item, r.reason) for r in report.refused] == [(bad, f"Fact {bad}.", "it cannot be encoded")]


def test_add_many_goes_in_batches_and_reports_progress(db):
    seen = []
    db.add_many((f"Fact {i}." for i in range(7)), batch=3, progress=lambda *step: seen.append(step))
    assert db.session.batches == [3, 3, 1]
    assert seen == [("add", 3, None), ("add", 6, None), ("add", 7, None)]
    db.add_many(["Another."], progress=lambda *step: seen.append(step))
    assert seen[-1] == ("add", 1, 1)


def test_add_many_shows_a_bar_on_request(db, capsys):
    db.add_many(["One.", "Two."], progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err


def test_what_stops_add_many_says_how_far_it_came(db):
    real = db.session.add

    def add(facts, **rest):
        if db.session.batches == [2, 2]:
            raise neuraldb.OperationalError("the disk is full")
        return real(facts, **rest)

    db.session.add = add
    with pytest.raises(neuraldb.OperationalError) as caught:
        db.add_many([f"Fact {i}." for i in range(10)], batch=2)
    assert caught.value.__notes__ == ["before that: 4 added, 0 known already, 0 refused"]
    assert len(db.facts()) == 4


@pytest.mark.parametrize("facts", ["One sentence.", {"text": "One."}, neuraldb.NewFact("One.")])
def test_add_many_refuses_a_single_fact(db, facts):
    with pytest.raises(neuraldb.InterfaceError, match="many facts"):
        db.add_many(facts)


def test_add_many_of_nothing(db):
    report = db.add_many([])
    assert (report.added, report.duplicates, report.refused, report.ids) == (0, 0, [], [])
    with pytest.raises(neuraldb.InterfaceError, match="batch of 0"):
        db.add_many(["x"], batch=0)


# ------------------------------------------------------------------------------------------------------ transactions


def test_changes_of_the_embedded_methods_are_permanent_at_once(path):
    db = connect(path)
    db.add("One.")
    db.execute("Two.")
    db.sql("CREATE TABLE t (a INTEGER)")
    db.add_many(["Three."])
    assert not db.in_transaction
    db.close()
    with connect(path) as again:
        assert texts(again) == ["One.", "Two.", "Three."]
        assert again.sql("SELECT count(*) FROM t").scalar() == 0


def test_a_transaction_is_kept_or_undone_as_a_whole(db):
    db.begin()
    db.add("One.")
    assert db.in_transaction
    db.rollback()
    db.begin()
    db.add("Two.")
    db.commit()
    assert texts(db) == ["Two."]
    assert not db.in_transaction


def test_transaction_block(db):
    with db.transaction():
        db.add("One.")
        db.add_many(["Two."])

    def fail():
        with db.transaction():
            db.add("Three.")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert texts(db) == ["One.", "Two."]
    with db.transaction(), pytest.raises(neuraldb.ProgrammingError, match="open already"):
        db.begin()


def test_begin_and_rollback_as_statements(db):
    db.execute("BEGIN")
    db.add("One.")
    db.execute("ROLLBACK;")
    db.cursor().execute("begin transaction")
    assert db.in_transaction
    db.add("Two.")
    db.cursor().execute("commit")
    assert texts(db) == ["Two."]


def test_commit_and_rollback_without_a_transaction_do_nothing(db):
    db.commit()
    db.rollback()
    assert not db.in_transaction


def test_the_first_change_through_a_cursor_opens_a_transaction(path):
    db = connect(path)
    cursor = db.cursor()
    cursor.execute("Anna lives in Oslo.")
    assert db.in_transaction
    db.add("This belongs to it.")
    db.commit()
    cursor.execute("Nils lives in Bergen.")
    db.close()
    with connect(path) as again:
        assert texts(again) == ["Anna lives in Oslo.", "This belongs to it."]


def test_reading_through_a_cursor_opens_none(path):
    with connect(path) as db:
        db.session.answers["Who?"] = []
        for statement in ("SELECT 1", "Who?", "-- note\nSELECT 1", "FROM facts", "EXPLAIN SELECT 1", "CHECKPOINT"):
            db.cursor().execute(statement)
            assert not db.in_transaction
        # what looks as if it changed something, but does not
        db.cursor().execute("SELECT 'insert' AS word")
        assert not db.in_transaction
        db.add("One.")
        # closed without a commit
        db.close()
    with connect(path) as again:
        assert texts(again) == ["One."]


def test_a_failed_statement_leaves_no_transaction_behind(db):
    with pytest.raises(neuraldb.Error):
        db.cursor().execute("INSERT INTO nowhere VALUES (1)")
    assert not db.in_transaction


def test_a_failed_statement_does_not_undo_what_came_before_it_by_itself(db):
    cursor = db.cursor()
    cursor.execute("CREATE TABLE t (a INTEGER)")
    cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(neuraldb.Error):
        cursor.execute("INSERT INTO t VALUES ('one')")
    assert db.in_transaction
    db.rollback()
    assert not db.in_transaction


def test_autocommit_makes_cursors_changes_permanent_at_once(path):
    db = connect(path, autocommit=True)
    cursor = db.cursor()
    cursor.execute("Anna lives in Oslo.")
    cursor.executemany("%s is here.", [("One",), ("Two",)])
    assert not db.in_transaction
    with pytest.raises(neuraldb.Error):
        cursor.executemany("%s.", [("Three",), (None,)])
    db.close()
    with connect(path) as again:
        assert texts(again) == ["Anna lives in Oslo.", "One is here.", "Two is here."]
        assert again.autocommit is False


def test_autocommit_cannot_be_switched_within_a_transaction(db):
    assert db.autocommit is False
    db.autocommit = True
    assert db.autocommit is True
    with db.transaction(), pytest.raises(neuraldb.ProgrammingError, match="a transaction is open"):
        db.autocommit = False


# ----------------------------------------------------------------------------------------------------------- closing


def test_the_context_manager_commits_and_closes(path):
    with connect(path) as db:
        db.cursor().execute("One.")
    assert db.closed

    def fail(db):
        with db:
            db.add("Two.")
            db.cursor().execute("Three.")
            raise ZeroDivisionError

    db = connect(path)
    with pytest.raises(ZeroDivisionError):
        fail(db)
    assert db.closed
    with connect(path) as db:
        assert texts(db) == ["One.", "Two."]


def test_the_first_error_is_the_one_that_is_raised(monkeypatch):
    def refuse():
        raise neuraldb.OperationalError("the disk is gone")

    def fail():
        with connect() as db:
            monkeypatch.setattr(db.session, "close", refuse)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    assert caught.value.__notes__ == ["closing the database failed too: the disk is gone"]


def test_closing_within_the_block_is_allowed():
    with connect() as db:
        db.close()
    assert repr(db) == "<neuraldb.Connection closed>"


def test_use_after_close_is_an_interface_error():
    db = connect()
    db.close()
    db.close()
    for use in (
        lambda: db.add("x"),
        lambda: db.add_many(["x"]),
        lambda: db.add_many([]),
        lambda: db.ask("Who?"),
        lambda: db.sql("SELECT 1"),
        lambda: db.sparql("ASK {}"),
        lambda: db.execute("SELECT 1"),
        lambda: db.explain("SELECT 1"),
        lambda: db.forget(1),
        db.facts,
        db.history,
        db.graph,
        db.begin,
        db.commit,
        db.rollback,
        db.cursor,
        db.transaction().__enter__,
        db.__enter__,
    ):
        with pytest.raises(neuraldb.InterfaceError, match="closed"):
            use()
    assert not db.in_transaction
    db.interrupt()


def test_evidence_after_close_is_an_interface_error(db):
    fact = db.add("Anna lives in Oslo.")
    db.session.answers["Who?"] = [("Anna", [fact], 1.0)]
    result = db.ask("Who?")
    db.close()
    assert result.fetchall() == [("Anna",)]
    assert "Anna" in repr(result)
    with pytest.raises(neuraldb.InterfaceError):
        result.why()


def test_repr_tells_the_state(db):
    assert repr(db) == "<neuraldb.Connection open>"
    db.begin()
    assert repr(db) == "<neuraldb.Connection in a transaction>"


def test_exceptions_are_attributes_of_the_connection(db):
    for name in (
        *("Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError"),
        *("InternalError", "ProgrammingError", "NotSupportedError"),
    ):
        assert getattr(db, name) is getattr(neuraldb, name) is getattr(errors, name)


# --------------------------------------------------------------------------------------------- stopping and threads


def heavy(db):
    db.sql("SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3")


@pytest.mark.parametrize("in_worker", [False, True], ids=["called in the main thread", "called in another"])
@pytest.mark.parametrize("work", [heavy, lambda db: db.ask("Wait?")], ids=["DuckDB", "models"])
def test_interrupt_stops_a_statement(db, work, in_worker):
    caught = []
    finished = threading.Event()

    def attempt():
        try:
            work(db)
        except neuraldb.Error as error:
            caught.append(type(error))
        finished.set()

    def interrupt():
        while not finished.wait(0.05):
            db.interrupt()

    other = threading.Thread(target=attempt if in_worker else interrupt)
    other.start()
    (interrupt if in_worker else attempt)()
    other.join()
    assert caught == [neuraldb.Cancelled]
    assert db.sql("SELECT 1").scalar() == 1


@pytest.mark.parametrize(
    "work",
    [
        lambda db: db.ask("Wait?", timeout=0.1),
        lambda db: db.sql(
            "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3", timeout=0.1
        ),
    ],
    ids=["models", "DuckDB"],
)
def test_timeout_stops_a_statement(db, work):
    with pytest.raises(neuraldb.Timeout, match="longer than"):
        work(db)
    assert db.sql("SELECT 1").scalar() == 1


def test_a_statement_in_time_is_not_disturbed(db):
    db.session.answers["Who?"] = [("Anna", [], 1.0)]
    assert db.ask("Who?", timeout=60).scalar() == "Anna"


def test_ctrl_c_stops_the_statement_before_it_is_raised(db):
    import _thread

    def press():
        db.session.waits.wait()
        _thread.interrupt_main()

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        db.ask("Wait?")
    presser.join()
    assert db.sql("SELECT 1").scalar() == 1


def test_threads_share_a_connection(db):
    per_thread, failures = 5, []

    def work(name):
        try:
            for i in range(per_thread):
                db.add(f"{name} says {i}.")
                assert db.sql("SELECT count(*) FROM facts").scalar() > i
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("Anna", "Nils", "Ola", "Åse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(db.facts()) == 4 * per_thread


def test_changes_of_other_threads_wait_for_the_end_of_a_transaction_block(db):
    order = []
    started = threading.Event()

    def add():
        started.set()
        db.add("From the other thread.")
        order.append("added")

    other = threading.Thread(target=add)

    def fail():
        with db.transaction():
            db.add("Undone.")
            other.start()
            started.wait()
            assert db.facts()[0].text == "Undone."
            other.join(0.2)
            order.append("end of block")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    other.join()
    assert order == ["end of block", "added"]
    assert texts(db) == ["From the other thread."]


def test_readers_do_not_wait_for_a_transaction_block(db):
    seen = []
    with db.transaction():
        other = threading.Thread(target=lambda: seen.append(db.sql("SELECT 1").scalar()))
        other.start()
        other.join(10)
        assert seen == [1]


def test_results_of_one_connection_are_taken_by_arrow(db):
    table = pa.table(db.sql("SELECT 1 AS a, 'x' AS b"))
    assert table.to_pylist() == [{"a": 1, "b": "x"}]


def test_a_connection_can_be_made_over_any_session():
    session = FakeSession()
    with Connection(session) as db:
        assert db.session is session
