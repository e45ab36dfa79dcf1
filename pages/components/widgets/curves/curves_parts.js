// Small things that the curves are drawn with: numbers read and written, ticks, lines. No import: files are joined.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {ParentNode} parent @param {Tag} kind @param {string} [name] @param {string} [text]
 */
function append(parent, kind, name = "", text = "") {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text) element.textContent = text;
  parent.appendChild(element);
  return element;
}

/** @param {string} base64 */
function numbers(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** @param {Element} root */
function isDark(root) {
  const [red, green, blue] = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  return red + green + blue > 384; // light words stand on a dark ground
}

// Exponential moving average without the pull of its start (Kingma & Ba, 2015, section 3).
/** @param {Float32Array} values @param {number} weight */
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

/** @param {Float32Array} x @param {number} value */
function nearest(x, value) {
  let low = 0, high = x.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1; else high = middle;
  }
  return low > 0 && value - x[low - 1] < x[low] - value ? low - 1 : low;
}

/**
 * @param {Line[]} lines @param {number} from @param {number} to @param {boolean} log @param {boolean} share
 * @returns {Point}
 */
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

/** @param {number} low @param {number} high @param {number} count */
function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw * 0.7) ?? raw;
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) found.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
  return found;
}

/**
 * @param {number} low @param {number} high
 * @returns {number[]}
 */
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

/**
 * @param {CanvasRenderingContext2D} draw @param {Float32Array} xs @param {Float32Array} ys @param {Scale} x @param {Scale} y
 * @param {boolean} log
 */
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

/** @param {CanvasRenderingContext2D} draw @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function segment(draw, x1, y1, x2, y2) {
  draw.beginPath();
  draw.moveTo(x1, y1);
  draw.lineTo(x2, y2);
  draw.stroke();
}

/** @param {CanvasRenderingContext2D} draw @param {number} x @param {number} y @param {number} radius */
function dot(draw, x, y, radius) {
  if (!Number.isFinite(x + y)) return;
  draw.beginPath();
  draw.arc(x, y, radius, 0, 7);
  draw.fill();
}

/** @param {Float32Array} values */
function lastNumber(values) {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return NaN;
}

/** @param {number} value */
function grouped(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(5)).toLocaleString("en");
}

/** @param {number} value @param {Chart} chart */
function shown(value, chart) {
  if (!Number.isFinite(value)) return "–";
  if (chart.share) return `${(100 * value).toFixed(1)} %`;
  const size = Math.abs(value);
  const text = size >= 1e9 ? value.toExponential(2).replace("+", "") : size >= 1000 ? Math.round(value).toLocaleString("en") : size && size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return chart.unit ? `${text} ${chart.unit}` : text;
}

// With as many digits as tell ticks apart that lie `step` from each other.
/** @param {number} value @param {boolean} share @param {number} [step] */
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
