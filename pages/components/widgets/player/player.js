// The player: the clip behind a crop, with the person's box and path over it. All that it shows comes from one address,
// /walks/{crop}.json; no run of the page is needed. Put before the script of a component that opens it.

/**
 * @typedef {object} PlayerOptions
 * @property {string} [picture]  shown until the walk is known
 * @property {boolean} [steps]  whether one can go on to other tracklets of the camera
 * @property {string} [strange]  said beside a tracklet that is not the one that was asked for
 * @property {string} [home]  on the button that leads back from there
 * @property {number[]} [reel]  crops that are watched one after the other, in place of the camera's tracklets
 *
 * @typedef {object} Player
 * @property {PlayerParts} parts
 * @property {PlayerOptions} options
 * @property {number} home  the crop that was asked for
 * @property {number} crop  the one whose walk is shown
 * @property {Walk | null} walk
 * @property {number} frame  that is on the screen
 * @property {number | null} aim  the frame that is sought
 * @property {number} rate
 * @property {boolean} marked  whether box and path are drawn
 * @property {"" | "gone" | "network" | "unplayable" | "stalled"} trouble
 * @property {string} said  what the server answered in place of a walk or a conversion
 * @property {{ of: string, problem: string, polls: number } | null} asked  a conversion that was asked for
 * @property {number | null} at  the part of a long walk
 * @property {string} loaded  names the clip that is
 * @property {AbortController} asking
 * @property {ReturnType<typeof setTimeout>} [stall]
 * @property {ReturnType<typeof setTimeout>} [poll]
 * @property {boolean} closed
 */

const POLLS = 20; // in which a conversion that was asked for must have begun, one a second
const PART = 28; // seconds between the middles of two parts of a long walk and the end of the first

/** @param {Element} parent @param {number} crop @param {PlayerOptions} [options] */
function openPlayer(parent, crop, options = {}) {
  const parts = playerParts(parent);
  /** @type {Player} */
  const player = {
    parts, options, home: crop, crop, walk: null, frame: 0, aim: null, rate: 1, marked: true, trouble: "", said: "",
    asked: null, at: null, loaded: "", asking: new AbortController(), closed: false,
  };
  const { root, scrubber } = parts;
  for (const name of ["pointerdown", "wheel", "dblclick"]) root.addEventListener(name, (event) => event.stopPropagation());
  parts.stage.onclick = () => playOrPause(player);
  parts.play.onclick = () => playOrPause(player);
  parts.back.onclick = () => stepFrames(player, -1);
  parts.on.onclick = () => stepFrames(player, 1);
  parts.slower.onclick = () => changeSpeed(player, -1);
  parts.faster.onclick = () => changeSpeed(player, 1);
  parts.boxes.onclick = () => toggleMarks(player);
  parts.earlier.onclick = () => stepWalks(player, -1);
  parts.later.onclick = () => stepWalks(player, 1);
  parts.home.onclick = () => showCrop(player, player.home);
  parts.before.onclick = () => showPart(player, -1);
  parts.after.onclick = () => showPart(player, 1);
  parts.again.onclick = () => { root.focus({ preventScroll: true }); fetchWalk(player, true); };
  parts.convert.onclick = () => { root.focus({ preventScroll: true }); askForConversion(player); };
  scrubber.oninput = () => {
    const clip = player.walk?.clip;
    if (clip) seekTo(player, frameAt(clip.times, clip.first + Number(scrubber.value)));
  };
  scrubber.onkeydown = (event) => {
    const by = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 })[event.key];
    if (event.key.startsWith("Arrow") || ["Home", "End"].includes(event.key)) event.stopPropagation(); // no step of the page
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    stepFrames(player, by);
  };
  followVideo(player);
  if (options.picture) drawn(parts.sight, "image", "first", { href: options.picture, width: "100%", height: "100%" });
  fetchWalk(player, true);
  return {
    show: (/** @type {number} */ other) => { player.home = other; showCrop(player, other); },
    isHome: () => player.crop === player.home,
    key: (/** @type {KeyboardEvent} */ event) => playerKey(player, event),
    close: () => closePlayer(player),
  };
}

/** @param {Player} player */
function closePlayer(player) {
  player.closed = true;
  player.asking.abort();
  clearTimeout(player.poll);
  unloadClip(player);
  player.parts.root.remove();
}

/** @param {Player} player @param {number} crop */
function showCrop(player, crop) {
  if (player.options.reel) player.home = crop;
  Object.assign(player, { crop, at: null, asked: null });
  fetchWalk(player, true);
}

/** @param {Player} player @param {-1 | 1} by */
function stepWalks(player, by) {
  const to = nextWalk(player, by);
  if (to !== null) showCrop(player, to);
}

/** @param {Player} player @param {-1 | 1} by */
function nextWalk({ options, walk, crop }, by) {
  if (options.reel) return options.reel[options.reel.indexOf(crop) + by] ?? null;
  return (options.steps && (by < 0 ? walk?.earlier : walk?.later)) || null;
}

/** @param {Player} player @param {-1 | 1} by */
function showPart(player, by) {
  const { walk } = player;
  if (!walk) return;
  player.at = by < 0 ? Math.max(walk.start, walk.stretch[0] - PART) : Math.min(walk.end, walk.stretch[1] + PART);
  player.asked = null;
  fetchWalk(player, true);
}

/** @param {Player} player @param {string} ending */
function addressOf(player, ending) {
  return `/walks/${player.crop}${ending}${player.at === null ? "" : `?at=${player.at.toFixed(3)}`}`;
}

