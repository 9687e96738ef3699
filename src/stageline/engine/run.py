"""One run in memory: its graph with counters, so that no step ever looks at all stages.

`apply` is the only way to change it: an event changes a record, the counters of what depends on it, and the log.
What has changed since the last `take_changes` is remembered; nothing here touches a clock, a thread or a database.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from stageline.engine.events import AboutRun, Event
from stageline.engine.evolve import run_after, stage_after
from stageline.model.record import RunRecord, StageRecord
from stageline.model.status import Status
from stageline.model.workflow import StageExecution, Workflow

_ACTIVE = frozenset({Status.RUNNING, Status.SUSPENDED})


class Node:
    """A stage in its graph. `met` and `dead` count the stages before it that let it start, or never will.

    `called` says that it may start; `hopeless`, that it never can; `told`, that the stages after it have counted it.
    """

    __slots__ = (
        "called",
        "dead",
        "downstream",
        "hopeless",
        "level",
        "met",
        "record",
        "seq",
        "spec",
        "told",
        "upstream",
    )

    def __init__(self, seq: int, spec: StageExecution) -> None:
        self.seq = seq
        self.spec = spec
        self.record: StageRecord = spec.record
        self.upstream: tuple[Node, ...] = ()
        self.downstream: list[Node] | tuple[Node, ...] = ()
        self.level = 0
        self.met = 0
        self.dead = 0
        self.called = False
        self.hopeless = False
        self.told = False

    @property
    def is_executing(self) -> bool:
        """Whether a task of it is being executed, as opposed to waiting for something."""
        return self.record.status is Status.RUNNING and self.record.waiting is None

    @property
    def is_active(self) -> bool:
        """Whether it has started and not ended."""
        return self.record.status is Status.RUNNING or self.record.status is Status.SUSPENDED

    @property
    def is_startable(self) -> bool:
        """Whether it may start, and has not yet."""
        return self.called and self.record.status is Status.NOT_STARTED


class Run:
    """A run: its nodes, its record, and the events that are not yet written. `now` is the time of the present step."""

    def __init__(self, workflow: Workflow) -> None:
        self.id = workflow.id
        self.name = workflow.name
        self.parent = workflow.parent
        self.keep_going = workflow.on_failure == "keep-going"
        self.record: RunRecord = workflow.record
        self.now = 0
        self.reported_keys: set[str] = set()
        self.nodes = [Node(seq, stage) for seq, stage in enumerate(workflow.stages)]
        self._refs = {node.spec.ref_id: node for node in self.nodes}
        self._log: list[Event] = []
        self._changed: dict[int, Node] = {}
        self._newly_called: list[Node] = []
        self._seq = workflow.record.events
        self._link()
        self.recount()

    def find(self, ref: str) -> Node | None:
        """The node of the stage with this ref, if there is one."""
        return self._refs.get(ref)

    @property
    def is_live(self) -> bool:
        """Whether stages may be started now."""
        return self.record.status is Status.RUNNING and self.record.stopping is None

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing more can start."""
        return self.active == 0 and (self.record.stopping is not None or self.startable == 0)

    @property
    def depth(self) -> int:
        """How many runs are above this one."""
        return self.parent.depth if self.parent else 0

    def apply(self, event: Event) -> None:
        """Let the event happen; IllegalTransition, and nothing changed, when it cannot."""
        if isinstance(event, AboutRun):
            self.record = run_after(self.record, event)
        else:
            node = self.nodes[event.stage]
            before = node.record
            node.record = stage_after(before, event, self._seq + 1, node.spec)
            self._changed[node.seq] = node
            if before.status is not node.record.status:
                self._count(node, before.status, node.record.status)
        self._seq += 1
        self._log.append(event)

    def take_called(self) -> list[Node]:
        """The nodes that have become startable since the last call, in the order in which they did."""
        called, self._newly_called = self._newly_called, []
        return called

    @property
    def has_changes(self) -> bool:
        return bool(self._log)

    def take_changes(self) -> tuple[RunRecord, list[Event], list[tuple[int, StageRecord]]]:
        """What is to be written: the run's record, the new events, and each changed stage's record."""
        self.record = msgspec.structs.replace(self.record, events=self._seq)
        changes = self.record, self._log, [(seq, node.record) for seq, node in self._changed.items()]
        self._log, self._changed = [], {}
        return changes

    def recount(self) -> None:
        """Compute all counters from the records: after loading, and when stages were reset."""
        self.active = sum(node.is_active for node in self.nodes)
        self.startable = 0
        self._newly_called = []
        for node in self.nodes:
            node.met = node.dead = 0
            node.called = node.hopeless = node.told = False
        for node in self.nodes:
            if not node.upstream:
                self._call(node)
        for node in sorted((n for n in self.nodes if n.record.status.ended), key=_end_order):
            self._tell_downstream(node, met=node.record.status.met)

    def _link(self) -> None:
        for node in self.nodes:
            node.upstream = tuple(self._refs[ref] for ref in node.spec.requisite_stage_ref_ids)
            for before in node.upstream:
                if not before.downstream:
                    before.downstream = []
                assert isinstance(before.downstream, list)
                before.downstream.append(node)
        for node in _topological(self.nodes):
            node.level = 1 + max((before.level for before in node.upstream), default=-1)

    def _count(self, node: Node, before: Status, after: Status) -> None:
        self.active += (after in _ACTIVE) - (before in _ACTIVE)
        if before is Status.NOT_STARTED and node.called:
            self.startable -= 1
        if after.ended:
            self._tell_downstream(node, met=after.met)

    def _tell_downstream(self, node: Node, *, met: bool) -> None:
        """Count an end, once, in all after it; what has become hopeless is as good as ended, so tell on from there."""
        tellers = [] if node.told else [(node, met)]
        while tellers:
            teller, good = tellers.pop()
            teller.told = True
            for after in teller.downstream:
                after.met += good
                after.dead += not good
                join, count = after.spec.join, len(after.upstream)
                if after.called or after.hopeless:
                    continue
                if join.is_met(count, after.met, after.dead):
                    self._call(after)
                elif join.is_hopeless(count, after.met, after.dead):
                    after.hopeless = True
                    if not after.told:
                        tellers.append((after, False))

    def _call(self, node: Node) -> None:
        node.called = True
        if node.record.status is Status.NOT_STARTED:
            self.startable += 1
            self._newly_called.append(node)


