"""Who decides when a command runs."""
