// The comparison of compare_view.py: a photo and a hit side by side, moved, enlarged and brightened together.
// Its keys work wherever one is on the page, but not while somebody types.

const VERDICTS = { m: "match", n: "not", u: "cannot tell" };
const WORDS = { match: "Match", not: "Not", "cannot tell": "Cannot tell" };
const KEYS = [
  ["M", "match"], ["N", "not this person"], ["U", "cannot tell"], ["Z", "take the last verdict back"],
  ["← →", "previous and next hit"], ["V", "next view: another crop of this hit"], ["P", "next photo of the person"],
  ["+ −", "larger and smaller"], ["Shift + arrows", "move both pictures"], ["[ ]", "darker and brighter"],
  ["0", "as at first"], ["A", "where the two agree"], ["T", "write a note"], ["Esc", "back to the list"], ["?", "this sheet"],
];
const views = new WeakMap(); // root element -> what is looked at, and how

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".compare");
  let view = views.get(root);
  if (!view) views.set(root, (view = { root, asked: 0, ...START, ...skeleton(root) }));
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
  const keys = (event) => pressed(view, event);
  view.keys = keys;
  document.addEventListener("keydown", keys, true); // before the server's own shortcuts
  return () => document.removeEventListener("keydown", keys, true); // may be called after a later drawing: its own only
}

const START = { zoom: 1, x: 0, y: 0, light: 1, agree: false, sheet: false, hit: 0, note: "", keys: () => {} };

function preload(addresses) {
  for (const address of addresses) new Image().src = address;
}

function pressed(view, event) {
  const path = event.composedPath();
  if (event.ctrlKey || event.metaKey || event.altKey || path.some(typing) || document.querySelector(OPEN)) return;
  if (WALKING.has(event.key) && path.some(inList)) return; // the list is walked through; verdicts are on what is compared
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.shiftKey && key.startsWith("Arrow")) pan(view, key);
  else if (VERDICTS[key]) judge(view, VERDICTS[key]);
  else if (ACTIONS[key]) ACTIONS[key](view);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

const OPEN = '[role="dialog"], [data-testid="stPopoverBody"]';
const WALKING = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);
const inList = (node) => Boolean(node.classList?.contains("answer"));
const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName)
  || ["slider", "listbox", "radiogroup", "radio", "tab", "combobox"].includes(node.getAttribute("role")));

const ACTIONS = {
  z: (view) => undo(view),
  v: (view) => step(view, "hit", view.data.hits),
  p: (view) => step(view, "asked", view.data.photos),
  a: (view) => agree(view),
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
  Escape: (view) => { if (view.sheet) look(view, { sheet: false }); else view.tell("closed"); },
};

function judge(view, verdict) {
  if (view.waiting) return;
  view.waiting = true; // until the server has taken it up: a key pressed twice is one verdict
  const crop = view.data.hits[view.hit].id;
  view.tell("judged", { group: view.data.pair, crop, verdict, note: view.field.value.trim() });
  view.field.value = "";
  draw(view);
}

function undo(view) {
  if (view.waiting || !view.data.undo) return;
  view.waiting = true;
  view.tell("undone");
}

function move(view, by) {
  const { order } = view.data;
  const to = order[order.indexOf(view.data.pair) + by];
  if (to !== undefined) view.tell("moved", { to });
}

function step(view, what, among) {
  look(view, { [what]: (view[what] + 1) % among.length });
  if (view.agree) ask(view);
}

function agree(view) {
  if (!view.data.agreement) return;
  look(view, { agree: !view.agree });
  if (view.agree) ask(view);
}

function ask(view) {
  view.tell("agreement", { photo: view.data.photos[view.asked].id, crop: view.data.hits[view.hit].id });
}

function pan(view, key) {
  const by = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
  look(view, { x: view.x + 8 * by[0], y: view.y + 8 * by[1] });
}

function look(view, change) {
  Object.assign(view, change);
  const far = 50 * (view.zoom - 1); // per cent of the frame until the picture's edge is reached
  view.x = Math.max(-far, Math.min(far, view.x));
  view.y = Math.max(-far, Math.min(far, view.y));
  draw(view);
}
