// @ts-check
// The core, compiled and given its words: whoever uses it, waits for this first.

import init, { set_words } from './core/core.js';
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
