// How the timeline is drawn, on a canvas: minutes above, tracklets in rows, times below. Put after recording_timeline.js.

const LEFT = 34, RIGHT = 8, BARS = 58, BETWEEN = 10, AXIS = 24; // pixels
const MOST_HIGH = 264, ROW = 12, LEAST_HIGH = 24; // pixels of the rows
const CROSSED = 14; // pixels: where stretches that are not shown begin, below the words
const HINT = "Zoom in to see single tracklets.";
const HOUR = 3600, DAY = 86400; // seconds
const ROUND = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
]; // seconds between the marks of the axis

/** @param {Line} line */
const inner = (line) => Math.max(1, line.width - LEFT - RIGHT);

// Where the rows are, and whether there are too many tracklets in sight to show each.
/** @param {Line} line */
function layout(line) {
  const { starts, ends, rows, ignored } = line.data;
  let own = 0, others = 0, sight = 0, long = 0;
  for (let place = 0; place < rows.length; place++) {
    if (ignored[place]) others = Math.max(others, rows[place] + 1); else own = Math.max(own, rows[place] + 1);
    if (ends[place] >= line.from && starts[place] <= line.to) { sight += 1; long += ends[place] - starts[place]; }
  }
  if (!line.ignored) others = 0;
  const row = Math.min(ROW, MOST_HIGH / Math.max(1, own + others));
  const high = Math.max(LEAST_HIGH, row * (own + others));
  const wide = ((long / Math.max(1, sight)) * inner(line)) / (line.to - line.from); // pixels of a tracklet
  return { rows: own, ignoredRows: others, row, high, top: BARS + BETWEEN, dense: sight > 400 && wide < 1.5 };
}

/** @param {Line} line */
function paint(line) {
  line.width = Math.max(260, line.root.clientWidth);
  const places = layout(line), { canvas } = line;
  line.height = places.top + places.high + AXIS;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(line.width * scale) || canvas.height !== Math.round(line.height * scale)) {
    canvas.width = Math.round(line.width * scale);
    canvas.height = Math.round(line.height * scale);
    canvas.style.height = `${line.height}px`;
  }
  const ink = canvas.getContext("2d");
  if (!ink) return;
  const style = getComputedStyle(line.root);
  const text = style.color, accent = style.getPropertyValue("--st-primary-color") || "#2f8b9b";
  ink.setTransform(scale, 0, 0, scale, 0, 0);
  ink.clearRect(0, 0, line.width, line.height);
  ink.font = `11px ${style.fontFamily}`;
  axis(line, ink, text, places);
  ink.save();
  ink.beginPath();
  ink.rect(LEFT, 0, inner(line), line.height - AXIS + 1);
  ink.clip();
  grounds(line, ink, text);
  minutes(line, ink, accent, text);
  if (places.dense) density(line, ink, accent, places); else tracklets(line, ink, accent, text, places);
  ink.restore();
  if (places.dense && !line.words.textContent) line.words.textContent = HINT;
  else if (!places.dense && line.words.textContent === HINT) line.words.textContent = "";
}

/** @param {Line} line @param {number} at second */
const x = (line, at) => LEFT + ((at - line.from) / (line.to - line.from)) * inner(line);

// Gaps, what is not shown, damage, and what is not analysed yet.
/** @param {Line} line @param {CanvasRenderingContext2D} ink @param {string} text */
function grounds(line, ink, text) {
  const { gaps, damaged, hidden, analysed, length } = line.data, low = line.height - AXIS;
  ink.fillStyle = ink.strokeStyle = text;
  for (const [from, to] of gaps) {
    const left = x(line, from), wide = Math.max(1, x(line, to) - left);
    ink.globalAlpha = 0.1;
    ink.fillRect(left, 0, wide, low);
    ink.globalAlpha = 0.5;
    ink.setLineDash([3, 3]);
    ink.strokeRect(left, -2, wide, low + 4);
    ink.setLineDash([]);
  }
  if (analysed < length) hatched(line, ink, [analysed, length], 0.22, 7, 0);
  for (const span of hidden) { // crossed, with an edge, and below the words: unlike what is not analysed yet
    const left = x(line, span[0]);
    hatched(line, ink, span, 0.4, 6, CROSSED);
    ink.globalAlpha = 0.6;
    ink.strokeRect(left, CROSSED, Math.max(2, x(line, span[1]) - left), low + 2 - CROSSED);
  }
  ink.globalAlpha = 1;
  ink.fillStyle = "#c0453a";
  for (const at of damaged) {
    const middle = x(line, at);
    ink.beginPath();
    ink.moveTo(middle - 5, 0);
    ink.lineTo(middle + 5, 0);
    ink.lineTo(middle, 8);
    ink.fill();
    ink.fillRect(middle - 0.5, 0, 1, low);
  }
}

