"""What another process does in the tests of stores: `python -m tests.contract.store.worker ACTION URL [MORE]`."""

import sys
import time
from collections.abc import Callable

from stageline.engine.messages import CancelWorkflow
from stageline.engine.ports import Store
from stageline.store.opening import open_store
from tests.contract.store.world import NOW, change, joined


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def hold(store: Store) -> None:
    """Join, claim all, take all offers, say what that was, and live until killed."""
    peer = joined(store)
    claims = store.claim(peer.id, NOW, 100)
    offers = store.take_offers(peer.id, ["noop"], 100)
    say(" ".join([peer.id, *(claim.run for claim in claims), *(f"offer:{offer.stage}" for offer in offers)]))
    time.sleep(600)


def claim_all(store: Store) -> None:
    """Claim run by run until there are none; say which."""
    peer = joined(store)
    say("ready")
    sys.stdin.readline()
    mine = []
    while claims := store.claim(peer.id, NOW, 2):
        mine += [claim.run for claim in claims]
    say(" ".join(mine))


def push(store: Store, run: str) -> None:
    """Leave a message."""
    store.push(run, CancelWorkflow(), NOW)
    say("pushed")


def sleep(store: Store) -> None:
    """Join, and say when a ring ends the sleep."""
    peer = joined(store)
    say(peer.id)
    say("woken" if store.wait(peer.id, 30) else "not woken")


def commit(store: Store) -> None:
    """Claim one run and commit to it without end; say each number before the commit that writes it."""
    peer = joined(store)
    (claim,) = store.claim(peer.id, NOW, 1)
    for number in range(1_000_000):
        done = store.commit(peer.id, [change(claim, seen=number)], NOW)
        assert not done
        say(str(number))


def nothing(store: Store) -> None:
    """Opening it was all."""
    say(store.url)


ACTIONS: dict[str, Callable[..., None]] = {
    "claim": claim_all,
    "commit": commit,
    "hold": hold,
    "open": nothing,
    "push": push,
    "sleep": sleep,
}


def main(action: str, url: str, *more: str) -> None:
    store = open_store(url)
    ACTIONS[action](store, *more)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
