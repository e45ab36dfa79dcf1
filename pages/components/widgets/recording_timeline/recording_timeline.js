// The timeline of recording_timeline.py, how it is handled; recording_timeline_paint.js draws it.
// Wheel or + and - zoom, dragging or Shift with the arrows moves, arrows go from tracklet to tracklet, Enter opens one.

/**
 * @typedef {{ starts: number[], ends: number[], rows: number[], ignored: number[], minutes: number[],
 *   ignoredMinutes: number[], length: number, analysed: number, begins: number | null, gaps: [number, number][],
 *   damaged: number[], hidden: [number, number][], blurred: boolean, chosen: number | null, label: string, taken: number }} Data  times in seconds into the recording
 * @typedef {{ opened: { index: number } }} Events
 * @typedef {ReturnType<typeof skeleton> & { data: Data, tell: Tell<Events>, width: number, height: number,
 *   from: number, to: number, at: number | null, over: number | null, ignored: boolean, waiting: boolean,
 *   shown: string }} Line
 */

const NEAREST = 4; // seconds that the whole width shows at the closest
const CLOSE = 3; // pixels that a pointer may be beside a tracklet
/** @type {WeakMap<Element, Line>} */
const lines = new WeakMap(); // root element -> its state

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".timeline");
  let line = lines.get(root);
  if (!line) {
    const fresh = (line = /** @type {Line} */ (skeleton(root)));
    Object.assign(fresh, { from: 0, to: 1, at: null, over: null, ignored: false, waiting: false, shown: "" });
    lines.set(root, fresh);
    new ResizeObserver(() => soon(fresh)).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => soon(fresh));
  }
  line.tell = teller(root, data.taken, setStateValue);
  const closed = line.shown === data.label && line.data.chosen !== null && data.chosen === null;
  const whole = !line.data || (line.from === 0 && line.to === line.data.length);
  line.data = data;
  if (line.shown !== data.label) Object.assign(line, { shown: data.label, at: data.chosen, from: 0, to: data.length });
  else if (whole) line.to = data.length; // more was analysed
  const some = data.ignored.includes(1);
  line.choice.hidden = !some;
  line.ignored = some && line.ignored;
  line.keys.gap.hidden = !data.gaps.length;
  line.keys.damaged.hidden = !data.damaged.length;
  line.keys.missing.hidden = data.analysed >= data.length;
  line.keys.hidden.hidden = !data.hidden.length;
  line.keys.hidden.lastChild?.replaceWith(unseen(line));
  line.canvas.setAttribute("aria-label", data.label);
  soon(line);
  if (closed) line.canvas.focus({ preventScroll: true }); // the button that closed the card goes with it
}

