// The stage of photo_stage.py: a picture is turned, people in it are chosen, and boxes are drawn on it by mouse or by key.
// Places of boxes are shares of the turned picture: [left, top, width, height], each of 0 to 1.

/**
 * @typedef {{ picture: string, name: string, staging: number, width: number, height: number, scene: boolean,
 *   said: string, people: Person[], people_turn: number, more: boolean, taken: number,
 *   begin: { turn: number, picks: [box: Box, person: number][] } }} Data
 * @typedef {{ done: { staging: number, turn: number, boxes: Box[], people: number[] },
 *   turned: { staging: number, turn: number }, cancelled: { staging: number } }} Events
 * @typedef {{ box: Box, person: number }} Pick  what is searched with; person 0 is a box that was drawn by hand
 * @typedef {ReturnType<typeof skeleton> & { data: Data, tell: Tell<Events>, shown: string }} Stage
 */

/** @type {WeakMap<Element, Stage>} */
const stages = new WeakMap(); // root element -> its state
const LEAST = 0.02; // share of a side below which a drag was a click
const STILL = 4; // pixels that a hand may tremble in a click

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".stage");
  const stage = stages.get(root) ?? /** @type {Stage} */ (skeleton(root));
  stages.set(root, stage);
  stage.tell = teller(root, data.taken, setStateValue);
  stage.data = data;
  const shown = `${data.staging} ${data.picture}`;
  if (stage.shown !== shown) {
    const picks = data.begin.picks.map(([box, person]) => ({ box, person }));
    Object.assign(stage, { shown, turn: data.begin.turn, picks, found: [], several: false, image: null });
    const image = new Image();
    image.onload = () => { stage.image = image; paint(stage); };
    image.onerror = () => { stage.say.textContent = "This picture is no longer here. Choose it again."; };
    image.src = data.picture;
    root.focus({ preventScroll: true });
  }
  if (data.people_turn === stage.turn) stage.found = data.people;
  const asks = data.people.length > 1 || (data.scene && data.people.length); // as the heading of the page does
  root.setAttribute("aria-label", asks ? `Choose the person in ${data.name}` : `Crop and turn ${data.name}`);
  list(stage);
}

/** @param {HTMLElement} root */
function skeleton(root) {
  root.tabIndex = -1;
  const bar = add(root, "div", "bar");
  const several = button(bar, "Choose several", () => { stage.several = !stage.several; list(stage); }, "S");
  button(bar, "Add a box", () => put(stage, [0.4, 0.2, 0.2, 0.6]), "B");
  button(bar, "Turn left", () => turn(stage, 270), "L");
  button(bar, "Turn right", () => turn(stage, 90), "R");
  button(bar, "Start again", () => { stage.picks = []; turn(stage, 0); });
  add(bar, "span", "space");
  const cancel = button(bar, "Cancel", () => leave(stage), "Esc");
  const done = button(bar, "Search", () => finish(stage), "Enter");
  done.classList.add("main");
  const say = add(root, "p", "say");
  say.setAttribute("role", "status");
  const frame = add(root, "div", "frame"), canvas = add(frame, "canvas"), layer = add(frame, "div", "layer");
  canvas.setAttribute("aria-hidden", "true");
  const people = add(layer, "div", "people"), labels = add(layer, "div", "labels"), boxes = add(layer, "div", "boxes");
  labels.setAttribute("aria-hidden", "true");
  layer.onpointerdown = (event) => drawn(stage, event);
  root.onkeydown = (event) => pressed(stage, event);
  const made = {
    root, bar, done, cancel, say, frame, canvas, layer, people, labels, boxes, turn: 0,
    severalButton: several, several: false, dragged: false,
    picks: /** @type {Pick[]} */ ([]), found: /** @type {Person[]} */ ([]),
    image: /** @type {HTMLImageElement | null} */ (null),
  };
  const stage = /** @type {Stage} */ (made);
  new ResizeObserver(() => label(stage)).observe(layer);
  return made;
}

