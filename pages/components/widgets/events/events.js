// Numbers what is done in a component and keeps it until the page has taken it up, see events.py. Put before the
// component's own script.

const queues = new WeakMap(); // root element -> what was done and is not taken up yet

function teller(root, taken, setStateValue) {
  const queue = queues.get(root) ?? { last: 0, events: [] };
  queues.set(root, queue);
  queue.last = Math.max(queue.last, taken);
  queue.events = queue.events.filter((event) => event.n > taken);
  return (what, about = {}) => {
    queue.events.push({ n: (queue.last += 1), what, ...about });
    setStateValue("did", [...queue.events]);
  };
}

// Whether something that was done is not taken up yet.
function isPending(root) {
  return queues.get(root).events.length > 0;
}

