"""What is written down: workflows, states, results, retries. Pure data, no input or output."""
