"""What was wrong with a recording: counted while it is read, and said in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from reid_core.times import short_time

MOST_PLACES = 20  # of damaged packets
MOST_GAPS = 1000
MIXED = 10  # changes of size that no recorder's settings explain
RATE_DIFFERS = 0.1  # of the stated rate, before it is worth a sentence


@dataclass
class Problems:
    """Counts of one recording, readable at any moment while it is decoded. Times are seconds into the recording."""

    frames: int = 0  # decoded, all of them
    seconds: float = 0.0  # where the last decoded frame is
    damaged_packets: int = 0  # that the container or the decoder refused
    damaged_frames: int = 0  # that were decoded from damaged data, up to the next key frame
    damaged_at: list[float] = field(default_factory=list)  # the first 20 damaged packets
    missing_stamps: int = 0
    repeated_stamps: int = 0
    backward_stamps: int = 0  # behind the frame before by less than half a second
    backward_jumps: int = 0  # by more: the clock was set, or two recordings were joined
    wrong_stamps: int = 0  # one frame far ahead of both its neighbours
    resized: int = 0  # times that the size of the frames changed
    gaps: list[tuple[float, float]] = field(default_factory=list)  # the first 1000 stretches without a frame
    more_gaps: int = 0
    stated_rate: float | None = None  # frames a second
    stated_seconds: float | None = None
    notes: list[str] = field(default_factory=list)  # sentences about the file as a whole

    def note(self, sentence: str) -> None:
        """Keeps the sentence, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def damaged_packet(self) -> None:
        self.damaged_packets += 1
        if len(self.damaged_at) < MOST_PLACES:
            self.damaged_at.append(round(self.seconds, 3))

    def gap(self, start: float, end: float) -> None:
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append((start, end))
        else:
            self.more_gaps += 1

    @property
    def measured_rate(self) -> float | None:
        """Frames a second by their stamps, gaps left out; None before the second frame."""
        span = self.seconds - sum(end - start for start, end in self.gaps)
        steps = self.frames - 1 - len(self.gaps)
        return steps / span if span > 0 and steps > 0 else None

    def sentences(self) -> list[str]:
        """What a user should know, one sentence each; empty for a clean recording."""
        said = list(self.notes)
        if self.damaged_packets:
            places = ", ".join(str(short_time(second)) for second in self.damaged_at[:5])
            more = " and later" if self.damaged_packets > len(self.damaged_at[:5]) else ""
            said.append(f"{_many(self.damaged_packets, 'damaged packet')} (at {places}{more}); decoding went on.")
        if self.damaged_frames:
            said.append(f"{_many(self.damaged_frames, 'frame')} may show damage, up to the next key frame.")
        if self.missing_stamps:
            said.append(f"{_many(self.missing_stamps, 'frame')} without a time stamp; their times are estimated.")
        if self.repeated_stamps or self.backward_stamps:
            back = f", {self.backward_stamps} that step back" if self.backward_stamps else ""
            said.append(f"{_many(self.repeated_stamps, 'repeated time stamp')}{back}; these frames got later times.")
        if self.backward_jumps:
            said.append(
                f"The clock of the file jumps back {_many(self.backward_jumps, 'time')}; times go on without the jump."
            )
        if self.wrong_stamps:
            said.append(f"{_many(self.wrong_stamps, 'time stamp')} far ahead of the others; ignored.")
        if self.resized:
            mixed = " The file may mix views of several cameras." if self.resized >= MIXED else ""
            said.append(
                f"The picture size changes {_many(self.resized, 'time')}; all frames are given the first size.{mixed}"
            )
        if self.gaps:
            missing = sum(end - start for start, end in self.gaps)
            said.append(
                f"{_many(len(self.gaps) + self.more_gaps, 'gap')} without frames, {missing:.0f} s in all; "
                f"the first at {short_time(self.gaps[0][0])}."
            )
        rate = self.measured_rate
        if rate and self.stated_rate and self.frames > 25 and abs(rate / self.stated_rate - 1) > RATE_DIFFERS:
            said.append(
                f"The file states {self.stated_rate:.4g} frames a second but has {rate:.4g}; times follow its stamps."
            )
        return said

    def ended(self) -> None:
        """Called after the last frame: says how much of the stated duration was there."""
        if self.stated_seconds is not None and self.seconds < 0.95 * self.stated_seconds - 2:
            self.note(f"The file states {self.stated_seconds:.0f} s; frames could be read up to {self.seconds:.0f} s.")

    def state(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_state` goes on."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Problems:
        found = cls(**state)
        found.gaps = [(float(start), float(end)) for start, end in found.gaps]
        return found


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
