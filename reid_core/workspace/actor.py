"""Who acts on a workspace, and how that is known. Whoever opens one names the actor of all that is done through it."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from reid_core.errors import ReidError

OPERATING_SYSTEM = "operating system"
SIGNED = "signed on the page"
PROGRAM = "the program itself"


@dataclass(frozen=True)
class Actor:
    """A name, and how it is known: by the operating system, by what somebody typed on a page, …

    Spaces around the name do not count. Raises ReidError where it is empty.
    """

    name: str
    known: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.strip())
        if not self.name:
            raise ReidError("Whoever acts on a workspace needs a name. Type one.")

    def describe(self) -> str:
        """ "ann (signed on the page)"; of the operating system's user, which most are, the name alone."""
        return self.name if self.known == OPERATING_SYSTEM else f"{self.name} ({self.known})"


def system_user() -> Actor:
    """The operating system's user, whose name a variable of the environment cannot change."""
    try:
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_name
    except ImportError:  # Windows
        name = getpass.getuser()
    except KeyError:  # a container's user without a name
        name = f"user {os.getuid()}"
    return Actor(name, OPERATING_SYSTEM)
