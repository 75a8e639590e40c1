"""From the logical plan to rows: lowering to DuckDB queries and neural operators, running them, the result."""
