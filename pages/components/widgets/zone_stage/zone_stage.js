// The stage of zone_stage.py: zones are drawn on a picture corner by corner, as shares of its sides, or put down by key.

/**
 * @typedef {{ name: string, corners: Point[], ignored: boolean }} Zone
 * @typedef {{ picture: string, width: number, height: number, zones: Zone[], paths: Point[][], drawn: Point[] | null,
 *   name: string | null, label: string, taken: number }} Data
 * @typedef {{ drawn: { corners: Point[], name: string | null }, dropped: {} }} Events
 * @typedef {ReturnType<typeof skeleton> & { data: Data, tell: Tell<Events>, corners: Point[], closed: boolean,
 *   name: string | null, pointer: Point | null, later: number }} Stage
 */

const CORNER = 7, NEAR = 14; // pixels
const PAUSE = 500; // milliseconds after a key, from which on what was moved is told
/** @type {WeakMap<Element, Stage>} */
const stages = new WeakMap(); // root element -> its state

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".stage");
  let stage = stages.get(root);
  if (!stage) {
    const fresh = (stage = /** @type {Stage} */ (skeleton(root)));
    Object.assign(fresh, { corners: [], closed: false, name: null, pointer: null, later: 0 });
    stages.set(root, fresh);
    new ResizeObserver(() => draw(fresh)).observe(root);
  }
  stage.tell = teller(root, data.taken, setStateValue);
  stage.data = data;
  if (!isPending(root) && !stage.later) {
    if (!data.drawn && stage.closed) { forget(stage); root.focus({ preventScroll: true }); } // the button that was pressed is gone
    else if (data.drawn && !stage.corners.length) Object.assign(stage, { corners: data.drawn, closed: true, name: data.name });
  }
  root.setAttribute("aria-label", data.label);
  stage.image.hidden = !data.picture;
  if (data.picture && stage.image.getAttribute("src") !== data.picture) stage.image.src = data.picture;
  stage.frame.style.aspectRatio = `${data.width} / ${data.height}`;
  stage.frame.style.maxWidth = `calc(62vh * ${data.width / data.height})`;
  draw(stage);
}

/** @param {HTMLElement} root */
function skeleton(root) {
  root.tabIndex = -1;
  const bar = add(root, "div", "bar");
  button(bar, "Add a rectangle", () => put(stage), "B");
  const close = button(bar, "Close the zone", () => finish(stage), "Enter");
  const drop = button(bar, "Cancel", () => dropped(stage), "Esc");
  const say = add(root, "p", "say");
  say.setAttribute("role", "status");
  const frame = add(root, "div", "frame"), image = add(frame, "img");
  image.alt = "";
  const svg = frame.appendChild(made("svg"));
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Picture with zones");
  svg.onpointerdown = (event) => held(stage, event);
  svg.onpointermove = (event) => hover(stage, event);
  root.onkeydown = (event) => pressed(stage, event);
  root.addEventListener("focusout", ({ relatedTarget: to }) => { // who goes on to the page's buttons means what is drawn
    if (stage.later && !root.contains(/** @type {Node | null} */ (to))) told(stage);
  });
  const all = { root, close, drop, say, frame, image, svg };
  const stage = /** @type {Stage} */ (all);
  return all;
}

/** @param {Stage} stage */
function forget(stage) {
  Object.assign(stage, { corners: [], closed: false, name: null, pointer: null });
}

/** @param {Stage} stage */
function dropped(stage) {
  const told = stage.closed;
  clearTimeout(stage.later);
  stage.later = 0;
  forget(stage);
  draw(stage);
  stage.root.focus({ preventScroll: true });
  if (told) stage.tell("dropped");
}

/** @param {Stage} stage */
function put(stage) {
  Object.assign(stage, { corners: [[0.4, 0.4], [0.6, 0.4], [0.6, 0.7], [0.4, 0.7]], closed: false, name: null });
  finish(stage);
}

/** @param {Stage} stage */
function finish(stage) {
  if (stage.closed || stage.corners.length < 3) return;
  stage.closed = true;
  draw(stage);
  focus(stage, "shape");
  told(stage);
}

