// The comparison of compare_view.py: a photo and a hit side by side, moved, enlarged and brightened together.
// Its keys work wherever one is on the page, but not while somebody types.

/**
 * @typedef {{ picture: string, thumbnail?: string, lines: string[] }} Picture
 * @typedef {Picture & { id: string }} Photo
 * @typedef {Picture & { id: number, film: boolean, facts: [name: string, value: string][] }} Hit
 * @typedef {{ photo: string, crop: number, over_photo: string, over_crop: string }} Overlay
 * @typedef {{ photos: Photo[], hits: Hit[], pair: number, crop: number, turn: string, order: number[], where: string,
 *   facts: [name: string, value: string][], verdict: string | null, conflict: string, undo: boolean, said: string,
 *   next: string[], agreement: boolean, leave: boolean, agreement_trouble: string, overlay: Overlay | null, taken: number,
 *   steps: boolean, verdicts: VerdictKind[], undo_key: string }} Data
 * @typedef {{ judged: { group: number, crop: number, verdict: string, note: string }, undone: {}, moved: { to: number },
 *   closed: {}, agreement: { photo: string, crop: number }, searched: { crop: number }, visited: { crop: number } }} Events
 * @typedef {ReturnType<typeof pane>} Pane
 * @typedef {typeof START & ReturnType<typeof skeleton> & { root: HTMLElement, data: Data, tell: Tell<Events>,
 *   waiting: boolean, from?: string, player?: ReturnType<typeof openPlayer> | null, watched?: number }} View
 */

const KEYS = [ // besides those of the verdicts
  ["← →", "previous and next hit"], ["V", "next view: another crop of this hit"], ["P", "next photo of the person"],
  ["+ −", "larger and smaller"], ["Shift + arrows", "move both pictures"], ["[ ]", "darker and brighter"],
  ["0", "as at first"], ["A", "where the two agree"], ["W", "watch the clip, or back to the picture"],
  ["Space", "play or pause the clip"], [", .", "one frame back and on"], ["< >", "slower and faster"],
  ["B", "box and path in the clip"], ["Page ↑ ↓", "previous and next tracklet of the camera"],
  ["T", "write a note"], ["Esc", "back to the list"], ["?", "this sheet"],
];
const OF_CLIPS = ["W", "Space", ", .", "< >", "B", "Page ↑ ↓"];
/** @type {WeakMap<Element, View>} */
const views = new WeakMap(); // root element -> what is looked at, and how

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".compare");
  let view = views.get(root);
  if (!view) views.set(root, (view = /** @type {View} */ ({ root, ...START, ...skeleton(root, data) })));
  view.tell = teller(root, data.taken, setStateValue);
  if (view.data?.turn !== data.turn) Object.assign(view, { hit: 0, note: "" });
  view.waiting = isPending(root); // a verdict that could not be kept is answered too, by the same pair
  const begun = !view.data;
  view.data = data;
  view.hit = Math.min(view.hit, data.hits.length - 1);
  view.asked = Math.min(view.asked, data.photos.length - 1);
  if (data.crop !== undefined && view.from !== `${data.turn} ${data.crop}`) {
    view.from = `${data.turn} ${data.crop}`;
    view.hit = Math.max(0, data.hits.findIndex((crop) => crop.id === data.crop));
  }
  draw(view);
  if (begun) {
    root.focus({ preventScroll: true });
    root.scrollIntoView({ block: root.offsetHeight > innerHeight - 80 ? "start" : "nearest" });
  }
  preload(data.next);
  document.removeEventListener("keydown", view.keys, true);
  /** @type {View["keys"]} */
  const keys = (event) => pressed(view, event);
  view.keys = keys;
  document.addEventListener("keydown", keys, true); // before the server's own shortcuts
  return () => document.removeEventListener("keydown", keys, true); // may be called after a later drawing: its own only
}

const START = {
  zoom: 1, x: 0, y: 0, light: 1, agree: false, sheet: false, watch: false, asked: 0, hit: 0, note: "",
  keys: /** @type {(event: KeyboardEvent) => void} */ (() => {}),
};

/** @param {string[]} addresses */
function preload(addresses) {
  for (const address of addresses) new Image().src = address;
}