/**
 * @param {Line} line @param {CanvasRenderingContext2D} ink @param {[number, number]} span seconds
 * @param {number} alpha @param {number} step pixels between two lines @param {number} top pixel from which on; where it is not 0, they are crossed
 */
function hatched(line, ink, [from, to], alpha, step, top) {
  const low = line.height - AXIS, start = x(line, from);
  const left = Math.max(LEFT, start), right = Math.min(line.width - RIGHT, Math.max(start + 2, x(line, to)));
  if (right <= left) return;
  ink.save();
  ink.globalAlpha = alpha;
  ink.beginPath();
  ink.rect(left, top, right - left, low - top);
  ink.clip();
  ink.beginPath();
  for (let at = left - low; at < right; at += step) {
    ink.moveTo(at, low);
    ink.lineTo(at + low, 0);
    if (top) { ink.moveTo(at, 0); ink.lineTo(at + low, low); }
  }
  ink.stroke();
  ink.restore();
}

// How many tracklets are in view in each minute; of several minutes in a bar the most.
/** @param {Line} line @param {CanvasRenderingContext2D} ink @param {string} accent @param {string} text */
function minutes(line, ink, accent, text) {
  const { minutes: counts, ignoredMinutes: others } = line.data;
  const most = Math.max(1, ...bounded(counts.map((count, minute) => count + (line.ignored ? others[minute] ?? 0 : 0))));
  const wide = (60 * inner(line)) / (line.to - line.from), step = Math.max(1, Math.ceil(4 / wide));
  const tall = BARS - 14;
  for (let minute = Math.floor(line.from / 60 / step) * step; minute * 60 < line.to && minute < counts.length; minute += step) {
    let own = 0, more = 0;
    for (let one = minute; one < Math.min(counts.length, minute + step); one++) {
      own = Math.max(own, counts[one]);
      more = Math.max(more, others[one] ?? 0);
    }
    const left = x(line, 60 * minute), across = Math.max(1, wide * step - (wide * step > 6 ? 2 : 1));
    ink.fillStyle = accent;
    ink.globalAlpha = 0.55;
    ink.fillRect(left, BARS - (own / most) * tall, across, (own / most) * tall);
    if (line.ignored && more) {
      ink.fillStyle = text;
      ink.globalAlpha = 0.3;
      ink.fillRect(left, BARS - ((own + more) / most) * tall, across, (more / most) * tall);
    }
  }
  ink.globalAlpha = 1;
}

// A list may be too long to be the arguments of a function.
/** @param {number[]} values */
const bounded = (values) => [values.reduce((most, value) => Math.max(most, value), 0)];

/** @param {Line} line @param {CanvasRenderingContext2D} ink @param {string} accent @param {string} text @param {ReturnType<typeof layout>} places */
function tracklets(line, ink, accent, text, places) {
  const { starts, ends, rows, ignored, chosen } = line.data;
  const high = Math.max(1, places.row - (places.row > 5 ? 3 : places.row > 2 ? 1 : 0));
  for (const kind of line.ignored ? [0, 1] : [0]) {
    ink.fillStyle = kind ? text : accent;
    ink.globalAlpha = kind ? 0.4 : 1;
    for (let place = 0; place < starts.length && starts[place] <= line.to; place++) {
      if (ends[place] < line.from || (ignored[place] ? 1 : 0) !== kind) continue;
      const left = x(line, starts[place]);
      ink.fillRect(left, places.top + (rows[place] + kind * places.rows) * places.row, Math.max(1.5, x(line, ends[place]) - left), high);
    }
  }
  ink.globalAlpha = 1;
  const focused = line.canvas.getRootNode().activeElement === line.canvas;
  for (const [place, how] of /** @type {[number | null, number][]} */ ([[line.over, 1], [focused ? line.at : null, 2], [chosen, 2]])) {
    if (place === null || place >= starts.length || (ignored[place] && !line.ignored)) continue;
    const left = x(line, starts[place]), top = places.top + (rows[place] + (ignored[place] ? places.rows : 0)) * places.row;
    ink.strokeStyle = text;
    ink.lineWidth = how;
    ink.strokeRect(left - 1.5, top - 1.5, Math.max(1.5, x(line, ends[place]) - left) + 3, high + 3);
  }
}

