// Draws the groups of answer_list.py. Arrow keys walk, Enter compares, and the page says which keys judge.

/**
 * @typedef {{ id: number, picture: string, title: string }} Crop
 * @typedef {Crop & { lines: string[], strip: Crop[], rank?: number, similarity?: string, meaning?: string, share?: number,
 *   note?: string, more?: number, verdict?: string | null, conflict?: boolean, copy?: boolean, current?: boolean }} Group
 * @typedef {{ groups: Group[], label: string, undo: boolean, more: string, none: string, said: string, focus?: string,
 *   taken: number, verdicts: VerdictKind[], undo_key: string }} Data
 * @typedef {{ opened: { group: number, crop: number }, judged: { group: number, verdict: string }, undone: {}, more: {},
 *   none: {} }} Events
 */

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap(); // root element -> the data that it shows
/** @type {Element} */
let shown; // the root element that is on the page: Streamlit may put a new one in its place

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".answer");
  shown = root;
  /** @type {Tell<Events>} */
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
    const button = /** @type {Element} */ (event.target).closest("button");
    if (button?.dataset.id) tell("opened", { group: Number(button.closest("li")?.dataset.id), crop: Number(button.dataset.id) });
  };
  root.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const cards = buttons(root);
    const here = cards.findIndex((card) => card.closest("li")?.contains(/** @type {Node} */ (event.target)));
    const judged = data.verdicts.find((kind) => kind.key.toLowerCase() === key);
    if (key === data.undo_key.toLowerCase() && data.undo) tell("undone");
    else if (here >= 0 && judged) {
      tell("judged", { group: Number(cards[here].dataset.id), verdict: judged.verdict });
    } else {
      const next = here < 0 ? undefined : target(key, here, cards);
      if (next === undefined) return;
      rove(cards, next, true);
    }
    event.preventDefault();
    event.stopPropagation(); // some of these are the server's own shortcuts
  };
}

/** @param {Data} data */
function list(data) {
  const grid = element("ul", "groups");
  grid.setAttribute("aria-label", data.label);
  const words = Object.fromEntries(data.verdicts.map((kind) => [kind.verdict, kind.words.toLowerCase()]));
  grid.append(...data.groups.map((group) => item(group, words)));
  return grid;
}

/** @param {Group} group @param {Record<string, string>} words */
function item(group, words) {
  const made = element("li", group.verdict ? `judged ${group.verdict.split(" ")[0]}` : "");
  made.dataset.id = String(group.id);
  const card = made.appendChild(element("button", "card"));
  card.type = "button";
  card.dataset.id = String(group.id);
  card.setAttribute("aria-label", group.verdict ? `${group.title}, judged: ${words[group.verdict]}` : group.title);
  if (group.current) card.setAttribute("aria-current", "true");
  const matte = card.appendChild(element("span", "matte"));
  picture(matte, group.picture);
  if (group.verdict) matte.appendChild(element("span", `chip ${group.verdict.split(" ")[0]}`, words[group.verdict]));
  if (group.conflict) matte.appendChild(element("span", "chip conflict", "opinions differ"));
  if (group.copy) matte.appendChild(element("span", "chip copy", "same picture"));
  if (group.rank !== undefined) {
    const score = card.appendChild(element("span", "score"));
    score.append(element("b", "", group.rank), element("span", "", group.similarity));
    const bar = card.appendChild(element("span", "bar"));
    bar.appendChild(element("span", "fill")).style.width = `${Math.round(100 * (group.share ?? 0))}%`;
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

/** @param {Group} group */
function strip(group) {
  const row = element("div", "strip");
  for (const crop of group.strip) {
    const small = row.appendChild(element("button", "small"));
    small.type = "button";
    small.tabIndex = -1; // the comparison walks through them by key
    small.dataset.id = String(crop.id);
    small.setAttribute("aria-label", crop.title);
    picture(small, crop.picture);
  }
  if (group.more) row.appendChild(element("span", "more", `+${group.more}`));
  return row;
}

/** @param {Data} data @param {Tell<Events>} tell */
function foot(data, tell) {
  const row = element("div", "foot");
  for (const name of /** @type {const} */ (["none", "more"])) {
    if (!data[name]) continue;
    const button = row.appendChild(element("button", name, data[name]));
    button.type = "button";
    button.onclick = () => tell(name);
  }
  if (data.said) row.appendChild(element("span", "said", data.said));
  return row;
}

/** @param {Element} place @param {string} address */
function picture(place, address) {
  const made = place.appendChild(element("img"));
  made.loading = "lazy";
  made.decoding = "async";
  made.alt = "";
  made.src = address;
  made.onerror = () => place.classList.add("missing");
}
