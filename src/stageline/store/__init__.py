"""Where runs are kept: in memory, in SQLite, in PostgreSQL, behind one port."""
