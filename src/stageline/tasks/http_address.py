"""Which address a request is really sent to: a name is resolved once, checked, and that is connected to.

Addresses of this machine, of private networks and of cloud metadata are refused unless allowed.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

from stageline.errors import StagelineError
from stageline.targets.cancellation import Cancellation

Address = tuple[str, int]
Judge = Callable[[str], bool]
_Resolved = list[str] | OSError


class AddressRefused(StagelineError):
    """The name leads to an address that may not be asked."""


def resolve(host: str, port: int, may_ask: Judge, timeout: float, cancellation: Cancellation) -> list[Address]:
    """The addresses of `host` that may be asked. OSError when there are none, AddressRefused when all are refused."""
    addresses = _look_up(host, port, timeout, cancellation)
    allowed = [address for address in addresses if may_ask(address)]
    if not allowed:
        raise AddressRefused(
            f"{host} is {addresses[0]}, an address that is not public; "
            "if that is meant, put allow_private: true into the stage's context"
        )
    return [(address, port) for address in allowed]


def any_address(address: str) -> bool:
    """Yes, whatever it is."""
    return True


def is_public(address: str) -> bool:
    """Whether the address belongs to the internet at large; addresses inside addresses are looked into."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), _translated(ip)]
        if any(one is not None and not is_public(str(one)) for one in inner):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address behind NAT64."""
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def _look_up(host: str, port: int, timeout: float, cancellation: Cancellation) -> list[str]:
    """Ask the system's resolver, beside this thread: it cannot be interrupted, and may take minutes."""
    answers: queue.Queue[_Resolved | None] = queue.Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)) if isinstance(error, UnicodeError) else error)

    def give_up() -> None:
        answers.put(None)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    cancellation.on_cancel(give_up)
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(f"the name {host} could not be resolved in time") from None
    finally:
        cancellation.forget(give_up)
    if answer is None:
        raise ConnectionAbortedError("canceled")
    if isinstance(answer, OSError):
        raise answer
    return answer
