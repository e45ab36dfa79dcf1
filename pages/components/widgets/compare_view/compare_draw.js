// How compare_view.js draws; it stands before that script.


/** @param {HTMLElement} root @param {Data} data */
function skeleton(root, data) {
  root.tabIndex = -1;
  root.setAttribute("aria-label", "Comparison");
  const bar = add(root, "div", "bar");
  const body = add(root, "div", "body");
  const photo = pane(body), hit = pane(body);
  const facts = add(body, "dl", "facts");
  const verdicts = add(root, "div", "verdicts");
  const field = add(root, "input", "note");
  Object.assign(field, { type: "text", maxLength: 500, placeholder: "A note on the next verdict" });
  field.setAttribute("aria-label", "Note on the next verdict");
  field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") root.focus({ preventScroll: true });
  };
  const live = add(root, "p", "live");
  live.setAttribute("role", "status");
  const sheet = add(root, "div", "sheet");
  sheet.setAttribute("role", "note");
  sheet.setAttribute("aria-label", "Keys");
  const judging = data.verdicts.map((kind) => [kind.key, kind.words.toLowerCase()]);
  for (const [key, meaning] of [...judging, [data.undo_key, "take the last verdict back"], ...KEYS]) {
    const row = add(sheet, "div");
    row.dataset.key = key;
    add(row, "kbd", "", key);
    add(row, "span", "", meaning);
  }
  return { bar, photo, hit_pane: hit, facts, verdicts, field, live, sheet_of: sheet };
}

/** @param {HTMLElement} body */
function pane(body) {
  const figure = add(body, "figure");
  const frame = add(figure, "div", "frame");
  const picture = add(frame, "img");
  const over = add(frame, "img", "over");
  over.alt = "";
  return { frame, picture, over, caption: add(figure, "figcaption"), strip: add(figure, "div", "strip") };
}

/** @param {View} view */
function draw(view) {
  const { data } = view;
  const photo = data.photos[view.asked], hit = data.hits[view.hit];
  view.root.classList.toggle("waiting", view.waiting);
  controls(view);
  show(view, view.photo, photo, `The photo that is searched for, ${view.asked + 1} of ${data.photos.length}`, "asked", data.photos);
  show(view, view.hit_pane, hit, `The hit, view ${view.hit + 1} of ${data.hits.length}`, "hit", data.hits);
  const overlay = view.agree && data.overlay && data.overlay.photo === photo.id && data.overlay.crop === hit.id ? data.overlay : null;
  over(view.photo, overlay?.over_photo);
  over(view.hit_pane, overlay?.over_crop);
  view.facts.replaceChildren();
  for (const [name, value] of [...data.facts, ...hit.facts]) {
    const row = add(view.facts, "div");
    add(row, "dt", "", name);
    add(row, "dd", "", value);
  }
  judging(view);
  view.live.textContent = [data.said, agreed(view, overlay),
    data.conflict].filter(Boolean).join(" · ");
  view.sheet_of.hidden = !view.sheet;
  const filmed = data.hits.some((crop) => crop.film);
  for (const row of view.sheet_of.querySelectorAll("[data-key]")) {
    const key = row.dataset.key ?? "";
    row.hidden = key === "A" ? !data.agreement : OF_CLIPS.includes(key) && !filmed;
  }
  film(view, hit);
}

// The player stands over the hit's picture while the clip is watched, and follows the hit.
/** @param {View} view @param {Hit} hit */
function film(view, hit) {
  const wanted = view.watch && hit.film;
  view.root.classList.toggle("filming", wanted);
  view.hit_pane.frame.classList.toggle("filmed-frame", wanted);
  if (!wanted) {
    view.player?.close();
    view.player = null;
  } else if (!view.player) {
    const strange = "Another tracklet, not the hit";
    const options = { picture: hit.picture, steps: view.data.steps, strange, home: "Back to the hit" };
    view.player = openPlayer(view.hit_pane.frame, hit.id, options);
    view.watched = hit.id;
  } else if (view.watched !== hit.id) {
    view.player.show(hit.id);
    view.watched = hit.id;
  }
}

/** @param {View} view @param {Overlay | null} overlay */
function agreed(view, overlay) {
  if (!view.agree) return "";
  if (overlay) return "Blue speaks for one person: hidden, the two are less alike. Orange speaks against it";
  return view.data.agreement_trouble || "Hiding one patch after another, to see where the two agree";
}

/** @param {View} view */
function controls(view) {
  const { data } = view;
  const focused = view.root.getRootNode().activeElement?.dataset?.name;
  view.bar.replaceChildren();
  button(view.bar, "Previous", () => move(view, -1), { disabled: data.order.indexOf(data.pair) <= 0, keys: "ArrowLeft" });
  button(view.bar, "Next", () => move(view, 1), { disabled: data.order.indexOf(data.pair) === data.order.length - 1, keys: "ArrowRight" });
  add(view.bar, "span", "where", data.where);
  add(view.bar, "span", "space");
  button(view.bar, "Smaller", () => ACTIONS["-"](view), { text: "−", keys: "-" });
  add(view.bar, "span", "zoom", `${Math.round(100 * view.zoom)} %`);
  button(view.bar, "Larger", () => ACTIONS["+"](view), { text: "+", keys: "+" });
  button(view.bar, "Darker", () => ACTIONS["["](view), { keys: "[" });
  button(view.bar, "Brighter", () => ACTIONS["]"](view), { keys: "]" });
  if (data.hits[view.hit].film) button(view.bar, "Watch", () => watch(view), { pressed: view.watch, keys: "W" });
  if (data.agreement) button(view.bar, "Agreement", () => agree(view), { pressed: view.agree, keys: "A" });
  button(view.bar, "Keys", () => look(view, { sheet: !view.sheet }), { pressed: view.sheet, keys: "?", text: "Keys ?" });
  button(view.bar, "Back to the list", () => view.tell("closed"), { keys: "Escape" });
  if (focused) view.bar.querySelector(`[data-name="${focused}"]`)?.focus();
}

