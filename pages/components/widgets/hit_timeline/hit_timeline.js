// The timeline of hit_timeline.py: a row for each camera, a mark for each hit, and a span of time brushed over it.
// The span's two ends are sliders: arrow keys move them, Enter filters, Escape or Delete lets all times through.

const LEFT = 116, RIGHT = 14, ROW = 22, TOP = 6, AXIS = 24; // pixels
const STEPS = 100; // of the whole span, that an arrow key moves an end by
const MINUTE = 60, HOUR = 3600, DAY = 86400; // seconds
const ROUND = [
  1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
]; // seconds between the marks of the axis
const lines = new WeakMap(); // root element -> its state

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".timeline");
  let line = lines.get(root);
  if (!line) {
    lines.set(root, (line = skeleton(root)));
    line.sizes = new ResizeObserver(() => draw(line));
    line.sizes.observe(root);
  }
  const tell = teller(root, data.taken, setStateValue);
  line.tell = (span) => tell("brushed", { span });
  line.opened = (crop) => tell("opened", { crop });
  if (line.text !== JSON.stringify(data.brushed)) {
    line.text = JSON.stringify(data.brushed);
    line.span = data.brushed ? [...data.brushed] : null;
  }
  line.data = data;
  draw(line);
}

function skeleton(root) {
  const svg = root.appendChild(made("svg"));
  svg.setAttribute("role", "group");
  const line = { root, svg, span: null };
  svg.onpointerdown = (event) => brush(line, event);
  const foot = root.appendChild(document.createElement("div"));
  foot.className = "foot";
  line.words = foot.appendChild(document.createElement("span"));
  line.words.setAttribute("role", "status");
  line.clear = foot.appendChild(document.createElement("button"));
  Object.assign(line.clear, { type: "button", textContent: "All times", onclick: () => { line.span = null; draw(line); line.tell(null); } });
  return line;
}

const x = (line, time) => LEFT + ((time - line.data.range[0]) / extent(line)) * (line.width - LEFT - RIGHT);
const extent = (line) => Math.max(1e-6, line.data.range[1] - line.data.range[0]);
const time = (line, at) => line.data.range[0] + Math.min(1, Math.max(0, (at - LEFT) / (line.width - LEFT - RIGHT))) * extent(line);

