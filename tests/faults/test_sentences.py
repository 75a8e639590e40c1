"""Faults that users of like systems have met with sentences and questions; the numbers are those of the README here."""

import pytest
from bad_input.engine import connect, count, models

import neuraldb

MOUNTAINS = [f"Mount {name} is {height} high." for name, height in [
    ("Alfa", "933 m"), ("Bravo", "1,057 m"), ("Charlie", "4821,00 m"), ("Delta", "1.2 km"),
]]  # fmt: skip


def test_1_a_quoted_name_is_found_and_printed():
    with connect(['The plan "Big Push" was approved in Hà Nội.']) as db:
        ((answer,),) = db.ask("What was approved in Hà Nội?").fetchall()
        assert "Big Push" in answer


def test_5_null_cells_of_a_table_never_become_words():
    with connect() as db:
        db.sql("CREATE TABLE notes (id INTEGER, body VARCHAR)")
        db.sql("INSERT INTO notes VALUES (1, 'Anna Berg lives in Oslo.'), (2, NULL)")
        rows = db.sql("SELECT id, ask(body, 'Where does Anna Berg live?') AS place FROM notes ORDER BY id").fetchall()
        assert rows == [(1, "Oslo"), (2, None)]
        kept = db.sql("SELECT id FROM notes WHERE means(body, 'it tells where someone lives')").fetchall()
        assert (2,) not in kept


def test_6_each_row_of_a_batch_gets_its_own_answer():
    with connect() as db:
        db.sql("CREATE TABLE notes (id INTEGER, body VARCHAR)")
        places = [f"Town{chr(65 + n % 26)}{chr(97 + n // 26)}" for n in range(33)]
        for n, place in enumerate(places):
            db.sql("INSERT INTO notes VALUES (%s, %s)", [n, f"Anna Berg lives in {place}."])
        rows = db.sql("SELECT id, ask(body, 'Where does Anna Berg live?') AS place FROM notes ORDER BY id").fetchall()
        assert rows == list(enumerate(places))


@pytest.mark.xfail(reason="a contradiction in words of feeling (love, hate) is not seen, and both facts stay current")
def test_10_the_newest_wins_and_the_old_is_history():
    with connect(["I love Chinese food.", "I hate Chinese food."]) as db:
        assert [fact.text for fact in db.facts()] == ["I hate Chinese food."]
        assert any("love" in str(change) for change in db.history())


def test_10_a_new_fact_is_never_dropped_for_an_old_one():
    with connect(["I love Chinese food.", "I hate Chinese food."]) as db:
        assert db.facts()[-1].text == "I hate Chinese food."
        assert {"I love Chinese food.", "I hate Chinese food."} <= {fact.text for fact in db.facts()}


def test_13_active_and_passive_are_one_relation_not_a_change():
    with connect(["Acme bought Beta for $1,000,000.", "Beta was bought by Acme for 1 million dollars."]) as db:
        assert count(db) == 2
        assert db.ask("Who bought Beta?").fetchall() == [("Acme",)]


@pytest.mark.xfail(reason="'How many companies did Acme buy?' gives 0: no fact says in words that Beta is a company")
def test_13_two_spellings_of_one_purchase_count_once():
    with connect(["Acme bought Beta for $1,000,000.", "Beta was bought by Acme for 1 million dollars."]) as db:
        assert db.ask("How many companies did Acme buy?").fetchall() == [(1,)]


def test_17_relative_dates_count_from_when_it_was_said():
    with neuraldb.connect(models=models()) as db:
        db.add("Yesterday Anna Berg went to the store.", at="2023-05-07")
        rows = db.ask("When did Anna Berg go to the store?").fetchall()
        assert "2023-05-06" in str(rows)


def test_19_numbers_are_compared_by_value():
    with connect(MOUNTAINS) as db:
        assert db.ask("Which mountain is the highest?").fetchall()[0][0] == "Mount Charlie"
        heights = db.sql("SELECT max(height), min(height) FROM mountains").fetchall()
        assert heights == [("4821,00 m", "933 m")]


def test_19_the_lowest_too():
    with connect(MOUNTAINS) as db:
        assert db.ask("Which mountain is the lowest?").fetchall()[0][0] == "Mount Alfa"


def test_20_a_count_is_over_all_facts_not_over_a_sample():
    first = ["Anna", "Nils", "Clara", "Peter", "Maria", "Lukas", "Sofia", "Jonas", "Emma", "Oscar"]
    last = ["Berg", "Lund", "Carr", "Holm", "Dahl", "Weber", "Moreau", "Rossi", "Novak", "Silva", "Walsh", "Tanaka"]
    names = [f"{one} {other}" for one in first for other in last]
    facts = [f"{name} lives in {'Oslo' if n < 47 else 'Bergen'}." for n, name in enumerate(names)]
    with neuraldb.connect(models=models()) as db:
        assert db.add_many(facts).added == len(facts)
        assert db.ask("How many people live in Oslo?").fetchall() == [(47,)]
        assert len(db.ask("Who lives in Oslo?").fetchall()) == 47


def test_26_what_is_asked_for_is_decided_before_the_cut():
    facts = [f"Burger number {n} is sold in shop 1." for n in range(100)] + ["The cheese burger is sold in shop 2."]
    with neuraldb.connect(models=models()) as db:
        db.add_many(facts)
        rows = db.sql("SELECT text FROM facts WHERE text LIKE %s AND means(text, 'a burger') LIMIT 1", ["%shop 2%"])
        assert rows.fetchall() in ([], [(facts[-1],)])
        assert db.sql("SELECT text FROM facts WHERE text LIKE %s LIMIT 1", ["%shop 2%"]).fetchall() == [(facts[-1],)]


def test_28_ties_are_not_cut():
    with connect(["Ann Lund is 180 cm tall.", "Bob Carr is 180 cm tall.", "Cy Dunn is 170 cm tall."]) as db:
        assert {row[0] for row in db.ask("Who is the tallest?").fetchall()} == {"Ann Lund", "Bob Carr"}
