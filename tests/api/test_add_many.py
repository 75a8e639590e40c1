"""Many facts at once: what goes in, what is refused, how far it came."""

import pytest

import neuraldb
from api.helpers import texts


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


def test_facts_that_are_added_together_are_told_at_one_time(db):
    db.add_many(["One.", "Two.", {"text": "Three.", "at": "2024-01-01"}], batch=1)
    one, two, three = (fact.asserted_at for fact in db.facts())
    assert one == two
    assert three.year == 2024


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
