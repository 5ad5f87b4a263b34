// @ts-check
// A page of openrouter.ai that is itself the failed answer, with the shipped files: nothing had to be allowed.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('./lib/mock.mjs').Answer} Answer */

/** @param {Scene} t @param {Answer} answer for each time that it is loaded @param {string} [path] */
const open = async (t, answer, path = 'api/v1/key') => {
  const page = await t.driver.newPage();
  t.pages.push(page);
  await page.goto(`https://openrouter.ai/${path}?answer=${encodeURIComponent(JSON.stringify(answer))}`).catch(() => {}); // Firefox tells of a failing status as of an error
  await until('the page is there', () => page.evaluate(() => document.readyState === 'complete'));
  await page.bringToFront();
  return page;
};
const GATE = '<!DOCTYPE html><html><head><title>openrouter.ai | 502: Bad gateway</title></head><body><h1>Bad gateway</h1><p>Error code 502. The web server reported a bad gateway error.</p><p>Cloudflare Ray ID: 9a1b2c3d4e5f6071</p></body></html>';
const CHALLENGE = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt = {};</script>Checking</body></html>';
/** @param {string} html @param {number} status @returns {Answer} */
const html = (html, status) => ({ status, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: html });
/** @param {Scene} t @param {Answer} answer @param {string} [path] */
const silent = async (t, answer, path) => {
  const page = await open(t, answer, path);
  await pause(1_500); // longer than a verdict may take
  assert.equal(await Card.count(page), 0);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'pages', build: 'shipped',
  tests: [
    {
      name: 'a JSON document is explained, and Retry loads it again when its wait is over',
      run: async (t) => {
        const page = await open(t, poolWait(6));
        const card = await t.card(page);
        await card.reaches('explained');
        assert.equal(await card.text('#title'), 'Cerebras is busy right now');
        await until('the button counts down', async () => /\d/.test(await card.text('#retry') ?? ''));
        const loaded = await page.evaluate(() => performance.timeOrigin);
        await card.click('#retry');
        await card.reaches('armed');
        await until('it was loaded again', () => page.evaluate((before) => performance.timeOrigin > before, loaded), 12_000);
        const again = await page.evaluate(() => performance.timeOrigin);
        assert.ok(again - loaded >= 5_900, `loaded again after ${again - loaded} ms`);
        await (await t.card(page)).reaches('explained');
      },
    },
    {
      name: 'a gate\'s error page is explained, and Retry loads it again at once',
      run: async (t) => {
        const page = await open(t, html(GATE, 502));
        const card = await t.card(page);
        await card.reaches('explained');
        assert.equal(await card.text('#tip'), 'Loads this page again.');
        const loaded = await page.evaluate(() => performance.timeOrigin);
        await card.click('#retry');
        await until('it was loaded again', () => page.evaluate((before) => performance.timeOrigin > before, loaded));
      },
    },
    {
      name: 'a failure that loading again cannot mend has no Retry',
      run: async (t) => {
        const card = await t.card(await open(t, { preset: 'auth401' }));
        await card.reaches('explained');
        assert.equal(await card.text('#retry'), null);
      },
    },
    {
      name: 'a call that is refused for its key is explained, as xtask/store/reviewers.md promises',
      run: async (t) => {
        await t.script({ preset: 'auth401' });
        const page = await open(t, html('<!DOCTYPE html><title>OpenRouter</title><h1>OpenRouter</h1>', 200));
        const status = page.evaluate(async (key) => (await fetch('/api/v1/chat/completions', {
          method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: '{"model":"openrouter/auto","messages":[{"role":"user","content":"Hello"}]}',
        })).status, `sk-or-v1-${t.conversation}`);
        const card = await t.card(page);
        await until('it is explained', async () => /key/i.test(await card.text('#title') ?? ''));
        assert.equal(await status, 401);
      },
    },
    { name: 'a good JSON document stays silent', run: (t) => silent(t, { status: 200, body: { data: { label: 'a key', usage: 1 } } }) },
    { name: 'a page that is missing stays silent', run: (t) => silent(t, html('<!DOCTYPE html><title>Not found | OpenRouter</title><h1>404</h1>', 404)) },
    { name: 'a gate that looks at the browser stays silent', run: (t) => silent(t, html(CHALLENGE, 403)) },
  ],
};
