"""Who decides when work starts: this machine by cpus and memory, Slurm by its own lights."""
