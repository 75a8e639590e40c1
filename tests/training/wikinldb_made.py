"""The corpora that the generator of WikiNLDB-like data reads, in small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neuraldb.loading.wikinldb_databases import Triple
from neuraldb.training.wikinldb_facts import Stated
from training.corpora import archived, lines

FIRST, LAST = ("Anna", "Nils", "Ola", "Eva", "Kari"), ("Berg", "Holm", "Vik", "Lund", "Dahl")
# of which the others are left to be invented
PEOPLE = [f"{first} {last}" for n, first in enumerate(FIRST) for m, last in enumerate(LAST) if (n + m) % 4 == 0]
CITIES = ("Oslo", "Bergen", "Paris", "Lyon", "Rome", "Milan")
COUNTRIES = {
    "Oslo": "Norway",
    "Bergen": "Norway",
    "Paris": "France",
    "Lyon": "France",
    "Rome": "Italy",
    "Milan": "Italy",
}
JOBS = ("actor", "poet", "baker", "judge")
FORMS: dict[str, dict[str, Any]] = {
    "P19": {
        "fact": ["$s was born in $o", "$o is where $s was born", "$s comes from $o", "The birthplace of $s is $o"],
        "bool": [["Was $s born in $o?", "TRUE"]],
        "set": [["Who was born in $o?", "$s"], ["Where was $s born?", "$o"], ["List people born in $o", "$s"]],
        "count": [["How many people were born in $o?", "$s"]],
        "argmax": [["Which place has the most births?", "$o [SEP] $s"]],
    },
    "P106": {
        "fact": ["$s works as a $o", "$s is a $o"],
        "bool": [["Is $s an $o?", "TRUE"]],
        "set": [["Who works as a $o?", "$s"], ["What does $s do?", "$o"], ["What is $s's job?", ""]],
        "count": [["How many jobs has $s had?", "$o"], ["How many people did $s marry?", "$s"]],
        "argmin": [["Who has had the fewest jobs?", "$s [SEP] $o"], ["Who has had the most jobs?", "$s [SEP] $o"]],
        "argmax": [["Who has had the most jobs?", "$s [SEP] $o"]],
    },
    "P50": {
        "fact": ["$o wrote $s", "$s was written by $o"],
        "bool": [["Did $o write $s?", "TRUE"]],
        "set": [["Who wrote $s?", "$o."], ["What has $o written?", "$s"]],
        "count": [["How many people wrote $s?", "$o"]],
        "argmax": [["Who has written the most books?", "$o [SEP] $s"]],
    },
    "P1082": {
        "fact": ["The population of $s is $o", "$o people live in $s"],
        "bool": [["Is the population of $s $o?", "TRUE"]],
        "count": [["How many people live in $s?", "$o"], ["How many people are there?", "$o"]],
        "min": [["What is the smallest population?", "$o"]],
        "max": [["What is the largest population?", "$s [SEP] $o"]],
        "argmin": [["Which place has the smallest population?", "$s [SEP] $o"]],
        "argmax": [["Which place has the largest population?", "$s [SEP] $o"]],
    },
}
FILTERS = {"P50": {"P106": ["someone who works as a $AO"]}}
EXPANSIONS = {"P50": {"P106": ["What is the occupation of the person that", "What prize did $X win?"]}}
HUMAN = [
    ("Winter is a novel by Anna Ravn.", "Winter", "author", "Anna Ravn"),
    ("Summer is a novel by Anna Ravn.", "Summer", "author", "Anna Ravn"),
    ("Autumn is a novel by Anna Ravn and others.", "Autumn", "author", "Anna Ravn"),
    ("Kongsberg is a poet.", "Kongsberg", "occupation", "poet"),
    ("NGC 1 is a galaxy in the constellation Pegasus.", "NGC 1", "constellation", "Pegasus"),
    ("NGC 2 is a galaxy in the constellation Pegasus.", "NGC 2", "constellation", "Pegasus"),
]


def made(folder: Path) -> Path:
    """The folder, with the corpora in it."""
    templates = {
        "./generate_v1.5.json": json.dumps(FORMS),
        "./filter_objects.json": json.dumps(FILTERS),
        "./filter_subjects.json": json.dumps({}),
        "./expand_objects.json": json.dumps(EXPANSIONS),
        "./expand_subject.json": json.dumps({}),
    }
    archived(folder / "wikinldb-templates" / "templates.tar.gz", templates)
    facts = {
        "P19": [(name, CITIES[n % 6]) for n, name in enumerate(PEOPLE)],
        "P20": [(name, CITIES[n % 5]) for n, name in enumerate(PEOPLE)],
        "P106": [(name, JOBS[n % 4]) for n, name in enumerate(PEOPLE)],
        "P36": [(country, city) for city, country in COUNTRIES.items()],
        "P17": list(COUNTRIES.items()),
        "P131": [(f"{city} County", city) for city in CITIES],
    }
    patterns = {"P19": ["[X] was born in [Y].", "[X], who was born in [Y].", "[X] is a [Y]-born person."]}
    files = {
        f"./data/trex_lms_vocab/{relation}.jsonl": lines([{"sub_label": s, "obj_label": o} for s, o in pairs])
        for relation, pairs in facts.items()
    }
    files |= {
        f"./data/pattern_data/graphs_json/{relation}.jsonl": lines([{"pattern": text} for text in texts])
        for relation, texts in patterns.items()
    }
    archived(folder / "pararel" / "pararel.tar.gz", files)
    rows = [{"sent": text, "sub_label": s, "rel_label": r, "obj_label": o} for text, s, r, o in HUMAN]
    archived(folder / "tekgen" / "wikidata_tekgen.tar.gz", {"wikidata_tekgen/train/ont_train.jsonl": lines(rows)})
    return folder


def told(*triples: Triple) -> list[Stated]:
    """A fact for each triple."""
    return [Stated(" ".join(triple), (triple,), "drawn") for triple in triples]
