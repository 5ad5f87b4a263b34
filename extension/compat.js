// @ts-check
// What differs between browsers, in one file. A plain script, so that content scripts and modules share it.

(() => {
  'use strict';
  const scope = /** @type {{browser?: typeof chrome, chrome: typeof chrome}} */ (/** @type {unknown} */ (globalThis));
  /** Firefox's `browser`; elsewhere `chrome`, whose calls return promises too in manifest version 3. */
  const api = scope.browser ?? scope.chrome;

  /** Is the extension still there? After an update or a removal an old content script lives on, orphaned. */
  const isAlive = () => {
    try { return Boolean(api.runtime?.id); } catch { return false; }
  };

  const AGAIN_MS = 50;
  const LOST_MS = 500; // awake, the worker answers within a few ms, from cold within 300; where it takes longer both answers are awaited. Half the time in which a held answer needs its verdict

  /** @param {number} ms @returns {Promise<void>} */
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  /**
   * A message to the worker; null when nobody answers. Asked once more after 50 ms where it was refused: Firefox loses a message that meets an
   * event page in the act of stopping ("Receiving end does not exist"). With `repeats`, for a question that may be put twice, also where no word
   * came for half a second: what meets a worker that is being killed may be lost without one.
   * @param {object} message
   * @param {boolean} [repeats]
   * @returns {Promise<any>} the worker's answer as it came: the caller narrows it
   */
  const ask = async (message, repeats = false) => {
    if (!isAlive()) return null;
    const send = async () => (await api.runtime.sendMessage(message)) ?? Promise.reject(new Error('no answer'));
    const first = send(), heard = first.then(() => true, () => pause(AGAIN_MS));
    const isAnswered = await (repeats ? Promise.race([heard, pause(LOST_MS)]) : heard);
    if (isAnswered !== true && !isAlive()) return null;
    return Promise.any(isAnswered ? [first] : [first, send()]).catch(() => null);
  };

  /** What it takes to see the calls of workers. Firefox lets their answers be read too. @type {chrome.runtime.ManifestPermission[]} */
  const WIRE = !api.runtime?.getURL('').startsWith('moz-') ? ['webRequest'] : ['webRequest', 'webRequestBlocking', /** @type {any} not in Chromium's types */ ('webRequestFilterResponse')];

  /** A message with its placeholders filled, by name, as `api.i18n` does it for the browser's own language. @param {string} message @param {Record<string, string>} args */
  const fill = (message, args) => message.replace(/\$(\w+)\$/g, (_, name) => args[name.toLowerCase()] ?? '');

  const { sidebarAction } = /** @type {{sidebarAction?: {open(): Promise<void>}}} Firefox's, on desktops */ (/** @type {unknown} */ (api));
  /** Shows the history beside the page, straight in a click; null where the browser has no such place, as on phones. @type {((windowId: number) => Promise<void>) | null} */
  const openBeside = api.sidePanel !== undefined ? (windowId) => api.sidePanel.open({ windowId }) : sidebarAction !== undefined ? () => sidebarAction.open() : null;

  Object.defineProperty(globalThis, 'cooldownCompat', { value: Object.freeze({ api, isAlive, ask, fill, openBeside, WIRE }) });
})();
