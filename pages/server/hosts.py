"""Names and addresses as requests carry them, and which of them are this server's own."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

VARIABLE = "REID_ALLOWED_HOSTS"
OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
LONGEST_NAME = 253  # characters; RFC 1035
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::([1-9][0-9]{0,4}))?")
_ORIGIN = re.compile(r"(https?)://(.+)")


@dataclass(frozen=True)
class Host:
    """What a `Host` header names; `port` is None where it says none."""

    name: str
    port: int | None

    def __str__(self) -> str:
        return self.name if self.port is None else f"{self.name}:{self.port}"


def read_host(text: str) -> Host | None:
    """ "LOCALHOST:8501" → Host("localhost", 8501); None for what is no name or address with or without a port."""
    found = _HOST.fullmatch(text.lower()) if len(text) <= LONGEST_NAME + 6 else None
    return None if found is None else Host(found[1], None if found[2] is None else int(found[2]))


def read_origin(text: str) -> Host | None:
    """The host of an `Origin`, its port always said; None for "null" and for what no page of a server has."""
    found = _ORIGIN.fullmatch(text.lower())
    host = None if found is None else read_host(found[2])
    if found is None or host is None:
        return None
    return host if host.port is not None else replace(host, port=DEFAULT_PORTS[found[1]])


@dataclass(frozen=True)
class Server:
    """What a connection reached: `port` is the server's own, `local` says that it was made on this machine.

    A Unix socket has no port, and where it was made from is not known. `local` is False then.
    """

    port: int | None
    local: bool


@dataclass(frozen=True)
class AllowedHosts:
    """What `REID_ALLOWED_HOSTS` names, and what of it could not be read."""

    hosts: frozenset[Host] = frozenset()
    unread: tuple[str, ...] = ()

    def admits(self, host: Host, server: Server) -> bool:
        """Whether a request under that name, or of a page there, is for this server.

        An entry without a port holds for the default ports, as behind a proxy, and for the server's own.
        """
        if host.name in OWN_NAMES and server.local and server.port is not None:
            own = host.port == server.port or (host.port is None and server.port in DEFAULT_PORTS.values())
            if own:
                return True
        if host.port is None:
            return any(replace(host, port=port) in self.hosts for port in (None, *DEFAULT_PORTS.values()))
        usual = host.port in (*DEFAULT_PORTS.values(), server.port)
        return host in self.hosts or (usual and replace(host, port=None) in self.hosts)


def allowed_hosts(text: str) -> AllowedHosts:
    """ "retrace.example.org, 192.168.1.5:8501" → both; what is no name (a URL, a star) is kept apart to be said."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    read = {entry: read_host(entry) for entry in entries}
    return AllowedHosts(
        frozenset(host for host in read.values() if host is not None),
        tuple(entry for entry, host in read.items() if host is None),
    )


def is_loopback(address: str) -> bool:
    """Whether an address leads to this machine alone: 127.0.0.0/8, ::1 and "localhost"."""
    if address == "localhost":
        return True
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
