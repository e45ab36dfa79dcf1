"""Odd values: text, names, numbers and damaged bytes, as people, programs and attackers write them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

NUMBERS = (
    "0", "-0", "-1", "1", "007", "1.5", "-1.5", "1e3", "1e999", "-1e999", "nan", "inf", "-Infinity", "1_0", "٣", "²",
    " 12 ", "0x10", "010", "0o7", "1,5", "1:30", "12:30:45", "9" * 20, "9" * 400, "9" * 5_000, "1" + "0" * 310,
    "2147483648", "9223372036854775808", "18446744073709551616", "253402300800", "1e17", "0.1e-400", "-9" + "9" * 30,
)  # fmt: skip
TIMES = (
    "2026-03-02 08:11:30", "2026-03-02T08:11:30Z", "2026-03-02T08:11:30+01:00", "02.03.2026 08:11", "20260302_081130",
    "2026-02-30", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999-23:59", "10000-01-01", "1772439090",
    "1772439090123", "45000.5", "03/02/2026 8:11 PM", "2026:03:02 08:11:30", "24:00:00", "2026-W10-1", "0:44:41",
    "1970-01-01T00:00:00+23:59", "31.12.9999 23:59:60", "00.00.0000",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "\n", "\r\n", "a", "Anna", "Zoë", "Zoe\u0308", "人", "😀" * 50, "\u202egpj.exe", "null", "None", "~",
    "yes", "no", "true", "-", "--", "=1+1", "@x", "'", '"', '""', ",", ";", "|", "a,b", "a;b", "{", "[", "<b>&", "%s",
    "{0}", "\\", "/", "..", "../x", "/etc/passwd", "C:x", "a\0b", "\ud800", "\ufeff", "\u2028", "\x1b[31m", "x" * 300,
    "x" * 70_000, "distractor", "junk", "train", "query", "gallery", "test", "\\N", "*", "&a", "!!int", "# x", "a: b",
)  # fmt: skip
COLUMNS = (
    "image", "path", "file", "filename", "identity", "pid", "person", "label", "camera", "camid", "time", "timestamp",
    "date", "tracklet", "split", "is_query", "frame", "id", "x", "",
)  # fmt: skip
FOLDERS = (
    "bounding_box_train", "bounding_box_test", "query", "gallery", "train", "test", "val", "bbox_train", "bbox_test",
    "cam_a", "cam_b", "camera-2", "cam01", "MSMT17_V1", "mask_train_v2", "campus", "labeled", "detected", "0001",
    "Anna", ".hidden", "__MACOSX", "images", "multi_shot", "person_0002", "2026-03-02", "1", "x y",
)  # fmt: skip
STEMS = (
    "0001_c1s1_000151_00", "-1_c2s3_000001_00", "0000_c1_f0046182", "0001C1T0001F001", "00-1C2T0012F345", "000_45",
    "0001001", "1_001_1_01", "0000_000_01_0303morning_0015_0", "0001_c2s1_999999999999_7", "x_c2", "cam02-x",
    "20260302_081130", "IMG_20260302_081130", "1772439090", "a", "000123", "000123.seg", "Anna 2026-03-02 08.11.30",
    "0001_" + "9" * 60, "c" * 120, "٣", "\udcff", "=1", "a\nb",
)  # fmt: skip
SUFFIXES = (
    ".jpg", ".JPG", ".jpeg", ".png", ".bmp", ".tif", ".webp", ".heic", ".gif", ".txt", ".csv", ".json", ".cls", "", ".",
)  # fmt: skip
_MARKS = (
    b"\0",
    b"\xff",
    b"\n",
    b"PK\1\2",
    b"PK\3\4",
    b"PK\5\6",
    b"PAR1",
    b"\xff\xd8",
    b"ustar",
    b"\x89PNG",
    b"'",
    b'"',
)
_SIZES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**40, 2**62, 2**63, 2**64 - 1)


def text(random: Random) -> str:
    """A word, number or time; now and then letters of any kind, or two of them together."""
    kind = random.random()
    if kind < 0.85:
        return random.choice(random.choice((NUMBERS, TIMES, WORDS)))
    if kind < 0.95:
        return text(random) + random.choice((" ", ":", ",", "", "-", "\n")) + text(random)
    return "".join(chr(random.choice((random.randrange(128), random.randrange(0x3000)))) for _ in range(8))


def path(random: Random) -> str:
    """A relative path as in data sets, mostly honest."""
    parts = [random.choice(FOLDERS) for _ in range(random.choice((0, 1, 1, 2, 2, 3)))]
    stem = random.choice(STEMS) if random.random() < 0.9 else text(random).replace("/", "_")
    return "/".join([*parts, stem + (random.choice(SUFFIXES) if random.random() < 0.5 else ".jpg")])


def value(random: Random, depth: int = 0) -> object:
    """What JSON or a table may hold in a cell."""
    kind = random.randrange(10)
    if kind < 5:
        return text(random)
    if kind < 8 or depth > 3:
        return random.choice((None, True, False, 0, -1, 1, 2**40, -(2**70), 10**400, 1.5, -0.0, 1e300, 1772439090))
    if kind == 8:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    return {text(random)[:50]: value(random, depth + 1) for _ in range(random.randrange(4))}


def damaged(random: Random, data: bytes) -> bytes:
    """The bytes with one to four changes: bits, sizes and marks set, pieces cut, repeated, moved or left out."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if not changed:
            break
        random.choice(_DAMAGES)(random, changed)
    return bytes(changed)


def _flip(random: Random, data: bytearray) -> None:
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set_size(random: Random, data: bytearray) -> None:
    width = random.choice((1, 2, 4, 8))
    number = random.choice((*_SIZES, random.randrange(2**16))) % 256**width
    place = random.randrange(len(data))
    data[place : place + width] = number.to_bytes(width, random.choice(("little", "big")))


def _mark(random: Random, data: bytearray) -> None:
    place = random.randrange(len(data))
    mark = random.choice(_MARKS)
    data[place : place + random.choice((0, len(mark)))] = mark


def _cut(random: Random, data: bytearray) -> None:
    del data[random.randrange(len(data)) :]


def _leave_out(random: Random, data: bytearray) -> None:
    place = random.randrange(len(data))
    del data[place : place + random.choice((1, 2, 4, 16, 512))]


def _repeat(random: Random, data: bytearray) -> None:
    place, target = random.randrange(len(data)), random.randrange(len(data))
    piece = bytes(data[place : place + random.choice((1, 4, 30, 512))])
    data[target:target] = piece * random.choice((1, 2, 50))


_DAMAGES: tuple[Callable[[Random, bytearray], None], ...] = (
    _flip,
    _flip,
    _set_size,
    _set_size,
    _mark,
    _cut,
    _leave_out,
    _repeat,
)
