// The list of recording_list.py. Text is set as text, never as markup.

/**
 * @typedef {{ name: string, camera: string, picture: string, time: string, source: string, length: string,
 *   state: string, standing: string, tracklets: string, ignored: string, busiest: string, problem: string,
 *   unseen: string }} Row
 * @typedef {{ rows: Row[] }} Data
 */

/** @type {[string, string, string][]} */
const COLUMNS = [
  ["still", "", ""], ["name", "Recording", ""], ["time", "Time (UTC)", ""], ["length", "Length", ""], ["state", "State", ""],
  ["tracklets number", "Tracklets", ""],
  ["busiest number", "Busiest hour", "Most tracklets that begin within 60 minutes. One person may have several."], ["problem", "Problem", ""],
];
/** @type {WeakMap<Element, string>} */
const shown = new WeakMap(); // root element -> the rows that are drawn

/** @param {Component<Data, {}, { opened: string, browsed: string }>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".recordings");
  const text = JSON.stringify(data.rows);
  if (shown.get(root) === text) return; // the keyboard's place stays
  shown.set(root, text);
  root.replaceChildren();
  const table = append(root, "table");
  const head = append(append(table, "thead"), "tr");
  for (const [name, words, why] of COLUMNS) {
    const cell = append(head, name === "still" ? "td" : "th", name, words);
    if (name !== "still") cell.setAttribute("scope", "col");
    if (why) cell.title = why;
  }
  const body = append(table, "tbody");
  for (const row of data.rows) {
    line(body, row, () => setTriggerValue("opened", row.name), () => setTriggerValue("browsed", row.name));
  }
}

/** @param {HTMLElement} body @param {Row} row @param {() => void} open @param {() => void} browse */
function line(body, row, open, browse) {
  const item = append(body, "tr", row.state);
  item.onclick = open;
  const frame = append(append(item, "td", "still"), "div", "frame", row.picture ? "" : "no still");
  if (row.picture) {
    const picture = append(frame, "img");
    Object.assign(picture, { src: row.picture, alt: "", loading: "lazy" });
  }
  const name = append(item, "td", "name");
  append(name, "button", "", row.name).type = "button"; // its click is the line's
  append(name, "small", "", row.camera);
  if (row.unseen) append(name, "small", "", row.unseen);
  append(append(item, "td", "time", row.time), "small", "", row.source);
  append(item, "td", "length", row.length);
  const state = append(item, "td", "state");
  append(state, "i");
  append(state, "span", "", row.standing);
  const tracklets = append(item, "td", "tracklets number");
  append(tracklets, "span", row.tracklets === "1" ? "one" : "", row.tracklets);
  if (row.ignored) append(tracklets, "small", "", row.ignored);
  const button = append(tracklets, "button", "browse", "Browse crops");
  button.type = "button";
  button.setAttribute("aria-label", `Browse crops of ${row.name}`);
  button.onclick = (event) => { event.stopPropagation(); browse(); }; // the line itself would open the recording
  append(item, "td", "busiest number", row.busiest);
  append(item, "td", "problem", row.problem);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {ParentNode} parent @param {Tag} kind @param {string} [name] @param {string} [text]
 */
function append(parent, kind, name = "", text = "") {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text) element.textContent = text;
  parent.appendChild(element);
  return element;
}
