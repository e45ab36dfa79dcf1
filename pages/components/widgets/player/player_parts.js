// What the player of player.py consists of: its elements, and how moments are written. See player.js.

/**
 * @typedef {[moment: number, x: number, y: number, width: number | null, height: number | null]} Footing
 * @typedef {{ address: string, first: number, times: number[], said: string }} Clip
 * @typedef {{ crop: number, tracklet: string, recording: string, camera: string | null, size: [number, number],
 *   start: number, end: number, moment: number, clock: number | null, path: Footing[],
 *   box: [left: number, top: number, width: number, height: number], earlier: number | null, later: number | null,
 *   stretch: [number, number], still: string | null, picture: string, clip: Clip | null, problem: string, kind: string,
 *   convert: boolean, converting: { share: number, seconds_left: number | null } | null }} Walk
 * @typedef {ReturnType<typeof playerParts>} PlayerParts
 */

const ICONS = {
  play: "M5 3.2v9.6l8-4.8z", pause: "M4.5 3.5h2.6v9H4.5zM8.9 3.5h2.6v9H8.9z",
  back: "M4 3.5h1.8v9H4zM12.5 3.5v9L6.6 8z", on: "M10.2 3.5H12v9h-1.8zM3.5 3.5v9L9.4 8z",
};
const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} parent */
function playerParts(parent) {
  const root = piece(parent, "div", "player");
  root.tabIndex = -1;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Clip");
  const stage = piece(root, "div", "screen");
  const video = piece(stage, "video", "clip");
  Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
  video.setAttribute("aria-label", "The walk as the camera saw it");
  const sight = drawn(stage, "svg", "sight", { role: "img" });
  const busy = piece(stage, "div", "busy"), strange = piece(stage, "b", "strange");

  const panel = piece(root, "div", "panel");
  const controls = piece(panel, "div", "controls");
  const rail = piece(controls, "div", "rail");
  const marked = piece(rail, "div", "marked");
  const span = piece(marked, "div", "span"), tick = piece(marked, "div", "tick");
  const scrubber = piece(rail, "input");
  Object.assign(scrubber, { type: "range", min: "0", max: "1", step: "0.001", value: "0", disabled: true });
  scrubber.setAttribute("aria-label", "Moment in the clip");
  const row = piece(controls, "div", "row");
  const back = press(row, "One frame back", ",", { icon: "back" });
  const play = press(row, "Play", "Space K", { icon: "play" });
  const on = press(row, "One frame on", ".", { icon: "on" });
  const moment = piece(row, "span", "moment");
  piece(row, "span", "gap");
  const rates = piece(row, "span", "rates");
  const slower = press(rates, "Slower", "<"), speed = piece(rates, "span", "speed", "1×"), faster = press(rates, "Faster", ">");
  const boxes = press(row, "Box and path", "B");
  boxes.setAttribute("aria-pressed", "true");

  const notice = piece(panel, "div", "notice");
  const said = piece(notice, "p");
  const bar = piece(notice, "div", "progress"), fill = piece(bar, "div");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "Conversion of the clip");
  const ways = piece(notice, "div", "ways");
  const again = press(ways, "Try again"), convert = press(ways, "Convert this clip");
  notice.hidden = true;

  const foot = piece(root, "div", "foot");
  const home = press(foot, "Back"), earlier = press(foot, "Previous", "PageUp"), later = press(foot, "Next", "PageDown");
  const before = press(foot, "Earlier part"), after = press(foot, "Later part");
  const facts = piece(foot, "span", "about");
  const live = piece(root, "p", "spoken");
  live.setAttribute("role", "status");
  return {
    root, stage, video, sight, busy, strange, panel, controls, rail, span, tick, scrubber, back, play, on, moment, slower, speed, faster,
    boxes, notice, said, bar, fill, again, convert, home, earlier, later, before, after, facts, live,
  };
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Element} parent @param {Tag} tag @param {string} [name] @param {string} [text]
 */
function piece(parent, tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Element} parent @param {Tag} tag @param {string} name @param {Record<string, string | number>} [about]
 */
function drawn(parent, tag, name, about = {}) {
  const made = document.createElementNS(SVG, tag);
  if (name) made.setAttribute("class", name);
  for (const [key, value] of Object.entries(about)) made.setAttribute(key, String(value));
  parent.append(made);
  return made;
}

/** @param {Element} parent @param {string} name @param {string} [keys] @param {{ icon?: keyof typeof ICONS }} [look] */
function press(parent, name, keys, { icon } = {}) {
  const made = piece(parent, "button", icon ? "icon" : "", icon ? "" : name);
  made.type = "button";
  if (icon) dress(made, name, icon);
  if (keys) {
    made.setAttribute("aria-keyshortcuts", keys);
    made.title = `${name} (${keys.split(" ").join(" or ")})`;
  }
  return made;
}

/** @param {HTMLElement} button @param {string} name @param {keyof typeof ICONS} icon */
function dress(button, name, icon) {
  if (button.getAttribute("aria-label") === name) return;
  button.setAttribute("aria-label", name);
  button.replaceChildren();
  drawn(drawn(button, "svg", "", { viewBox: "0 0 16 16", "aria-hidden": "true" }), "path", "", { d: ICONS[icon] });
}

// A moment of the recording as its clock showed it, else as time into it; to tenths, which are cut, not rounded.
/** @param {Walk} walk @param {number} moment */
function momentText(walk, moment) {
  const tenths = Math.floor(10 * moment + 1e-6);
  if (walk.clock !== null) {
    const date = new Date(100 * Math.floor(10 * (walk.clock + moment) + 1e-3)).toISOString();
    return { text: date.slice(11, 21), beside: `${date.slice(0, 10)} UTC` };
  }
  const seconds = Math.floor(tenths / 10), two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const text = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${tenths % 10}`;
  return { text, beside: "into the recording" };
}

/** @param {string | null} camera */
function cameraWords(camera) {
  if (camera === null) return "camera unknown";
  return /^\d+$/.test(camera) ? `camera ${camera}` : camera;
}

/** @param {number | null} seconds */
function timeLeft(seconds) {
  if (seconds === null) return "";
  return seconds < 90 ? `, about ${Math.max(1, Math.round(seconds))} s left` : `, about ${Math.round(seconds / 60)} min left`;
}
