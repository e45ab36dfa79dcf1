// Keeps the focus where the user works, see focus.py. Streamlit draws its widgets anew: when one that has the focus goes,
// the focus falls to the page's body, or in a dialog to its ✕.

/**
 * Where the focus was: classes of the keys around the element, the inner one first, and what tells it from others there.
 * @typedef {{ element: HTMLElement, keys: string[], tag: string, words: string }} Place
 * `steps` were on the page before it was lost. `rank` is how good the place is that was found until now: see `goal`.
 * @typedef {{ from: Place, steps: Set<string>, rank: number, calm: number }} Lost
 */

const KEY = "st-key-", STEP = "st-key-focus-first-", DIALOG = "stDialog";
const POPOVER = '[data-testid="stPopoverBody"]', OPENER = '[data-testid="stPopoverButton"][aria-expanded="true"]';
const UNCHOSEN = `.${DIALOG} [role="dialog"], .${DIALOG} [role="dialog"] button[aria-label="Close"]`; // what a dialog gives the focus to
const FIELD = "input:not([type=hidden]), textarea, select";
const TABBABLE = `a[href], button, summary, [tabindex="0"], [contenteditable="true"], ${FIELD}`;
const GROUP = '[data-testid="stButtonGroup"], [role="radiogroup"]'; // is one stop of Tab
const PAUSE = 60, CALM = 2, LAST = 100; // milliseconds between looks; looks until it has settled, and until no more comes

/** @type {Place | null} */
let last = null;
/** @type {Lost | null} */
let lost = null;
let isMoving = false; // whether the user moves the focus in this moment
let isOurs = false; // whether we do
let hasScrolled = false; // whether the user has read on since doing something: then nothing scrolls back to it
let later = 0;
/** @type {Set<string>} */
let steps = new Set(); // on the page when the user did something last
/** @type {Map<string, Place>} */
const openers = new Map(); // a step's key -> what it was opened from
/** @type {WeakMap<Element, HTMLElement>} */
const buttons = new WeakMap(); // a popover's body -> its button

let stop = () => {}; // what began last

// Streamlit calls it again when the theme changes, and ends only the last call.
export default function () {
  stop();
  const end = new AbortController();
  const listening = { capture: true, signal: end.signal };
  document.addEventListener("keydown", pressed, listening);
  document.addEventListener("pointerdown", moves, listening);
  document.addEventListener("mousedown", moves, listening);
  document.addEventListener("click", acted, listening);
  document.addEventListener("focusin", arrived, listening);
  for (const name of ["wheel", "touchmove"]) document.addEventListener(name, scrolled, { ...listening, passive: true });
  const watch = new MutationObserver(changed);
  watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  return stop = () => { end.abort(); watch.disconnect(); };
}

// --- what happens on the page ---

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.key === "Tab") {
    moves();
    walkOut(event);
    walkIn(event);
  } else if (lost?.rank) lost = null; // who types in what has the focus now keeps it
  acted();
}

// What has the focus next is the user's own choice.
function moves() {
  isMoving = true;
  lost = null;
  setTimeout(() => {
    isMoving = false;
    if (!lost && isNowhere(focused())) last = null; // a click beside everything
  });
}

function scrolled() {
  hasScrolled = true;
}

// Before what the user does takes effect.
function acted() {
  hasScrolled = false;
  steps = new Set(stepsOn(document.body).map(keyOf));
  const now = focused();
  if (!isNowhere(now)) last = placeOf(now);
}

function arrived() {
  const now = focused();
  if (isNowhere(now) && !isMoving) {
    if (last) begin(last);
    return;
  }
  last = now && placeOf(now);
  if (!isOurs) lost = null; // another one has taken it meanwhile
}

function changed() {
  for (const body of document.querySelectorAll(POPOVER)) if (!buttons.has(body)) opened(body);
  if (lost || !last || !isNowhere(focused())) return;
  if (!last.element.isConnected || last.element.matches(":disabled")) begin(last);
}

