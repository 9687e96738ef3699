"""The durable engine: messages go to pure handlers over an in-memory graph; one processor commits and runs effects."""
