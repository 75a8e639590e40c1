"""The neural operators: tables in, tables out, every row with its evidence and confidence."""
