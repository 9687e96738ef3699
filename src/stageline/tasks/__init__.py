"""The pieces that touch the world: processes, functions, requests. Each gets a stage and answers a TaskResult."""
