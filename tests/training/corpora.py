"""Small corpora in the forms of the public ones, with sentences of our own."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

OSLO = "Anna Berg was born in Oslo. She moved to Bergen in 1990 to paint. Nils Holm bought two of her pictures there."
SPIDER = [
    {"question": f"How many towers {n} are there ?", "question_synonyms": f"Count the towers {n} .",
     "query": "SELECT count(*) FROM tower"}
    for n in range(12)
]  # fmt: skip


def zipped(path: Path, text: str) -> None:
    """Write a compressed text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text)


def archived(path: Path, files: Mapping[str, str]) -> None:
    """Write a compressed archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def lines(rows: Sequence[object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([columns, *rows])
    return file.getvalue()


def squad(folder: Path, articles: int = 4) -> None:
    def asked(question: str, answer: str, occurrences: int = 1) -> dict[str, object]:
        place = {"text": answer, "answer_start": OSLO.index(answer), "occurrences": occurrences}
        return {"question": question, "answers": [place]}

    questions = [
        asked("Where was Anna Berg born? ", "Oslo"),
        asked("When did she move?", "1990"),
        asked("Who bought pictures?", "Nils Holm"),
        asked("What is it?", "in", occurrences=2),
        asked("What is too long?", "Oslo. She moved"),
    ]
    data = [{"title": f"Anna_Berg_{n}", "paragraphs": [{"context": OSLO, "qas": questions}]} for n in range(articles)]
    zipped(folder / "squad" / "train-v1.1.json.gz", json.dumps({"data": data}))


def qamr(folder: Path) -> None:
    text = (
        "#Wiki1k:wikipedia:1:1:0\nAnna paints towers, and Anna sells them.\n"
        "Who paints?  \tAnna\tAnna\nWhat does she paint?   \tthe towers\ttowers\n\n"
        "#Wiki1k:wikipedia:1:1:1\nNils buys pictures.\nWho buys?  \tNils\tNils\n\n"
    )
    for name in ("dev", "test"):
        zipped(folder / "qamr" / f"{name}.tsv.gz", text)


def qasrl(folder: Path) -> None:
    full = table(
        ["qasrl_id", "tokens"], [["a", "Anna and Nils painted the old towers ."], ["b", "It rained all day on Oslo ."]]
    )
    gold = table(
        ["qasrl_id", "verb", "question", "answer_range"],
        [
            ["a", "painted", "Who painted something?", "2:3~!~0:1"],
            ["b", "rained", "When did it rain?", "2:4"],
            ["b", "rained", "What did it rain on?", "4:6"],
        ],
    )
    for name in ("wikipedia.dev", "wikinews.dev", "wikinews.test"):
        zipped(folder / "qasrl" / f"{name}.full.csv.gz", full)
        zipped(folder / "qasrl" / f"{name}.gold.csv.gz", gold)


def qasrl_asked(folder: Path) -> None:
    """QA-SRL with all that its questions are made of."""
    columns = [
        "qasrl_id", "verb_idx", "verb", "question", "answer_range", "wh", "subj", "prep", "is_passive", "is_negated",
    ]  # fmt: skip

    def row(question: str, answer: str, wh: str, subj: str, **more: str) -> list[str]:
        said = {"prep": "", "is_passive": "False", "is_negated": "False", "verb": "painted", "verb_idx": "3"} | more
        return ["a", said["verb_idx"], said["verb"], question, answer, wh, subj, *(said[c] for c in columns[7:])]

    rows = [
        row("Who painted something?", "0:1", "who", ""),
        row("What did someone paint?", "4:6~!~5:6", "what", "someone"),
        row("Where did someone paint?", "7:8", "where", "someone"),
        row("How did someone paint?", "3:4", "how", "someone"),
        row("Who did not sing?", "2:3", "who", "", verb_idx="9", is_negated="True"),
    ]
    full = table(["qasrl_id", "tokens"], [["a", "Anna and Nils painted old towers in Oslo ."]])
    zipped(folder / "qasrl" / "wikipedia.dev.full.csv.gz", full)
    zipped(folder / "qasrl" / "wikipedia.dev.gold.csv.gz", table(columns, rows))


def pararel(folder: Path) -> None:
    """Facts of two properties that share a subject, and their phrases."""
    born = [{"sub_label": "Anna Berg", "obj_label": "Oslo"}, {"sub_label": "Nils Holm", "obj_label": "Bergen"}]
    works = [{"sub_label": "Anna Berg", "obj_label": "Equinor"}, {"sub_label": "Oslo Bank", "obj_label": "Oslo"}]
    archived(
        folder / "pararel" / "pararel.tar.gz",
        {
            "./data/trex_lms_vocab/P19.jsonl": lines(born),
            "./data/trex_lms_vocab/P108.jsonl": lines(works),
            "./data/pattern_data/graphs_json/P19.jsonl": lines([{"pattern": "[X] was born in [Y]."}]),
            "./data/pattern_data/graphs_json/P108.jsonl": lines([{"pattern": "[Y] employs [X]."}]),
        },
    )


def fever(folder: Path, count: int = 6) -> None:
    def row(n: int) -> dict[str, object]:
        evidence = {"docid": f"Tower_{n}", "text": "It stands in Oslo -LRB- Norway -RRB- , where it was built ."}
        return {
            "query": f"Tower {n} was built in Oslo.", "classification": ("SUPPORTS", "REFUTES")[n % 2],
            "docids": [f"Tower_{n}"], "evidences": [[evidence]],
        }  # fmt: skip

    zipped(folder / "fever" / "train.jsonl.gz", lines([row(n) for n in range(count)]))


def tekgen(folder: Path) -> None:
    def row(sentence: str, s: str, r: str, o: str) -> dict[str, str]:
        return {"sent": sentence, "sub_label": s, "rel_label": f" {r} ", "obj_label": o}

    winter, moon = "Winter is a novel by Anna Berg and Nils Holm.", "Moon was written by Ola Vik."
    train = [
        row(winter, "Winter", "author", "Anna Berg"), row(winter, "Winter", "author", "Nils Holm"),
        row(winter, "Summer", "author", "Anna Berg"), row(winter, "Winter", "genre", "novel"),
        row(moon, "Moon", "author", "Ola Vik"),
    ]  # fmt: skip
    hidden = [row("Hidden was written by Eva Lund.", "Hidden", "author", "Eva Lund")]
    concepts = [{"qid": "Q1", "label": "human"}, {"qid": "Q2", "label": "written work"}]
    relations = [{"pid": "P50", "label": "author", "domain": "Q2", "range": "Q1"}]
    files = {
        "wikidata_tekgen/ontologies/4_book_ontology.json": json.dumps({"concepts": concepts, "relations": relations}),
        "wikidata_tekgen/train/ont_4_book_train.jsonl": lines(train),
        "wikidata_tekgen/validation/ont_4_book_validation.jsonl": lines(train[4:]),
        "wikidata_tekgen/test/ont_4_book_test.jsonl": lines(hidden),
        "wikidata_tekgen/unseen_sentences/test/ont_4_book_unseen_test.jsonl": lines(hidden),
    }
    archived(folder / "tekgen" / "wikidata_tekgen.tar.gz", files)


def parsing(folder: Path) -> None:
    """What the question parser is trained on besides SQuAD."""
    zipped(folder / "spider" / "train.json.gz", json.dumps(SPIDER))
    zipped(folder / "boolq" / "train.jsonl.gz", lines([{"query": f"is tower {n} in oslo"} for n in range(5)]))
    for name in ("1hop_dev", "2hop_dev", "3hop_dev"):
        zipped(folder / "metaqa" / f"{name}.txt.gz", "what did [Anna Berg] paint\tTower\n" * 3)
    forms = {
        "P50": {"set": [["Who wrote $s?", "$o"]], "argmax": [["Which author wrote most?", ""]]},
        "P1082": {"count": [["How many people live in $s?", "$o"]], "argmax": [["Which is largest?", ""]]},
    }
    archived(folder / "wikinldb-templates" / "templates.tar.gz", {"./generate_v1.5.json": json.dumps(forms)})
    pairs = [{"sub_label": "Winter", "obj_label": "Anna Berg"}]
    archived(folder / "pararel" / "pararel.tar.gz", {"./data/trex_lms_vocab/P50.jsonl": lines(pairs)})