/** @param {Stage} stage @param {KeyboardEvent} event */
function pressed(stage, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const target = /** @type {HTMLElement} */ (event.target), place = Number(target.dataset.place ?? -1);
  const step = ARROWS[key], [number, several] = digit(event), person = Number(target.dataset.person ?? 0);
  if (number && stage.found.length) choose(stage, number, several);
  else if (person && key === " ") choose(stage, person, true);
  else if (person && key === "enter") choose(stage, person, event.shiftKey);
  else if (key === "s" && stage.found.length > 1) { stage.several = !stage.several; list(stage); }
  else if (key === "b") put(stage, [0.4, 0.2, 0.2, 0.6]);
  else if (key === "l") turn(stage, 270);
  else if (key === "r") turn(stage, 90);
  else if (key === "escape") leave(stage);
  else if (key === "enter" && target.tagName !== "BUTTON") finish(stage);
  else if (place >= 0 && (key === "delete" || key === "backspace")) remove(stage, place);
  else if (place >= 0 && step) nudge(stage, place, step, event.shiftKey);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Stage} stage @param {number} place */
const boxOf = (stage, place) => stage.boxes.querySelector(`[data-place="${place}"]`);

/** @param {Stage} stage @param {Box} box */
function put(stage, box) {
  stage.picks.push({ box, person: 0 });
  list(stage);
  boxOf(stage, stage.picks.length - 1)?.focus({ preventScroll: true });
}

/** @param {Stage} stage @param {number} place */
function remove(stage, place) {
  stage.picks.splice(place, 1);
  list(stage);
  const last = stage.picks.map((pick) => pick.person).lastIndexOf(0);
  (boxOf(stage, last) ?? stage.root).focus({ preventScroll: true });
}

/** @param {Stage} stage @param {number} place @param {Point} step @param {boolean} size */
function nudge(stage, place, step, size) {
  const pick = stage.picks[place];
  pick.box = nudged(pick.box, step, size, LEAST);
  lay(stage, place);
}

// Boxes turn with the picture, and people are looked for again: they are numbered anew, and chosen no more.
/** @param {Stage} stage @param {0 | 90 | 270} by  degrees; 0 is back to the picture as it came */
function turn(stage, by) {
  /** @type {(box: Box) => Box} */
  const turned = ([x, y, w, h]) => (by === 90 ? [1 - y - h, x, h, w] : [y, 1 - x - w, h, w]);
  const before = stage.turn;
  stage.turn = by ? (stage.turn + by) % 360 : 0;
  stage.picks = stage.picks.filter((pick) => !pick.person).map(({ box }) => ({ box: turned(box), person: 0 }));
  if (stage.data.people_turn === stage.turn) stage.found = stage.data.people;
  else if (stage.turn !== before) stage.found = by ? stage.found.map(([number, box, score]) => [number, turned(box), score]) : [];
  if (stage.turn !== before) stage.tell("turned", { staging: stage.data.staging, turn: stage.turn });
  paint(stage);
}

/** @param {Stage} stage */
function paint(stage) {
  const { image, canvas, turn: angle } = stage;
  if (!image) return;
  const lying = angle % 180 !== 0;
  [canvas.width, canvas.height] = lying ? [image.height, image.width] : [image.width, image.height];
  const ink = canvas.getContext("2d");
  if (!ink) return;
  ink.translate(canvas.width / 2, canvas.height / 2);
  ink.rotate((angle * Math.PI) / 180);
  ink.drawImage(image, -image.width / 2, -image.height / 2);
  stage.frame.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  stage.frame.style.maxWidth = `calc(62vh * ${canvas.width / canvas.height})`;
  list(stage);
}

