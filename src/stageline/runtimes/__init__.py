"""Pure functions from a command to what to start instead of it: native, bwrap, docker, podman. `wrap` is the way in."""
