"""Two processes for the tests: what mostly waits for clusters runs beside all the rest, each in its order."""

from xdist.scheduler import LoadScopeScheduling

CLUSTERS = tuple(f"tests/contract/{room}/" for room in ("schedulers", "targets", "lab_targets", "elsewhere"))


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Knows no scopes but these two."""

    def _split_scope(self, nodeid: str) -> str:
        return "clusters" if nodeid.startswith(CLUSTERS) else "this machine"
