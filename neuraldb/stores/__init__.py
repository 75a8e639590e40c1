"""What is kept: one DuckDB file of facts and of all that is derived from them, and the in-memory indexes over it."""
