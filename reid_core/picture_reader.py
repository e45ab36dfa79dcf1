"""Pictures of crops that lie in several folders and zips: each is opened once."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from PIL import Image

from reid_core.errors import ReidError
from reid_core.images import BadImage, decode
from reid_core.sources import ImageSource, open_source


class PictureReader:
    """Opens each source once; safe from many threads. Use as a context manager."""

    def __init__(self) -> None:
        self._sources: dict[str, ImageSource | ReidError] = {}

    def open(self, sources: set[str]) -> None:
        """Open these first where many threads will read at once."""
        for path in sources - set(self._sources):
            try:
                self._sources[path] = open_source(Path(path))
            except ReidError as error:
                self._sources[path] = error

    def bytes(self, source: str, path: str) -> bytes:
        """Raises BadImage when the source or the file is gone."""
        self.open({source})
        found = self._sources[source]
        if isinstance(found, ReidError):
            raise BadImage(f"its source is gone: {found}")
        return found.read(path)

    def picture(self, source: str, path: str) -> Image.Image:
        return decode(self.bytes(source, path))

    def __enter__(self) -> PictureReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for source in self._sources.values():
            if not isinstance(source, ReidError):
                source.close()