/** @param {Place} from */
function begin(from) {
  if (lost) return;
  if (!from.keys.includes(DIALOG)) openers.set(DIALOG, from); // if it was lost to one
  lost = { from, steps, rank: 0, calm: 0 };
  clearTimeout(later);
  later = setTimeout(look, PAUSE);
}

// --- finding a place for it, once the page has been drawn to its end ---

function look() {
  if (!lost) return;
  lost.calm = isDrawn() ? lost.calm + 1 : Math.min(lost.calm, CALM - 1);
  if (isNowhere(focused())) lost.rank = 0;
  if (lost.calm >= CALM) {
    const { rank, place } = goal(lost);
    if (place && rank > lost.rank) {
      lost.rank = rank;
      give(place, rank === 1);
    }
    if (rank === 4 || lost.calm >= LAST) lost = null;
  }
  if (lost) later = setTimeout(look, PAUSE);
}

// Best is the first field of a step that has been opened (4), or the step itself (3), then what had the focus, or what
// opened the step that is closed now (2), then what is left around it, and be it the page (1).
/** @param {Lost} lost @returns {{ rank: number, place?: HTMLElement | null }} */
function goal(lost) {
  const dialog = [...document.querySelectorAll(`.${DIALOG}`)].pop();
  const step = stepsOn(dialog ?? document.body).find((one) => !lost.steps.has(keyOf(one)));
  if (step) {
    openers.set(keyOf(step), lost.from);
    const isWaiting = step.querySelector('[data-testid="stSkeleton"]'); // its script may come later than the step
    const field = isWaiting ? null : shown(step, FIELD)[0];
    return { rank: field ? 4 : 3, place: field ?? step };
  }
  const around = []; // keys of what was around it, then of what was around its step's opener
  for (let from = /** @type {Place | undefined} */ (lost.from), turn = 0; from && turn < 9; turn++) {
    const place = again(from, dialog);
    if (place) return { rank: 2, place };
    around.push(...from.keys);
    const closed = from.keys.find((key) => openers.has(key) && !there(key, dialog));
    from = closed ? openers.get(closed) : undefined;
  }
  const left = around.find((key) => key !== DIALOG && there(key, dialog));
  const rest = left ? there(left, dialog) : null, stops = rest ? shown(rest, TABBABLE) : [];
  const button = stops.length === 1 && stops[0].matches('[data-testid="stPopoverButton"]') ? stops[0] : null; // of what was closed
  const page = dialog ? dialog.querySelector('[role="dialog"]') : document.querySelector('[data-testid="stMain"]');
  return { rank: 1, place: button ?? rest ?? page };
}

// The element that stands where this one stood.
/** @param {Place} from @param {HTMLElement} [dialog] */
function again(from, dialog) {
  const around = from.keys.length ? there(from.keys[0], dialog) : null;
  if (!around) return null;
  const all = shown(around, TABBABLE);
  const same = all.find((one) => one.tagName === from.tag && wordsOf(one) === from.words);
  return same ?? (all.length === 1 && around.dataset.testid === "stElementContainer" ? all[0] : null);
}

/** @param {HTMLElement} place @param {boolean} isAround */
function give(place, isAround = false) {
  if (!place.matches(TABBABLE)) {
    place.tabIndex = -1;
    if (place.tagName === "DIV" && !place.role) place.role = "group";
  }
  if (place === focused()) return;
  isOurs = true;
  place.focus({ preventScroll: isAround || hasScrolled });
  isOurs = false;
}

// --- popovers: their body stands at the end of the page, far from the button ---

/** @param {HTMLElement} body */
function opened(body) {
  const known = [...document.querySelectorAll(POPOVER)].map((one) => buttons.get(one));
  const button = [...document.querySelectorAll(OPENER)].find((one) => !known.includes(one));
  if (!button) return;
  buttons.set(body, button);
  const now = focused();
  if (now === button || isNowhere(now)) give(body, true);
}

