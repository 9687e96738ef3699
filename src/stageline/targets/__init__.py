"""Where commands run and files go. `process` is the only module that spawns."""
