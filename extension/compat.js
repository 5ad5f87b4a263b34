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

  /**
   * A message to the worker; null when nobody answers. Asked once more after 50 ms: Firefox loses a message that meets an event page
   * in the act of stopping ("Receiving end does not exist").
   * @param {object} message
   * @returns {Promise<any>} the worker's answer as it came: the caller narrows it
   */
  const ask = async (message) => {
    for (let left = 1; isAlive(); left--) {
      try {
        const answer = await api.runtime.sendMessage(message);
        if (answer !== undefined) return answer;
      } catch { /* stopped, or gone */ }
      if (left === 0) return null;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    return null;
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
