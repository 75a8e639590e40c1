"""The reference grammars of NeuralDB's languages, as package data; installed as ``neuraldb.grammar``."""
