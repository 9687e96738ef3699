"""From a definition to jobs: each combination of each run, each stage with every parameter fixed and every input wired.

Nothing is run. All mistakes of the definition are raised together; equal ids are one job wherever they come up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stageline.errors import ConfigError, DocumentError
from stageline.lab.binding import bindings_of
from stageline.lab.combining import axes_of, combinations
from stageline.lab.declared import Looks
from stageline.lab.define import Lab, Run
from stageline.lab.disk import Disk, this_disk
from stageline.lab.graph import Graph, graph_of
from stageline.lab.identity import jobs_digest
from stageline.lab.jobs import Maker, Upstream
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Environment, Job, LabPlan, PlannedRun
from stageline.lab.node import Usable
from stageline.lab.pipeline import Pipeline, alone
from stageline.lab.recipe import Recipe, SimpleRecipe
from stageline.lab.runs import groups_of, runs_in_order
from stageline.lab.scatter import ScatterGather
from stageline.lab.scatter_recipe import ScatterRecipe
from stageline.lab.stage import Stage
from stageline.load.source import Place


def resolve(lab: Lab, disk: Disk | None = None) -> LabPlan:
    """The plan of a lab; LoadError tells all that is wrong with it."""
    resolver = Resolver(disk or this_disk())
    needed = runs_in_order(lab, resolver.mistakes)
    for run, needs in needed:
        resolver.run(run, needs)
    resolver.mistakes.raise_any()
    return LabPlan(version=lab.version, jobs=resolver.jobs, runs=resolver.runs)


class Resolver:
    """What is known while runs are resolved one after the other."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.mistakes = Mistakes()
        self.looks = Looks(self.digest, self.own)
        self.jobs: dict[str, Job] = {}
        self.runs: dict[str, PlannedRun] = {}
        self._recipes: dict[Usable, Recipe] = {}
        self._graphs: dict[object, Graph | None] = {}

    def run(self, run: Run, needs: Mapping[str, str]) -> None:
        """Resolve a run, whose needs are resolved already."""
        graphs = [graph for one in self._pipelines(run) if (graph := self._graph(one)) is not None]
        axes = axes_of(run, self.disk, self.mistakes)
        bound = bindings_of(run, graphs, axes, self.mistakes)
        before = {name: jobs_digest(self.runs[name].jobs) for name in needs if name in self.runs}
        upstream = Upstream(run, before, self.digest)
        makers = [Maker(graph, bound[at], axes, upstream, self.jobs, self.mistakes) for at, graph in enumerate(graphs)]
        for rows in combinations(run, axes, self.mistakes):
            for maker in makers:
                maker.make(rows)
        uses = [use for maker in makers for use in maker.uses()]
        self.runs[run.name] = PlannedRun(
            name=run.name,
            uses=tuple(uses),
            needs=dict(needs),  # type: ignore[arg-type]
            groups=groups_of(run),
            place=run.place,
        )

    def digest(self, path: str, where: str, place: Place) -> str | None:
        """The digest of a file of the author's; that it is not there is told."""
        looked = self.mistakes.call(where, place, self.disk.digest, path)
        found = looked[0] if looked else None
        if looked and found is None:
            hint = "make one with 'uv lock'; " if path.endswith("/uv.lock") else ""
            hint += "paths begin beside the file of the stage"
            self.mistakes.add(place, where, f"there is no file '{path}'", hint)
        return found

    def own(self, of: Environment, where: str, place: Place) -> str:
        """What stands for the author's packages in an environment; what is wrong with them is told."""
        if of.kind != "uv" or not of.digest:
            return ""
        try:
            return self.disk.own(of)
        except DocumentError as error:
            self.mistakes.add(place, where, str(error))
            return ""
        except ConfigError as error:
            raise type(error)(f"{place}: {where}: {error}") from error

    def _pipelines(self, run: Run) -> list[Pipeline | Usable]:
        given: list[object] = list(run.pipelines) if isinstance(run.pipelines, Sequence) else [run.pipelines]
        good = [one for one in given if isinstance(one, Pipeline | Usable)]
        for one in given:
            if not isinstance(one, Pipeline | Usable):
                hint = "write the name of a function under @pipeline or @stage, without calling it"
                self.mistakes.add(run.place, run.name, f"{one!r} is no pipeline", hint)
        if not given:
            self.mistakes.add(run.place, run.name, "the run has no pipeline", "write Run(name, pipeline)")
        return good

    def _graph(self, of: Pipeline | Usable) -> Graph | None:
        if of not in self._graphs:
            pipeline = of if isinstance(of, Pipeline) else alone(of)
            self._graphs[of] = graph_of(pipeline, self._recipe, self.mistakes)
        return self._graphs[of]

    def _recipe(self, of: Usable) -> Recipe:
        if of not in self._recipes:
            match of:
                case Stage():
                    self._recipes[of] = SimpleRecipe(of, self.mistakes, self.looks)
                case ScatterGather():
                    self._recipes[of] = ScatterRecipe(of, self.mistakes, self.looks)
                case _:
                    raise TypeError(f"{of!r} is neither a stage nor a scatter-gather")
        return self._recipes[of]