// From a popover's button Tab leads into it, and from its ends back.
/** @param {KeyboardEvent} event */
function walkOut(event) {
  const now = focused();
  const body = [...document.querySelectorAll(POPOVER)].find((one) => one.contains(document.activeElement) || buttons.get(one) === now);
  const button = body && buttons.get(body);
  if (!now || !body || !button || event.defaultPrevented) return;
  const all = shown(body, TABBABLE), at = all.indexOf(now), group = now.closest(GROUP);
  const beyond = event.shiftKey ? all.slice(0, Math.max(0, at)) : all.slice(at + 1);
  if (now === button ? event.shiftKey : beyond.some((one) => !group?.contains(one))) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit's groups would move the focus to their own end
  if (now === button) give(body, true);
  else button.focus();
}

// --- dialogs: theirs is the way of Tab, and it passes by what stands within components ---

/** @param {KeyboardEvent} event */
function walkIn(event) {
  const now = focused(), dialog = document.activeElement?.closest(`.${DIALOG} [role="dialog"]`);
  if (!now || !dialog || event.defaultPrevented) return;
  const way = inside(dialog), at = way.indexOf(now), group = now.closest(GROUP), all = shown(dialog, TABBABLE);
  const beyond = all.filter((one) => (event.shiftKey ? way.indexOf(one) < at : way.indexOf(one) > at));
  if (event.shiftKey) beyond.reverse();
  const next = beyond.find((one) => !group?.contains(one)) ?? (event.shiftKey ? all[all.length - 1] : all[0]);
  if (!next || ![now, next].some((one) => one.getRootNode() instanceof ShadowRoot)) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

// --- reading the page ---

function focused() {
  let now = document.activeElement;
  while (now?.shadowRoot?.activeElement) now = now.shadowRoot.activeElement;
  return /** @type {HTMLElement | null} */ (now);
}

/** @param {HTMLElement | null} now @returns {now is null} */
const isNowhere = (now) => !now || now === document.body || now.matches(UNCHOSEN);

/** @param {HTMLElement} element @returns {Place} */
function placeOf(element) {
  const keys = [];
  for (let node = /** @type {HTMLElement | null} */ (element); node; node = above(node)) {
    keys.push(...[...node.classList].filter((name) => name.startsWith(KEY) || name === DIALOG));
  }
  return { element, keys, tag: element.tagName, words: wordsOf(element) };
}

/** @param {HTMLElement} node @returns {HTMLElement | null} */
function above(node) {
  const host = /** @type {HTMLElement | undefined} */ (node.getRootNode().host);
  return buttons.get(node) ?? node.parentElement ?? host ?? null;
}

/** @param {HTMLElement} one */
const wordsOf = (one) => one.ariaLabel ?? (one instanceof HTMLInputElement ? one.value : one.textContent ?? "");

/** @param {HTMLElement} step */
const keyOf = (step) => [...step.classList].find((name) => name.startsWith(STEP)) ?? "";

/** @param {HTMLElement} root */
const stepsOn = (root) => [...root.querySelectorAll(`[class*="${STEP}"]`)].filter(isSeen);

/** @param {string} key @param {HTMLElement} [dialog] */
const there = (key, dialog) => /** @type {HTMLElement[]} */ ([...document.getElementsByClassName(key)])
  .find((one) => isSeen(one) && (!dialog || dialog.contains(one))) ?? null;

// All elements inside, in the order of the page; also those within components.
/** @param {Element | ShadowRoot} root @returns {HTMLElement[]} */
function inside(root) {
  const all = /** @type {HTMLElement[]} */ ([.../** @type {ParentNode} */ (root).querySelectorAll(/** @type {`.`} */ ("*"))]);
  return all.flatMap((one) => [one, ...(one.shadowRoot ? inside(one.shadowRoot) : [])]);
}

// Those of them that can have the focus.
/** @param {Element} root @param {string} what */
const shown = (root, what) => inside(root).filter((one) => one.matches(what) && !one.matches(':disabled, [tabindex^="-"]') && isSeen(one));

/** @param {Element} one */
const isSeen = (one) => one.getClientRects().length > 0;

function isDrawn() {
  const app = document.querySelector('[data-testid="stApp"]');
  return app?.dataset.testScriptState === "notRunning" && !document.querySelector('[data-testid="stElementContainer"][data-stale="true"]');
}
