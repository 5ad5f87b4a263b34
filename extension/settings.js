// @ts-check
// What the person has set, as it lies in `storage.local`: the only place that knows its keys and shapes.

import { LANGUAGES } from './words.js';

/**
 * @typedef {object} Settings
 * @property {string[]} off            hosts that the person switched off; they stay off under "every site" too
 * @property {string[]} auto           hosts on which failures are tried again without a click
 * @property {string | null} language  BCP 47 tag of the chosen language; null: as the browser
 */

/** Pages from the disk have no host, and one name. @param {unknown} x @returns {x is string} */
const isHost = (x) => x === 'file:' || (typeof x === 'string' && x.length <= 253 && /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:]+\]$/.test(x));
/** @param {unknown} x @returns {string[]} */
const hosts = (x) => (Array.isArray(x) ? [...new Set(x.filter(isHost))] : []);

/**
 * What is right in whatever lies there, or came from a file; the rest is left out.
 * @param {unknown} x @returns {Settings}
 */
export const readSettings = (x) => {
  const { off, auto, language } = /** @type {Record<string, unknown>} */ (typeof x === 'object' && x !== null ? x : {});
  const tags = LANGUAGES.map((folder) => folder.replace('_', '-'));
  return { off: hosts(off), auto: hosts(auto), language: tags.find((tag) => tag === language) ?? null };
};

const { storage } = cooldownCompat.api;

/** @returns {Promise<Settings>} */
export const loadSettings = async () => readSettings(await storage.local.get(['off', 'auto', 'language']));

/** Over what lies there; what is not given stays. @param {Partial<Settings>} changed */
export const saveSettings = async ({ language, ...lists }) => {
  if (language === null) await storage.local.remove('language');
  else if (language !== undefined) await storage.local.set({ language });
  await storage.local.set(lists);
};

/** As a file holds them. @param {Settings} settings */
export const toFile = (settings) => `${JSON.stringify({ cooldown: 1, settings }, null, 2)}\n`;
/** Null where it is no such file. @param {string} text @returns {Settings | null} */
export const fromFile = (text) => {
  try {
    const file = JSON.parse(text);
    return file?.cooldown === 1 && typeof file.settings === 'object' && file.settings !== null ? readSettings(file.settings) : null;
  } catch { return null; }
};
