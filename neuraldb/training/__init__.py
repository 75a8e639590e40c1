"""How the embedded models' weights are made: generated worlds, corpora, recipes."""
