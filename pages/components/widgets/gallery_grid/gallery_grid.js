// Draws the cards of gallery_grid.py. Arrow keys move between cards, Home and End go to the ends, Enter opens.
// Where cards can be chosen: Space or the box chooses one, Shift and a click a row of them, Ctrl+A all, Escape none.

const drawn = new WeakMap(); // grid element -> the data that it shows
const choices = new WeakMap(); // grid element -> what is chosen of it: { chosen: Set, edit, any, anchor }

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const grid = parentElement.querySelector(".grid");
  grid.className = `grid ${data.kind}${data.marks ? " choosable" : ""}`;
  grid.setAttribute("aria-label", data.label);

  const text = JSON.stringify(data.cards) + Boolean(data.marks);
  if (drawn.get(grid) !== text) {
    const cards = data.cards.map((card) => makeCard(card, data.kind, Boolean(data.marks)));
    const focused = focusedIn(grid);
    grid.replaceChildren(...cards);
    drawn.set(grid, text);
    returnAfterDialogs(grid);
    const current = data.cards.findIndex((card) => card.current);
    rove(buttons(grid), Math.max(0, focused?.place ?? current), focused !== null);
  }
  const choose = data.marks ? follow(grid, data.marks, setStateValue) : null;

  grid.onclick = (event) => {
    const item = event.target.closest("li");
    const card = item?.querySelector(".card");
    if (!card || !event.target.closest("button")) return;
    const place = buttons(grid).indexOf(card);
    rove(buttons(grid), place, true);
    if (choose && (event.target.closest(".box") || event.shiftKey || event.ctrlKey || event.metaKey)) {
      choose(place, event.shiftKey);
      return;
    }
    setTriggerValue("opened", Number(card.dataset.id));
  };
  grid.onmousedown = (event) => { if (choose && event.shiftKey) event.preventDefault(); }; // no selection of text
  grid.onkeyup = (event) => { if (choose && event.key === " ") event.preventDefault(); }; // Firefox clicks here
  grid.onkeydown = (event) => {
    const all = buttons(grid);
    const here = all.indexOf(event.target.closest("li")?.querySelector(".card"));
    if (here < 0) return;
    if (choose && (event.key === "PageDown" || event.key === "PageUp")) {
      event.preventDefault();
      setTriggerValue("turned", event.key === "PageDown" ? 1 : -1);
      return;
    }
    if (choose) {
      const allOfThem = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
      if (event.key === " ") choose(here, event.shiftKey);
      else if (allOfThem) choose.all();
      else if (event.key === "Escape") choose.none();
      if (event.key === " " || allOfThem) {
        event.preventDefault();
        return;
      }
    }
    const next = target(event.key, here, all);
    if (next === undefined) return;
    event.preventDefault();
    rove(all, next, true);
    if (choose && event.shiftKey) choose(next, true);
  };
}

// The page's word about what is chosen, unless a change of ours is still on its way to it.
function follow(grid, marks, setStateValue) {
  const mine = choices.get(grid) ?? { edit: -1, anchor: 0 };
  choices.set(grid, mine);
  if (marks.edit >= mine.edit) Object.assign(mine, { edit: marks.edit, chosen: new Set(marks.chosen), any: marks.any });
  mark(grid, mine);

  const ids = () => buttons(grid).map((card) => Number(card.dataset.id));
  const tell = (clear) => {
    mine.edit += 1;
    const on = ids().filter((id) => mine.chosen.has(id));
    mine.any = clear ? false : mine.any || on.length > 0;
    mark(grid, mine);
    const off = ids().filter((id) => !mine.chosen.has(id));
    setStateValue("chosen", { edit: mine.edit, on, off, clear });
  };
  const choose = (place, range) => {
    const all = ids();
    if (range) {
      const [from, to] = [Math.min(mine.anchor, place), Math.max(mine.anchor, place)];
      all.slice(from, to + 1).forEach((id) => mine.chosen.add(id));
    } else {
      if (!mine.chosen.delete(all[place])) mine.chosen.add(all[place]);
      mine.anchor = place;
    }
    tell(false);
  };
  choose.all = () => { ids().forEach((id) => mine.chosen.add(id)); tell(false); };
  choose.none = () => { if (mine.any) { mine.chosen.clear(); tell(true); } };
  return choose;
}

function mark(grid, mine) {
  let some = mine.any;
  for (const item of grid.children) {
    const card = item.querySelector(".card");
    const chosen = mine.chosen.has(Number(card.dataset.id));
    some ||= chosen;
    item.classList.toggle("chosen", chosen);
    item.querySelector(".box").setAttribute("aria-checked", String(chosen));
    card.setAttribute("aria-label", chosen ? `${card.dataset.title}, selected` : card.dataset.title);
  }
  grid.classList.toggle("some", some);
}

function makeCard(card, kind, choosable) {
  const button = element("button", "card");
  button.type = "button";
  button.dataset.id = card.id;
  button.dataset.title = card.title;
  button.setAttribute("aria-label", card.title);
  if (kind === "strip" || kind === "row") button.title = card.title;
  if (card.current) button.setAttribute("aria-current", "true");

  const matte = button.appendChild(element("span", "matte"));
  const picture = matte.appendChild(element("img"));
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.alt = "";
  picture.src = card.picture;
  picture.onerror = () => matte.classList.add("missing");
  if (card.badge) matte.appendChild(element("span", "badge", card.badge));

  (card.lines ?? []).forEach((line, place) => {
    const row = button.appendChild(element("span", place ? "line quiet" : "line"));
    row.append(element("span", "words", line));
    if (!place && card.note) row.append(element("span", "note", card.note));
  });
  const item = document.createElement("li");
  item.append(button);
  if (choosable) item.append(makeBox(card));
  return item;
}

function makeBox(card) {
  const box = element("button", "box");
  box.type = "button";
  box.tabIndex = -1; // Space on the card does the same
  box.setAttribute("role", "checkbox");
  box.setAttribute("aria-label", `Select ${card.title || card.id}`);
  return box;
}
