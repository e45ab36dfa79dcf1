// The field of label_field.py. It tells the page what was typed when it is left; Enter submits it.

const seen = new WeakMap(); // field -> the options that it suggests
let number = 0;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const field = parentElement.querySelector(".field");
  const list = parentElement.querySelector("datalist");
  const options = JSON.stringify(data.options);
  if (!seen.has(field)) {
    field.value = data.value;
    list.id = `labels-${(number += 1)}`;
    field.setAttribute("list", list.id);
  }
  if (seen.get(field) !== options) {
    list.replaceChildren(...data.options.map((label) => Object.assign(document.createElement("option"), { value: label })));
    seen.set(field, options);
  }
  field.setAttribute("aria-label", data.label);
  field.placeholder = data.placeholder;
  field.onchange = () => setStateValue("typed", field.value);
  field.onkeydown = (event) => { // arrow keys are the field's, not shortcuts of the page
    if (event.key === "Enter" && !event.isComposing && !event.repeat) {
      setStateValue("typed", field.value);
      setTriggerValue("entered", field.value);
      event.preventDefault(); // no second run for the change
    }
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
  };
}
