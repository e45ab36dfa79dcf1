// Types that the scripts of several components share. Only their check reads this file; no browser gets it.

// What Streamlit hands to a component: `Data` comes from Python, `State` and `Events` are what Python is told.
interface Component<Data, State = {}, Events = {}> {
  data: Data;
  // The component's own HTML, in which what is looked for is always there.
  parentElement: { querySelector<Found extends HTMLElement = HTMLElement>(selectors: string): Found };
  setStateValue<Name extends keyof State>(name: Name, value: State[Name]): void;
  setTriggerValue<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}

// What was done in a component, in the order of `n`; see events.js.
type Did = { did: { n: number; what: PropertyKey }[] };

// A verdict that can be given, and the key that gives it: `reid_core`'s table of them.
type VerdictKind = { verdict: string; words: string; key: string };

type Point = [x: number, y: number];

// All that a component draws stands in its own shadow root, and is HTML unless it is asked for by another tag.
interface Node {
  getRootNode(): ShadowRoot & { readonly activeElement: HTMLElement | null };
}
interface ParentNode {
  querySelector<Found extends HTMLElement = HTMLElement>(selectors: `.${string}` | `[${string}`): Found | null;
  querySelectorAll(selectors: `.${string}` | `[${string}`): NodeListOf<HTMLElement>;
}
