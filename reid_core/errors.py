"""The one kind of error that is meant for the user, and the one of them that a reserve can help."""

from __future__ import annotations

import errno

FREE_SPACE = (
    "free some space: remove other files from this disk, or delete crops that are no longer needed (on the Gallery page"
    " or by reid delete), which works on a full disk, too. Then try again."
)


class ReidError(Exception):
    """Something the user can understand and put right.

    The message is a full sentence that names the file, row or value at fault and says what to do. The command line
    prints it and exits with 1, a page shows it in a box; neither shows a traceback.
    """


class DiskFull(ReidError):
    """There is no room for what was to be written; nothing of that step was kept."""


def is_full(error: BaseException | None) -> bool:
    """Whether the error says that there is no room: on the disk, or none left for this user."""
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT))


def why(error: OSError) -> str:
    """What the system says, in words: "the disk is full", "Permission denied"."""
    return "the disk is full" if is_full(error) else (error.strerror or str(error))


def disk_full(error: OSError) -> DiskFull:
    """The system's error as a sentence."""
    what = f", and {error.filename} could not be written" if error.filename else ""
    return DiskFull(f"The disk is full{what}. What was done before is kept; {FREE_SPACE}")
