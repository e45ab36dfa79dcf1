// The map of point_map.py: WebGL2 draws up to some ten thousand points in view, a density picture any number of them.
// Panning, zooming, hovering, isolating and lassoing are the browser's own; the page hears of a region when it is drawn.

const DENSE = 50_000; // points in view from which their density is drawn
const MOST_CORNERS = 200, KEPT_CROPS = 3000;
const KEYS = "Arrow keys move it, plus and minus zoom, 0 shows all of it. N goes to the next crop near the middle, Enter "
  + "pins it. A selects what is in view, L and B draw a region, M moves again, Escape lets go.";
const views = new WeakMap(); // root element -> View

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".point-map");
  if (!views.has(root)) views.set(root, new View(root));
  const view = views.get(root);
  view.tell = setTriggerValue;
  if (!view.works) { setStateValue("webgl", false); return; }
  view.show(data);
}

class View extends Hand {
  constructor(root) {
    super();
    this.root = root;
    this.stage = append(root, "div", "stage");
    this.canvas = append(this.stage, "canvas", "points");
    this.painter = new Painter(this.canvas);
    this.works = this.painter.gl !== null;
    if (!this.works) { this.stage.remove(); return; }
    this.dense = append(this.stage, "canvas", "dense");
    this.over = append(this.stage, "canvas", "over");
    this.over.tabIndex = 0;
    this.over.setAttribute("role", "application");
    this.over.setAttribute("aria-label", `Map of crops. ${KEYS}`);
    this.tools = drawTools(this.stage, (name) => this.take(name), [
      ["+", "Zoom in (+)", () => this.zoomBy(1.5)],
      ["−", "Zoom out (-)", () => this.zoomBy(1 / 1.5)],
      ["Fit", "Show all of it (0)", () => { this.fit(); this.draw(); }],
      ["Select view", "Select what is in view (A)", () => this.encloseView()],
      ["PNG", "Save what is seen as a picture", () => this.save()],
    ]);
    this.tip = append(this.stage, "div", "tip");
    this.tip.hidden = true;
    this.said = append(this.stage, "p", "said");
    this.said.setAttribute("role", "status");
    this.said.hidden = true;
    this.legend = append(root, "div", "legend");
    this.crops = new Map(); // row -> what is known of it
    this.pointers = new Map();
    this.isolated = new Set();
    Object.assign(this, { count: 0, edit: 0, region: null, pinned: null, hover: null, marks: [], lines: null, turn: [0, 0] });
    this.take("move");
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.recolour(), 100));
    this.canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); this.lost = true; });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.painter = new Painter(this.canvas);
      this.fill();
    });
  }

  take(name) {
    this.tool = name;
    for (const [other, button] of Object.entries(this.tools)) button.setAttribute("aria-pressed", String(other === name));
    this.over.style.cursor = name === "move" ? "grab" : "crosshair";
  }

  // --- what the page says ---

  // Buffers come by their own addresses; an answer that the page does not ask for any more is dropped, and so is what it
  // says of a drawing that is out of date.
  async show(data) {
    const before = this.data;
    this.data = data;
    if (data.edit >= this.edit) {
      this.edit = data.edit;
      if (!data.region && this.region) { this.region = null; this.say(""); this.dim(); }
      if (data.region && !this.region) { this.region = bounded({ ...data.region, turn: "" }); this.dim(); } // drawn before
    }
    const { base, version, colour } = data;
    const points = `${base}/points.bin?v=${version}`, codes = `${base}/${colour.by}.bin?v=${version}.${colour.version}`;
    const wanted = this.wanted = points + codes;
    if (this.shown !== wanted) {
      if (!this.count) this.say("Loading the map…");
      let places, coded;
      try { [places, coded] = await Promise.all([load(points), load(codes)]); } catch {
        if (this.wanted === wanted) this.say("The map could not be loaded. Reload the page.");
        return;
      }
      if (this.wanted !== wanted) return;
      this.shown = wanted;
      this.takeUp(data, before, new Float32Array(places), new Uint16Array(coded));
    } else if (JSON.stringify(before?.colour.names) !== JSON.stringify(colour.names)) this.makeLegend();
    this.lines = data.lines;
    const marks = JSON.stringify([data.marks, data.lines]);
    if (marks !== this.markText) {
      this.markText = marks;
      this.marks = data.marks;
      const rows = data.lines ? [...data.lines.to.map((hit) => hit.row), ...(data.lines.row === null ? [] : [data.lines.row])] : data.marks;
      if (rows.length && data.follow) this.fit(rows.filter((row) => row < this.count));
    }
    this.draw();
  }

  takeUp(data, before, places, codes) {
    const another = this.base !== data.base || this.count !== data.count;
    const moved = another || this.version !== data.version;
    this.places = places;
    this.codes = codes;
    this.middles = null;
    this.version = data.version;
    if (moved || before?.colour.version !== data.colour.version) this.crops.clear(); // their labels may be others
    if (this.colourBy !== data.colour.by) this.isolated.clear();
    this.colourBy = data.colour.by;
    if (another) this.open(data);
    if (this.region) this.say("");
    else this.say(this.dimensions === 3 ? "Drag to turn it, with Shift to move it" : "");
    this.fill(moved);
    this.makeLegend();
    if (this.pinned !== null) this.tellOf(this.pinned);
  }

  open(data) {
    const before = this.base;
    this.base = data.base;
    this.count = data.count;
    this.dimensions = data.dimensions;
    if (before) this.region = data.region ? bounded({ ...data.region, turn: "" }) : null; // not that of another map
    this.pinned = this.hover = null;
    this.tip.hidden = true;
    this.turn = [0.5, -0.35]; // of a map of three dimensions, radians
    this.tools.move.title = this.dimensions === 3 ? "Drag to turn, with Shift to move (M)" : "Drag to move (M)";
    this.measure();
    this.fit();
  }

  fill(places = true) {
    if (!this.count) return;
    if (places) this.painter.fill("place", this.places, this.dimensions);
    this.painter.fill("code", this.codes);
    this.recolour(false);
    this.dim();
  }

  recolour(draw = true) {
    if (!this.data || !this.count) return;
    this.dark = brightness(getComputedStyle(this.root).color) > 0.5;
    this.palette = paletteOf(this.data.colour, this.dark);
    this.painter.colours(this.palette);
    if (draw) { this.makeLegend(); this.draw(); }
  }

  makeLegend() {
    const change = (act) => () => { act(); this.makeLegend(); this.dim(); };
    drawLegend(this.legend, this.data.colour, this.palette, this.isolated,
      (code) => change(() => { if (!this.isolated.delete(code)) this.isolated.add(code); })(), change(() => this.isolated.clear()));
  }

  // Which points are greyed: those of other groups than the isolated ones, and those outside of the region.
  dim() {
    const { count, codes, region, isolated } = this;
    this.dimmed = new Uint8Array(count);
    this.selected = 0;
    if (!count) return;
    if (isolated.size || region) {
      const at = region && this.projected(region.across, region.down);
      const groups = region?.isolated.length ? new Set(region.isolated) : null; // those that were isolated when it was drawn
      for (let row = 0; row < count; row++) {
        const inside = !region || (within(at[2 * row], at[2 * row + 1], region) && (!groups || region.by !== this.colourBy || groups.has(codes[row])));
        this.dimmed[row] = inside && (!isolated.size || isolated.has(codes[row])) ? 0 : 1;
        this.selected += 1 - this.dimmed[row];
      }
    }
    this.painter.fill("dim", this.dimmed);
    this.draw();
  }

  say(words) {
    this.said.textContent = words;
    this.said.hidden = !words;
  }

  // --- drawing ---

  draw() {
    if (this.waiting || !this.count || this.lost) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.paint(); });
  }

  paint() {
    const { width, height } = this.size(), ratio = Math.min(devicePixelRatio || 1, 2);
    for (const canvas of [this.canvas, this.over]) fitCanvas(canvas, width, height, ratio);
    const inView = this.count > DENSE ? this.countInView(width, height) : this.count;
    const dense = inView > DENSE;
    this.dense.hidden = !dense;
    const crowd = Math.min(1, 0.45 + 30 / Math.sqrt(inView)), closer = Math.min(2.2, (this.scale / this.whole) ** 0.3);
    const size = Math.min(16, Math.max(2.4, 7.5 * crowd * closer));
    this.painter.draw(dense ? 0 : this.count, this.camera, width, height, ratio, size);
    if (dense) paintDensity(this.dense, this, width, height);
    paintOver(this, width, height, ratio, size);
    if (!this.tip.hidden && this.pinned !== null) this.placeTip(this.pinned);
    this.root.dataset.drawn = dense ? "density" : "points";
  }

  countInView(width, height) {
    const at = this.seen(), { x, y } = this, across = width / 2 / this.scale, down = height / 2 / this.scale;
    let found = 0;
    for (let place = 0; place < 2 * this.count; place += 2) {
      if (Math.abs(at[place] - x) < across && Math.abs(at[place + 1] - y) < down) found++;
    }
    return found;
  }

  // --- a crop: pointed at, pinned ---

  point(row) {
    if (this.hover === row) return;
    this.hover = row;
    this.draw();
    if (row !== null) this.tellOf(row);
    else if (this.pinned !== null) this.tellOf(this.pinned);
    else this.tip.hidden = true;
  }

  pin(row) {
    this.pinned = row;
    if (row === null) this.tip.hidden = true;
    else this.tellOf(row);
    this.draw();
  }

  async tellOf(row) {
    let crop = this.crops.get(row);
    if (!crop) {
      const { base, version, colour } = this.data;
      try {
        const answer = await fetch(`${base}/crops/${row}.json?v=${version}.${colour.version}`);
        if (!answer.ok) return;
        crop = await answer.json();
      } catch { return; }
      this.crops.set(row, crop);
      if (this.crops.size > KEPT_CROPS) this.crops.delete(this.crops.keys().next().value);
    }
    if ((this.hover ?? this.pinned) !== row) return;
    const acts = [["Open", () => this.tell("opened", crop.id)], ["Search from it", () => this.tell("asked", crop.id)]];
    drawTip(this.tip, crop, (other) => { this.hover = null; this.pin(other); }, this.pinned === row ? acts : []);
    this.tip.hidden = false;
    this.placeTip(row);
    this.draw();
  }

  placeTip(row) {
    const [x, y] = this.toScreen(row), { width, height } = this.size(), { offsetWidth: wide, offsetHeight: high } = this.tip;
    const beside = x + 18 + wide > width ? x - 18 - wide : x + 18;
    this.tip.style.left = `${Math.max(6, Math.min(beside, width - wide - 6))}px`;
    this.tip.style.top = `${Math.max(6, Math.min(y - high / 3, height - high - 6))}px`;
  }

  // --- regions ---

  encloseView() {
    const { width, height } = this.size();
    this.enclose([[0, 0], [width, 0], [width, height], [0, height]]);
  }

  enclose(drawing) {
    if (!this.count) return;
    const step = Math.ceil(drawing.length / MOST_CORNERS), [across, down] = this.axes(), isolated = [...this.isolated];
    const corners = drawing.filter((_, place) => place % step === 0).map(([x, y]) => this.toMap(x, y));
    this.region = bounded({ corners, across, down, turn: `${this.turn}`, isolated, by: this.colourBy });
    this.edit += 1;
    // The page first: it looks for the crops while the points are greyed here.
    this.tell("drawn", { edit: this.edit, corners, view: this.dimensions === 3 ? [across, down] : null, by: this.colourBy, isolated });
    this.dim();
    this.say(`${this.selected.toLocaleString("en")} ${this.selected === 1 ? "crop" : "crops"} selected`);
  }

  letGo() {
    if (!this.region && !this.isolated.size && !this.marks.length) return;
    this.isolated.clear();
    this.makeLegend();
    if (this.region || this.marks.length) {
      this.region = null;
      this.edit += 1;
      this.tell("drawn", { edit: this.edit, corners: null });
    }
    this.say("");
    this.dim();
  }

  save() {
    const ground = getComputedStyle(this.root).getPropertyValue("--st-background-color") || "#fff";
    if (this.count) savePicture([this.canvas, this.dense, this.over], ground, this.data.file);
  }
}