/** @param {View} view @param {KeyboardEvent} event */
function pressed(view, event) {
  const path = event.composedPath();
  if (event.ctrlKey || event.metaKey || event.altKey || path.some(isTyping) || isCovered(view.root)) return;
  // The list and the clip's moments are walked through; verdicts are on what is compared.
  if (WALKING.has(event.key) && path.some((node) => inList(node) || isRange(node))) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const judged = view.data.verdicts.find((kind) => kind.key.toLowerCase() === key);
  if (event.shiftKey && key.startsWith("Arrow")) pan(view, key);
  else if (judged) judge(view, judged.verdict);
  else if (key === view.data.undo_key.toLowerCase()) undo(view);
  else if (ACTIONS[key]) ACTIONS[key](view);
  else if (!view.player?.key(event)) return;
  event.preventDefault();
  event.stopPropagation();
}

const WALKING = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);
/** @param {EventTarget} node */
const inList = (node) => node instanceof Element && node.classList.contains("answer");

/** @type {Record<string, (view: View) => void>} */
const ACTIONS = {
  v: (view) => choose(view, "hit", (view.hit + 1) % view.data.hits.length),
  p: (view) => choose(view, "asked", (view.asked + 1) % view.data.photos.length),
  a: (view) => agree(view),
  w: (view) => watch(view),
  t: (view) => view.field.focus(),
  ArrowLeft: (view) => move(view, -1),
  ArrowRight: (view) => move(view, 1),
  "+": (view) => look(view, { zoom: Math.min(8, view.zoom * 1.25) }),
  "=": (view) => look(view, { zoom: Math.min(8, view.zoom * 1.25) }),
  "-": (view) => look(view, { zoom: Math.max(1, view.zoom / 1.25) }),
  "[": (view) => look(view, { light: Math.max(0.4, view.light - 0.2) }),
  "]": (view) => look(view, { light: Math.min(3, view.light + 0.2) }),
  0: (view) => look(view, { zoom: 1, x: 0, y: 0, light: 1 }),
  "?": (view) => look(view, { sheet: !view.sheet }),
  Escape: (view) => { if (view.sheet) look(view, { sheet: false }); else if (view.player) watch(view); else view.tell("closed"); },
};

/** @param {View} view @param {string} verdict */
function judge(view, verdict) {
  if (view.waiting) return;
  if (view.player && !view.player.isHome()) { // nobody judges a hit by the clip of another tracklet
    view.player.show(view.data.hits[view.hit].id);
    view.live.textContent = "That was another tracklet. The hit is back: judge it now";
    return;
  }
  view.waiting = true; // until the server has taken it up: a key pressed twice is one verdict
  const crop = view.data.hits[view.hit].id;
  view.tell("judged", { group: view.data.pair, crop, verdict, note: view.field.value.trim() });
  view.field.value = "";
  draw(view);
}

/** @param {View} view */
function undo(view) {
  if (view.waiting || !view.data.undo) return;
  view.waiting = true;
  view.tell("undone");
}

/** @param {View} view @param {number} by */
function move(view, by) {
  const { order } = view.data;
  const to = order[order.indexOf(view.data.pair) + by];
  if (to !== undefined) view.tell("moved", { to });
}

/** @param {View} view @param {"hit" | "asked"} what @param {number} place */
function choose(view, what, place) {
  look(view, what === "hit" ? { hit: place } : { asked: place });
  if (view.agree) ask(view);
}

/** @param {View} view */
function agree(view) {
  if (!view.data.agreement) return;
  look(view, { agree: !view.agree });
  if (view.agree) ask(view);
}

// The hit's clip in place of its picture, or back.
/** @param {View} view */
function watch(view) {
  if (!view.data.hits[view.hit].film) return;
  look(view, { watch: !view.watch });
  if (!view.watch) view.root.focus({ preventScroll: true }); // what had the focus may be gone
}

/** @param {View} view */
function ask(view) {
  view.tell("agreement", { photo: view.data.photos[view.asked].id, crop: view.data.hits[view.hit].id });
}

/** @param {View} view @param {string} key */
function pan(view, key) {
  const by = /** @type {Record<string, Point>} */ ({ ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[key];
  look(view, { x: view.x + 8 * by[0], y: view.y + 8 * by[1] });
}

/** @param {View} view @param {Partial<View>} change */
function look(view, change) {
  Object.assign(view, change);
  const far = 50 * (view.zoom - 1); // per cent of the frame until the picture's edge is reached
  view.x = Math.max(-far, Math.min(far, view.x));
  view.y = Math.max(-far, Math.min(far, view.y));
  draw(view);
}
