// @ts-check
// A page of openrouter.ai that is itself a failed answer: a JSON document, a gate's or a server's error page. Read once, when it is there;
// Retry loads it anew.

(() => {
  'use strict';
  const { BODY_MAX, withoutSecrets } = cooldownProtocol;

  const isOpenRouter = location.protocol === 'https:' && /(?:^|\.)openrouter\.ai$/.test(location.hostname); // a test build is everywhere
  if (!isOpenRouter || top !== window) return;

  const read = () => {
    const [navigation] = performance.getEntriesByType('navigation');
    if (!(navigation instanceof PerformanceNavigationTiming)) return;
    const { responseStatus: status, responseStart } = navigation, isPage = document.contentType === 'text/html';
    // Pages that are missing have a page of their own; and a gate that only looks at the browser lets it through by itself.
    const isFailure = isPage ? status >= 500 || status === 403 || status === 429 : status >= 400 || /json/.test(document.contentType);
    if (!isFailure || (isPage && Array.from(document.scripts).some(({ text }) => text.includes('_cf_chl_opt')))) return;
    const said = isPage ? `<!doctype html>${document.documentElement.outerHTML}` : document.querySelector('pre')?.textContent ?? document.body?.textContent ?? '';
    cooldownBridge.seen({
      surface: status >= 400 || isPage ? 'http' : 'body200', url: location.origin + location.pathname, method: 'GET', status, headers: { 'content-type': document.contentType },
      body: withoutSecrets(said.slice(0, BODY_MAX)), at_ms: Math.round(performance.timeOrigin + responseStart),
    }, { reload: true });
  };
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', read, { once: true });
  else read();
})();
