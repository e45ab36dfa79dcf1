// Draws the cards of gallery_grid.py. Arrow keys move between cards, Home and End go to the ends, Enter opens.

const drawn = new WeakMap(); // grid element -> the data that it shows

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  grid.className = `grid ${data.kind}`;
  grid.setAttribute("aria-label", data.label);

  const text = JSON.stringify(data.cards);
  if (drawn.get(grid) !== text) {
    const cards = data.cards.map((card) => makeCard(card, data.kind));
    const focused = focusedPlace(grid);
    grid.replaceChildren(...cards);
    drawn.set(grid, text);
    const current = data.cards.findIndex((card) => card.current);
    rove(grid, Math.max(0, focused ?? current), focused !== null);
  }

  grid.onclick = (event) => {
    const card = event.target.closest("button");
    if (!card) return;
    rove(grid, buttons(grid).indexOf(card), true);
    returnAfterDialog(grid, card.dataset.id);
    setTriggerValue("opened", Number(card.dataset.id));
  };
  grid.onfocusin = (event) => {
    const card = event.target.closest("button");
    if (card) rove(grid, buttons(grid).indexOf(card), false);
  };
  grid.onkeydown = (event) => {
    const all = buttons(grid);
    const here = all.indexOf(event.target.closest("button"));
    const next = here < 0 ? undefined : target(event.key, here, all);
    if (next === undefined) return;
    event.preventDefault();
    rove(grid, next, true);
  };
}

function makeCard(card, kind) {
  const button = element("button", "card");
  button.type = "button";
  button.dataset.id = card.id;
  button.setAttribute("aria-label", card.title);
  if (kind === "strip") button.title = card.title;
  if (card.current) button.setAttribute("aria-current", "true");

  const matte = button.appendChild(element("span", "matte"));
  const picture = matte.appendChild(element("img"));
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.alt = "";
  picture.src = card.picture;
  picture.onerror = () => matte.classList.add("missing");

  if (card.rank !== undefined) {
    const score = button.appendChild(element("span", "score"));
    score.append(element("b", "rank", card.rank), element("span", "similarity", card.similarity));
    const bar = button.appendChild(element("span", "bar"));
    bar.appendChild(element("span", "fill")).style.width = `${Math.round(100 * card.share)}%`;
  }
  (card.lines ?? []).forEach((line, place) => {
    const row = button.appendChild(element("span", place ? "line quiet" : "line"));
    row.append(element("span", "words", line));
    if (!place && card.note) row.append(element("span", "note", card.note));
  });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

const buttons = (grid) => [...grid.querySelectorAll("button")];

function focusedPlace(grid) {
  const place = buttons(grid).indexOf(grid.getRootNode().activeElement);
  return place < 0 ? null : place;
}

// A dialog that the card opened gives the focus back to nobody, for the card is inside a shadow root.
function returnAfterDialog(grid, id) {
  const dialogIsOpen = () => document.querySelector('[role="dialog"]') !== null;
  let seen = false;
  const watch = new MutationObserver(() => {
    seen ||= dialogIsOpen();
    if (!grid.isConnected || (seen && !dialogIsOpen())) {
      watch.disconnect();
      buttons(grid).find((card) => card.dataset.id === id)?.focus();
    }
  });
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => { if (!seen) watch.disconnect(); }, 10000);
}

// One card at a time is in the page's tab order; the arrow keys move it.
function rove(grid, place, focus) {
  const all = buttons(grid);
  const chosen = all[Math.min(place, all.length - 1)];
  all.forEach((card) => { card.tabIndex = card === chosen ? 0 : -1; });
  if (focus && chosen) chosen.focus();
}

function target(key, here, all) {
  const columns = all.filter((card) => card.offsetTop === all[0].offsetTop).length;
  const places = {
    ArrowRight: here + 1, ArrowLeft: here - 1, ArrowDown: here + columns, ArrowUp: here - columns,
    Home: 0, End: all.length - 1,
  };
  const place = places[key];
  return place === undefined || place < 0 || place >= all.length ? undefined : place;
}
