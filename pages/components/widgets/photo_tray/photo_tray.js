// The photos of photo_tray.py, and the way in for pictures that are pasted or dropped anywhere on the page: these are
// handed to the page's own uploader, with its limits.

const PICTURE = /\.(jpe?g?|jf?if?(-tbnl)?|png|webp|bmp|dib|tiff?|ppm|heic|heif|avif|gif|jp2)$/i;
const ROLES = [["positive", "This person"], ["negative", "Somebody else"], ["aside", "Set aside"]];
const drawn = new WeakMap(); // root element -> the data that it shows

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".tray");
  const text = JSON.stringify({ ...data, taken: 0 });
  const tell = teller(root, data.taken, setStateValue);
  if (drawn.get(root) !== text) {
    const focused = root.getRootNode().activeElement?.dataset?.name;
    root.replaceChildren(...data.photos.map((photo) => figure(photo, data.photos.length, tell)));
    if (focused) root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    drawn.set(root, text);
  }
  const paste = (event) => {
    if (event.composedPath().some((node) => node instanceof HTMLElement && ["INPUT", "TEXTAREA"].includes(node.tagName) && node.type !== "file")) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && hand(files)) event.preventDefault();
  };
  const over = (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); };
  const drop = (event) => {
    if (event.composedPath().some((node) => node.dataset?.testid === "stFileUploaderDropzone")) return; // has its own way
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) { event.preventDefault(); hand(files); }
  };
  root.forget?.();
  const listeners = [["paste", paste], ["dragover", over], ["drop", drop]];
  listeners.forEach(([name, act]) => document.addEventListener(name, act));
  root.forget = () => listeners.forEach(([name, act]) => document.removeEventListener(name, act));
  return root.forget;
}

function hand(files) {
  const input = document.querySelector(".st-key-upload-place input[type=file]");
  const pictures = files.filter((file) => file.type.startsWith("image/") || PICTURE.test(file.name));
  if (!input || !pictures.length) return false;
  const moved = new DataTransfer();
  for (const file of pictures) moved.items.add(file);
  input.files = moved.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

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
  act(row, "Remove", `remove ${photo.id}`, `Remove ${photo.name}`, () => tell("removed", { id: photo.id }));
  return made;
}

function act(row, words, name, title, done) {
  const button = add(row, "button", "", words);
  button.type = "button";
  button.dataset.name = name;
  button.setAttribute("aria-label", title);
  button.onclick = done;
}

function add(parent, tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}
