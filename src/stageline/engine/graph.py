"""The graph of a run: stages, what they wait for, and the groups that they belong to.

A run is a group of stages; a stage that has planned others has a group of scopes, and a scope has a group of stages.
The counters say at any time whether a stage may start and whether a group is over, without looking at all of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from stageline.model.join import JoinKind
from stageline.model.plan import SCOPE
from stageline.model.record import StageRecord, Waiting
from stageline.model.stage import StageExecution
from stageline.model.status import Status

ACTIVE = frozenset({Status.RUNNING, Status.SUSPENDED})


class Node:
    """A stage in its graph. `met` and `dead` count the stages before it that let it start, or never will.

    `called` says that it may start; `hopeless`, that it never can; `told`, that the stages after it have counted it.
    `group` is what it belongs to, `inner` what it has planned; one that `is_scope` only holds stages together.
    """

    __slots__ = (
        "called",
        "dead",
        "downstream",
        "group",
        "hopeless",
        "inner",
        "is_scope",
        "level",
        "met",
        "record",
        "seq",
        "spec",
        "told",
        "upstream",
    )

    def __init__(self, seq: int, spec: StageExecution, group: "Group") -> None:
        self.seq = seq
        self.spec = spec
        self.is_scope = spec.type == SCOPE
        self.record: StageRecord = spec.record
        self.group = group
        self.inner: Group | None = None
        self.upstream: tuple[Node, ...] = ()
        self.downstream: list[Node] | tuple[Node, ...] = ()
        self.level = 0
        self.forget_counts()

    def forget_counts(self) -> None:
        """As before anything was counted."""
        self.met = self.dead = 0
        self.called = self.hopeless = self.told = False

    def forget_names(self) -> None:
        """What only the stages below a scope see is of no use once they are over, and there may be very many scopes."""
        if self.is_scope:
            self.spec = msgspec.structs.replace(self.spec, context={})

    @property
    def is_executing(self) -> bool:
        """Whether a task of it is being executed, as opposed to waiting for something."""
        return self.record.status is Status.RUNNING and self.record.waiting is None

    @property
    def is_active(self) -> bool:
        """Whether it has started and not ended."""
        return self.record.status in ACTIVE

    @property
    def is_startable(self) -> bool:
        """Whether it may start, and has not yet."""
        return self.called and self.record.status is Status.NOT_STARTED

    @property
    def keeps_inner(self) -> bool:
        """Whether what it has planned is not forgotten with its end: it ended badly, and may go on where it was."""
        planner = self.group.owner if self.is_scope else self
        return planner is not None and planner.spec.resumes and not self.record.status.met

    @property
    def is_shielded(self) -> bool:
        """Whether it is a scope that runs even if what it is below is being canceled."""
        return self.is_scope and bool(self.spec.context.get("shielded"))

    @property
    def begins_anew(self) -> bool:
        """Whether it is about to be tried again, which forgets what it has planned."""
        return self.record.waiting is Waiting.RETRY

    @property
    def awaits_scopes(self) -> bool:
        """Whether it goes on when stages below it have ended."""
        return self.record.status is Status.RUNNING and self.record.waiting is Waiting.SCOPES


class Group:
    """Stages that depend on one another, and on nothing else. At most `limit` are handed out to be started (0: all).

    `startable` counts those that may start and have not, `handed` those handed out and not ended. Once it is `closed`,
    no more are handed out.
    """

    __slots__ = ("active", "closed", "handed", "limit", "nodes", "owner", "queue", "refs", "startable")

    def __init__(self, owner: Node | None) -> None:
        self.owner = owner
        self.nodes: list[Node] = []
        self.refs: dict[str, Node] = {}
        self.limit = 0
        self.forget_counts()

    def forget_counts(self) -> None:
        """As before anything was counted."""
        self.queue: deque[Node] = deque()
        self.active = self.startable = self.handed = 0
        self.closed = False

    @property
    def is_over(self) -> bool:
        """Whether nothing runs and nothing more can start."""
        return self.active == 0 and (self.closed or self.startable == 0)

    @property
    def has_room(self) -> bool:
        """Whether more stages could be handed out than are there."""
        return not self.closed and not self.queue and (not self.limit or self.handed < self.limit)

    def add(self, nodes: Sequence[Node]) -> None:
        """Let these nodes belong to it; they need only one another. Those that come later have not begun."""
        is_first = not self.nodes
        self._link(nodes)
        if is_first:
            self.recount()
            return
        for node in nodes:
            if not node.upstream:
                self.call(node)

    def _link(self, nodes: Sequence[Node]) -> None:
        self.nodes.extend(nodes)
        self.refs.update((node.spec.ref_id, node) for node in nodes)
        for node in nodes:
            node.upstream = tuple([self.refs[ref] for ref in node.spec.requisite_stage_ref_ids])
            for before in node.upstream:
                if not before.downstream:
                    before.downstream = []
                assert isinstance(before.downstream, list)
                before.downstream.append(node)
        _set_levels(nodes)

    def call(self, node: Node) -> None:
        """The node may start."""
        node.called = True
        if node.record.status is Status.NOT_STARTED:
            self.startable += 1
            self.queue.append(node)

    def hand_out(self) -> Iterator[Node]:
        """The nodes to be started now, as far as there is room for them."""
        while self.queue and not self.closed and (not self.limit or self.handed < self.limit):
            node = self.queue.popleft()
            if node.record.status is Status.NOT_STARTED:
                self.handed += 1
                yield node

    def count(self, node: Node, before: Status, after: Status) -> None:
        """Take a node's step from one state to another into account."""
        was_active, is_active = before in ACTIVE, after in ACTIVE
        self.active += is_active - was_active
        if before is Status.NOT_STARTED and node.called:
            self.startable -= 1
        if was_active and not is_active:
            self.handed -= 1
        if after.ended:
            met = after.met
            self.closed = self.closed or (not met and self._halts)
            self._tell_downstream(node, met=met)

    def requeue(self) -> None:
        """Let everything that may start be handed out again, as after a pause."""
        self.handed = self.active
        self.queue = deque(node for node in self.nodes if node.is_startable)

    def recount(self) -> None:
        """Compute all counters from the records: after loading, and when stages were reset."""
        self.forget_counts()
        for node in self.nodes:
            node.forget_counts()
        self.active = self.handed = sum(node.is_active for node in self.nodes)
        for node in self.nodes:
            if not node.upstream:
                self.call(node)
        for node in sorted((n for n in self.nodes if n.record.status.ended), key=_end_order):
            self._tell_downstream(node, met=node.record.status.met)
        self.closed = self._halts and any(_has_failed(node) for node in self.nodes)

    @property
    def _halts(self) -> bool:
        return self.owner is not None and self.owner.record.halt

    def _tell_downstream(self, node: Node, *, met: bool) -> None:
        """Count an end, once, in all after it; what has become hopeless is as good as ended, so tell on from there."""
        tellers = [] if node.told else [(node, met)]
        while tellers:
            teller, good = tellers.pop()
            teller.told = True
            for after in teller.downstream:
                after.met += good
                after.dead += not good
                if after.called or after.hopeless:
                    continue
                join, count = after.spec.join, len(after.upstream)
                # a good end takes no hope away, and a bad one fulfils none, unless any end will do
                if good or join.kind is JoinKind.ENDED:
                    if join.is_met(count, after.met, after.dead):
                        self.call(after)
                elif join.is_hopeless(count, after.met, after.dead):
                    after.hopeless = True
                    if not after.told:
                        tellers.append((after, False))