/** @param {Stage} stage */
function list(stage) {
  const { picks, data, boxes, found } = stage;
  const byHand = [...picks.keys()].filter((place) => !picks[place].person);
  boxes.replaceChildren(...byHand.map((place) => {
    const box = document.createElement("div");
    box.className = "box";
    box.tabIndex = 0;
    box.dataset.place = String(place);
    box.setAttribute("role", "group");
    box.setAttribute("aria-roledescription", "box");
    add(box, "span", "number", `Box ${place + 1}`);
    const close = button(box, "×", () => remove(stage, place));
    close.setAttribute("aria-label", `Remove box ${place + 1}`);
    add(box, "span", "corner");
    return box;
  }));
  for (const place of byHand) lay(stage, place);
  listPeople(stage);
  if (found.length < 2) stage.several = false;
  stage.severalButton.hidden = found.length < 2;
  stage.severalButton.setAttribute("aria-pressed", String(stage.several));
  stage.cancel.firstChild?.replaceWith(data.more ? "Skip" : "Cancel");
  const one = byHand.length ? "Search this box" : "Search this person";
  /** @type {Record<number, string>} */
  const words = { 0: data.scene ? "Search the whole picture" : stage.turn ? "Search turned" : "Search as it is", 1: one };
  stage.done.firstChild?.replaceWith(words[picks.length] ?? `Take ${picks.length} ${byHand.length ? "boxes" : "people"}`);
  stage.done.classList.toggle("main", !found.length || picks.length > 0); // while people are offered, one of them is meant
  const said = sentence(stage, byHand.length);
  if (stage.say.textContent !== said) stage.say.textContent = said;
}

/** @param {Stage} stage @param {number} place */
function lay(stage, place) {
  const element = boxOf(stage, place), { box } = stage.picks[place];
  if (!element) return;
  setBox(element, box);
  element.setAttribute("aria-label", `Box ${place + 1}, ${inPixels(stage, box)}`);
}

/** @param {Stage} stage @param {PointerEvent} event */
function drawn(stage, event) {
  const target = /** @type {HTMLElement} */ (event.target), onPerson = target.classList.contains("person");
  stage.dragged = false;
  if (event.button || (target.tagName === "BUTTON" && !onPerson)) return;
  event.preventDefault();
  /** @type {(event: PointerEvent) => Point} */
  const at = (now) => shareOf(stage.layer, now);
  const box = /** @type {HTMLElement | null} */ (target.closest(".box"));
  const from = at(event);
  const place = box ? Number(box.dataset.place) : stage.picks.length;
  /** @type {Box} */
  const before = box ? [...stage.picks[place].box] : [...from, 0, 0];
  const corner = target.classList.contains("corner");
  box?.focus({ preventScroll: true });
  stage.layer.onpointermove = (moved) => {
    if (!moved.buttons) { stage.layer.onpointermove = null; return; } // let go outside of the picture
    if (!stage.dragged) { // a click on a person stays one
      if (Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) < STILL) return;
      stage.dragged = true;
      stage.layer.setPointerCapture(event.pointerId);
      if (!box) put(stage, before);
    }
    const [x, y] = at(moved), pick = stage.picks[place];
    if (!pick) return; // a key has removed it
    const [left, top, width, height] = before;
    if (!box) pick.box = [Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])];
    else if (corner) pick.box = [left, top, Math.max(LEAST, x - left), Math.max(LEAST, y - top)];
    else pick.box = inside([left + x - from[0], top + y - from[1], width, height]);
    lay(stage, place);
  };
  stage.layer.onpointerup = stage.layer.onpointercancel = () => {
    stage.layer.onpointermove = stage.layer.onpointerup = stage.layer.onpointercancel = null;
    const made = stage.dragged ? stage.picks[place] : null;
    if (made && (made.box[2] < LEAST || made.box[3] < LEAST)) remove(stage, place);
  };
}

/** @param {Stage} stage */
function finish(stage) {
  const { picks, turn: angle, data } = stage;
  const [boxes, people] = [picks.map((pick) => pick.box), picks.map((pick) => pick.person)];
  const shown = stage.image || people.some(Boolean); // who was found can be chosen before the picture has come
  if (shown) stage.tell("done", { staging: data.staging, turn: angle, boxes, people });
}

/** @param {Stage} stage */
function leave(stage) {
  stage.tell("cancelled", { staging: stage.data.staging });
}
