// @ts-check
// What both public pages begin with: their words in the reader's language, and the core once something is to be read.

import { languageFor, loadWords } from './words.js';

// ?lang=de chooses: an address that can be handed on, and nothing is stored.
const asked = new URLSearchParams(location.search).get('lang');
const wanted = asked === null ? navigator.languages : [asked];

/** English stands in the page already: nothing is fetched for it, and it stays where another language cannot be had. */
export const translate = async () => {
  const loaded = languageFor(wanted) === 'en' ? null : await loadWords(wanted).catch(() => null);
  if (loaded === null) return;
  const { lang, dir, words } = loaded;
  Object.assign(document.documentElement, { lang, dir });
  for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = words[element.getAttribute('data-i18n') ?? ''] ?? '';
  for (const element of document.querySelectorAll('[data-i18n-label]')) element.setAttribute('aria-label', words[element.getAttribute('data-i18n-label') ?? ''] ?? '');
};

const load = async () => {
  const [{ explain, mount_card }, { judgeText, loadCore }] = await Promise.all([import('./core/core.js'), import('./load-core.js')]);
  const { words } = await loadCore(wanted);
  return { explain, judgeText, mount_card, words };
};
/** @type {ReturnType<typeof load> | null} */
let loading = null;
/** It is three quarters of the page, so it comes only when there is something to read. Rejects where it cannot be had; then the next call tries again. */
export const needCore = () => {
  loading ??= load().catch((error) => { loading = null; throw error; });
  return loading;
};