// Tells where the corners are now; keys that follow each other are told once.
/** @param {Stage} stage @param {boolean} [soon] */
function told(stage, soon = false) {
  clearTimeout(stage.later);
  stage.later = 0;
  /** @type {Point[]} */
  const corners = stage.corners.map(([x, y]) => [Number(x.toFixed(4)), Number(y.toFixed(4))]);
  if (!soon) stage.tell("drawn", { corners, name: stage.name });
  else stage.later = setTimeout(() => told(stage), PAUSE);
}

/** @param {Stage} stage @param {string} what */
const focus = (stage, what) => stage.svg.querySelector(`[data-what="${what}"]`)?.focus({ preventScroll: true });

/** @param {Stage} stage @param {number} place */
function edit(stage, place) {
  const zone = stage.data.zones[place];
  Object.assign(stage, { corners: zone.corners.map((corner) => [...corner]), closed: true, name: zone.name });
  draw(stage);
  focus(stage, "shape");
  told(stage);
}

/** @param {Stage} stage @param {KeyboardEvent} event */
function pressed(stage, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const target = /** @type {HTMLElement} */ (event.target), { what = "", zone } = target.dataset;
  const corner = what.startsWith("corner ") ? Number(what.slice(7)) : -1;
  const step = ARROWS[key];
  if (key === "b") put(stage);
  else if (key === "escape" && stage.corners.length) dropped(stage);
  else if (key === "enter" && zone !== undefined) edit(stage, Number(zone));
  else if (key === "enter" && target.tagName !== "BUTTON" && !stage.closed && stage.corners.length) finish(stage);
  else if ((key === "delete" || key === "backspace") && !stage.closed && stage.corners.length) { stage.corners.pop(); draw(stage); }
  else if ((key === "delete" || key === "backspace") && corner >= 0) remove(stage, corner);
  else if (step && corner >= 0) moved(stage, (point, place) => (place === corner ? [point[0] + step[0] * STEP, point[1] + step[1] * STEP] : point));
  else if (step && what === "shape") nudge(stage, step, event.shiftKey);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Stage} stage @param {number} corner */
function remove(stage, corner) {
  if (stage.corners.length <= 3) return;
  stage.corners.splice(corner, 1);
  draw(stage);
  focus(stage, `corner ${Math.min(corner, stage.corners.length - 1)}`);
  told(stage, true);
}

/** @param {Stage} stage @param {Point} step @param {boolean} size */
function nudge(stage, step, size) {
  const lefts = stage.corners.map(([x]) => x), tops = stage.corners.map(([, y]) => y);
  const left = Math.min(...lefts), top = Math.min(...tops), width = Math.max(...lefts) - left, height = Math.max(...tops) - top;
  const [x, y, wide, high] = nudged([left, top, width, height], step, size, STEP);
  moved(stage, ([a, b]) => [x + (a - left) * (width ? wide / width : 1), y + (b - top) * (height ? high / height : 1)]);
}

/** @param {Stage} stage @param {(corner: Point, place: number) => Point} how */
function moved(stage, how) {
  stage.corners = stage.corners.map((corner, place) => bounded(how(corner, place)));
  draw(stage);
  told(stage, true);
}

/** @param {Stage} stage @param {PointerEvent} event */
const at = (stage, event) => shareOf(stage.svg, event);

/** @param {Stage} stage @param {PointerEvent} event */
function hover(stage, event) {
  if (stage.closed || !stage.corners.length) return;
  stage.pointer = at(stage, event);
  draw(stage);
}

