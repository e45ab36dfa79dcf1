// The people who were found in the picture of photo_stage.js: a button around each, numbers that can be told apart in a
// crowd, and the sentence that says what can be done.

/**
 * @typedef {[number: number, box: Box, score: number]} Person
 * @typedef {{ left: number, top: number, width: number, height: number }} Place
 */

const NARROW = 560; // pixels in width below which numbers are small

// The people's buttons, in the order of their numbers; who is small lies above who is large.
/** @param {Stage} stage */
function listPeople(stage) {
  const focused = stage.root.getRootNode().activeElement?.dataset?.person;
  const largest = [...stage.found].sort(([, a], [, b]) => b[2] * b[3] - a[2] * a[3]);
  stage.people.replaceChildren(...stage.found.map((person) => {
    const [number, box, score] = person, made = document.createElement("button");
    made.type = "button";
    made.className = "person";
    made.dataset.person = String(number);
    made.title = `Detector score ${score.toFixed(2)}. It ranks what was found; it is no probability.`;
    made.setAttribute("aria-label", `Person ${number}, ${inPixels(stage, box)}`);
    made.setAttribute("aria-pressed", String(stage.picks.some((pick) => pick.person === number)));
    made.style.zIndex = String(largest.indexOf(person));
    setBox(made, box);
    made.onclick = (event) => { if (!stage.dragged) choose(stage, number, event.shiftKey); };
    made.onmouseenter = made.onfocus = () => mark(stage, number);
    made.onmouseleave = made.onblur = () => mark(stage, 0);
    return made;
  }));
  if (focused) stage.people.querySelector(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
  label(stage);
}

// The person alone is searched for at once; one of several is chosen, or chosen no more.
/** @param {Stage} stage @param {number} number @param {boolean} several */
function choose(stage, number, several) {
  const person = stage.found.find(([one]) => one === number);
  if (!person) return;
  const pick = { box: person[1], person: number };
  const drawn = stage.picks.some((one) => !one.person);
  if (!several && !stage.several && !drawn) stage.picks = [pick];
  else if (stage.picks.some((one) => one.person === number)) stage.picks = stage.picks.filter((one) => one.person !== number);
  else stage.picks.push(pick);
  list(stage);
  if (!several && !stage.several && !drawn) finish(stage);
}

// The number of a key of digits, and whether Shift makes it one of several; 0 of another key. With Shift most keyboards
// give another character than the digit.
/**
 * @param {KeyboardEvent} event
 * @returns {[number: number, several: boolean]}
 */
function digit(event) {
  if (/^[1-9]$/.test(event.key)) return [Number(event.key), false];
  const shifted = event.shiftKey ? /^Digit([1-9])$/.exec(event.code) : null;
  return shifted ? [Number(shifted[1]), true] : [0, false];
}

/** @param {Stage} stage @param {number} number */
function mark(stage, number) {
  for (const chip of stage.labels.querySelectorAll(".chip")) chip.classList.toggle("on", chip.dataset.of === String(number));
}

// Each number stands at its box where it covers no other one.
/** @param {Stage} stage */
function label(stage) {
  const area = stage.layer.getBoundingClientRect(), small = area.width < NARROW;
  /** @type {Place[]} */
  const taken = [];
  stage.labels.classList.toggle("small", small);
  stage.labels.replaceChildren(...(area.width ? stage.found : []).map(([number, box]) => {
    const digits = String(number).length, size = small ? { width: 5 + 6 * digits, height: 14 } : { width: 8 + 8 * digits, height: 18 };
    const place = freePlace(box, size, area, taken);
    taken.push(place);
    const chip = document.createElement("span");
    chip.className = stage.picks.some((pick) => pick.person === number) ? "chip chosen" : "chip";
    chip.dataset.of = String(number);
    chip.textContent = String(number);
    Object.assign(chip.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${place.width}px` });
    return chip;
  }));
}

/**
 * @param {Box} box @param {{ width: number, height: number }} size @param {DOMRect} area @param {Place[]} taken
 * @returns {Place}
 */
function freePlace([x, y, w, h], { width, height }, area, taken) {
  const [left, top, right, bottom] = [x * area.width, y * area.height, (x + w) * area.width, (y + h) * area.height];
  const [above, end] = [top - height, right - width];
  /** @type {Point[]} */
  const corners = [
    [left, above], [end, above], [left, top], [end, top], [left, bottom], [end, bottom], [left, bottom - height],
    [end, bottom - height], [left - width, top], [right, top], [left, above - height], [end, above - height],
    [left, bottom + height], [end, bottom + height],
  ];
  for (let along = top + height; along < bottom - height; along += height) corners.push([left, along], [end, along]);
  let best = null, least = Infinity;
  for (const [atX, atY] of corners) {
    const place = {
      left: Math.max(0, Math.min(area.width - width, atX)), top: Math.max(0, Math.min(area.height - height, atY)), width, height,
    };
    const covered = taken.reduce((sum, other) => sum + shared(place, other), 0);
    if (covered < least) [best, least] = [place, covered];
    if (!covered) break;
  }
  return /** @type {Place} */ (best);
}

// Pixels that two places share.
/** @param {Place} a @param {Place} b */
function shared(a, b) {
  const across = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const down = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, across) * Math.max(0, down);
}

// What can be done now.
/** @param {Stage} stage @param {number} byHand */
function sentence({ picks, data, found, several, turn: angle }, byHand) {
  if (byHand) return "Arrow keys move a box, with Shift they change its size, Delete removes it.";
  if (picks.length > 1) return `Person ${picks[0].person} is searched for, and the others are set aside.`;
  if (picks.length) return `Person ${picks[0].person} is chosen. Click another person, draw a box, or add people with Shift.`;
  if (data.people_turn !== angle) return "Looking for people in the turned photo.";
  const draw = "raw a box around the person, from head to feet, or press B.";
  if (found.length === 1) return `${data.said} Click the person, or press 1. Or d${draw}`.trim();
  if (several) return `${data.said} Click each person, or press the numbers; the first is searched for, the others are set aside.`.trim();
  if (found.length) return `${data.said} Click a person, or press a number: the search starts at once. With Shift you choose several. Or d${draw}`.trim();
  if (data.said) return `${data.said} D${draw}`;
  if (!data.scene) return `D${draw}`;
  return "This looks like a whole scene. Draw a box around the person, or one around each of several; B puts one down.";
}

/** @param {HTMLElement} element @param {Box} box */
function setBox(element, box) {
  const [left, top, width, height] = box.map((share) => `${100 * share}%`);
  Object.assign(element.style, { left, top, width, height });
}

// A box's size in the photo's own pixels.
/** @param {Stage} stage @param {Box} box */
function inPixels({ data, turn: angle }, [, , width, height]) {
  const [across, down] = angle % 180 ? [data.height, data.width] : [data.width, data.height];
  return `${Math.round(width * across)} by ${Math.round(height * down)} pixels`;
}

