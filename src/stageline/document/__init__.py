"""Workflow files to stages and runs: read, checked as a whole, and told wrong with the place and the remedy."""
