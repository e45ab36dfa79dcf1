"""Every target by its name, quick ones first."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import archives, commands, models, names, pages, pictures, readers, recipes, tables

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *names.TARGETS, *recipes.TARGETS, *pictures.TARGETS, *readers.TARGETS, *archives.TARGETS, *tables.TARGETS,
        *models.TARGETS, *commands.TARGETS, *pages.TARGETS,
    )
}  # fmt: skip
