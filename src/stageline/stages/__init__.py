"""The kinds of stages: one file each, with its fields and what it does. Users subclass these for kinds of their own."""
