// @ts-check
// The parts of a page of ours, by their ids: whoever looks for one that is not there hears of it at once.

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @param {new () => T} [kind] @returns {T} */
export const part = (id, kind = /** @type {any} what T is by itself */ (HTMLElement)) => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`this page has no #${id}`);
  return element;
};
