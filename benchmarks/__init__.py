"""Every number that this project states, measured beside its yardstick in the same run."""
