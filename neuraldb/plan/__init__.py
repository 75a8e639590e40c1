"""The one algebra: nodes, expressions, rules and the text of a plan."""
