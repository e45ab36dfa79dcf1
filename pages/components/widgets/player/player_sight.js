// What the player lays over the picture: the person's box, the path of the foot point, and the still before or instead
// of a film. All in the pixels of the recording's frame. See player.js.

const HALO = 2; // each line is drawn twice: dark and wide, then light, to be seen on any ground

/** @param {PlayerParts} parts @param {Walk} walk */
function layOut({ sight }, walk) {
  const [width, height] = walk.size;
  sight.replaceChildren();
  sight.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const [left, top, wide, high] = walk.box;
  const still = drawn(sight, "g", "still");
  if (walk.still) drawn(still, "image", "", { href: walk.still, x: 0, y: 0, width, height });
  drawn(still, "image", "", { href: walk.picture, x: left, y: top, width: wide, height: high, preserveAspectRatio: "none" });
  const over = drawn(sight, "g", "marks");
  const way = drawn(over, "g", "way"), walked = drawn(over, "g", "walked"), body = drawn(over, "g", "body");
  const foot = drawn(over, "g", "footing");
  for (let line = 0; line < HALO; line += 1) {
    const name = line ? "line" : "halo";
    drawn(way, "polyline", name, { points: pointsOf(walk.path) });
    drawn(walked, "polyline", name);
    drawn(body, "rect", name);
    drawn(foot, "ellipse", name, { rx: width / 110, ry: width / 260 });
  }
}

/** @param {Footing[]} path */
const pointsOf = (path) => path.map(([, x, y]) => `${x},${y}`).join(" ");

// Where the person stands at that moment, between the two points of the path around it; null outside of the walk.
/** @param {Walk} walk @param {number} moment @returns {Footing | null} */
function footingAt({ path, start, end }, moment) {
  const slack = 1e-3;
  if (!path.length || moment < start - slack || moment > end + slack) return null;
  const next = path.findIndex(([at]) => at >= moment);
  if (next === 0) return path[0];
  if (next < 0) return path[path.length - 1];
  const [a, b] = [path[next - 1], path[next]];
  const share = (moment - a[0]) / (b[0] - a[0] || 1);
  const between = (/** @type {number} */ from, /** @type {number} */ to) => from + share * (to - from);
  const size = (/** @type {3 | 4} */ what) => {
    const [from, to] = [a[what], b[what]];
    return from === null || to === null ? null : between(from, to);
  };
  return [moment, between(a[1], b[1]), between(a[2], b[2]), size(3), size(4)];
}

/** @param {PlayerParts} parts @param {Walk} walk @param {number} moment */
function mark({ sight }, walk, moment) {
  const here = footingAt(walk, moment);
  sight.setAttribute("aria-label", "The person's box and path");
  const walked = [...walk.path.filter(([at]) => at <= moment), ...(here ? [here] : [])];
  each(sight, ".walked > *", { points: pointsOf(walked) });
  const box = here && here[3] !== null && here[4] !== null ? boxOf(here[1], here[2], here[3], here[4]) : null;
  each(sight, ".body > *", box ?? { width: 0, height: 0 });
  sight.querySelector(".body")?.toggleAttribute("hidden", !box);
  sight.querySelector(".footing")?.toggleAttribute("hidden", !here);
  if (here) each(sight, ".footing > *", { cx: here[1], cy: here[2] });
}

// Of a walk that is not filmed: the crop's own box, whose picture is laid in, and the whole path.
/** @param {PlayerParts} parts @param {Walk} walk */
function markStill({ sight }, walk) {
  const [x, y, width, height] = walk.box;
  sight.setAttribute("aria-label", "Where the person of this crop stood, and the path of the walk");
  each(sight, ".walked > *", { points: pointsOf(walk.path.filter(([at]) => at <= walk.moment + 1e-3)) });
  each(sight, ".body > *", { x, y, width, height });
  each(sight, ".footing > *", { cx: x + width / 2, cy: y + height });
  for (const shown of sight.querySelectorAll(".body, .footing")) shown.toggleAttribute("hidden", false);
}

/** @param {number} x @param {number} y @param {number} width @param {number} height */
const boxOf = (x, y, width, height) => ({ x: x - width / 2, y: y - height, width, height });

/** @param {Element} sight @param {`.${string}`} which @param {Record<string, string | number>} about */
function each(sight, which, about) {
  for (const shape of sight.querySelectorAll(which)) {
    for (const [name, value] of Object.entries(about)) shape.setAttribute(name, String(value));
  }
}
