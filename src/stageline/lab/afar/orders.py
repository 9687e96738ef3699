"""A script as an order for a target: the command there, its surroundings, and where what it says is kept.

All variables are the job's own, as they are here, but for the mark by which all that it starts is found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from stageline.lab.afar.home import FarHome
from stageline.lab.places import Places
from stageline.lab.unit import Unit
from stageline.targets.target import Order
from stageline.targets.tree import MARK

BEGIN = f"""\
mkdir -p -- "$1" "${{2%/*}}" && exec >"$2" 2>&1 || exit 70
exec "$3" -i "{MARK}=${MARK}" "${{@:4}}"
"""


class Orders:
    """Makes the orders of one Lab. `node_local` is a folder for what is temporary, empty without one."""

    def __init__(self, places: Places, far: FarHome, node_local: str = "") -> None:
        self._places = places
        self._far = far
        self._node_local = node_local

    def order(self, unit: Unit) -> Order:
        """The order to run this script."""
        there = self._far.there
        tools = self._places.tools(unit.environment)
        bash = there(tools.bash)
        words = [there(word) for pair in unit.inputs.items() for word in pair]
        variables = {**_texts(tools.variables, self._far), "out": there(unit.out), **self._temporary()}
        command = (*(f"{name}={text}" for name, text in variables.items()), bash, there(unit.executable), *words)
        env = f"{bash.rpartition('/')[0]}/env"
        begin = (bash, "-c", BEGIN, "-", there(unit.out), there(unit.log), env)
        return Order(token=unit.id, argv=(*begin, *command))

    def _temporary(self) -> dict[str, str]:
        return {"TMPDIR": self._node_local} if self._node_local else {}


def _texts(variables: Mapping[bytes, bytes], far: FarHome) -> dict[str, str]:
    return {os.fsdecode(name): far.there(os.fsdecode(value)) for name, value in variables.items()}
