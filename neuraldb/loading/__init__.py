"""Files into a database, and a database into files.

:mod:`~neuraldb.loading.formats` lists what can be read. Its readers yield :class:`~neuraldb.loading.items.Item` objects
in the order of the file; :func:`neuraldb.loading.load.load` stores them in batches and remembers how far it has come.
:mod:`~neuraldb.loading.export` writes what can be loaded again.
"""
