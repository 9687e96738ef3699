"""Settings: the only reader of the environment and of config files. Every value knows where it came from."""
