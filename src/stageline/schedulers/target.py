"""Has errands carried out on a target. One thread starts them all, looks how they stand, and answers.

A target that cannot be reached is tried again until it can: what runs there goes on meanwhile, and is found again.
Nothing is ended because this ends: whoever comes with the same token gets the answer.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec

from stageline.errors import Canceled, ConfigError, TargetLost
from stageline.model.failure import Failure
from stageline.schedulers.following import Following
from stageline.schedulers.slurm_calls import NoAnswer
from stageline.schedulers.way import Way, refusal
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Ending, Errand

log = logging.getLogger(__name__)

BRISK, CALM = 0.3, 5.0
GROWTH = 1.5
FIRST_RETRY, LAST_RETRY = 1.0, 30.0


class Submit(msgspec.Struct, frozen=True, eq=False):
    """An errand to be done."""

    errand: Errand


class Stop(msgspec.Struct, frozen=True):
    """An errand that is not wanted any more."""

    token: str
    reason: str


class LetGo(msgspec.Struct, frozen=True):
    """An errand that somebody else will ask for."""

    token: str


Letter: TypeAlias = Submit | Stop | LetGo


class TargetScheduler:
    """Does errands by one way on one target."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._name = way.target.name
        self._following = Following(way.target)
        self._letters: deque[Letter] = deque()
        self._lock = threading.Lock()
        self._held: dict[str, Errand] = {}
        self._stops: dict[str, str] = {}
        self._kept: set[str] = set()
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._interrupt = Cancellation()
        self._patience = BRISK
        self._retry = FIRST_RETRY
        self._told = ""
        self._thread: threading.Thread | None = None

    @property
    def limits(self) -> bool:
        """Whether what takes longer than its resources say is ended."""
        return self._way.limits

    def submit(self, errand: Errand) -> None:
        """Do this, or go on with it if it was begun, and answer what came of it."""
        with self._lock:
            self._held[errand.token] = errand
            if self._thread is None:
                name = f"stageline-{self._name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
        self._put(Submit(errand))

    def stop(self, token: str, reason: str) -> None:
        """End this errand, if it has not ended; it answers once all of it is gone."""
        self._put(Stop(token, reason))

    def let_go(self, token: str) -> bool:
        """Leave it to somebody else; answers whether it had not been answered, which it now never is."""
        self._put(LetGo(token))
        return self._pop(token) is not None

    def close(self) -> None:
        """Look no more. What runs goes on, but for what was to be stopped."""
        self._closing.set()
        self._ring()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _put(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._ring()

    def _ring(self) -> None:
        self._bell.set()
        self._interrupt.cancel("there is news")

    def _pop(self, token: str) -> Errand | None:
        with self._lock:
            return self._held.pop(token, None)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._round()
            self._stop_the_last()
        finally:
            self._answer_all_unless_closed()

    def _round(self) -> None:
        """Everything once; what cannot be done now is left for the next time."""
        self._interrupt = Cancellation()
        self._bell.clear()
        if self._closing.is_set():
            return
        try:
            self._read()
            self._do()
        except Canceled:
            return
        except (ConfigError, NoAnswer) as error:
            self._tell(str(error))
            self._closing.wait(self._retry)
            self._retry = min(self._retry * 2, LAST_RETRY)
            return
        self._retry = FIRST_RETRY
        self._tell(self._way.trouble)
        pause = self._way.pause()
        self._bell.wait(None if pause is None else max(pause, BRISK / 2))

    def _read(self) -> None:
        errands: dict[str, Errand] = {}
        while self._letters:
            match self._letters.popleft():
                case Submit(errand):
                    errands[errand.token] = errand
                case Stop(token, reason):
                    self._stops[token] = reason
                case LetGo(token):
                    errands.pop(token, None)
                    self._forget([token])
        if errands:
            self._way.add(list(errands.values()))
            self._following.add(errands.values())
            self._patience = BRISK

    def _do(self) -> None:
        self._stop()
        self._end(self._begin(), begun=False)
        quiet = not self._letters and not self._closing.is_set()
        ended = self._way.look(self._patience if quiet else 0.0, self._interrupt)
        heard = self._following.hear(self._way.running() - ended.keys())
        self._end(ended)
        self._patience = BRISK if heard or ended else min(self._patience * GROWTH, CALM)

    def _begin(self) -> Mapping[str, Ending]:
        """Begin what may begin; what cannot even when the target answers has failed."""
        try:
            self._keep_files()
            return self._way.begin(self._interrupt)
        except TargetLost:
            raise
        except ConfigError as error:
            return dict.fromkeys(self._way.waiting(), refusal(error))

    def _keep_files(self) -> None:
        """What errands need is there before the first of them begins."""
        with self._lock:
            wanted = {name: content for errand in self._held.values() for name, content in errand.files.items()}
        for name in wanted.keys() - self._kept:
            self._way.target.keep(name, wanted[name])
            self._kept.add(name)

    def _end(self, ended: Mapping[str, Ending], begun: bool = True) -> None:
        """Answer those that have ended, once all that they said is heard."""
        ended = dict(ended)
        if not ended:
            return
        if begun:
            self._following.hear(ended, to_the_end=True)
        self._forget(ended)
        for token, ending in ended.items():
            if (errand := self._pop(token)) is not None:
                errand.answer(ending)

    def _forget(self, tokens: Collection[str]) -> None:
        self._way.forget(tokens)
        self._following.forget(tokens)
        for token in tokens:
            self._stops.pop(token, None)

    def _tell(self, trouble: str) -> None:
        """One line when trouble begins, and one when it has ended."""
        if trouble and not self._told:
            log.warning("%s; what runs on target '%s' goes on, and it is tried again", trouble, self._name)
        elif self._told and not trouble:
            log.warning("target '%s' answers again", self._name)
        self._told = trouble

    def _stop_the_last(self) -> None:
        try:
            self._read()
            self._stop()
        except (ConfigError, NoAnswer) as error:
            log.warning("%s; what was to be stopped on target '%s' may go on", error, self._name)

    def _stop(self) -> None:
        self._stops = {token: reason for token, reason in self._stops.items() if token in self._held}
        if self._stops:
            self._end(self._way.stop(self._stops))

    def _answer_all_unless_closed(self) -> None:
        """Nobody waits for ever if this thread has ended for a defect of ours."""
        if not self._closing.is_set():
            failure = Failure(f"whoever looked after target '{self._name}' has ended by a defect: see the log")
            for token in list(self._held):
                if (errand := self._pop(token)) is not None:
                    errand.answer(Ending(failure=failure))
