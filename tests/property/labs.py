"""Small experiments from dice: a DAG of stages in which every ingredient of an id can be turned by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

from stageline.lab.define import Lab, Run
from stageline.lab.disk import Disk
from stageline.lab.model import Environment, LabPlan
from stageline.lab.node import Node
from stageline.lab.pipeline import pipeline
from stageline.lab.resolve import resolve
from stageline.lab.stage import Stage
from stageline.load.source import Place

ABOVE = Place("/lab/lab.py", 1, 1)
NUMBERS = st.integers(-5, 5)
SCALARS = st.one_of(NUMBERS, st.booleans(), st.floats(-2, 2), st.text("ab ", max_size=3))


class Piece(msgspec.Struct, frozen=True):
    """A stage: the numbers of those before it, what it declares, and what its script reads in which way."""

    needs: tuple[int, ...]
    params: Mapping[str, Any]
    values: Mapping[str, Any] = {}
    written: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    text: str = "work"
    pname: str = ""
    version: str = "1.0"
    tools: tuple[str, ...] = ()
    lock: str = ""
    chosen: Mapping[str, Any] = {}
    output: str = "made"
    file: str = ""
    resources: Mapping[str, Any] = {}


class World(msgspec.Struct, frozen=True):
    """An experiment of one run, and the contents of the files it names."""

    pieces: tuple[Piece, ...]
    files: Mapping[str, str] = {}
    run: str = "run"
    groups: tuple[str, ...] = ()
    backwards: bool = False

    def changed(self, at: int, **fields: Any) -> World:
        """The same with one stage changed."""
        pieces = list(self.pieces)
        pieces[at] = msgspec.structs.replace(pieces[at], **fields)
        return msgspec.structs.replace(self, pieces=tuple(pieces))

    def after(self, at: int) -> set[int]:
        """A stage, and all that need it."""
        found = {at}
        for number, piece in enumerate(self.pieces):
            if found.intersection(piece.needs):
                found.add(number)
        return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    pieces = []
    for number in range(draw(st.integers(1, 5))):
        params = draw(st.dictionaries(st.sampled_from("abcd"), SCALARS, max_size=3))
        names = sorted(params)
        pieces.append(
            Piece(
                needs=tuple(sorted(draw(st.sets(st.integers(0, number - 1), max_size=2)))) if number else (),
                params=params,
                values={name: draw(SCALARS) for name in names if draw(st.booleans())},
                written=tuple(name for name in names if isinstance(params[name], int) and draw(st.booleans())),
                read=tuple(name for name in names if draw(st.booleans())),
                pname=f"stage-{number}",
                lock=draw(st.sampled_from(["", "uv.lock"])),
                file=draw(st.sampled_from(["", "in.txt"])),
            )
        )
    return World(tuple(pieces), {"/lab/uv.lock": "lock", "/lab/in.txt": "text", "/lab/src": ""})


def planned(world: World, swept: Mapping[str, Any] | None = None) -> LabPlan:
    """The plan of a world; `swept` are parameters of its run beside those that its calls fix."""
    stages = [_stage(number, piece, world.backwards) for number, piece in enumerate(world.pieces)]

    @pipeline
    def whole() -> None:
        nodes: list[Node] = []
        for stage, piece in zip(stages, world.pieces, strict=True):
            wires = {f"from-{need}": nodes[need][world.pieces[need].output] for need in piece.needs}
            nodes.append(stage(**_turned({**wires, **piece.values}, world.backwards)))

    run = Run(world.run, whole, params=swept or {}, groups=world.groups)
    disk = Disk(lambda folder, pattern, kind: [], world.files.get, lambda of: world.files["/lab/src"])
    return resolve(Lab(runs=[run]), disk)


def ids(world: World) -> list[str]:
    """The id of each stage's job, by the number of the stage."""
    made = planned(world)
    of = {use.stage: use.jobs for use in made.runs[world.run].uses}
    return [of[piece.pname][0] for piece in world.pieces]


def _stage(number: int, piece: Piece, backwards: bool) -> Stage:
    inputs = {f"from-{need}": "" for need in piece.needs} | ({"file": piece.file} if piece.file else {})
    attributes = {
        "pname": piece.pname,
        "version": piece.version,
        "inputs": _turned(inputs, backwards),
        "outputs": _turned({piece.output: f"$out/{piece.output}", "log": "$out/log"}, backwards),
        "params": _turned(piece.params, backwards),
        "run_dependencies": piece.tools[::-1] if backwards else piece.tools,
        "resources": piece.resources,
        "environment": Environment(kind="uv", path=piece.lock, **piece.chosen) if piece.lock else Environment(),
    }
    word = f"{'other' if backwards else 'word'}_{number}"
    return Stage(word=word, place=ABOVE, function=_script(piece), attributes=_turned(attributes, backwards))


def _script(piece: Piece) -> Callable[..., str]:
    def script(params: Any) -> str:
        written = [f"{params[name]:d}" for name in piece.written if isinstance(params[name], int)]
        return " ".join([piece.text, *written, *(f'"${{params[{name}]}}"' for name in piece.read)])

    return script


def _turned(given: Mapping[str, Any], backwards: bool) -> dict[str, Any]:
    return dict(reversed(list(given.items()))) if backwards else dict(given)
