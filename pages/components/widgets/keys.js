// When a key is meant for a component that listens on the whole page: not while somebody types, nor while a dialog is
// open that the component is no part of. Put before a component's own script.

const OVER_THE_PAGE = '[role="dialog"], [data-testid="stPopoverBody"]';

// Whether a dialog or a popover is open that does not hold this element.
/** @param {Element} root */
function isCovered(root) {
  const { host } = root.getRootNode();
  return [...document.querySelectorAll(OVER_THE_PAGE)].some((over) => !over.contains(host));
}

/** @param {EventTarget} node */
const isRange = (node) => node instanceof HTMLInputElement && node.type === "range";

/** @param {EventTarget} node */
const isTyping = (node) => node instanceof HTMLElement && !isRange(node)
  && (node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName)
    || ["slider", "listbox", "radiogroup", "radio", "tab", "combobox"].includes(node.getAttribute("role") ?? ""));
