// The stage of photo_stage.py: a picture is turned, and boxes are drawn on it by mouse or by key.
// Places of boxes are shares of the turned picture: [left, top, width, height], each of 0 to 1.

const stages = new WeakMap(); // root element -> its state
const LEAST = 0.02; // share of a side below which a drag was a click

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".stage");
  let stage = stages.get(root);
  if (!stage) stages.set(root, (stage = skeleton(root)));
  stage.tell = teller(root, data.taken, setStateValue);
  stage.data = data;
  if (stage.shown !== data.picture) {
    Object.assign(stage, { shown: data.picture, turn: 0, boxes: [], image: null });
    const image = new Image();
    image.onload = () => { stage.image = image; paint(stage); };
    image.onerror = () => { stage.say.textContent = "This picture is no longer here. Choose it again."; };
    image.src = data.picture;
    root.focus({ preventScroll: true });
  }
  root.setAttribute("aria-label", `Crop and turn ${data.name}`);
  list(stage);
}

function skeleton(root) {
  root.tabIndex = -1;
  const stage = { root, boxes: [], turn: 0 };
  const bar = add(root, "div", "bar");
  button(bar, "Add a box", () => put(stage, [0.4, 0.2, 0.2, 0.6]), "B");
  button(bar, "Turn left", () => turn(stage, 270), "L");
  button(bar, "Turn right", () => turn(stage, 90), "R");
  button(bar, "Start again", () => { stage.boxes = []; stage.turn = 0; paint(stage); });
  add(bar, "span", "space");
  button(bar, "Cancel", () => stage.tell("cancelled"), "Esc");
  stage.done = button(bar, "Search", () => finish(stage), "Enter");
  stage.done.classList.add("main");
  stage.say = add(root, "p", "say");
  stage.say.setAttribute("role", "status");
  stage.frame = add(root, "div", "frame");
  stage.canvas = add(stage.frame, "canvas");
  stage.canvas.setAttribute("aria-hidden", "true");
  stage.layer = add(stage.frame, "div", "layer");
  stage.layer.onpointerdown = (event) => drawn(stage, event);
  root.onkeydown = (event) => pressed(stage, event);
  return stage;
}

function pressed(stage, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const place = Number(event.target.dataset?.place ?? -1);
  const step = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] }[key];
  if (key === "b") put(stage, [0.4, 0.2, 0.2, 0.6]);
  else if (key === "l") turn(stage, 270);
  else if (key === "r") turn(stage, 90);
  else if (key === "escape") stage.tell("cancelled");
  else if (key === "enter" && event.target.tagName !== "BUTTON") finish(stage);
  else if (place >= 0 && (key === "delete" || key === "backspace")) remove(stage, place);
  else if (place >= 0 && step) nudge(stage, place, step, event.shiftKey);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function put(stage, box) {
  stage.boxes.push(box);
  list(stage);
  stage.layer.lastElementChild.focus({ preventScroll: true });
}

function remove(stage, place) {
  stage.boxes.splice(place, 1);
  list(stage);
  (stage.layer.lastElementChild ?? stage.root).focus({ preventScroll: true });
}

function nudge(stage, place, [x, y], size) {
  const [left, top, width, height] = stage.boxes[place];
  const by = 0.01;
  stage.boxes[place] = size
    ? inside([left, top, Math.max(LEAST, width + x * by), Math.max(LEAST, height + y * by)])
    : inside([left + x * by, top + y * by, width, height]);
  lay(stage, stage.layer.children[place], place);
}

function inside([left, top, width, height]) {
  const [w, h] = [Math.min(1, width), Math.min(1, height)];
  return [Math.max(0, Math.min(1 - w, left)), Math.max(0, Math.min(1 - h, top)), w, h];
}

// Boxes turn with the picture.
function turn(stage, by) {
  stage.turn = (stage.turn + by) % 360;
  stage.boxes = stage.boxes.map(([x, y, w, h]) => (by === 90 ? [1 - y - h, x, h, w] : [y, 1 - x - w, h, w]));
  paint(stage);
}

