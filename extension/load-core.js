// @ts-check
// The core, compiled and given its words: whoever uses it, waits for this first.

import init, { set_words } from './core/core.js';

/** @param {string} path @returns {URL} */
const near = (path) => new URL(path, import.meta.url);

/** Keys and messages alone: what is written for translators is three quarters of the file. @returns {Promise<string>} */
const english = async () => {
  const response = await fetch(near('_locales/en/messages.json'));
  /** @type {Record<string, {message: string}>} */
  const entries = await response.json();
  return JSON.stringify(Object.fromEntries(Object.entries(entries).map(([key, { message }]) => [key, message])));
};

/** Rejects where a file of ours cannot be had; nothing is half loaded then. @returns {Promise<void>} */
export const loadCore = async () => {
  const [words] = await Promise.all([english(), init({ module_or_path: near('core/core_bg.wasm') })]);
  set_words('en', words);
};