function draw(line) {
  const { data, svg } = line;
  if (!data) return;
  line.width = Math.max(280, line.root.clientWidth);
  const height = TOP + ROW * data.cameras.length + AXIS;
  const focused = line.root.getRootNode().activeElement?.dataset?.end;
  svg.setAttribute("viewBox", `0 0 ${line.width} ${height}`);
  svg.setAttribute("width", line.width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-label", data.label);
  svg.replaceChildren();
  data.cameras.forEach((camera, row) => {
    const y = TOP + ROW * (row + 0.5);
    svg.append(made("line", { x1: LEFT, x2: line.width - RIGHT, y1: y, y2: y, class: "rule" }));
    svg.append(made("text", { x: 0, y: y + 4, class: "camera" }, camera.length > 16 ? `${camera.slice(0, 15)}…` : camera));
  });
  ticks(line, height);
  for (const hit of data.hits) {
    const y = TOP + ROW * (hit.row + 0.5);
    const mark = svg.appendChild(made("line", {
      x1: x(line, hit.time), x2: x(line, hit.time), y1: y - 7, y2: y + 7, class: `hit ${hit.verdict ?? ""}`, "stroke-opacity": 0.4 + 0.6 * hit.share,
    }));
    mark.appendChild(made("title", {}, hit.title));
    mark.dataset.id = hit.id;
  }
  if (line.span) shade(line, height);
  for (const end of [0, 1]) handle(line, end, height);
  if (focused !== undefined) svg.querySelector(`[data-end="${focused}"]`)?.focus();
  line.clear.hidden = !line.span;
  const inSpan = data.hits.filter((hit) => !line.span || (hit.time >= line.span[0] && hit.time <= line.span[1])).length;
  line.words.textContent = line.span
    ? `${word(line, line.span[0])} to ${word(line, line.span[1])}${inSpan < data.hits.length ? `: ${inSpan} of these ${data.hits.length}` : ""}`
    : data.untimed ? `${data.untimed} without a time are not shown` : "Drag over the marks to keep a span of time";
}

function shade(line, height) {
  const [from, to] = line.span.map((at) => x(line, at));
  for (const [left, right] of [[LEFT, from], [to, line.width - RIGHT]]) {
    line.svg.append(made("rect", { x: left, y: 0, width: Math.max(0, right - left), height: height - AXIS, class: "outside" }));
  }
}

function handle(line, end, height) {
  const at = line.span ? line.span[end] : line.data.range[end];
  const grip = line.svg.appendChild(made("rect", { x: x(line, at) - 3, y: 1, width: 6, height: height - AXIS - 2, rx: 3, class: "grip", tabindex: 0 }));
  grip.dataset.end = end;
  grip.setAttribute("role", "slider");
  grip.setAttribute("aria-label", end ? "Until" : "From");
  grip.setAttribute("aria-valuemin", 0);
  grip.setAttribute("aria-valuemax", STEPS);
  grip.setAttribute("aria-valuenow", Math.round((STEPS * (at - line.data.range[0])) / extent(line)));
  grip.setAttribute("aria-valuetext", word(line, at));
  grip.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (by) move(line, end, at + (by * (event.shiftKey ? 10 : 1) * extent(line)) / STEPS);
    else if (event.key === "Enter") line.tell(line.span);
    else if (["Escape", "Delete", "Backspace"].includes(event.key)) { line.span = null; draw(line); line.tell(null); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function move(line, end, to) {
  const span = line.span ?? [...line.data.range];
  span[end] = Math.min(line.data.range[1], Math.max(line.data.range[0], to));
  if (span[0] > span[1]) span[1 - end] = span[end];
  line.span = span;
  draw(line);
}

function brush(line, event) {
  if (event.button) return;
  const area = line.svg.getBoundingClientRect();
  const at = ({ clientX }) => time(line, ((clientX - area.left) * line.width) / area.width);
  const grip = event.target.dataset?.end;
  const began = at(event), clicked = event.target.dataset?.id, before = line.span;
  line.svg.setPointerCapture(event.pointerId);
  line.svg.onpointermove = (moved) => {
    if (grip !== undefined) move(line, Number(grip), at(moved));
    else { line.span = [Math.min(began, at(moved)), Math.max(began, at(moved))]; draw(line); }
  };
  line.svg.onpointerup = (ended) => {
    line.svg.onpointermove = line.svg.onpointerup = null;
    const moved = Math.abs(ended.clientX - event.clientX) > 3;
    if (moved) line.tell(line.span);
    else {
      line.span = before;
      draw(line);
      if (clicked !== undefined) line.opened(Number(clicked));
    }
  };
}

function ticks(line, height) {
  const room = Math.max(2, Math.floor((line.width - LEFT - RIGHT) / 110));
  const step = ROUND.find((seconds) => extent(line) / seconds <= room) ?? Math.ceil(extent(line) / room / 604800) * 604800;
  for (let at = Math.ceil(line.data.range[0] / step) * step; at <= line.data.range[1]; at += step) {
    const beside = Math.min(x(line, at) - LEFT, line.width - RIGHT - x(line, at));
    const anchor = beside > 30 ? "middle" : x(line, at) < line.width / 2 ? "start" : "end";
    line.svg.append(made("line", { x1: x(line, at), x2: x(line, at), y1: height - AXIS, y2: height - AXIS + 4, class: "rule" }));
    line.svg.append(made("text", { x: x(line, at), y: height - 6, class: "tick", "text-anchor": anchor }, word(line, at)));
  }
}

// A date where times name one, else hours, minutes and seconds into the recording.
function word(line, seconds) {
  if (!line.data.clock) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  }
  const stamp = new Date(1000 * seconds).toISOString();
  if (extent(line) > 3 * 86400) return stamp.slice(0, 10);
  const clock = stamp.slice(11, extent(line) > 1800 ? 16 : 19);
  return extent(line) > 86400 ? `${stamp.slice(5, 10)} ${clock}` : clock;
}

function made(tag, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}