function paint(stage) {
  const { image, canvas, turn: angle } = stage;
  if (!image) return;
  const lying = angle % 180 !== 0;
  [canvas.width, canvas.height] = lying ? [image.height, image.width] : [image.width, image.height];
  const ink = canvas.getContext("2d");
  ink.translate(canvas.width / 2, canvas.height / 2);
  ink.rotate((angle * Math.PI) / 180);
  ink.drawImage(image, -image.width / 2, -image.height / 2);
  stage.frame.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  stage.frame.style.maxWidth = `calc(62vh * ${canvas.width / canvas.height})`;
  list(stage);
}

function list(stage) {
  const { boxes, data, layer } = stage;
  layer.replaceChildren(...boxes.map((_, place) => {
    const box = document.createElement("div");
    box.className = "box";
    box.tabIndex = 0;
    box.dataset.place = place;
    box.setAttribute("role", "group");
    box.setAttribute("aria-roledescription", "box");
    add(box, "span", "number", String(place + 1));
    const close = button(box, "×", () => remove(stage, place));
    close.setAttribute("aria-label", `Remove box ${place + 1}`);
    add(box, "span", "corner");
    lay(stage, box, place);
    return box;
  }));
  const words = { 0: data.scene ? "Search the whole picture" : stage.turn ? "Search turned" : "Search as it is", 1: "Search this box" };
  stage.done.firstChild.textContent = words[boxes.length] ?? `Take ${boxes.length} boxes`;
  stage.say.textContent = boxes.length
    ? "Arrow keys move a box, with Shift they change its size, Delete removes it."
    : data.scene
      ? "This looks like a whole scene. Draw a box around the person, or one around each of several; B puts one down."
      : "Draw a box around the person, from head to feet, or press B.";
}

function lay(stage, box, place) {
  const [left, top, width, height] = stage.boxes[place].map((share) => `${100 * share}%`);
  Object.assign(box.style, { left, top, width, height });
  const [w, h] = [stage.boxes[place][2] * stage.canvas.width, stage.boxes[place][3] * stage.canvas.height];
  const scale = stage.data.width / Math.max(1, stage.turn % 180 ? stage.canvas.height : stage.canvas.width);
  box.setAttribute("aria-label", `Box ${place + 1}, ${Math.round(w * scale)} by ${Math.round(h * scale)} pixels`);
}

function drawn(stage, event) {
  if (event.button || event.target.tagName === "BUTTON") return;
  event.preventDefault();
  const area = stage.layer.getBoundingClientRect();
  const at = ({ clientX, clientY }) => [(clientX - area.left) / area.width, (clientY - area.top) / area.height]
    .map((share) => Math.max(0, Math.min(1, share)));
  const box = event.target.closest(".box");
  const from = at(event);
  const place = box ? Number(box.dataset.place) : stage.boxes.length;
  const before = box ? [...stage.boxes[place]] : [...from, 0, 0];
  const corner = event.target.classList.contains("corner");
  if (!box) put(stage, before); else box.focus({ preventScroll: true });
  stage.layer.setPointerCapture(event.pointerId);
  stage.layer.onpointermove = (moved) => {
    const [x, y] = at(moved);
    const [left, top, width, height] = before;
    if (!box) stage.boxes[place] = [Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1])];
    else if (corner) stage.boxes[place] = [left, top, Math.max(LEAST, x - left), Math.max(LEAST, y - top)];
    else stage.boxes[place] = inside([left + x - from[0], top + y - from[1], width, height]);
    lay(stage, stage.layer.children[place], place);
  };
  stage.layer.onpointerup = stage.layer.onpointercancel = () => {
    stage.layer.onpointermove = stage.layer.onpointerup = stage.layer.onpointercancel = null;
    if (stage.boxes[place] && (stage.boxes[place][2] < LEAST || stage.boxes[place][3] < LEAST)) remove(stage, place);
  };
}

function finish(stage) {
  if (stage.image) stage.tell("done", { turn: stage.turn, boxes: stage.boxes });
}

function button(parent, words, act, key = "") {
  const made = add(parent, "button", "", words);
  made.type = "button";
  made.onclick = act;
  if (key) {
    made.setAttribute("aria-keyshortcuts", key);
    add(made, "kbd", "", key);
  }
  return made;
}

function add(parent, tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.append(text);
  parent.append(made);
  return made;
}
