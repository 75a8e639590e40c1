"""Common mistakes in SPARQL, shown by example: what is said of each, and what would be right.

A text that fails in the same state of the parser, on the same kind of token, as one of the examples has its mistake.
"""

from __future__ import annotations

TEMPLATES = ("INSERT", "INSERT DATA", "CONSTRUCT", "INSERT { GRAPH <g>")
"""What templates begin with."""

MISTAKES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "a dot is missing between two triples",
        "end a triple with . before the next subject",
        (
            "ASK { ?a :b ?c ?d :e ?f }",
            "ASK { ?a :b ?c :d :e ?f }",
            "ASK { ?a :b ?c <d> :e ?f }",
            "ASK { ?a :b ?c _:d :e ?f }",
            "ASK { ?a :b ?c 'd' :e ?f }",
            "ASK { ?a :b ?c 4 :e ?f }",
            "ASK { ?a :b ?c [ :d ?e ] }",
            *(
                f"{before} {{ :a :b :c {following} :e"
                for before in TEMPLATES
                for following in (":d", "<d>", "?d", "_:d", "'d'", "4")
            ),
        ),
    ),
    (
        "the object of this triple is missing",
        "a triple is subject, relation, object",
        (
            *("ASK { ?a :b }", "ASK { ?a :b . }", "ASK { ?a :b ; :c ?d }", "ASK { ?a ?b }", "ASK { ?a ?b . }"),
            *(
                f"{before} {{ :a {verb} {end}"
                for before in TEMPLATES
                for verb in (":b", "?b")
                for end in (".", "}", ";")
            ),
        ),
    ),
    (
        "the relation and the object of this triple are missing",
        "a triple is subject, relation, object",
        (
            *("ASK { ?a }", "ASK { ?a . }", "ASK { :a }", "ASK { :a . }"),
            *(f"{before} {{ {term} {end}" for before in TEMPLATES for term in (":a", "?a") for end in (".", "}")),
        ),
    ),
    ("equality is a single =", "write = for ==", ("ASK { FILTER(?a == ?b) }",)),
    ("not equal is !=", "write != for <>", ("ASK { FILTER(?a <> ?b) }",)),
    (
        "FILTER needs parentheses",
        "write FILTER(…)",
        ("ASK { FILTER ?a > 1 }", "ASK { FILTER !?a }", "ASK { FILTER 1 }"),
    ),
    (
        "HAVING needs parentheses",
        "write HAVING(…)",
        ("SELECT ?a {} HAVING ?a > 1", "SELECT ?a {} HAVING 1 < ?a", "SELECT ?a {} HAVING !?a"),
    ),
    ("BIND needs parentheses", "write BIND(expression AS ?name)", ("ASK { BIND ?a AS ?b }", "ASK { BIND 1 AS ?b }")),
    (
        "BIND gives its value a name after AS",
        "write BIND(expression AS ?name)",
        ("ASK { BIND(?a = ?b) }", "ASK { BIND(1) }"),
    ),
    (
        "both sides of UNION stand in braces",
        "write { … } UNION { … }",
        ("ASK { ?a :b ?c UNION", "ASK { ?a :b ?c . UNION", "ASK { UNION", "ASK { {} UNION ?a", "ASK { {} UNION :a"),
    ),
    *(
        (f"what is {meaning} stands in braces", f"write {word} {{ … }}", (f"ASK {{ {word} ?a", f"ASK {{ {word} :a"))
        for word, meaning in (("OPTIONAL", "optional"), ("MINUS", "taken away"))
    ),
    (
        "EXISTS is followed by a pattern in braces",
        "write EXISTS { … }",
        ("ASK { FILTER EXISTS ?a", "ASK { FILTER EXISTS ("),
    ),
    (
        "a condition on a value stands in a FILTER",
        "name the value: ?x :age ?age FILTER(?age > 30)",
        tuple(f"ASK {{ ?a :b {sign}" for sign in (">", "<=", ">=", "=", "!=")),
    ),
    (
        "a condition stands in the pattern",
        "write FILTER(…) before the closing brace",
        ("SELECT * {} WHERE", "SELECT * {} FILTER"),
    ),
    (
        "the values of VALUES stand in braces",
        "write VALUES ?x { 1 2 }",
        ("ASK { VALUES ?a (1", "ASK { VALUES ?a 1", "ASK { VALUES ?a :b"),
    ),
    ("a prefix ends with a colon", "write PREFIX name: <…>", ("PREFIX foaf <http://x/>", "PREFIX foaf = ")),
    ("the IRI of a prefix stands in angle brackets", "write PREFIX name: <http://…>", ("PREFIX a: http://x/",)),
    (
        "a full IRI stands in angle brackets",
        "write <http://…>",
        ("ASK { ?a http://x/", "ASK { ?a https://x/", "ASK { ?a :b http://x/", "ASK { http://x/"),
    ),
    (
        "ORDER and GROUP are followed by BY",
        "write ORDER BY or GROUP BY",
        ("SELECT * {} ORDER ?a", "SELECT * {} GROUP ?a"),
    ),
    (
        "LIMIT and OFFSET take a whole number, 0 or more",
        "write LIMIT 10",
        ("SELECT * {} LIMIT -1", "SELECT * {} OFFSET -1", "SELECT * {} LIMIT ?a", "SELECT * {} LIMIT 1.5"),
    ),
    ("selected variables stand side by side", "leave out the comma", ("SELECT ?a, ?b {}",)),
    (
        "a computed column needs a name",
        "write (expression AS ?name)",
        (
            "SELECT (?a + 1) {}",
            "SELECT (COUNT(?a)) {}",
            "SELECT COUNT(?a) {}",
            "SELECT STR(?a) {}",
            "SELECT ?a COUNT(?b) {}",
        ),
    ),
    ("nothing is selected", "name variables, or * for all", ("SELECT {}", "SELECT WHERE {}", "SELECT DISTINCT {}")),
    ("a query has one statement", "leave out the semicolon", ("ASK {} ;", "SELECT * {} LIMIT 1 ;")),
    ("the pattern must begin with {", "put the pattern in braces", ("SELECT ?a WHERE ?a :b ?c }", "SELECT * WHERE :a")),
    (
        "INSERT { … } needs a pattern that says for what",
        "write INSERT DATA { … } for triples as they are, or add WHERE { … }",
        ("INSERT { :a :b :c }", "INSERT { :a :b :c } ;", "INSERT { :a :b :c } USING <g>"),
    ),
    (
        "DELETE { … } needs a pattern that says for what",
        "write DELETE DATA { … } for triples as they are, or add WHERE { … }",
        ("DELETE { :a :b :c }", "DELETE { :a :b :c } ;", "DELETE { :a :b :c } INSERT { :d :e :f }"),
    ),
    (
        "INSERT is followed by DATA, or by a template in braces",
        "write INSERT DATA { … }",
        ("INSERT :a :b :c", "INSERT ?a ?b ?c", "INSERT <a> <b> <c>", "INSERT 'a' :b :c", "INSERT [] :b :c"),
    ),
    (
        "DELETE is followed by DATA, by WHERE, or by a template in braces",
        "write DELETE DATA { … } or DELETE WHERE { … }",
        ("DELETE :a :b :c", "DELETE ?a ?b ?c", "DELETE <a> <b> <c>", "DELETE 'a' :b :c", "DELETE [] :b :c"),
    ),
    (
        "the triples must stand in braces",
        "put { before the first triple and } after the last",
        tuple(
            f"{verb} {term} :b :c"
            for verb in ("INSERT DATA", "DELETE DATA", "DELETE WHERE")
            for term in (":a", "<a>", "?a", "'a'", "[]", "_:a")
        ),
    ),
    (
        "a template holds triples, and nothing else",
        "patterns and conditions stand in WHERE { … }",
        tuple(
            f"{before} {{ {triples} {what}"
            for before in TEMPLATES
            for triples in ("", ":a :b :c", ":a :b :c .")
            for what in ("FILTER", "OPTIONAL", "MINUS", "BIND", "VALUES", "SERVICE", "{", "SELECT")
        ),
    ),
    (
        "the triples of a template have no paths",
        "name each node between by itself: :a :b ?x . ?x :c :d",
        tuple(
            f"{before} {{ :a {path}" for before in TEMPLATES for path in (":b /", ":b |", ":b *", ":b +", "^", "!")
        ),
    ),
    (
        "the graph is named within the braces",
        "write INSERT { GRAPH <…> { … } } WHERE { … }, or WITH <…> before INSERT",
        ("INSERT INTO", "INSERT <g> {", "INSERT GRAPH <g>"),
    ),
    (
        "the graph is named within the braces",
        "write DELETE { GRAPH <…> { … } } WHERE { … }, or WITH <…> before DELETE",
        ("DELETE FROM", "DELETE GRAPH <g>"),
    ),
    (
        "the triples of a graph stand in braces of their own",
        "write GRAPH <…> { … }",
        ("INSERT DATA { GRAPH <g> :a", "INSERT DATA { GRAPH <g> <a>", "INSERT DATA { GRAPH <g> ?a"),
    ),
    (
        "the word GRAPH is missing before the name of the graph",
        "write GRAPH <…>, or one of DEFAULT, NAMED and ALL",
        ("CLEAR <g>", "CLEAR :g", "CLEAR SILENT <g>", "DROP <g>", "DROP :g", "DROP SILENT <g>"),
    ),
    (
        "the word GRAPH is missing before the name of the graph",
        "write GRAPH <…>",
        ("CREATE <g>", "CREATE :g", "CREATE SILENT <g>", "LOAD <f> INTO <g>", "LOAD <f> INTO :g"),
    ),
    (
        "the default graph is always there",
        "CREATE GRAPH <…> makes a named one",
        ("CREATE DEFAULT", "CREATE SILENT DEFAULT"),
    ),
    ("the file to load is written as an IRI", "write LOAD <file.ttl>", ("LOAD 'file.ttl'", "LOAD SILENT 'file.ttl'")),
    (
        "TO is missing between the two graphs",
        "write COPY, MOVE or ADD <from> TO <to>",
        tuple(
            f"{verb} {source}{rest}"
            for verb in ("COPY", "MOVE", "ADD")
            for source in ("<a>", ":a", "DEFAULT", "GRAPH <a>")
            for rest in ("", " <b>", " :b", " DEFAULT", " GRAPH <b>", " INTO")
        ),
    ),
    ("WITH <…> stands before DELETE or INSERT", "", ("WITH <g> SELECT", "WITH <g> {", "WITH <g> WHERE")),
    (
        "operations are separated by semicolons",
        "put ; between them",
        tuple(
            f"{first} {second}"
            for first in ("CLEAR ALL", "INSERT DATA {}", "INSERT DATA { :a :b :c }", "DELETE WHERE { :a :b :c . }",
                          "INSERT {} WHERE {}", "DELETE DATA { GRAPH <g> {} }", "DROP GRAPH <g>", "LOAD <f>")
            for second in ("INSERT", "DELETE", "CLEAR", "DROP", "LOAD", "WITH", "COPY", "PREFIX", "CREATE")
        ),
    ),
    (
        "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, an update with INSERT, DELETE or WITH",
        "",
        ("{ ?a :b ?c }", "?a", "WHERE {}"),
    ),
)  # fmt: skip
"""(message, hint, texts that show the mistake)."""
