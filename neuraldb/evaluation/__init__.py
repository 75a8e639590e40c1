"""Benchmarks and their metrics, each behind ``neuraldb bench``."""