// Ask for the walk, and show it; with `fresh` whatever went wrong before is forgotten.
/** @param {Player} player @param {boolean} fresh */
async function fetchWalk(player, fresh) {
  player.asking.abort();
  clearTimeout(player.poll);
  const { signal } = (player.asking = new AbortController());
  if (fresh && player.trouble) unloadClip(player); // or it would be taken for one that plays
  if (fresh) Object.assign(player, { trouble: "", said: "" });
  player.parts.root.classList.add("asking");
  drawPlayer(player);
  try {
    const answer = await fetch(addressOf(player, ".json"), { signal, cache: "no-store" });
    if (answer.ok) takeWalk(player, await answer.json());
    else {
      const said = await problemIn(answer);
      if (signal.aborted) return;
      player.said = said;
      troubled(player, answer.status === 404 ? "gone" : "network");
    }
  } catch (error) {
    if (!signal.aborted) troubled(player, "network");
  }
  if (!signal.aborted) player.parts.root.classList.remove("asking");
}

/** @param {Player} player @param {Walk} walk */
function takeWalk(player, walk) {
  if (player.closed) return;
  const before = player.walk;
  player.walk = walk;
  const { clip } = walk;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isAsked = player.asked !== null && player.asked.of === nameOf(clip);
  if (before?.crop !== walk.crop || before.still !== walk.still) layOut(player.parts, walk); // each time it loads pictures
  if (!clip) {
    unloadClip(player);
    markStill(player.parts, walk);
  } else if (player.loaded === nameOf(clip) && !player.trouble && !isAsked) {
    if (before?.crop !== walk.crop) seekTo(player, frameNear(clip.times, walk.moment)); // another crop of the same walk
    mark(player.parts, walk, clip.times[frameNow(player)]);
  } else if (!isAsked) {
    const begin = still && player.at === null ? walk.moment : player.at === null ? walk.start - 1 : clip.first;
    Object.assign(player, { trouble: "", asked: null });
    mark(player.parts, walk, clip.times[frameAt(clip.times, begin)]);
    loadClip(player, clip, frameAt(clip.times, begin), !still);
  }
  followConversion(player);
  drawPlayer(player);
}

// While a conversion runs, ask each second how far it is.
/** @param {Player} player */
function followConversion(player) {
  const { walk, asked } = player;
  if (!walk) return;
  if (asked && !walk.converting) {
    asked.polls += 1;
    const same = nameOf(walk.clip) === asked.of;
    if (!same || walk.problem !== asked.problem || asked.polls > POLLS) {
      if (same && walk.problem === asked.problem) player.said = "The conversion did not start. Try again in a moment.";
      player.asked = null;
    }
  } else if (asked) asked.polls = 0;
  if (walk.converting || player.asked) {
    player.poll = setTimeout(() => {
      if (player.parts.root.isConnected) fetchWalk(player, false);
      else closePlayer(player);
    }, 1000);
  }
}

/** @param {Player} player */
async function askForConversion(player) {
  const { walk, asking } = player;
  if (!walk || player.asked) return;
  player.asked = { of: nameOf(walk.clip), problem: walk.problem, polls: 0 };
  player.said = "";
  drawPlayer(player);
  try {
    const answer = await fetch(addressOf(player, "/convert"), { method: "POST", signal: asking.signal });
    if (!answer.ok) throw new Error(await problemIn(answer));
    player.poll = setTimeout(() => fetchWalk(player, false), 300);
  } catch (error) {
    if (asking.signal.aborted) return;
    player.asked = null;
    const why = error instanceof TypeError ? "The server does not answer." : /** @type {Error} */ (error).message;
    player.said = why || "The conversion could not be started.";
    drawPlayer(player);
  }
}

// The sentence in an answer that is none; "" where it holds no sentence.
/** @param {Response} answer @returns {Promise<string>} */
async function problemIn(answer) {
  const told = await answer.json().catch(() => null);
  return typeof told?.problem === "string" ? told.problem : "";
}

/** @param {Player} player @param {Player["trouble"]} trouble */
function troubled(player, trouble) {
  if (player.closed) return;
  player.trouble = trouble;
  if (trouble === "gone" || trouble === "network") unloadClip(player);
  if (trouble === "unplayable") clearTimeout(player.stall);
  if (player.walk && (trouble === "unplayable" || trouble === "stalled")) markStill(player.parts, player.walk);
  if (trouble === "gone") player.walk = null;
  drawPlayer(player);
}

/** @param {Player} player */
function toggleMarks(player) {
  player.marked = !player.marked;
  drawControls(player);
}

// Keys of the player; whether this was one. A button that has the focus keeps its own Space.
/** @param {Player} player @param {KeyboardEvent} event */
function playerKey(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === " " && event.composedPath().some((node) => node instanceof HTMLButtonElement)) return false;
  const act = PLAYER_KEYS[key];
  if (!act || (event.repeat && ["k", " ", "b"].includes(key))) return Boolean(act);
  act(player);
  return true;
}

/** @type {Record<string, (player: Player) => void>} */
const PLAYER_KEYS = {
  " ": playOrPause, k: playOrPause, b: toggleMarks,
  ",": (player) => stepFrames(player, -1), ".": (player) => stepFrames(player, 1),
  "<": (player) => changeSpeed(player, -1), ">": (player) => changeSpeed(player, 1),
  PageUp: (player) => stepWalks(player, -1), PageDown: (player) => stepWalks(player, 1),
};
