"""The command ``neuraldb``: the interactive shell, scripts, loading, exporting, benchmarks and training.

The standard output is for data, the standard error stream for what is said about them. Nothing here is loaded before it
is needed, so that ``neuraldb --help`` answers at once.
"""
