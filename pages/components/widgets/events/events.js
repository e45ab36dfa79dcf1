// Numbers what is done in a component and keeps it until the page has taken it up, see events.py. Put before the
// component's own script.

/**
 * @template {Record<string, object>} Events  what can be done, by name, with what is told of it
 * @typedef {<What extends keyof Events>(
 *   what: What, ...about: object extends Events[What] ? [] : [Events[What]]
 * ) => void} Tell
 */

/** @type {WeakMap<Element, { last: number, events: Did["did"] }>} */
const queues = new WeakMap(); // root element -> what was done and is not taken up yet

/**
 * @template {Record<string, object>} Events
 * @param {Element} root @param {number} taken @param {(name: "did", did: Did["did"]) => void} setStateValue
 * @returns {Tell<Events>}
 */
function teller(root, taken, setStateValue) {
  const queue = queues.get(root) ?? { last: 0, events: [] };
  queues.set(root, queue);
  queue.last = Math.max(queue.last, taken);
  queue.events = queue.events.filter((event) => event.n > taken);
  return (what, ...about) => {
    queue.events.push({ n: (queue.last += 1), what, ...about[0] });
    setStateValue("did", [...queue.events]);
  };
}

// Whether something that was done is not taken up yet.
/** @param {Element} root */
function isPending(root) {
  return Boolean(queues.get(root)?.events.length);
}

