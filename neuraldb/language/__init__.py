"""Texts to syntax trees: which of the languages it is, one statement of many, its parameters, its parts."""
