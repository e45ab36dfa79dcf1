// Draws the groups of answer_list.py. Arrow keys walk, Enter compares, M N U judge, Z takes the last verdict back.

const WORDS = { match: "match", not: "not this person", "cannot tell": "cannot tell" };
const VERDICTS = { m: "match", n: "not", u: "cannot tell" };
const drawn = new WeakMap(); // root element -> the data that it shows
let shown; // the root element that is on the page: Streamlit may put a new one in its place

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".answer");
  shown = root;
  const tell = teller(root, data.taken, setStateValue);
  const text = JSON.stringify({ ...data, taken: 0 });
  if (drawn.get(root) !== text) {
    const before = focusedIn(root);
    root.replaceChildren(list(data), foot(data, tell));
    drawn.set(root, text);
    returnAfterDialogs(root, () => shown);
    const cards = buttons(root);
    const kept = cards.findIndex((card) => card.dataset.id === before?.id);
    const current = cards.findIndex((card) => card.hasAttribute("aria-current"));
    if (cards.length) rove(cards, Math.max(0, kept >= 0 ? kept : current, before && kept < 0 ? before.place : -1), Boolean(before));
    if (data.focus !== undefined && data.focus !== root.dataset.focused) {
      root.dataset.focused = data.focus; // the comparison or a dialog was closed: back to where one was
      const place = Math.max(0, cards.findIndex((card) => card.dataset.id === String(data.focus).split(" ")[0]));
      if (cards.length) afterDialogs(() => rove(cards, place, true));
    }
  }
  root.onclick = (event) => {
    const button = event.target.closest("button[data-id]");
    if (button) tell("opened", { group: Number(button.closest("li").dataset.id), crop: Number(button.dataset.id) });
  };
  root.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const cards = buttons(root);
    const here = cards.indexOf(event.target.closest("li")?.querySelector(".card"));
    if (key === "z" && data.undo) tell("undone");
    else if (here >= 0 && VERDICTS[key]) {
      tell("judged", { group: Number(cards[here].dataset.id), verdict: VERDICTS[key] });
    } else {
      const next = here < 0 ? undefined : target(key, here, cards);
      if (next === undefined) return;
      rove(cards, next, true);
    }
    event.preventDefault();
    event.stopPropagation(); // some of these are the server's own shortcuts
  };
}

function list(data) {
  const grid = element("ul", "groups");
  grid.setAttribute("aria-label", data.label);
  grid.append(...data.groups.map(item));
  return grid;
}

function item(group) {
  const made = element("li", group.verdict ? `judged ${group.verdict.split(" ")[0]}` : "");
  made.dataset.id = group.id;
  const card = made.appendChild(element("button", "card"));
  card.type = "button";
  card.dataset.id = group.id;
  card.setAttribute("aria-label", group.verdict ? `${group.title}, judged: ${WORDS[group.verdict]}` : group.title);
  if (group.current) card.setAttribute("aria-current", "true");
  const matte = card.appendChild(element("span", "matte"));
  picture(matte, group.picture);
  if (group.verdict) matte.appendChild(element("span", `chip ${group.verdict.split(" ")[0]}`, WORDS[group.verdict]));
  if (group.conflict) matte.appendChild(element("span", "chip conflict", "opinions differ"));
  if (group.copy) matte.appendChild(element("span", "chip copy", "same picture"));
  if (group.rank !== undefined) {
    const score = card.appendChild(element("span", "score"));
    score.append(element("b", "", group.rank), element("span", "", group.similarity));
    const bar = card.appendChild(element("span", "bar"));
    bar.appendChild(element("span", "fill")).style.width = `${Math.round(100 * group.share)}%`;
  }
  if (group.meaning) card.appendChild(element("span", "meaning", group.meaning));
  group.lines.forEach((line, place) => {
    const row = card.appendChild(element("span", place ? "line quiet" : "line"));
    row.append(element("span", "words", line));
    if (!place && group.note) row.append(element("span", "note", group.note));
  });
  if (group.strip.length) made.appendChild(strip(group));
  return made;
}

function strip(group) {
  const row = element("div", "strip");
  for (const crop of group.strip) {
    const small = row.appendChild(element("button", "small"));
    small.type = "button";
    small.tabIndex = -1; // the comparison walks through them by key
    small.dataset.id = crop.id;
    small.setAttribute("aria-label", crop.title);
    picture(small, crop.picture);
  }
  if (group.more) row.appendChild(element("span", "more", `+${group.more}`));
  return row;
}

function foot(data, tell) {
  const row = element("div", "foot");
  for (const [name, words] of [["none", data.none], ["more", data.more]]) {
    if (!words) continue;
    const button = row.appendChild(element("button", name, words));
    button.type = "button";
    button.onclick = () => tell(name);
  }
  if (data.said) row.appendChild(element("span", "said", data.said));
  return row;
}

function picture(place, address) {
  const made = place.appendChild(element("img"));
  made.loading = "lazy";
  made.decoding = "async";
  made.alt = "";
  made.src = address;
  made.onerror = () => place.classList.add("missing");
}
