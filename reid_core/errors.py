"""The one kind of error that is meant for the user: on a full disk, too, and how it quotes what came from outside."""

from __future__ import annotations

import errno

FREE_SPACE = (
    "free some space: remove other files from this disk, or delete crops that are no longer needed (on the Gallery page"
    " or by reid delete), which works on a full disk, too. Then try again."
)

MOST_OF_A_VALUE = 80  # characters
MOST_OF_A_WORD = 400  # characters without a space; paths are words
MOST_OF_A_MESSAGE = 2_000  # characters
_MARK = " … "


class ReidError(Exception):
    """Something the user can understand and put right.

    The message is a full sentence that names the file, row or value at fault and says what to do. The command line
    prints it and exits with 1, a page shows it in a box; neither shows a traceback. Whatever a message quotes, it stays
    short enough to be read: see `readable`. `kind` tells programs what a subclass means; --json prints it.
    """

    kind = "other"

    def __init__(self, message: str = "") -> None:
        super().__init__(readable(message))


class NotThere(ReidError):
    """What was named does not exist, or not any more: a gallery, model, run, case, search or crop."""

    kind = "not there"


class Damaged(ReidError):
    """What was named exists and cannot be read: a file, model, run or map."""

    kind = "damaged"


class Refused(ReidError):
    """A rule forbids it: crops are held, a picture leaks, a run is under way, an input leads out of its folder."""

    kind = "refused"


class DiskFull(ReidError):
    """There is no room for what was to be written; nothing of that step was kept."""

    kind = "disk full"


class NamesCrops(ReidError):
    """Its message names crops, and so perhaps people: what is written down of it goes when crops are deleted."""


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


def shown(value: object, most: int = MOST_OF_A_VALUE) -> str:
    """A value or name from outside as a message quotes it: `repr`, of a long one only both ends.

    >>> shown("door")
    "'door'"
    >>> shown("9" * 5000, 12)
    "'999999 … 999'"
    """
    if isinstance(value, str | bytes):
        return repr(shortened(value, most) if isinstance(value, str) else value[:most])
    if isinstance(value, int) and value.bit_length() > 4 * most:  # Python refuses to write thousands of digits
        return "a number of hundreds of digits"
    return shortened(repr(value), most)


def shortened(text: str, most: int = MOST_OF_A_VALUE) -> str:
    """The text, or of one with more than `most` characters both ends with "…" between them."""
    if len(text) <= most:
        return text
    tail = max(0, most - len(_MARK)) // 3
    return f"{text[: max(0, most - len(_MARK)) - tail]}{_MARK}{text[len(text) - tail :]}"


def readable(message: str) -> str:
    """The message with each word of more than 400 characters, and the whole beyond 2,000, cut in the middle."""
    message = str(message)
    if len(message) <= MOST_OF_A_WORD:
        return message
    words = shortened(message, 50 * MOST_OF_A_MESSAGE).split(" ")
    return shortened(" ".join(shortened(word, MOST_OF_A_WORD) for word in words), MOST_OF_A_MESSAGE)
