// Draws the charts of curves.py on canvases. Smoothing, log scale, zoom and what is hidden are the browser's own: they
// need no word from the page and stay as they are while the lines grow.

/**
 * @typedef {{ name: string, colour: number, points: boolean }} About
 * @typedef {About & { x: Float32Array, y: Float32Array, smooth: Float32Array }} Line
 * @typedef {{ title: string, unit: string, share: boolean }} Frame
 * @typedef {Frame & { lines: Line[] }} Chart
 * @typedef {{ charts: (Frame & { lines: (About & { x: string, y: string })[] })[], x_label: string, legend: boolean }} Data
 * @typedef {{ chart: Chart, canvas: HTMLCanvasElement, values: HTMLElement }} Panel
 * @typedef {(value: number) => number} Scale
 */

const LIGHT = ["#2f8b9b", "#c2571a", "#6b5bb5", "#5b8c2a", "#b8406b", "#94700f", "#3566b8", "#7a4b33", "#5f6f78", "#17845f"];
const DARK = ["#55b4c4", "#eb8f55", "#a79af0", "#96c763", "#ea7fa6", "#d3ad45", "#7ea7f0", "#c39075", "#a3b3bc", "#4fc79f"];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const HEIGHT = 168, LEFT = 54, RIGHT = 10, TOP = 8, BOTTOM = 24;
const LISTED = 12; // lines in the tooltip
/** @type {WeakMap<Element, View>} */
const views = new WeakMap(); // root element -> View

/** @param {Component<Data>} component */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".curves"), view = views.get(root) ?? new View(root);
  views.set(root, view);
  view.show(data);
}

