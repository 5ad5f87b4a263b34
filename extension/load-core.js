// @ts-check
// The core, compiled and given its words: whoever uses it, waits for this first.

import init, { explain, set_words } from './core/core.js';
import { loadWords } from './words.js';

/**
 * Rejects where a file of ours cannot be had; nothing is half loaded then. Again, it only gives the core its words anew.
 * @param {readonly string[]} [wanted] BCP 47, the dearest first, where the person has chosen
 * @returns {ReturnType<typeof loadWords>} the words that it was given
 */
export const loadCore = async (wanted) => {
  const [loaded] = await Promise.all([loadWords(wanted), init({ module_or_path: new URL('core/core_bg.wasm', import.meta.url) })]);
  set_words(loaded.lang, JSON.stringify(loaded.words));
  return loaded;
};

/** The verdict on a text that stands by itself; null where it is no failure of OpenRouter's. @param {string} body @returns {Verdict | null} */
export const judgeText = (body) => {
  /** @param {Exchange['surface']} surface @returns {Verdict | null} */
  const as = (surface) => explain({ exchange: { surface, url: '', method: '', status: 0, headers: {}, body, at_ms: Date.now() }, request: null, replayable: false, attempt: 1, site: {} });
  return as('page') ?? as('log');
};
