// Draws the charts of curves.py on canvases. Smoothing, log scale, zoom and what is hidden are the browser's own: they
// need no word from the page and stay as they are while the lines grow.

const LIGHT = ["#2f8b9b", "#c2571a", "#6b5bb5", "#5b8c2a", "#b8406b", "#94700f", "#3566b8", "#7a4b33", "#5f6f78", "#17845f"];
const DARK = ["#55b4c4", "#eb8f55", "#a79af0", "#96c763", "#ea7fa6", "#d3ad45", "#7ea7f0", "#c39075", "#a3b3bc", "#4fc79f"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const HEIGHT = 168, LEFT = 54, RIGHT = 10, TOP = 8, BOTTOM = 24;
const LISTED = 12; // lines in the tooltip
const views = new WeakMap(); // root element -> View

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".curves");
  if (!views.has(root)) views.set(root, new View(root));
  views.get(root).show(data);
}

class View {
  constructor(root) {
    this.root = root;
    this.hidden = new Set();
    this.smoothing = 0;
    this.log = false;
    this.zoom = null; // [from, to] of x
    this.pointer = null; // x that is pointed at
    this.panels = [];
    this.signature = "";
    this.makeToolbar();
    this.grid = append(root, "div", "panels");
    this.tip = append(root, "div", "tip");
    this.tip.hidden = true;
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(() => this.draw()));
  }

  makeToolbar() {
    const bar = append(this.root, "div", "bar");
    this.legend = append(bar, "div", "legend");
    const tools = append(bar, "div", "tools");
    this.reset = append(tools, "button", "reset", "Whole run");
    this.reset.type = "button";
    this.reset.hidden = true;
    this.reset.onclick = () => this.setZoom(null);
    const smoothing = append(tools, "label", "", "Smoothing");
    const range = append(smoothing, "input");
    Object.assign(range, { type: "range", min: 0, max: 0.98, step: 0.02, value: 0 });
    this.range = range;
    range.oninput = () => { this.smoothing = Number(range.value); this.draw(); };
    const log = append(tools, "label", "");
    const box = append(log, "input");
    box.type = "checkbox";
    append(log, "span", "", "Log scale");
    box.onchange = () => { this.log = box.checked; this.draw(); };
  }

  show(data) {
    this.xLabel = data.x_label;
    const charts = data.charts.map((chart) => ({
      ...chart,
      lines: chart.lines.map((line) => ({ ...line, x: numbers(line.x), y: numbers(line.y) })),
    }));
    const signature = JSON.stringify(charts.map((chart) => [chart.title, chart.lines.map((line) => [line.name, line.colour])]));
    // Charts of the same things, such as runs, have one legend; else each tells its own lines.
    this.shared = data.legend && charts.some((chart) => chart.lines.length > 1);
    if (!this.signature && data.legend) this.range.value = this.smoothing = 0.8; // many lines at once are else a thicket
    if (signature !== this.signature) {
      this.signature = signature;
      this.grid.replaceChildren();
      this.panels = charts.map((chart) => this.makePanel(chart));
      this.makeLegend(charts);
    }
    this.panels.forEach((panel, place) => { panel.chart = charts[place]; });
    this.draw();
  }

  makePanel(chart) {
    const figure = append(this.grid, "figure", "");
    const caption = append(figure, "figcaption", "");
    append(caption, "b", "", chart.title);
    const values = append(caption, "span", "values");
    const canvas = append(figure, "canvas", "");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    const panel = { chart, canvas, values };
    canvas.onpointermove = (event) => this.move(panel, event);
    canvas.onpointerleave = () => { if (!this.drag) this.point(null); };
    canvas.onpointerdown = (event) => {
      this.drag = { panel, from: this.place(panel, event) };
      canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointerup = (event) => {
      const from = this.drag?.from, to = this.place(panel, event);
      this.drag = null;
      if (from !== undefined && Math.abs(this.pixel(panel, to) - this.pixel(panel, from)) > 6) {
        this.setZoom([Math.min(from, to), Math.max(from, to)]);
      } else this.draw();
    };
    canvas.ondblclick = () => this.setZoom(null);
    canvas.onkeydown = (event) => this.key(panel, event);
    canvas.onblur = () => this.point(null);
    return panel;
  }

  makeLegend(charts) {
    this.legend.replaceChildren();
    if (!this.shared) return;
    const seen = new Map();
    for (const line of charts.flatMap((chart) => chart.lines)) if (!seen.has(line.name)) seen.set(line.name, line.colour);
    for (const [name, colour] of seen) {
      const button = append(this.legend, "button", "key");
      button.type = "button";
      const swatch = append(button, "i", "");
      swatch.dataset.colour = colour;
      append(button, "span", "", name);
      button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
      button.onclick = () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.draw();
      };
    }
  }

  // --- what the hand does ---

  move(panel, event) {
    this.point(this.place(panel, event), panel, event);
  }

  point(x, panel, event) {
    this.pointer = x;
    this.draw();
    this.tip.hidden = x === null || !panel;
    if (x === null || !panel) return;
    const rows = this.lines(panel)
      .map((line) => ({ line, at: nearest(line.x, x) }))
      .filter(({ at }) => at >= 0)
      .map(({ line, at }) => ({ line, x: line.x[at], y: line.smooth[at] }));
    if (!rows.length) { this.tip.hidden = true; return; }
    rows.sort((one, other) => (other.y || 0) - (one.y || 0));
    this.tip.replaceChildren();
    append(this.tip, "p", "", `${this.xLabel} ${grouped(rows[0].x)}`);
    for (const row of rows.slice(0, LISTED)) {
      const item = append(this.tip, "div", "");
      append(item, "i", "").style.background = this.colours()[row.line.colour % LIGHT.length];
      append(item, "span", "", row.line.name);
      append(item, "b", "", shown(row.y, panel.chart));
    }
    if (rows.length > LISTED) append(this.tip, "p", "", `and ${rows.length - LISTED} more`);
    const here = this.root.getBoundingClientRect(), box = panel.canvas.getBoundingClientRect();
    const at = event ? event.clientX : box.left + this.pixel(panel, x);
    const left = at - here.left + 14, wide = this.tip.offsetWidth;
    this.tip.style.left = `${left + wide > here.width ? Math.max(0, left - wide - 28) : left}px`;
    this.tip.style.top = `${box.top - here.top + 8}px`;
  }

  key(panel, event) {
    const longest = this.lines(panel).reduce((best, line) => (line.x.length > (best?.x.length ?? 0) ? line : best), null);
    if (event.key === "Escape") { this.setZoom(null); this.point(null); return; }
    if (!longest || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const last = longest.x.length - 1;
    const here = this.pointer === null ? last : nearest(longest.x, this.pointer);
    const jump = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const to = { ArrowLeft: here - jump, ArrowRight: here + jump, Home: 0, End: last }[event.key];
    this.point(longest.x[Math.min(last, Math.max(0, to))], panel);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.reset.hidden = !zoom;
    this.draw();
  }

  place(panel, event) {
    const box = panel.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
    const [from, to] = this.span();
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  }

  pixel(panel, x) {
    const [from, to] = this.span();
    return LEFT + ((x - from) / (to - from || 1)) * (panel.canvas.clientWidth - LEFT - RIGHT);
  }

  // --- what is drawn ---

  colours() {
    return isDark(this.root) ? DARK : LIGHT;
  }

  lines(panel) {
    return panel.chart.lines.filter((line) => !this.hidden.has(line.name) && line.x.length);
  }

  span() {
    if (this.zoom) return this.zoom;
    let from = Infinity, to = -Infinity;
    for (const panel of this.panels) {
      for (const line of this.lines(panel)) {
        from = Math.min(from, line.x[0]);
        to = Math.max(to, line.x[line.x.length - 1]);
      }
    }
    return from < Infinity ? [from, to > from ? to : from + 1] : [0, 1];
  }

  draw() {
    const colours = this.colours(), style = getComputedStyle(this.root);
    for (const swatch of this.legend.querySelectorAll("i")) swatch.style.background = colours[swatch.dataset.colour % LIGHT.length];
    for (const panel of this.panels) this.drawPanel(panel, colours, style);
  }

  drawPanel(panel, colours, style) {
    const { canvas, chart } = panel, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    const draw = canvas.getContext("2d");
    draw.scale(ratio, ratio);
    draw.font = `11px ${style.fontFamily}`;
    const text = style.color, lines = this.lines(panel);
    for (const line of lines) line.smooth = line.points ? line.y : smoothed(line.y, this.smoothing);
    this.tell(panel, lines, colours);
    const [from, to] = this.span();
    const log = this.log && !chart.share;
    const [low, high] = range(lines, from, to, log, chart.share);
    const x = (value) => LEFT + ((value - from) / (to - from)) * (width - LEFT - RIGHT);
    const scale = (value) => (log ? Math.log10(value) : value);
    const y = (value) => TOP + (1 - (scale(value) - scale(low)) / (scale(high) - scale(low))) * (HEIGHT - TOP - BOTTOM);

    draw.fillStyle = draw.strokeStyle = text;
    draw.lineWidth = 1;
    draw.textBaseline = "middle";
    draw.textAlign = "right";
    const up = log ? logTicks(low, high) : ticks(low, high, 4);
    for (const tick of up) {
      draw.globalAlpha = 0.1;
      segment(draw, LEFT, Math.round(y(tick)) + 0.5, width - RIGHT, Math.round(y(tick)) + 0.5);
      draw.globalAlpha = 0.66;
      draw.fillText(short(tick, chart.share, log ? 0 : up[1] - up[0]), LEFT - 8, y(tick));
    }
    draw.textBaseline = "alphabetic";
    const across = ticks(from, to, Math.max(3, Math.floor(width / 90)));
    across.forEach((tick) => {
      draw.textAlign = x(tick) > width - 30 ? "right" : x(tick) < LEFT + 8 ? "left" : "center";
      draw.fillText(short(tick, false, across[1] - across[0]), x(tick), HEIGHT - 7);
    });

    draw.save();
    draw.beginPath();
    draw.rect(LEFT - 3, 0, width - LEFT - RIGHT + 6, HEIGHT - BOTTOM + 3);
    draw.clip();
    draw.lineJoin = "round";
    for (const line of lines) {
      draw.strokeStyle = draw.fillStyle = colours[line.colour % LIGHT.length];
      draw.setLineDash(DASHES[Math.floor(line.colour / LIGHT.length) % DASHES.length]);
      if (this.smoothing && !line.points) {
        draw.globalAlpha = lines.length > 4 ? 0.08 : 0.22;
        draw.lineWidth = 1;
        stroke(draw, line.x, line.y, x, y, log);
      }
      draw.globalAlpha = 1;
      draw.lineWidth = 1.6;
      stroke(draw, line.x, line.smooth, x, y, log);
      draw.setLineDash([]);
      if (line.points || line.x.length === 1) for (let i = 0; i < line.x.length; i++) dot(draw, x(line.x[i]), y(line.y[i]), 2.6);
    }
    if (this.pointer !== null && this.pointer >= from && this.pointer <= to) {
      draw.strokeStyle = text;
      draw.globalAlpha = 0.35;
      draw.lineWidth = 1;
      segment(draw, x(this.pointer), TOP, x(this.pointer), HEIGHT - BOTTOM);
      draw.globalAlpha = 1;
      for (const line of lines) {
        const at = nearest(line.x, this.pointer);
        draw.fillStyle = colours[line.colour % LIGHT.length];
        if (at >= 0) dot(draw, x(line.x[at]), y(line.smooth[at]), 3.2);
      }
      if (this.drag && this.drag.panel === panel) {
        draw.globalAlpha = 0.12;
        draw.fillStyle = text;
        const begin = x(this.drag.from);
        draw.fillRect(begin, TOP, x(this.pointer) - begin, HEIGHT - TOP - BOTTOM);
      }
    }
    draw.restore();
    if (!lines.length) {
      draw.globalAlpha = 0.6;
      draw.textAlign = "center";
      draw.fillStyle = text;
      draw.fillText("nothing to draw", width / 2, HEIGHT / 2);
    }
  }

  // The last value of each line beside the title, and all of it in words for who cannot see the picture.
  tell(panel, lines, colours) {
    const { chart, values, canvas } = panel;
    values.replaceChildren();
    if (!this.shared || lines.length === 1) {
      for (const line of lines) {
        const last = lastNumber(line.smooth);
        if (lines.length > 1) {
          append(values, "i", "").style.background = colours[line.colour % LIGHT.length];
          append(values, "span", "", line.name);
        }
        append(values, "b", "", shown(last, chart));
      }
    }
    const words = lines.map((line) => `${line.name} ${shown(line.y[0], chart)} to ${shown(lastNumber(line.y), chart)}`);
    canvas.setAttribute("aria-label", `${chart.title}: ${words.join("; ") || "nothing to draw"}. Arrow keys read values.`);
  }
}