class View {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Set<string>} */
    this.hidden = new Set();
    this.smoothing = 0;
    this.log = false;
    /** @type {Point | null} */
    this.zoom = null; // [from, to] of x
    /** @type {number | null} */
    this.pointer = null; // x that is pointed at
    /** @type {{ panel: Panel, from: number } | null} */
    this.drag = null;
    /** @type {Panel[]} */
    this.panels = [];
    this.signature = "";
    this.xLabel = "";
    this.shared = false;
    const bar = append(root, "div", "bar");
    this.legend = append(bar, "div", "legend");
    const tools = append(bar, "div", "tools");
    this.reset = append(tools, "button", "reset", "Whole run");
    this.range = this.makeTools(tools);
    this.grid = append(root, "div", "panels");
    this.tip = append(root, "div", "tip");
    this.tip.hidden = true;
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(() => this.draw()));
  }

  /** @param {HTMLElement} tools */
  makeTools(tools) {
    this.reset.type = "button";
    this.reset.hidden = true;
    this.reset.onclick = () => this.setZoom(null);
    const smoothing = append(tools, "label", "", "Smoothing");
    const range = append(smoothing, "input");
    Object.assign(range, { type: "range", min: "0", max: "0.98", step: "0.02", value: "0" });
    range.oninput = () => { this.smoothing = Number(range.value); this.draw(); };
    const log = append(tools, "label", "");
    const box = append(log, "input");
    box.type = "checkbox";
    append(log, "span", "", "Log scale");
    box.onchange = () => { this.log = box.checked; this.draw(); };
    return range;
  }

  /** @param {Data} data */
  show(data) {
    this.xLabel = data.x_label;
    const charts = data.charts.map((chart) => ({
      ...chart,
      lines: chart.lines.map((line) => ({ ...line, x: numbers(line.x), y: numbers(line.y), smooth: new Float32Array() })),
    }));
    const signature = JSON.stringify(charts.map((chart) => [chart.title, chart.lines.map((line) => [line.name, line.colour])]));
    // Charts of the same things, such as runs, have one legend; else each tells its own lines.
    this.shared = data.legend && charts.some((chart) => chart.lines.length > 1);
    if (!this.signature && data.legend) { // many lines at once are else a thicket
      this.smoothing = 0.8;
      this.range.value = String(this.smoothing);
    }
    if (signature !== this.signature) {
      this.signature = signature;
      this.grid.replaceChildren();
      this.panels = charts.map((chart) => this.makePanel(chart));
      this.makeLegend(charts);
    }
    this.panels.forEach((panel, place) => { panel.chart = charts[place]; });
    this.draw();
  }

  /**
   * @param {Chart} chart
   * @returns {Panel}
   */
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

  /** @param {Chart[]} charts */
  makeLegend(charts) {
    this.legend.replaceChildren();
    if (!this.shared) return;
    const seen = new Map();
    for (const line of charts.flatMap((chart) => chart.lines)) if (!seen.has(line.name)) seen.set(line.name, line.colour);
    for (const [name, colour] of seen) {
      const button = append(this.legend, "button", "key");
      button.type = "button";
      const swatch = append(button, "i", "");
      swatch.dataset.colour = String(colour);
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

  /** @param {Panel} panel @param {PointerEvent} event */
  move(panel, event) {
    this.point(this.place(panel, event), panel, event);
  }

  /** @param {number | null} x @param {Panel} [panel] @param {PointerEvent} [event] */
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

  /** @param {Panel} panel @param {KeyboardEvent} event */
  key(panel, event) {
    const longest = this.lines(panel).reduce((best, line) => (line.x.length > (best?.x.length ?? 0) ? line : best), /** @type {Line | null} */ (null));
    if (event.key === "Escape") { this.setZoom(null); this.point(null); return; }
    if (!longest || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const last = longest.x.length - 1;
    const here = this.pointer === null ? last : nearest(longest.x, this.pointer);
    const jump = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const to = /** @type {Record<string, number>} */ ({ ArrowLeft: here - jump, ArrowRight: here + jump, Home: 0, End: last })[event.key];
    this.point(longest.x[Math.min(last, Math.max(0, to))], panel);
  }

  /** @param {Point | null} zoom */
  setZoom(zoom) {
    this.zoom = zoom;
    this.reset.hidden = !zoom;
    this.draw();
  }

  /** @param {Panel} panel @param {PointerEvent} event */
  place(panel, event) {
    const box = panel.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
    const [from, to] = this.span();
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  }

  /** @param {Panel} panel @param {number} x */
  pixel(panel, x) {
    const [from, to] = this.span();
    return LEFT + ((x - from) / (to - from || 1)) * (panel.canvas.clientWidth - LEFT - RIGHT);
  }

  // --- what is drawn ---

  colours() {
    return isDark(this.root) ? DARK : LIGHT;
  }

  /** @param {Panel} panel */
  lines(panel) {
    return panel.chart.lines.filter((line) => !this.hidden.has(line.name) && line.x.length);
  }

  /** @returns {Point} */
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
    for (const swatch of this.legend.querySelectorAll("i")) swatch.style.background = colours[Number(swatch.dataset.colour) % LIGHT.length];
    for (const panel of this.panels) this.drawPanel(panel, colours, style);
  }

  /** @param {Panel} panel @param {string[]} colours @param {CSSStyleDeclaration} style */
  drawPanel(panel, colours, style) {
    const { canvas, chart } = panel, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    const draw = canvas.getContext("2d");
    if (!draw) return;
    draw.scale(ratio, ratio);
    draw.font = `11px ${style.fontFamily}`;
    const text = style.color, lines = this.lines(panel);
    for (const line of lines) line.smooth = line.points ? line.y : smoothed(line.y, this.smoothing);
    this.tell(panel, lines, colours);
    const [from, to] = this.span();
    const log = this.log && !chart.share;
    const [low, high] = range(lines, from, to, log, chart.share);
    /** @type {Scale} */
    const x = (value) => LEFT + ((value - from) / (to - from)) * (width - LEFT - RIGHT);
    /** @type {Scale} */
    const scale = (value) => (log ? Math.log10(value) : value);
    /** @type {Scale} */
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
  /** @param {Panel} panel @param {Line[]} lines @param {string[]} colours */
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
