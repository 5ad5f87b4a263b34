// @ts-check
// The core, compiled and given its words: whoever uses it, waits for this first.

import init, { set_words } from './core/core.js';

/** The folders of `_locales`, English first: it stands in where a language lacks a message. */
export const LANGUAGES = Object.freeze(['en', 'ar', 'de', 'es', 'fr', 'ja', 'ko', 'pt_BR', 'ru', 'zh_CN']);

/** @param {string} path @returns {URL} */
const near = (path) => new URL(path, import.meta.url);

/** @param {string} tag @returns {Intl.Locale | null} */
const likely = (tag) => {
  try { return new Intl.Locale(tag.replace('_', '-')).maximize(); } catch { return null; } // a browser may name what is no language
};

/**
 * The best of ours for a person who reads these. A language in another script is another language to read; one of another country is not.
 * @param {readonly string[]} wanted BCP 47, the dearest first
 * @returns {string} a folder of `_locales`
 */
export const languageFor = (wanted) => {
  for (const one of wanted.map(likely)) {
    const readable = LANGUAGES.filter((folder) => {
      const ours = likely(folder);
      return ours?.language === one?.language && ours?.script === one?.script;
    });
    const [first] = readable;
    if (first !== undefined) return readable.find((folder) => likely(folder)?.region === one?.region) ?? first;
  }
  return 'en';
};

/** The browser's own language in the extension, what the person prefers to read on a web page. @returns {readonly string[]} */
const usual = () => {
  const own = globalThis.chrome?.i18n?.getUILanguage?.();
  return own === undefined ? navigator.languages : [own];
};

/** Keys and messages alone: what is written for translators is three quarters of the file. @param {string} folder @returns {Promise<Record<string, string>>} */
const messagesOf = async (folder) => {
  const response = await fetch(near(`_locales/${folder}/messages.json`));
  /** @type {Record<string, {message: string}>} */
  const entries = await response.json();
  return Object.fromEntries(Object.entries(entries).map(([key, { message }]) => [key, message]));
};

/**
 * Rejects where a file of ours cannot be had; nothing is half loaded then.
 * @param {readonly string[]} [wanted] BCP 47, the dearest first, where the person has chosen
 * @returns {Promise<{lang: string, dir: 'ltr' | 'rtl', words: Record<string, string>}>} the language's BCP 47 tag, how it is written, its messages by key
 */
export const loadCore = async (wanted = usual()) => {
  const folder = languageFor(wanted), folders = folder === 'en' ? [folder] : ['en', folder];
  const [all] = await Promise.all([Promise.all(folders.map(messagesOf)), init({ module_or_path: near('core/core_bg.wasm') })]);
  const words = Object.assign({}, ...all), lang = folder.replace('_', '-');
  set_words(lang, JSON.stringify(words));
  return { lang, dir: lang === 'ar' ? 'rtl' : 'ltr', words };
};
