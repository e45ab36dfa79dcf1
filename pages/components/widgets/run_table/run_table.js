// The table of run_table.py. Text is set as text, never as markup.

const COLUMNS = [
  ["name", "Run"], ["word", "Status"], ["network", "Network"], ["changed", "Other than reference"], ["share", "Epochs"],
  ["mAP", "mAP"], ["rank1", "Rank-1"], ["speed", "Images/s"], ["created", "Started"],
];
const NUMBERS = new Set(["share", "mAP", "rank1", "speed"]);
const views = new WeakMap(); // root element -> what is sorted, filtered and chosen

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".runs");
  let view = views.get(root);
  if (!view) {
    view = { by: "created", down: true, words: "", chosen: new Set(data.chosen), ...skeleton(root) };
    views.set(root, view);
    view.search.oninput = () => { view.words = view.search.value.toLowerCase(); view.draw(); };
  }
  view.rows = data.rows;
  for (const name of [...view.chosen]) if (!data.rows.some((row) => row.name === name)) view.chosen.delete(name);
  view.tell = () => setStateValue("chosen", data.rows.map((row) => row.name).filter((name) => view.chosen.has(name)));
  view.open = (name) => setTriggerValue("opened", name);
  view.draw = () => draw(view);
  view.draw();
}

function skeleton(root) {
  const bar = append(root, "div", "bar");
  const search = append(bar, "input", "search");
  Object.assign(search, { type: "search", placeholder: "Find by name, gallery, network, status or value" });
  search.setAttribute("aria-label", "Find runs");
  const count = append(bar, "span", "count");
  const frame = append(root, "div", "frame");
  const table = append(frame, "table");
  return { search, count, head: append(append(table, "thead"), "tr"), body: append(table, "tbody") };
}

function draw(view) {
  const focused = view.body.getRootNode().activeElement?.dataset?.focus;
  const rows = view.rows.filter((row) => matches(row, view.words)).sort(order(view));
  const best = new Map(); // of each gallery: figures on other people do not compare
  for (const row of view.rows) if (row.mAP !== null) best.set(row.gallery, Math.max(row.mAP, best.get(row.gallery) ?? 0));
  view.head.replaceChildren();
  append(view.head, "th", "pick");
  for (const [key, title] of COLUMNS) {
    const cell = append(view.head, "th", `${key} ${NUMBERS.has(key) ? "number" : ""}`);
    const button = append(cell, "button", "", title);
    button.type = "button";
    const here = view.by === key;
    cell.setAttribute("aria-sort", here ? (view.down ? "descending" : "ascending") : "none");
    if (here) append(button, "i", view.down ? "down" : "up");
    button.onclick = () => {
      view.down = here ? !view.down : NUMBERS.has(key) || key === "created";
      view.by = key;
      view.draw();
    };
  }
  view.body.replaceChildren(...rows.map((row) => line(row, view, best)));
  view.count.textContent = rows.length === view.rows.length ? `${rows.length} runs` : `${rows.length} of ${view.rows.length} runs`;
  if (view.rows.length === 1) view.count.textContent = "1 run";
  view.search.hidden = view.rows.length < 6;
  if (focused) view.body.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

function line(row, view, best) {
  const item = document.createElement("tr");
  item.className = row.status;
  const pick = append(item, "td", "pick");
  const box = append(pick, "input");
  box.type = "checkbox";
  box.checked = view.chosen.has(row.name);
  box.disabled = Boolean(row.trouble);
  box.dataset.focus = `pick ${row.name}`;
  box.setAttribute("aria-label", `Compare ${row.name}`);
  box.onchange = () => {
    if (box.checked) view.chosen.add(row.name); else view.chosen.delete(row.name);
    view.tell();
  };
  const name = append(item, "td", "name");
  const open = append(name, "button", "open", row.name);
  open.type = "button";
  open.dataset.focus = `open ${row.name}`;
  open.onclick = () => view.open(row.name);
  append(name, "span", "", row.trouble || row.gallery);
  const status = append(item, "td", "word");
  append(status, "i");
  append(status, "span", "", row.word);
  append(item, "td", "network", row.network);
  append(item, "td", "changed", row.changed).title = row.changed;
  const epochs = append(item, "td", "share number");
  append(epochs, "span", "", row.epochs);
  if (row.status === "running") append(append(epochs, "div", "track"), "div").style.width = `${100 * row.share}%`;
  append(item, "td", row.mAP !== null && row.mAP === best.get(row.gallery) ? "mAP number best" : "mAP number", percent(row.mAP));
  append(item, "td", "rank1 number", percent(row.rank1));
  append(item, "td", "speed number", row.speed === null ? "" : row.speed.toFixed(row.speed < 10 ? 1 : 0));
  append(item, "td", "created", row.when);
  return item;
}

function matches(row, words) {
  const text = [row.name, row.gallery, row.network, row.word, row.changed].join(" ").toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

function order({ by, down }) {
  const natural = new Intl.Collator("en", { numeric: true });
  return (one, other) => {
    const [a, b] = [one[by], other[by]];
    if (a === null || b === null) return (a === null) - (b === null); // what was not measured comes last
    const sign = typeof a === "number" ? a - b : natural.compare(a, b);
    return (down ? -sign : sign) || natural.compare(one.name, other.name);
  };
}

function percent(value) {
  return value === null ? "" : `${(100 * value).toFixed(1)}`;
}

function append(parent, kind, name = "", text = "") {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text) element.textContent = text;
  parent.appendChild(element);
  return element;
}
