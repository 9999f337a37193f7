// One stack for all that can be undone on a page: words and marks. Steps run one after another.

const done = [];
const undone = [];
const listeners = new Set();
let running = Promise.resolve();

const changed = () => listeners.forEach((listener) => listener(state()));

/** What can be undone and done again: labels, or null. */
export const state = () => ({ undo: done.at(-1)?.label ?? null, redo: undone.at(-1)?.label ?? null });

/** Calls `listener` with each new state. */
export function onChange(listener) {
  listeners.add(listener);
  listener(state());
}

/** Records a step that was done: {label, undo, redo}; both may return promises, and throw if they
 * fail. A step that returns false is not there any more: the one before it is taken. */
export function push(step) {
  done.push(step);
  undone.length = 0;
  changed();
}

const move = (from, to, name) => () => {
  running = running.then(async () => {
    try {
      for (let step = from.pop(); step; step = from.pop()) {
        if ((await step[name]()) === false) continue;
        to.push(step);
        return step.label;
      }
      return null;
    } finally {
      // A step that fails cannot be tried again: what it changed is not there any more.
      changed();
    }
  });
  const result = running;
  running = running.catch(() => {});
  return result;
};

/** Takes the last step back; its label, or null. */
export const undo = move(done, undone, "undo");

/** Does the last undone step again; its label, or null. */
export const redo = move(undone, done, "redo");