def _end_order(node: Node) -> int:
    return node.record.ended_seq


def _topological(nodes: Sequence[Node]) -> Iterator[Node]:
    waiting = {node.seq: len(node.upstream) for node in nodes if node.upstream}
    ready = [node for node in nodes if not node.upstream]
    while ready:
        node = ready.pop()
        yield node
        for after in node.downstream:
            waiting[after.seq] -= 1
            if not waiting[after.seq]:
                ready.append(after)


def descendants(node: Node) -> list[Node]:
    """The node and all that depends on it, in declaration order."""
    return _closure([node], lambda n: n.downstream)


def ancestors(node: Node) -> list[Node]:
    """All that the node depends on, by level, then declaration: the order in which outputs are merged."""
    found = _closure(node.upstream, lambda n: n.upstream)
    return sorted(found, key=lambda n: (n.level, n.seq))


def _closure(start: Iterable[Node], step: Callable[[Node], Iterable[Node]]) -> list[Node]:
    found: dict[int, Node] = {}
    todo = list(start)
    while todo:
        node = todo.pop()
        if node.seq not in found:
            found[node.seq] = node
            todo.extend(step(node))
    return [found[seq] for seq in sorted(found)]


def is_fatal(node: Node) -> bool:
    """Whether a failed or canceled stage spoils the whole run: unless all that needs it has started or still can."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        current = todo.pop()
        if not current.downstream:
            return True
        todo.extend(after for after in current.downstream if after.hopeless and after.seq not in seen)
        seen.update(after.seq for after in current.downstream)
    return False


def losers_of(join: Node) -> list[Node]:
    """The unfinished stages that only this join was waiting for, now that it has been called."""
    losers: dict[int, Node] = {}
    candidates = sorted(ancestors(join), key=lambda n: -n.level)
    for node in candidates:
        only_for_it = all(
            after is join or after.seq in losers or after.record.status.ended for after in node.downstream
        )
        if only_for_it and not node.record.status.ended:
            losers[node.seq] = node
    return list(losers.values())
