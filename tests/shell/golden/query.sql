SELECT * FROM (VALUES ('Anna', 2, 'says "hi", no'), ('Åse <b>', 1200, NULL), ('tab	x', -5, 'two
lines')) t(name, facts, note);