// --- small things ---

function append(parent, kind, name = "", text = "") {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function numbers(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function isDark(root) {
  const [red, green, blue] = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  return red + green + blue > 384; // light words stand on a dark ground
}

// Exponential moving average without the pull of its start (Kingma & Ba, 2015, section 3).
function smoothed(values, weight) {
  if (!weight) return values;
  const result = new Float32Array(values.length);
  let mean = 0, share = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      mean = weight * mean + (1 - weight) * values[i];
      share = weight * share + (1 - weight);
    }
    result[i] = Number.isFinite(values[i]) ? mean / share : NaN;
  }
  return result;
}

function nearest(x, value) {
  let low = 0, high = x.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1; else high = middle;
  }
  return low > 0 && value - x[low - 1] < x[low] - value ? low - 1 : low;
}

function range(lines, from, to, log, share) {
  let low = Infinity, high = -Infinity;
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i++) {
      const value = line.smooth[i];
      if (line.x[i] < from || line.x[i] > to || !Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return [low / 1.15, high * 1.15];
  // What changes by less than a thousandth is drawn flat: its ticks would be numbers too long to read.
  const flat = high - low < 1e-3 * Math.max(Math.abs(low), Math.abs(high));
  const room = (flat ? Math.abs(high) : high - low || 1) * 0.06;
  const least = low >= 0 ? 0 : -Infinity; // what is never below nothing is not drawn as if it were
  return [Math.max(least, low - room), share ? Math.min(1.001, high + room) : high + room];
}

function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw * 0.7);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) found.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
  return found;
}