def _has_failed(node: Node) -> bool:
    return node.record.status.ended and not node.record.status.met


def _end_order(node: Node) -> int:
    return node.record.ended_seq


def _set_levels(nodes: Sequence[Node]) -> None:
    """Put each node one level above the highest that it needs, in topological order."""
    waiting = {node.seq: len(node.upstream) for node in nodes if node.upstream}
    ready = [node for node in nodes if not node.upstream]
    while ready:
        node = ready.pop()
        for after in node.downstream:
            if after.level <= node.level:
                after.level = node.level + 1
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
    """Whether a failed or canceled stage spoils the whole run: unless all that needs it has started or still can.

    What only waits for its end does not need it.
    """
    seen: set[int] = set()
    todo = [node]
    while todo:
        needing = [after for after in todo.pop().downstream if after.spec.join.kind is not JoinKind.ENDED]
        if not needing:
            return True
        todo.extend(after for after in needing if after.hopeless and after.seq not in seen)
        seen.update(after.seq for after in needing)
    return False


def all_before(node: Node) -> list[Node]:
    """All that the node depends on, and before that all that those depend on that it is below."""
    return [before for each in above(node) for before in ancestors(each)]


def above(node: Node) -> list[Node]:
    """The node and those that it is below, the outermost first."""
    chain = [node]
    while (owner := chain[0].group.owner) is not None:
        chain.insert(0, owner)
    return chain


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
