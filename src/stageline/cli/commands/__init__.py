"""The commands, one module each; its `command` is what is called."""
