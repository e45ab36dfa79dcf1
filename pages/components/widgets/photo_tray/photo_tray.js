// The photos of photo_tray.py, and the way in for pictures that are pasted or dropped anywhere on the page: these are
// handed to the page's own uploader, with its limits.

/**
 * @typedef {{ id: number, name: string, picture: string, role: string, lines: string[], hint?: string, whole?: boolean }} Photo
 * @typedef {{ photos: Photo[], taken: number }} Data
 * @typedef {{ changed: { id: number, role: string }, only: { id: number }, edited: { id: number }, whole: { id: number },
 *   removed: { id: number } }} Events
 */

const PICTURE = /\.(jpe?g?|jf?if?(-tbnl)?|png|webp|bmp|dib|tiff?|ppm|heic|heif|avif|gif|jp2)$/i;
const ROLES = [["positive", "This person"], ["negative", "Somebody else"], ["aside", "Set aside"]];
/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap(); // root element -> the data that it shows
/** @type {WeakMap<Element, () => void>} */
const forgetting = new WeakMap(); // root element -> takes its listeners away

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".tray");
  const text = JSON.stringify({ ...data, taken: 0 });
  /** @type {Tell<Events>} */
  const tell = teller(root, data.taken, setStateValue);
  if (drawn.get(root) !== text) {
    const focused = root.getRootNode().activeElement?.dataset?.name;
    root.replaceChildren(...data.photos.map((photo) => figure(photo, data.photos.length, tell)));
    if (focused) root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    drawn.set(root, text);
  }
  /** @param {ClipboardEvent} event */
  const paste = (event) => {
    if (event.composedPath().some(typing)) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && hand(files)) event.preventDefault();
  };
  /** @param {DragEvent} event */
  const over = (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); };
  /** @param {DragEvent} event */
  const drop = (event) => {
    if (event.composedPath().some(uploader)) return; // has its own way
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) { event.preventDefault(); hand(files); }
  };
  forgetting.get(root)?.();
  document.addEventListener("paste", paste);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  const forget = () => {
    document.removeEventListener("paste", paste);
    document.removeEventListener("dragover", over);
    document.removeEventListener("drop", drop);
  };
  forgetting.set(root, forget);
  return forget;
}

/** @param {EventTarget} node */
const typing = (node) => node instanceof HTMLTextAreaElement || (node instanceof HTMLInputElement && node.type !== "file");
/** @param {EventTarget} node */
const uploader = (node) => node instanceof HTMLElement && node.dataset.testid === "stFileUploaderDropzone";

/** @param {File[]} files */
function hand(files) {
  /** @type {HTMLInputElement | null} */
  const input = document.querySelector(".st-key-upload-place input[type=file]");
  const pictures = files.filter((file) => file.type.startsWith("image/") || PICTURE.test(file.name));
  if (!input || !pictures.length) return false;
  const moved = new DataTransfer();
  for (const file of pictures) moved.items.add(file);
  input.files = moved.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

/** @param {Photo} photo @param {number} count @param {Tell<Events>} tell */
function figure(photo, count, tell) {
  const made = add(document.createDocumentFragment(), "figure", `${photo.role}${count === 1 ? " alone" : ""}`);
  const frame = add(made, "div", "frame");
  const picture = add(frame, "img");
  picture.alt = `Photo ${photo.name}`;
  picture.src = photo.picture;
  const side = add(made, "div", "side");
  const caption = add(side, "figcaption");
  photo.lines.forEach((line, row) => add(caption, row ? "span" : "b", "", line));
  if (photo.hint) add(side, "p", "hint", photo.hint);
  const row = add(side, "div", "row");
  if (count > 1) {
    const role = add(row, "select");
    role.dataset.name = `role ${photo.id}`;
    role.setAttribute("aria-label", `What ${photo.name} shows`);
    for (const [value, words] of ROLES) {
      const option = add(role, "option", "", words);
      option.value = value;
      option.selected = value === photo.role;
    }
    role.onchange = () => tell("changed", { id: photo.id, role: role.value });
  }
  if (photo.role === "aside") act(row, "Search", `only ${photo.id}`, `Search for ${photo.name} instead`, () => tell("only", { id: photo.id }));
  act(row, "Crop", `edit ${photo.id}`, `Crop or turn ${photo.name}`, () => tell("edited", { id: photo.id }));
  if (photo.whole) act(row, "Whole photo", `whole ${photo.id}`, `Search with the whole photo that ${photo.name} was cut from`, () => tell("whole", { id: photo.id }));
  act(row, "Remove", `remove ${photo.id}`, `Remove ${photo.name}`, () => tell("removed", { id: photo.id }));
  return made;
}

/** @param {Element} row @param {string} words @param {string} name @param {string} title @param {() => void} done */
function act(row, words, name, title, done) {
  const button = add(row, "button", "", words);
  button.type = "button";
  button.dataset.name = name;
  button.setAttribute("aria-label", title);
  button.onclick = done;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {ParentNode} parent @param {Tag} tag @param {string} [name] @param {string} [text]
 */
function add(parent, tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}