/** @param {HTMLElement} root */
function skeleton(root) {
  const bar = make(root, "div", "bar");
  /** @param {string} kind @param {string} words */
  const key = (kind, words) => { const item = make(bar, "span", `key ${kind}`); make(item, "i"); item.append(words); return item; };
  key("seen", "tracklet");
  const keys = { gap: key("gap", "no frames"), damaged: key("damaged", "damaged"), missing: key("missing", "not analysed yet"), hidden: key("hidden", " ") };
  const choice = make(bar, "label"), box = make(choice, "input");
  box.type = "checkbox";
  choice.append("Show ignored");
  const zoom = make(bar, "div", "zoom");
  /** @param {string} words @param {string} name @param {() => void} act */
  const button = (words, name, act) => {
    const made = make(zoom, "button", "", words);
    Object.assign(made, { type: "button", onclick: act });
    made.setAttribute("aria-label", name);
  };
  button("−", "Zoom out", () => zoomed(line, 1.6));
  button("+", "Zoom in", () => zoomed(line, 1 / 1.6));
  button("Whole", "Whole recording", () => seen(line, 0, line.data.length));
  const canvas = make(root, "canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "timeline");
  const words = make(root, "p", "words");
  words.setAttribute("role", "status");
  const made = { root, canvas, words, choice, keys };
  const line = /** @type {Line} */ (made);
  box.onchange = () => { line.ignored = box.checked; line.at = null; soon(line); };
  canvas.onwheel = (event) => wheeled(line, event);
  canvas.onpointerdown = (event) => held(line, event);
  canvas.onpointermove = (event) => pointed(line, event);
  canvas.onpointerleave = () => { line.over = null; soon(line); };
  canvas.onkeydown = (event) => pressed(line, event);
  return made;
}

// One drawing a frame, however many events there were.
/** @param {Line} line */
function soon(line) {
  if (line.waiting) return;
  line.waiting = true;
  requestAnimationFrame(() => { line.waiting = false; if (line.data) paint(line); });
}

/** @param {Line} line @param {number} from @param {number} to */
function seen(line, from, to) {
  const whole = Math.max(line.data.length, NEAREST);
  const span = Math.min(whole, Math.max(NEAREST, to - from));
  line.from = Math.max(0, Math.min(whole - span, from));
  line.to = line.from + span;
  soon(line);
}

/** @param {Line} line @param {number} by @param {number} [around] second that stays where it is */
function zoomed(line, by, around = (line.from + line.to) / 2) {
  const span = Math.min(Math.max(line.data.length, NEAREST), Math.max(NEAREST, (line.to - line.from) * by));
  const share = (around - line.from) / (line.to - line.from);
  seen(line, around - share * span, around + (1 - share) * span);
}

/** @param {Line} line @param {WheelEvent} event */
function wheeled(line, event) {
  const span = line.to - line.from;
  const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  const aside = Math.abs(across) > Math.abs(event.deltaY) || event.shiftKey;
  if (!aside && event.deltaY > 0 && span >= line.data.length) return; // the page scrolls on
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (aside) seen(line, line.from + (across * unit * span) / line.width, line.to + (across * unit * span) / line.width);
  else zoomed(line, Math.exp(Math.max(-60, Math.min(60, event.deltaY * unit)) * 0.006), second(line, event));
}

/** @param {Line} line @param {PointerEvent} event */
function held(line, event) {
  if (event.button) return;
  const { from, to } = line, began = event.clientX, canvas = line.canvas;
  let moved = false;
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = (now) => {
    moved ||= Math.abs(now.clientX - began) > 3;
    canvas.classList.toggle("held", moved);
    const by = ((began - now.clientX) * (to - from)) / inner(line);
    if (moved) seen(line, from + by, to + by);
  };
  canvas.onpointerup = canvas.onpointercancel = (ended) => {
    canvas.onpointerup = canvas.onpointercancel = null;
    canvas.onpointermove = (now) => pointed(line, now);
    canvas.classList.remove("held");
    const found = moved || ended.type === "pointercancel" ? null : under(line, ended);
    if (found !== null) open(line, found);
  };
}

/** @param {Line} line @param {PointerEvent} event */
function pointed(line, event) {
  const found = under(line, event);
  line.canvas.classList.toggle("over", found !== null);
  if (found === line.over && found !== null) return;
  line.over = found;
  line.words.textContent = found === null ? about(line, second(line, event)) : name(line, found);
  soon(line);
}

/** @param {Line} line @param {KeyboardEvent} event */
function pressed(line, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const by = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 })[event.key];
  const span = line.to - line.from;
  if (by && event.shiftKey) seen(line, line.from + 0.2 * by * span, line.to + 0.2 * by * span);
  else if (by) go(line, by);
  else if (event.key === "Home") seen(line, 0, span);
  else if (event.key === "End") seen(line, line.data.length - span, line.data.length);
  else if (event.key === "+" || event.key === "=" || event.key === "ArrowUp") zoomed(line, 1 / 1.6, middle(line));
  else if (event.key === "-" || event.key === "ArrowDown") zoomed(line, 1.6, middle(line));
  else if (event.key === "0") seen(line, 0, line.data.length);
  else if (event.key === "Enter" && line.at !== null) open(line, line.at);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Line} line */
const middle = (line) => (line.at === null ? (line.from + line.to) / 2
  : Math.min(line.to, Math.max(line.from, (line.data.starts[line.at] + line.data.ends[line.at]) / 2)));

