"""The stage on the right of the Search page: the photo that is cropped and turned, and the people who were found."""

from __future__ import annotations

from pages.components.search.scenes.arrivals import is_searched_with, shares_of
from pages.components.search.scenes.people import Looked, look
from pages.components.search.state import STAGE, Staged, desk
from pages.components.shared import markup
from pages.components.widgets.photo_stage.photo_stage import Cut, Offered, photo_stage
from reid_core.records import plural
from reid_core.workspace.workspace import Workspace


def draw_stage(workspace: Workspace) -> None:
    """The photo that is cropped and turned, large, in place of the hits."""
    table = desk()
    staged = table.staged
    if staged is None:
        return
    whole = staged.whole
    looked, name = look(workspace, whole, staged.turn), whole.name.rpartition("/")[2]
    people = () if looked.seen is None else looked.seen.people
    facts = [name, f"{whole.width} × {whole.height} px"]
    if table.in_line > 1 and not is_searched_with(staged.photo):
        facts.append(f"{table.in_line - len(table.waiting)} of {table.in_line}")
    several = len(people) > 1 or (people and whole.is_scene)
    markup.heading("Choose the person" if several else "Crop and turn", " · ".join(facts))
    size = (whole.height, whole.width) if staged.turn % 180 else (whole.width, whole.height)
    photo_stage(
        whole.picture, name=whole.name, staging=staged.photo.number, width=whole.width, height=whole.height,
        scene=whole.is_scene, said=said_of(looked, staged),
        people=[Offered(one.number, shares_of(one.box, *size), one.score) for one in people],
        people_turn=staged.turn, begin=staged.photo.cut_by or Cut(0, ()), more=bool(table.waiting), key=STAGE,
        taken=table.taken,
    )  # fmt: skip


def said_of(looked: Looked, staged: Staged) -> str:
    """What came of looking for people in the staged photo, in a sentence; "" where nobody had to look."""
    if looked.problem:
        return f"People were not looked for. {looked.problem}"
    if looked.seen is None:
        return ""
    count = len(looked.seen.people)
    if not count:
        return "Nobody was found in this photo."
    if not looked.seen.sure:
        return f"The detector is not sure. A person may be in {plural(count, 'place')}."
    return f"{plural(count, 'person').capitalize()} {'was' if count == 1 else 'were'} found."
