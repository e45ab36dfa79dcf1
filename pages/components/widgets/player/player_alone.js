// A player by itself, see player.py: a button that opens it where nothing is to be loaded before, and its keys.

/**
 * @typedef {{ crops: number[], crop: number, open: boolean, steps: boolean }} Data
 * @typedef {{ player: ReturnType<typeof openPlayer> | null, crop: number, reel: string,
 *   keys: (event: KeyboardEvent) => void }} Place
 */

/** @type {WeakMap<Element, Place>} */
const places = new WeakMap(); // root element -> its player

/** @param {Component<Data>} component */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".watching");
  const place = places.get(root) ?? { player: null, crop: data.crop, reel: "", keys: () => {} };
  const begun = !places.has(root);
  places.set(root, place);
  const watch = /** @type {HTMLButtonElement} */ (root.querySelector(".watch"));
  const hide = /** @type {HTMLButtonElement} */ (root.querySelector(".hide"));
  const reel = data.crops.length > 1 ? data.crops : undefined;

  const open = () => {
    const strange = reel ? "" : "Another tracklet of this camera";
    place.player = openPlayer(root, data.crop, { steps: data.steps, reel, strange, home: "Back to this crop" });
    watch.hidden = true;
    hide.hidden = data.open;
    root.querySelector(".player")?.focus();
  };
  watch.onclick = open;
  hide.onclick = () => {
    place.player?.close();
    place.player = null;
    watch.hidden = false;
    hide.hidden = true;
    watch.focus();
  };
  if (place.player && (place.crop !== data.crop || place.reel !== data.crops.join())) {
    if (place.reel === data.crops.join() || !reel) place.player.show(data.crop);
    else {
      place.player.close();
      open();
    }
  } else if (begun && data.open) open();
  else if (begun) watch.hidden = false;
  Object.assign(place, { crop: data.crop, reel: data.crops.join() });

  document.removeEventListener("keydown", place.keys, true);
  /** @param {KeyboardEvent} event */
  const keys = (event) => {
    if (!place.player || isCovered(root) || event.composedPath().some(isTyping) || !place.player.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  place.keys = keys;
  document.addEventListener("keydown", keys, true);
  return () => document.removeEventListener("keydown", keys, true); // may be called after a later drawing: its own only
}
