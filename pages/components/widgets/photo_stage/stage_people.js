// The people who were found in the picture of photo_stage.js: a button around each, numbers that can be told apart in a
// crowd, and the sentence that says what can be done.

/**
 * @typedef {[number: number, box: Box, score: number]} Person
 * @typedef {{ left: number, top: number, width: number, height: number }} Place
 */

const CHIP = 18; // pixels that a number is high

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
  const area = stage.layer.getBoundingClientRect();
  /** @type {Place[]} */
  const taken = [];
  stage.labels.replaceChildren(...(area.width ? stage.found : []).map(([number, box]) => {
    const width = 8 + 8 * String(number).length;
    const place = freePlace(box, width, area.width, area.height, taken);
    taken.push(place);
    const chip = document.createElement("span");
    chip.className = stage.picks.some((pick) => pick.person === number) ? "chip chosen" : "chip";
    chip.dataset.of = String(number);
    chip.textContent = String(number);
    Object.assign(chip.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${width}px` });
    return chip;
  }));
}

/**
 * @param {Box} box @param {number} width @param {number} across @param {number} down @param {Place[]} taken
 * @returns {Place}
 */
function freePlace([x, y, w, h], width, across, down, taken) {
  const [left, top, right, bottom] = [x * across, y * down, (x + w) * across, (y + h) * down];
  /** @type {Point[]} */
  const corners = [
    [left, top - CHIP], [right - width, top - CHIP], [left, top], [right - width, top], [left, bottom],
    [right - width, bottom], [left, bottom - CHIP], [right - width, bottom - CHIP], [left - width, top], [right, top],
  ];
  for (let along = top + CHIP; along < bottom - CHIP; along += CHIP) corners.push([left, along], [right - width, along]);
  let best = null, least = Infinity;
  for (const [atX, atY] of corners) {
    const place = {
      left: Math.max(0, Math.min(across - width, atX)), top: Math.max(0, Math.min(down - CHIP, atY)), width, height: CHIP,
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
function sentence({ picks, data, found, turn: angle }, byHand) {
  if (byHand) return "Arrow keys move a box, with Shift they change its size, Delete removes it.";
  if (picks.length > 1) return `Person ${picks[0].person} is searched for, and the others are set aside.`;
  if (picks.length) return `Person ${picks[0].person} is chosen. Click another person, draw a box, or add people with Shift.`;
  if (data.people_turn !== angle) return "Looking for people in the turned photo.";
  const draw = "raw a box around the person, from head to feet, or press B.";
  if (found.length === 1) return `${data.said} Click the person, or press 1. Or d${draw}`.trim();
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

