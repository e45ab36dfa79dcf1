"""The pictures inside CUHK03's `cuhk-03.mat`, as if they were PNG files: "detected/1_001_1_01.png".

The file is MATLAB 7.3, which is HDF5: `labeled` and `detected` are cells of 5 pairs of cameras, each of which holds a
cell of people × 10 views; views 1 to 5 are of the pair's first camera, 6 to 10 of its second. A view is an array of
uint8, height × width × 3, or empty. h5py shows all arrays with their axes reversed.

HDF5 can point at other files and at more data than there is memory: all that is looked at first.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from reid_core.errors import ReidError
from reid_core.images import MAX_FILE_BYTES, MAX_PIXELS, BadImage, MissingFile, check_size

if TYPE_CHECKING:
    import h5py

VERSIONS = ("detected", "labeled")
PAIRS, VIEWS = 5, 10
MAX_PEOPLE = 10_000  # in a pair; the largest has 843
MAX_STORED_BYTES = 2**20  # of a picture as it is stored; deflate makes at most 1 GB of it
_NAME = re.compile(r"(detected|labeled)/([1-5])_([0-9]{3,5})_([12])_([0-9]{2})\.png")
_DEFLATE_SHUFFLE_CHECKSUM = (1, 2, 3)  # HDF5's own filters; others are plug-ins


def entry_name(version: str, pair: int, person: int, view: int) -> str:
    """The name of a view; all numbers count from 1. Camera 1 of the pair took views 1 to 5."""
    return f"{version}/{pair}_{person:03d}_{1 if view <= VIEWS // 2 else 2}_{view:02d}.png"


class MatSource:
    """`cuhk-03.mat`. Raises ReidError, naming the file, when it is not that file or its table of contents is damaged.

    Safe from many threads: h5py does one thing at a time.
    """

    def __init__(self, path: Path) -> None:
        import h5py

        self.path = path
        try:
            self._file = h5py.File(path, "r", locking="best-effort")
        except (OSError, ValueError, RuntimeError) as error:
            raise ReidError(f"{path} is not a MATLAB 7.3 file such as cuhk-03.mat ({error}).") from error
        try:
            # Version -> pair -> references of people × views.
            self._views = {version: self._pairs(version) for version in VERSIONS if version in self._file}
            if not self._views:
                raise ReidError(f"it has neither {' nor '.join(VERSIONS)}")
        except Exception as error:  # h5py raises many kinds on hostile files
            self._file.close()
            raise ReidError(f"{path} is not like CUHK03's cuhk-03.mat: {error}. Download it again.") from error

    def names(self) -> Iterator[str]:
        return (name for name, refusal in self.entries() if refusal is None)

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each picture's name, and why it is never read, or None. Views that the file leaves empty are not there."""
        from h5py import h5r

        for version, pairs in self._views.items():
            for pair, people in enumerate(pairs, start=1):
                for (person, view), reference in np.ndenumerate(people):
                    name = entry_name(version, pair, person + 1, view + 1)
                    try:
                        # Below h5py's objects, which take half as long again: 1.9 s for 28,000 views, as measured.
                        if h5r.dereference(reference, self._file.id).rank == 3:
                            yield name, None
                    except Exception as error:
                        yield name, f"it cannot be read: {error}"

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """The picture as PNG."""
        match = _NAME.fullmatch(name)
        views = self._views.get(match[1], []) if match else []
        try:
            assert match is not None
            person, view = int(match[3]) - 1, int(match[5]) - 1
            if min(person, view) < 0 or entry_name(match[1], int(match[2]), person + 1, view + 1) != name:
                raise IndexError
            reference = views[int(match[2]) - 1][person, view]
        except (AssertionError, IndexError):
            raise MissingFile(f"it is not in {self.path.name}") from None
        try:
            pixels = _read_pixels(self._open(reference))
        except BadImage:
            raise
        except Exception as error:
            raise BadImage(f"it cannot be read: {error}") from error
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)  # written to be read at once
        check_size(buffer.tell(), limit)
        return buffer.getvalue()

    def test_people(self) -> frozenset[tuple[int, int]] | None:
        """Pair and person, from 1, of the first of the 20 published test sets. None where the file has none.

        Raises ReidError when it is damaged.
        """
        if "testsets" not in self._file:
            return None
        try:
            first = self._open(self._references("testsets", 1, 1000)[0, 0])
            _check_array(first, (2, MAX_PEOPLE))
            if first.dtype.kind not in "iuf":
                raise ReidError("they are no numbers")
            return frozenset((int(pair), int(person)) for pair, person in np.asarray(first[()]).T)
        except Exception as error:
            raise ReidError(f"{self.path}: its test sets are damaged ({error}). Download it again.") from error

    def close(self) -> None:
        self._file.close()

    def _pairs(self, version: str) -> list[Any]:
        pairs = self._references(version, 1, PAIRS)[0]
        people = [self._read_references(self._open(pair), VIEWS, MAX_PEOPLE).T for pair in pairs]
        if len(people) != PAIRS:
            raise ReidError(f"{version} has {len(people)} pairs of cameras instead of {PAIRS}")
        return people

    def _references(self, name: str, rows: int, columns: int) -> Any:
        import h5py

        if isinstance(self._file.get(name, getlink=True), h5py.ExternalLink):
            raise ReidError(f"{name} lies in another file")
        return self._read_references(self._file[name], rows, columns)

    def _read_references(self, dataset: h5py.Dataset, rows: int, columns: int) -> Any:
        import h5py

        _check_array(dataset, (rows, columns))
        if h5py.check_ref_dtype(dataset.dtype) is not h5py.Reference:
            raise ReidError("a cell holds numbers where others are expected")
        return dataset[()]

    def _open(self, reference: h5py.Reference) -> h5py.Dataset:
        import h5py

        found = self._file[reference]
        if not isinstance(found, h5py.Dataset):
            raise ReidError("a reference leads nowhere")
        return found


def _check_array(dataset: h5py.Dataset, limits: tuple[int, ...]) -> None:
    """Refuse what is no array with at most these lengths, the first exactly, whose data lies in this file."""
    if not hasattr(dataset, "shape") or dataset.shape is None or len(dataset.shape) != len(limits):
        raise ReidError(f"it has the shape {getattr(dataset, 'shape', None)} where {len(limits)} axes are expected")
    if dataset.shape[0] != limits[0] or any(n > most for n, most in zip(dataset.shape, limits, strict=True)):
        raise ReidError(f"it has the shape {dataset.shape}, and at most {limits} is expected")
    if dataset.is_virtual or dataset.external:
        raise ReidError("its data lies in another file")
    settings = dataset.id.get_create_plist()
    if any(settings.get_filter(n)[0] not in _DEFLATE_SHUFFLE_CHECKSUM for n in range(settings.get_nfilters())):
        raise ReidError("it is compressed in an unknown way")
    if dataset.id.get_storage_size() > MAX_STORED_BYTES:
        raise ReidError(f"it takes more than {MAX_STORED_BYTES // 2**20} MB")


def _read_pixels(dataset: h5py.Dataset) -> np.ndarray:
    if dataset.dtype != np.uint8:
        raise BadImage(f"its values are {dataset.dtype}, not bytes")
    _check_array(dataset, (3, MAX_PIXELS, MAX_PIXELS))
    _, width, height = dataset.shape
    if not 0 < width * height <= MAX_PIXELS:
        raise BadImage(f"it is {width}×{height}, which is no picture or too large a one")
    return np.ascontiguousarray(np.asarray(dataset[()]).T)