// From far away: how many tracklets are in view at each pixel.
/** @param {Line} line @param {CanvasRenderingContext2D} ink @param {string} accent @param {ReturnType<typeof layout>} places */
function density(line, ink, accent, places) {
  const { starts, ends, ignored } = line.data, wide = Math.ceil(inner(line));
  const change = new Int32Array(wide + 2);
  for (let place = 0; place < starts.length; place++) {
    if ((ignored[place] && !line.ignored) || ends[place] < line.from || starts[place] > line.to) continue;
    const left = Math.max(0, Math.floor(x(line, starts[place]) - LEFT)), right = Math.min(wide, Math.floor(x(line, ends[place]) - LEFT) + 1);
    change[left] += 1;
    change[right] -= 1;
  }
  let now = 0, most = 1;
  const counts = Array.from(change, (by) => { now += by; most = Math.max(most, now); return now; });
  ink.fillStyle = accent;
  counts.forEach((count, column) => {
    ink.globalAlpha = 0.25 + 0.75 * (count / most);
    if (count) ink.fillRect(LEFT + column, places.top, 1, places.high * (count / most));
  });
  ink.globalAlpha = 1;
}

/** @param {Line} line @param {CanvasRenderingContext2D} ink @param {string} text @param {ReturnType<typeof layout>} places */
function axis(line, ink, text, places) {
  const { minutes: counts, ignoredMinutes: others } = line.data, low = line.height - AXIS;
  const most = bounded(counts.map((count, minute) => count + (line.ignored ? others[minute] ?? 0 : 0)))[0];
  ink.fillStyle = ink.strokeStyle = text;
  ink.lineWidth = 1;
  ink.globalAlpha = 0.75;
  ink.textAlign = "left";
  ink.fillText("tracklets in view per minute", LEFT, 10);
  ink.textAlign = "right";
  if (most) ink.fillText(String(most), LEFT - 6, 22);
  ink.fillText("0", LEFT - 6, BARS);
  ink.globalAlpha = 0.2;
  for (const y of [BARS + 0.5, places.top + places.high + 0.5]) { ink.beginPath(); ink.moveTo(LEFT, y); ink.lineTo(line.width - RIGHT, y); ink.stroke(); }
  const room = Math.max(2, Math.floor(inner(line) / 96)), begins = line.data.begins ?? 0;
  const step = ROUND.find((seconds) => (line.to - line.from) / seconds <= room) ?? 7 * DAY;
  ink.textAlign = "center";
  for (let at = Math.ceil((begins + line.from) / step) * step - begins; at <= line.to; at += step) {
    const place = x(line, at);
    ink.globalAlpha = 0.2;
    ink.beginPath();
    ink.moveTo(place, low);
    ink.lineTo(place, low + 4);
    ink.stroke();
    ink.globalAlpha = 0.75;
    if (place > LEFT + 22 && place < line.width - RIGHT - 22) ink.fillText(clock(line, at, step), place, low + 17);
  }
  ink.globalAlpha = 1;
}

// The time of day where the start is known, else hours, minutes and seconds into the recording.
/** @param {Line} line @param {number} at @param {number} step seconds that are told apart */
function clock(line, at, step) {
  if (line.data.begins === null) {
    const whole = Math.max(0, Math.floor(at + 1e-6));
    return `${Math.floor(whole / HOUR)}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  }
  const stamp = new Date(1000 * Math.floor(line.data.begins + at + 1e-6)).toISOString();
  if (step >= DAY) return stamp.slice(5, 10);
  const day = line.data.length > DAY && step < 60 ? `${stamp.slice(5, 10)} ` : "";
  return day + stamp.slice(11, step >= 60 ? 16 : 19);
}