/** @param {View} view */
function judging(view) {
  const { data } = view;
  const focused = view.root.getRootNode().activeElement?.dataset?.name;
  view.verdicts.replaceChildren();
  for (const { verdict, words, key } of data.verdicts) {
    const made = button(view.verdicts, words, () => judge(view, verdict), { pressed: data.verdict === verdict, keys: key });
    made.classList.add(verdict.split(" ")[0]);
    add(made, "kbd", "", key);
  }
  const back = button(view.verdicts, "Undo", () => undo(view), { disabled: !data.undo, keys: data.undo_key });
  add(back, "kbd", "", data.undo_key);
  add(view.verdicts, "span", "space");
  const crop = data.hits[view.hit].id;
  if (data.leave) {
    button(view.verdicts, "Search from this crop", () => view.tell("searched", { crop }));
    button(view.verdicts, "Open in the gallery", () => view.tell("visited", { crop }));
  }
  if (focused) view.verdicts.querySelector(`[data-name="${focused}"]`)?.focus();
}

/**
 * @param {View} view @param {Pane} place @param {Picture} shown @param {string} words @param {"hit" | "asked"} what
 * @param {(Photo | Hit)[]} among
 */
function show(view, place, shown, words, what, among) {
  if (place.picture.getAttribute("src") !== shown.picture) {
    place.picture.onerror = () => { if (shown.thumbnail) place.picture.src = shown.thumbnail; };
    place.picture.src = shown.picture;
  }
  place.picture.alt = words;
  const style = { transform: `translate(${view.x}%, ${view.y}%) scale(${view.zoom})`, filter: `brightness(${view.light})` };
  Object.assign(place.picture.style, style);
  place.over.style.transform = style.transform;
  place.caption.replaceChildren();
  shown.lines.forEach((line, row) => add(place.caption, row ? "span" : "b", "", line));
  const count = `${view[what] + 1} of ${among.length}`;
  if (among.length > 1) add(place.caption, "span", "", what === "hit" ? `view ${count}` : `photo ${count}`);
  drag(view, place);
  const ids = among.map((crop) => crop.id).join();
  if (place.strip.dataset.ids !== ids) {
    place.strip.dataset.ids = ids;
    place.strip.replaceChildren();
    if (among.length > 1) among.forEach((crop, index) => thumb(view, place.strip, crop, index, what));
  }
  [...place.strip.children].forEach((small, index) => small.setAttribute("aria-pressed", String(index === view[what])));
}

/** @param {View} view @param {Element} strip @param {Picture} crop @param {number} index @param {"hit" | "asked"} what */
function thumb(view, strip, crop, index, what) {
  const small = add(strip, "button", "small");
  small.type = "button";
  small.setAttribute("aria-label", `${what === "hit" ? "View" : "Photo"} ${index + 1}: ${crop.lines.join(", ")}`);
  const picture = add(small, "img");
  picture.alt = "";
  picture.src = crop.thumbnail || crop.picture;
  small.onclick = () => choose(view, what, index);
}

/** @param {Pane} place @param {string} [address] */
function over(place, address) {
  place.over.hidden = !address;
  if (address) place.over.src = address;
}

/** @param {View} view @param {Pane} place */
function drag(view, place) {
  place.frame.ondblclick = () => look(view, view.zoom > 1 ? { zoom: 1, x: 0, y: 0 } : { zoom: 2.5 });
  place.frame.onwheel = (event) => {
    if (!event.ctrlKey && view.zoom === 1) return; // the page scrolls as usual until one has enlarged
    event.preventDefault();
    look(view, { zoom: Math.max(1, Math.min(8, view.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15))) });
  };
  place.frame.onpointerdown = (event) => {
    if (view.zoom === 1) return;
    const from = [event.clientX, event.clientY, view.x, view.y];
    const { width, height } = place.frame.getBoundingClientRect();
    place.frame.setPointerCapture(event.pointerId);
    place.frame.onpointermove = (moved) => look(view, {
      x: from[2] + (100 * (moved.clientX - from[0])) / width, y: from[3] + (100 * (moved.clientY - from[1])) / height,
    });
    place.frame.onpointerup = () => { place.frame.onpointermove = null; };
  };
}

/**
 * @param {Element} parent @param {string} name @param {() => void} act
 * @param {{ text?: string, disabled?: boolean, pressed?: boolean, keys?: string }} [options]
 */
function button(parent, name, act, { text = name, disabled = false, pressed, keys } = {}) {
  const made = add(parent, "button", "", text);
  made.type = "button";
  made.dataset.name = name;
  made.disabled = disabled;
  made.onclick = act;
  if (text !== name) made.setAttribute("aria-label", name);
  if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
  if (keys) made.setAttribute("aria-keyshortcuts", keys);
  return made;
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
