// What lists of cards share: one card at a time is in the page's tab order, arrow keys, Home and End move it, and the
// keyboard comes back to it after a dialog. Put before a component's own script.

const buttons = (root) => [...root.querySelectorAll(".card")];

// Which card has the keyboard: its place and id, or null.
function focusedIn(root) {
  const active = root.getRootNode().activeElement;
  const place = buttons(root).indexOf(active);
  return place < 0 ? null : { place, id: active.dataset.id };
}

function rove(cards, place, focus) {
  const chosen = cards[Math.min(place, cards.length - 1)];
  cards.forEach((card) => { card.tabIndex = card === chosen ? 0 : -1; });
  if (focus && chosen) chosen.focus();
}

function target(key, here, cards) {
  const columns = cards.filter((card) => card.getBoundingClientRect().top === cards[0].getBoundingClientRect().top).length;
  const places = {
    ArrowRight: here + 1, ArrowLeft: here - 1, ArrowDown: here + columns, ArrowUp: here - columns,
    Home: 0, End: cards.length - 1,
  };
  const place = places[key];
  return place === undefined || place < 0 || place >= cards.length ? undefined : place;
}

// A dialog holds the focus, and gives it to nobody when it goes: cards are inside a shadow root. One that was closed may
// also come back for a moment, when a key is pressed before the server has drawn the page without it. `current` gives the
// root element that is on the page, where Streamlit may put a new one in its place.
function returnAfterDialogs(root, current = () => root) {
  const back = ({ target: left, relatedTarget }) => {
    if (!relatedTarget?.closest('[role="dialog"]')) return;
    const card = left.closest("li")?.querySelector(".card");
    const before = { place: buttons(root).indexOf(card), id: card?.dataset.id };
    afterDialogs(() => {
      const cards = buttons(current());
      const kept = cards.findIndex((one) => one.dataset.id === before.id);
      if (document.activeElement === document.body) rove(cards, Math.max(0, kept >= 0 ? kept : before.place), true);
    });
  };
  for (const button of root.querySelectorAll("button")) button.onblur = back;
}

function afterDialogs(act) {
  if (document.querySelector('[role="dialog"]')) setTimeout(() => afterDialogs(act), 50);
  else requestAnimationFrame(act);
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