function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const times of Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5]) {
      const tick = times * 10 ** power;
      if (tick >= low && tick <= high) found.push(tick);
    }
  }
  return found.length > 1 ? found : ticks(low, high, 3); // within one power of ten
}

function stroke(draw, xs, ys, x, y, log) {
  draw.beginPath();
  let open = false;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i]) || (log && ys[i] <= 0)) { open = false; continue; }
    if (open) draw.lineTo(x(xs[i]), y(ys[i])); else draw.moveTo(x(xs[i]), y(ys[i]));
    open = true;
  }
  draw.stroke();
}

function segment(draw, x1, y1, x2, y2) {
  draw.beginPath();
  draw.moveTo(x1, y1);
  draw.lineTo(x2, y2);
  draw.stroke();
}

function dot(draw, x, y, radius) {
  if (!Number.isFinite(x + y)) return;
  draw.beginPath();
  draw.arc(x, y, radius, 0, 7);
  draw.fill();
}

function lastNumber(values) {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return NaN;
}

function grouped(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(5)).toLocaleString("en");
}

function shown(value, chart) {
  if (!Number.isFinite(value)) return "–";
  if (chart.share) return `${(100 * value).toFixed(1)} %`;
  const size = Math.abs(value);
  const text = size >= 1e9 ? value.toExponential(2).replace("+", "") : size >= 1000 ? Math.round(value).toLocaleString("en") : size && size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return chart.unit ? `${text} ${chart.unit}` : text;
}

// With as many digits as tell ticks apart that lie `step` from each other.
function short(value, share, step = 0) {
  const size = Math.abs(value);
  const apart = size && step > 0 ? Math.floor(Math.log10(size) + 1e-9) - Math.floor(Math.log10(step) + 1e-9) + 1 : 0;
  const digits = Math.min(9, Math.max(3, apart));
  if (share) return `${Number((100 * value).toPrecision(digits))} %`;
  if (size >= 1e9) return Number(value.toPrecision(digits)).toExponential().replace("+", ""); // a loss that ran away
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(digits))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(digits))}k`;
  const round = Number(value.toPrecision(digits));
  return size && size < 1e-3 ? round.toExponential() : round.toLocaleString("en", { maximumSignificantDigits: digits });
}