/** @param {Stage} stage @param {PointerEvent} event */
function held(stage, event) {
  if (event.button) return;
  event.preventDefault();
  const { what = "", zone } = /** @type {SVGElement} */ (event.target).dataset, from = at(stage, event);
  if (!stage.closed) {
    const [first] = stage.corners;
    if (!first && zone !== undefined) return edit(stage, Number(zone));
    if (stage.corners.length >= 3 && near(stage, first, from)) return finish(stage);
    stage.corners.push(from);
    stage.root.focus({ preventScroll: true });
    return draw(stage);
  }
  const corner = what.startsWith("corner ") ? Number(what.slice(7)) : -1;
  if (corner < 0 && what !== "shape") return;
  const before = stage.corners;
  focus(stage, what);
  stage.svg.setPointerCapture(event.pointerId);
  stage.svg.onpointermove = (now) => {
    const [x, y] = at(stage, now);
    stage.corners = before.map(([a, b], place) => (corner < 0 || place === corner ? bounded([a + x - from[0], b + y - from[1]]) : [a, b]));
    draw(stage);
  };
  stage.svg.onpointerup = stage.svg.onpointercancel = () => {
    stage.svg.onpointerup = stage.svg.onpointercancel = null;
    stage.svg.onpointermove = (now) => hover(stage, now);
    if (stage.corners !== before) told(stage);
  };
}

/** @param {Stage} stage @param {Point} one @param {Point} other */
function near(stage, one, other) {
  const area = stage.svg.getBoundingClientRect();
  return Math.hypot((one[0] - other[0]) * area.width, (one[1] - other[1]) * area.height) <= NEAR;
}

/** @param {Stage} stage */
function draw(stage) {
  const { data, svg, corners, closed } = stage;
  if (!data) return;
  const width = Math.max(1, stage.frame.clientWidth), height = (width * data.height) / data.width;
  /** @param {Point[]} points */
  const line = (points) => points.map(([x, y]) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" ");
  const focused = svg.getRootNode().activeElement?.dataset?.what;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  if (!data.picture) for (const path of data.paths) svg.append(made("polyline", { points: line(path), class: "way" }));
  data.zones.forEach((zone, place) => {
    if (corners.length && zone.name === stage.name) return;
    svg.append(made("polygon", { points: line(zone.corners), class: "under" }));
    const drawn = made("polygon", { points: line(zone.corners), class: `zone ${zone.ignored ? "ignored" : ""}`, tabindex: 0, role: "button" });
    drawn.setAttribute("aria-label", `${zone.ignored ? "Zone to ignore" : "Zone"} ${zone.name}: change its corners`);
    drawn.dataset.zone = String(place);
    svg.append(drawn);
    const [x, y] = zone.corners.reduce(([a, b], [c, d]) => [a + c / zone.corners.length, b + d / zone.corners.length], [0, 0]);
    const top = height * Math.min(...zone.corners.map((corner) => corner[1]));
    const beside = y * height - top < 12 ? Math.max(12, top - 6) : y * height + 4; // a small zone is not written over
    svg.append(made("text", { x: x * width, y: beside, class: "name", "text-anchor": "middle" }, zone.name));
  });
  if (closed) {
    const shape = made("polygon", { points: line(corners), class: "shape", tabindex: 0, role: "group", "aria-roledescription": "zone" });
    shape.setAttribute("aria-label", "The zone that you draw");
    shape.dataset.what = "shape";
    svg.append(made("polygon", { points: line(corners), class: "under" }), shape);
  } else if (corners.length) {
    svg.append(made("polyline", { points: line(corners), class: "pending" }));
    if (stage.pointer) svg.append(made("polyline", { points: line([corners[corners.length - 1], stage.pointer]), class: "pending next" }));
  }
  corners.forEach(([x, y], place) => {
    const corner = made("circle", { cx: x * width, cy: y * height, r: CORNER, class: `corner ${!closed && !place ? "first" : ""}` });
    corner.dataset.what = `corner ${place}`;
    if (closed) {
      for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-roledescription", "corner"]]) corner.setAttribute(name, value);
      corner.setAttribute("aria-label", `Corner ${place + 1} of ${corners.length}`);
    }
    svg.append(corner);
  });
  if (focused) focus(stage, focused);
  stage.close.disabled = closed || corners.length < 3;
  stage.drop.disabled = !corners.length;
  stage.say.textContent = closed
    ? "Arrow keys move the zone, with Shift they change its size. On a corner they move that one, and Delete removes it."
    : !corners.length ? "Click the corners of a zone, or press B for a rectangle. Click a zone to change its corners."
      : corners.length < 3 ? "Click the next corner." : "Click the first corner, or press Enter, to close the zone.";
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, string | number>} [attributes] @param {string} [text]
 */
function made(tag, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}
