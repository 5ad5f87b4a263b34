// @ts-check
// Light or dark, as the person chose, on every page of ours: an attribute of the root, from which the sheets take their `color-scheme`.
// A plain script in the head, so that the answer is there before most pages are painted. Without the attribute: as the system.

(() => {
  'use strict';
  const { storage } = cooldownCompat.api;
  /** @param {unknown} theme */
  const obey = (theme) => {
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  const read = async () => {
    const above = await storage.managed?.get('theme').catch(() => ({})), own = await storage.local.get('theme');
    obey({ ...own, ...above }.theme); // what an organisation has set stands above
  };
  read().catch(() => {});
  storage.onChanged.addListener(({ theme }) => { if (theme !== undefined) read().catch(() => {}); });
})();
