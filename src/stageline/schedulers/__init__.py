"""Who decides when work runs. The command lines of batch systems are pure builders, their answers pure parsers."""
