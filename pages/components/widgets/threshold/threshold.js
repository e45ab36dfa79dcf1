// The line over the histograms of threshold.py: dragged, moved by arrow keys, or put on a round false match rate.

const views = new WeakMap(); // root element -> where each model's line stands

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".thresholds");
  const lines = views.get(root) ?? {};
  views.set(root, lines);
  for (const panel of data.panels) lines[panel.id] ??= panel.line;
  root.replaceChildren(...data.panels.map((panel) => draw(panel, data, lines, () => setStateValue("lines", { ...lines }))));
}

function draw(panel, data, lines, tell) {
  const box = element("div", "panel");
  const head = element("div", "head");
  head.append(element("b", "", panel.name), legend());
  const plot = element("div", "plot");
  plot.innerHTML = panel.svg; // the library's own drawing
  const line = element("div", "line");
  const said = element("span");
  line.append(said);
  plot.append(line);
  const [low, high] = panel.range;
  Object.assign(plot, { tabIndex: 0, role: "slider", ariaLabel: `Threshold for ${panel.name}`, ariaValueMin: low, ariaValueMax: high });
  const values = element("dl");
  const cells = ["Different people match", "One person is missed", "False hits in 1,000 searches", "Searches with a false hit"].map((name) => {
    const cell = element("div");
    const value = element("dd");
    cell.append(element("dt", "", name), value);
    values.append(cell);
    return value;
  });

  function move(to) {
    const at = Math.min(high, Math.max(low, to));
    lines[panel.id] = at;
    const place = (at - low) / (high - low);
    line.style.left = `${100 * (data.ends[0] + place * (data.ends[1] - data.ends[0]))}%`;
    line.classList.toggle("right", place > 0.8);
    said.textContent = at.toFixed(3);
    plot.ariaValueNow = at.toFixed(3);
    // A similarity of 1 lies in the last bin, and so does a threshold of 1.
    const edge = Math.min(panel.different.length - 1, Math.max(0, Math.round((at + 1) / data.bin)));
    const [match, found, near] = [panel.different, panel.same, panel.closest_other].map((counts) => [counts[edge] ?? 0, counts[0]]);
    const searches = near[1] || 1;
    put(cells[0], share(match[0] / match[1]), match[0] < data.least ? few(match[0]) : oneIn(match[0] / match[1]));
    put(cells[1], share(1 - found[0] / found[1]), found[1] - found[0] < data.least ? few(found[1] - found[0]) : "");
    put(cells[2], number((1000 * match[0]) / searches));
    put(cells[3], share(near[0] / searches));
    plot.ariaValueText = `${at.toFixed(3)}: ${cells[0].textContent} match, ${cells[1].textContent} missed`;
  }

  const fromPointer = (event) => {
    const bounds = plot.getBoundingClientRect();
    const place = ((event.clientX - bounds.left) / bounds.width - data.ends[0]) / (data.ends[1] - data.ends[0]);
    move(low + place * (high - low));
  };
  plot.onpointerdown = (event) => { plot.setPointerCapture(event.pointerId); fromPointer(event); };
  plot.onpointermove = (event) => { if (plot.hasPointerCapture(event.pointerId)) fromPointer(event); };
  plot.onpointerup = () => tell();
  plot.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -20, PageUp: 20 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(lines[panel.id] + step * data.bin);
    tell();
  };
  const marks = element("div", "marks");
  if (panel.marks.length) marks.append(element("span", "", "Let different people match in"));
  for (const mark of panel.marks) {
    const button = element("button", "", mark.words);
    button.onclick = () => { move(mark.at); tell(); };
    marks.append(button);
  }
  box.append(head, plot, marks, values);
  move(lines[panel.id]);
  return box;
}

function legend() {
  const keys = element("span");
  for (const [words, colour] of [["one person", "#2f8b9b"], ["different people", "#8b969b"]]) {
    const key = element("span", "key");
    const dot = element("i");
    dot.style.background = colour;
    key.append(dot, words);
    keys.append(key);
  }
  return keys;
}

function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function put(cell, value, beside = "") {
  cell.replaceChildren(value);
  if (beside) cell.append(" ", element("small", "", beside));
}

const digits = (value) => (value === 0 ? "0" : value < 0.0995 ? Number(value.toPrecision(2)).toString() : value.toFixed(1));
const share = (value) => `${digits(100 * value)} %`;
const number = (value) => (value >= 9.95 ? Math.round(value).toLocaleString("en") : digits(value));
const few = (pairs) => `${pairs === 1 ? "1 pair" : `${pairs} pairs`}: too few to tell`;
const oneIn = (value) => (value > 0 && value < 0.5 ? `1 in ${Number((1 / value).toPrecision(2)).toLocaleString("en")}` : "");
