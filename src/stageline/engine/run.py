"""One run in memory. `apply` is the only way to change it: an event changes a record, the counters of what depends on
it, and the log.

What has changed since the last `take_changes` is remembered; nothing here touches a clock, a thread or a database.
"""

from collections.abc import Iterator, Sequence

import msgspec

from stageline.engine.events import AboutRun, Event, StagesPlanned
from stageline.engine.evolve import run_after, stage_after
from stageline.engine.graph import Group, Node, above
from stageline.model.record import RunRecord, StageRecord
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow

Numbered = tuple[int, StageExecution]


class Changes(msgspec.Struct, frozen=True):
    """What is to be written of a run."""

    record: RunRecord
    events: list[Event]
    stages: list[tuple[int, StageRecord]]
    planned: list[Numbered]


class Run:
    """A run: its nodes, its record, and the events that are not yet written. `now` is the time of the present step.

    `nodes` are the stages by number, without those below a stage that has ended, unless that may go on where it was;
    `root` are those of the workflow.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.id = workflow.id
        self.name = workflow.name
        self.parent = workflow.parent
        self.names = workflow.names
        self.keep_going = workflow.on_failure == "keep-going"
        self.record: RunRecord = workflow.record
        self.now = 0
        self.reported_keys: set[str] = set()
        self.root = Group(None)
        self.nodes: dict[int, Node] = {}
        self.next_number = len(workflow.stages)
        self._log: list[Event] = []
        self._changed: dict[int, Node] = {}
        self._planned: list[Numbered] = []
        self._calling: dict[Group, None] = {}
        self._events = workflow.record.events
        self._add(list(enumerate(workflow.stages)))

    def find(self, ref: str) -> Node | None:
        """The node of a stage by its ref, or, if it was planned, by its path: `planner/scope/stage`."""
        first, *path = ref.split("/")
        node = self.root.refs.get(first)
        for step in path:
            node = node.inner.refs.get(step) if node is not None and node.inner is not None else None
        return node

    @property
    def is_live(self) -> bool:
        """Whether stages may be started now."""
        return self.record.status is Status.RUNNING and self.record.stopping is None

    @property
    def is_paused(self) -> bool:
        """Whether all that is not being stopped is held."""
        return self.record.status is Status.PAUSED and self.record.stopping is None

    def lets(self, node: Node) -> bool:
        """Whether the stage may begin or go on: nothing that it belongs to is paused or being stopped.

        What is shielded goes on while what is around the shield is being stopped.
        """
        if node.group.owner is None:
            return self.is_live
        return not self.stops_around(node) and not self.is_paused and not self.record.status.ended

    def stops_around(self, node: Node) -> bool:
        """Whether something around the stage is being stopped, or about to begin anew, with no shield between."""
        stops = self.record.stopping is not None
        for each in above(node):
            stops = stops and not each.is_shielded
            if each is not node:
                stops = stops or bool(each.record.stopping) or each.begins_anew or each.record.status.ended
        return stops

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing more can start."""
        root = self.root
        return root.active == 0 and (self.record.stopping is not None or root.startable == 0)

    @property
    def depth(self) -> int:
        """How many runs are above this one."""
        return self.parent.depth if self.parent else 0

    @property
    def has_changes(self) -> bool:
        return bool(self._log)

    def apply(self, event: Event) -> None:
        """Let the event happen; IllegalTransition, and nothing changed, when it cannot."""
        if isinstance(event, AboutRun):
            self.record = run_after(self.record, event)
        else:
            node = self.nodes[event.stage]
            before = node.record
            node.record = after = stage_after(before, event, self._events + 1, node.spec)
            self._changed[node.seq] = node
            if before.status is not after.status:
                self._count(node, before.status, after.status)
            if node.inner is not None and (after.epoch != before.epoch or _is_over(node)):
                self._forget_inner(node)
            if isinstance(event, StagesPlanned):
                self._plan(event, turned=event.halt is not before.halt)
        self._events += 1
        self._log.append(event)

    def _count(self, node: Node, before: Status, after: Status) -> None:
        group = node.group
        group.count(node, before, after)
        if group.queue:
            self._calling[group] = None
        if node.inner is not None and after is Status.RUNNING:
            self._calling[node.inner] = None

    def take_called(self) -> list[Node]:
        """The nodes to be started that have become so since the last call, in order."""
        if not self._calling:
            return []
        calling, self._calling = self._calling, {}
        begun = [group for group in calling if group.owner is None or group.owner.is_active]
        return [node for group in begun for node in group.hand_out()]

    def call_again(self) -> None:
        """Let everything that may start be taken again, as after a pause."""
        for group in self.groups():
            group.requeue()
            self._calling[group] = None

    def recount(self, group: Group) -> None:
        """Compute the counters of a group anew: after stages in it were reset."""
        group.recount()
        self._calling[group] = None

    def groups(self) -> Iterator[Group]:
        """All groups, each before those inside it."""
        yield self.root
        for node in list(self.nodes.values()):
            if node.inner is not None:
                yield node.inner

    def take_changes(self) -> Changes:
        """What is to be written since the last call."""
        self.record = msgspec.structs.replace(self.record, events=self._events)
        stages = [(seq, node.record) for seq, node in self._changed.items()]
        changes = Changes(self.record, self._log, stages, self._planned)
        self._log, self._changed, self._planned = [], {}, []
        return changes

    def _plan(self, event: StagesPlanned, *, turned: bool) -> None:
        """Take in new stages; whether scopes that failed before close their group is counted anew if that `turned`."""
        numbered = list(enumerate(event.stages, event.first))
        self.next_number = event.first + len(numbered)
        self._planned += numbered
        planner = self.nodes[event.stage]
        if planner.inner is None:
            planner.inner = Group(planner)
        planner.inner.limit = event.limit
        self._add(numbered)
        self._calling[planner.inner] = None
        if turned:
            planner.inner.recount()

    def _add(self, numbered: Sequence[Numbered]) -> None:
        """Make nodes of stages, those above before those below; what belongs to nobody any more is left out."""
        added: dict[Group, list[Node]] = {}
        for seq, spec in numbered:
            group = self._group_of(spec)
            if group is not None:
                self.nodes[seq] = node = Node(seq, spec, group)
                if _is_over(node):
                    node.forget_names()
                added.setdefault(group, []).append(node)
        for group, nodes in added.items():
            group.add(nodes)
            self._calling[group] = None

    def _group_of(self, spec: StageExecution) -> Group | None:
        if spec.parent is None:
            return self.root
        above = self.nodes.get(spec.parent)
        if above is None or above.record.epoch != spec.epoch:
            return None
        if _is_over(above):
            return None
        if above.inner is None:
            above.inner = Group(above)
            above.inner.limit = above.record.limit
        return above.inner

    def _forget_inner(self, node: Node) -> None:
        below = [node.inner]
        while below:
            group = below.pop()
            if group is None:
                continue
            self._calling.pop(group, None)
            for inner in group.nodes:
                del self.nodes[inner.seq]
                below.append(inner.inner)
        node.inner = None
        if _is_over(node):
            node.forget_names()


def _is_over(node: Node) -> bool:
    """Whether nothing that is below the stage counts any more."""
    return node.record.status.ended and not node.keeps_inner
