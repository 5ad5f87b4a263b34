// @ts-check
// The card itself: its words are the core's, it is reachable for everybody, it does not disturb; and the popup.
import assert from 'node:assert/strict';
import { axe } from './lib/axe.mjs';
import { Card } from './lib/card.mjs';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { colourAt } from './lib/pixels.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** @param {string} text */
const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** One failure of each kind that the mock knows: what the card says of it is what the example says of the very same answer. @param {Scene} t @param {string} preset */
const sameWords = async (t, preset) => {
  await t.script({ preset });
  const page = await t.open();
  await send(page, preset);
  const card = await t.card(page);
  const [title, body] = [plain(await card.text('#title') ?? ''), plain(await card.text('#body') ?? '')];
  const [request] = await t.log();
  await card.click('#close'); // if it was held, the app has it now
  const { details } = await first(page, 'error');
  const told = await t.explain({ id: preset, surface: 'http', status: details.status, headers: Object.fromEntries(details.headers), text: details.body,
    url: details.url, at_ms: request?.at_ms });
  assert.notEqual(told.kind, 'not_openrouter');
  assert.deepEqual({ title, body }, { title: plain(told.title), body: plain(told.body) });
};

/** Held with the page behind it painted in one colour; the corner of the card's frame shows that colour. @param {Scene} t */
const transparent = async (t) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open();
  await page.addStyleTag({ content: 'html { background: rgb(10, 200, 30); min-height: 100% }' });
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  await card.click('#title'); // stands still now
  const frame = await card.inFrame();
  const { x, y } = await t.driver.offsetOf(page, frame);
  const colour = await colourAt(page, x + 1, y + 1);
  assert.deepEqual(colour, [10, 200, 30], 'the page is seen through the corner of the frame');
  assert.deepEqual(await axe(frame), []);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'card', build: 'test',
  tests: [
    ...['seed429', 'pool429', 'byok429', 'free_minute429', 'free_day429', 'credits402', 'auth401', 'unknown500']
      .map((preset) => ({ name: `its words are the core's: ${preset}`, limitMs: 300_000 /* the example may have to be built */, run: (/** @type {Scene} */ t) => sameWords(t, preset) })),
    {
      name: 'four facts, details with the raw text, a link to the integrations page; axe finds nothing',
      run: async (t) => {
        await t.script({ preset: 'pool429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await card.read((root) => root.querySelectorAll('#facts dt').length), 4);
        assert.ok((await card.read((root) => Array.from(root.querySelectorAll('a.remedy'), (a) => a.getAttribute('href')))).some((url) => url?.startsWith('https://openrouter.ai/workspaces/default/byok/')));
        const frame = await card.inFrame();
        assert.deepEqual(await axe(frame), []);
        await card.click('#details summary');
        assert.equal(await card.read((root) => /** @type {HTMLDetailsElement} */ (root.querySelector('#details')).open), true);
        assert.deepEqual(await axe(frame), []);
      },
    },
    {
      name: 'what was looked up: axe finds nothing in the list, nor in the numbers',
      run: async (t) => {
        await t.world({ providers: ['Cerebras', 'Together'], busy: ['Cerebras'] });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        for (const [label, part] of /** @type {const} */ ([['Who else serves it?', '.offer'], ['My limits', '.lines']])) {
          await card.press(label);
          await until(label, () => card.text(part));
          const frame = await card.inFrame();
          assert.deepEqual(await axe(frame), []);
        }
      },
    },
    {
      name: 'the report is shown before it is copied, and copied as it is shown',
      run: async (t) => {
        await t.script({ preset: 'pool429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#details summary');
        const report = () => card.read((root) => { const box = /** @type {HTMLTextAreaElement} */ (root.querySelector('.report')); return box.hidden ? null : box.value; });
        await card.read((root) => { root.querySelector('.copy')?.scrollIntoView({ block: 'end' }); });
        assert.deepEqual([await card.text('.copy'), await report()], ['Show report', null]);
        await card.click('.copy');
        assert.equal(await card.text('.copy'), 'Copy report');
        const shown = await report();
        assert.match(shown ?? '', /Liquid/);
        await card.click('.copy');
        await until('it was copied', async () => await card.text('.copy') === 'Copied');
        await page.bringToFront();
        await page.click('#prompt');
        await page.keyboard.down('Control');
        await page.keyboard.press('v');
        await page.keyboard.up('Control');
        const pasted = await page.evaluate(() => /** @type {HTMLInputElement} */ (document.querySelector('#prompt')).value);
        assert.equal(pasted.replace(/\s+/g, ''), (shown ?? '').replace(/\s+/g, ''));
      },
    },
    {
      name: 'the frame is named for screen readers, the card is a labelled region with one status line',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        const name = await page.evaluate(() => document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('iframe')?.title ?? '');
        assert.notEqual(name, '');
        await until('the status line speaks', () => card.read((root) => (root.querySelector('#status')?.textContent ?? '').trim() !== ''));
        assert.equal(await card.read((root) => root.querySelector('#status')?.getAttribute('role')), 'status');
      },
    },
    {
      name: 'by keyboard alone: Tab reaches Retry, Enter sends',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await page.focus('#stop');
        await card.steady('#retry');
        await until('Tab reaches Retry', async () => {
          await page.keyboard.press('Tab');
          return card.read((root) => /** @type {Document} */ (root).activeElement?.id === 'retry');
        });
        await page.keyboard.press('Enter');
        await first(page, 'answer');
      },
    },
    {
      name: 'a click that a script made does nothing; neither do messages that the page forges',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.read((root) => { /** @type {HTMLElement} */ (root.querySelector('#retry')).click(); });
        await page.evaluate(() => {
          for (const message of [{ v: 1, type: 'act', action: 'retry' }, { v: 1, type: 'decide', id: 1, action: 'retry', deadline_ms: null }]) {
            postMessage(message, '*');
            dispatchEvent(new MessageEvent('cooldown-port', { data: message, ports: [new MessageChannel().port1] }));
          }
        });
        await card.click('#title'); // by now anything that was under way would have come
        assert.equal(await card.phase(), 'held');
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: '320 px wide: the card fits and can be clicked',
      run: async (t) => {
        await t.script(poolWait(1));
        const page = await t.open('chat.html', {}, { width: 320, height: 640 });
        await send(page, 'one');
        const card = await t.card(page);
        const rect = await card.rect('#card');
        assert.ok(rect.x >= 0 && rect.x + rect.width <= 320, `from ${rect.x} to ${rect.x + rect.width}`);
        await until('the wait is over', async () => !/\d/.test(await card.text('#retry') ?? '0'));
        await card.click('#retry');
        await first(page, 'answer');
      },
    },
    { name: 'light: the page shines through around the card', run: transparent },
    { name: 'dark: the page shines through around the card, axe finds nothing', alone: true, dark: true, run: transparent },
    {
      name: 'Arabic, chosen in the popup: popup and card speak it, from right to left, and fit 320 px; axe finds nothing; one click rescues',
      alone: true,
      run: async (t) => {
        const popup = await t.openExtensionPage('popup.html');
        await until('the languages are listed', () => popup.evaluate(() => document.querySelectorAll('#language option').length > 9));
        await popup.select('#language', 'ar');
        await until('the popup speaks it', () => popup.evaluate(() => document.documentElement.lang === 'ar' && getComputedStyle(document.body).direction === 'rtl'));
        assert.deepEqual(await axe(popup), []);
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', {}, { width: 320, height: 640 });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.match(await card.text('#title') ?? '', /مشغول/);
        assert.match(await card.text('#retry') ?? '', /[\u0600-\u06ff]/);
        assert.equal(await card.read((root) => getComputedStyle(/** @type {Element} */ (root.querySelector('#card'))).direction), 'rtl');
        const rect = await card.rect('#card');
        assert.ok(rect.x >= 0 && rect.x + rect.width <= 320, `from ${rect.x} to ${rect.x + rect.width}`);
        const frame = await card.inFrame();
        assert.deepEqual(await axe(frame), []);
        await card.click('#retry');
        await first(page, 'answer');
        await popup.bringToFront();
        await popup.select('#language', '');
        await until('the popup speaks as the browser again', () => popup.evaluate(() => document.documentElement.lang.startsWith('en')));
      },
    },
    {
      name: 'the popup tells that this site is on; axe finds nothing',
      run: async (t) => {
        await t.open();
        const popup = await t.openPopup();
        await until('the popup names the site', () => popup.evaluate((host) => document.getElementById('host')?.textContent === host && document.getElementById('popup')?.dataset.state === 'on', t.host));
        assert.deepEqual(await axe(popup), []);
      },
    },
    {
      name: 'the badge counts what waits for the person, and is empty afterwards',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const popup = await t.openExtensionPage('popup.html');
        const page = await t.open();
        const badge = () => popup.evaluate(async (host) => {
          const [tab] = await chrome.tabs.query({ url: `https://${host}/*` });
          return chrome.action.getBadgeText({ tabId: /** @type {number} */ (tab?.id) });
        }, t.host);
        await send(page, 'one');
        const card = await t.card(page);
        await until('the badge', async () => await badge() === '1');
        await card.click('#retry');
        await Card.gone(page, 12_000);
        await until('no badge', async () => await badge() === '');
      },
    },
  ],
};