// To the next tracklet that is shown, from the one that is marked, else from the first in sight.
/** @param {Line} line @param {number} by */
function go(line, by) {
  const { starts, ends, ignored } = line.data;
  let place = line.at === null ? starts.findIndex((start) => start >= line.from) - (by > 0 ? 1 : 0) : line.at;
  if (line.at === null && by > 0 && place < -1) place = starts.length - 1;
  do place += by; while (place >= 0 && place < starts.length && ignored[place] && !line.ignored);
  if (place < 0 || place >= starts.length) return;
  line.at = place;
  line.words.textContent = `${name(line, place)}. Enter shows its crops.`;
  const span = line.to - line.from;
  if (starts[place] < line.from || Math.min(ends[place], starts[place] + span) > line.to) seen(line, starts[place] - 0.3 * span, starts[place] + 0.7 * span);
  soon(line);
}

/** @param {Line} line @param {number} index */
function open(line, index) {
  line.at = index;
  soon(line);
  line.tell("opened", { index });
}

/** @param {Line} line @param {MouseEvent} event */
const second = (line, event) => line.from + ((event.clientX - line.canvas.getBoundingClientRect().left - LEFT) / inner(line)) * (line.to - line.from);

// The tracklet under the pointer.
/** @param {Line} line @param {MouseEvent} event @returns {number | null} */
function under(line, event) {
  const { starts, ends, rows, ignored } = line.data, places = layout(line);
  if (places.dense) return null;
  const y = event.clientY - line.canvas.getBoundingClientRect().top - places.top;
  const at = second(line, event), near = (CLOSE * (line.to - line.from)) / inner(line);
  const row = Math.floor(y / places.row);
  if (y < 0 || row >= places.rows + places.ignoredRows) return null;
  let found = null, least = near;
  for (let place = 0; place < starts.length && starts[place] <= at + near; place++) {
    if (ignored[place] && !line.ignored) continue;
    if (rows[place] + (ignored[place] ? places.rows : 0) !== row) continue;
    const away = Math.max(0, starts[place] - at, at - ends[place]);
    if (away <= least) [found, least] = [place, away];
  }
  return found;
}

/** @param {Line} line @param {number} place */
function name(line, place) {
  const { starts, ends, ignored } = line.data;
  const length = ends[place] - starts[place];
  const lacks = isHidden(line, starts[place], ends[place]) ? `, in part ${unseen(line)}` : "";
  return `Tracklet ${(place + 1).toLocaleString("en")} of ${starts.length.toLocaleString("en")}${ignored[place] ? ", ignored" : ""}: ${clock(line, starts[place], 1)}, ${length < 90 ? `${Math.round(length)} s` : `${Math.round(length / 60)} min`}${lacks}`;
}

// What becomes of the stretches in which somebody is in view who was deleted.
/** @param {Line} line */
const unseen = (line) => (line.data.blurred ? "blurred: somebody was deleted" : "not shown: somebody was deleted");

// Whether such a stretch lies between these seconds.
/** @param {Line} line @param {number} from @param {number} to */
const isHidden = (line, from, to) => line.data.hidden.some(([start, end]) => start <= to && end >= from);

// What is said of a moment at which no tracklet is pointed at.
/** @param {Line} line @param {number} at */
function about(line, at) {
  const { gaps, minutes, analysed, length } = line.data;
  if (at < 0 || at > length) return "";
  if (gaps.some(([from, to]) => at >= from && at <= to)) return `${clock(line, at, 1)}: no frames`;
  if (isHidden(line, at, at)) return `${clock(line, at, 1)}: ${unseen(line)}`;
  if (at > analysed) return `${clock(line, at, 1)}: not analysed yet`;
  const count = minutes[Math.floor(at / 60)] ?? 0;
  return `${clock(line, at, 1)}: ${count.toLocaleString("en")} ${count === 1 ? "tracklet" : "tracklets"} in view in this minute`;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {ParentNode} parent @param {Tag} tag @param {string} [name] @param {string} [text]
 */
function make(parent, tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.append(text);
  parent.append(made);
  return made;
}

