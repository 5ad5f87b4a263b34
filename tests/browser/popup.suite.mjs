// @ts-check
// The popup: there at once, what failed on its tab on the card itself, a pause, a text that is pasted. And who leaves an open page, leaves it at once.
import assert from 'node:assert/strict';
import { axe } from './lib/axe.mjs';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const FAILURE = '{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}';

/** @param {Page} popup @param {string} selector @returns {Promise<string | null>} what a person reads there; null where it is hidden */
const text = (popup, selector) => popup.evaluate((s) => {
  const element = /** @type {HTMLElement | null} */ (document.querySelector(s));
  return element === null || !element.checkVisibility() ? null : element.innerText;
}, selector);
/** Of whatever loaded the core. @param {Page} popup */
const hasCore = (popup) => popup.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/core/')));
/** @param {Page} popup */
const fits = async (popup) => {
  await popup.setViewport({ width: 320, height: 600 });
  assert.ok(await popup.evaluate(() => document.documentElement.scrollWidth <= 320), 'it fits 320 px');
  await popup.setViewport({ width: 420, height: 640 });
};
/** @param {Page} popup @param {string} what */
const isRight = async (popup, what) => {
  assert.deepEqual(await axe(popup), [], what);
  await fits(popup);
};
/** A held failure. @param {Scene} t @param {Record<string, string | number>} [setup] */
const held = async (t, setup = {}) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  return { page, card };
};
/** The tab of this test: its button. @param {Scene} t @param {Page} ear */
const buttonOf = (t, ear) => ear.evaluate(async (host) => {
  const [tab] = await chrome.tabs.query({ url: `https://${host}/*` }), tabId = tab?.id ?? -1;
  return { text: await chrome.action.getBadgeText({ tabId }), title: await chrome.action.getTitle({ tabId }) };
}, t.host);
/** @param {Page} ear @param {object} message */
const tell = (ear, message) => ear.evaluate((m) => chrome.runtime.sendMessage({ v: 1, ...m }), message);

/** What is on the page goes, and the page has its answer. @param {Page} page */
const left = async (page) => {
  await Card.gone(page);
  await first(page, 'error');
};
/** The next failure goes to the page, and nothing shows. @param {Scene} t @param {Page} page */
const untouched = async (t, page) => {
  await t.script({ preset: 'seed429' });
  const before = (await talk(page)).filter(({ kind }) => kind === 'error').length;
  await send(page, 'again');
  await until('the app has its error', async () => (await talk(page)).filter(({ kind }) => kind === 'error').length > before, 2_000);
  await pause(500); // a card comes within 100 ms
  assert.equal(await Card.count(page), 0);
};

/** @type {import('./lib/scene.mjs').Test['run']} */
const recent = async (t) => {
  const { page, card } = await held(t);
  const title = await card.text('#title');
  await card.press('My limits');
  await until('the numbers', () => card.text('.lines'));
  const lines = (await card.text('.lines') ?? '').replace(/\s+/g, ' ');
  await card.click('#close');
  await first(page, 'error');
  const popup = await t.openPopup();
  await until('the failure', () => text(popup, '#failures'));
  assert.equal(await hasCore(popup), false, 'the core is not there before it is needed');
  assert.equal(await text(popup, '#failures b'), title);
  assert.equal((await text(popup, '#limits-lines') ?? '').replace(/\s+/g, ' '), lines);
  assert.match(await text(popup, '#limits-read') ?? '', /^Read at \d/);
  await isRight(popup, 'the list');
  // With keys alone, from the top.
  const focused = () => popup.evaluate(() => document.activeElement?.closest('li, .card')?.className ?? '');
  await until('the row has the focus', async () => { await popup.keyboard.press('Tab'); return popup.evaluate(() => document.activeElement?.closest('#failures') !== null && document.activeElement?.closest('#failures') !== undefined); });
  await popup.keyboard.press('Enter');
  await until('the card', () => text(popup, '#failures .card'));
  assert.equal(await text(popup, '#failures .card .title'), title);
  assert.ok(await popup.evaluate(() => document.querySelector('#failures .card a[href="https://openrouter.ai/settings/integrations"]') !== null), 'with its links');
  assert.equal(await text(popup, '#failures .card #retry'), null, 'what can be sent is on the page');
  assert.equal(await text(popup, '#failures .card [data-act]'), null);
  await isRight(popup, 'the open card');
  await popup.keyboard.press('Tab');
  assert.equal(await focused(), 'card', 'the next stop is in the card');
  await popup.keyboard.press('Escape');
  await until('it is closed', async () => await text(popup, '#failures .card') === null);
  assert.equal(await popup.evaluate(() => document.activeElement?.getAttribute('aria-expanded')), 'false', 'its row has the focus');
  const stored = await popup.evaluate(async () => JSON.stringify([await chrome.storage.local.get(null), await chrome.storage.session.get(null)]));
  assert.ok(!stored.includes(title ?? '?') && !stored.includes('free_remaining') && !stored.includes('"lines"'), 'the page alone holds it');
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'popup', build: 'test',
  tests: [
    { name: 'what failed on this tab and what its key has left, on the same card, by keys alone, and without the core until then', run: recent },
    { name: 'the same in the dark', alone: true, dark: true, run: recent },
    {
      name: 'paused: the held answer goes to the page at once, the next ones too, and the button is empty; then it goes on',
      run: async (t) => {
        const { page } = await held(t);
        const popup = await t.openPopup();
        assert.equal((await buttonOf(t, popup)).text, '1');
        await popup.click('#pause');
        await until('it says until when', async () => /^Paused until \d/.test(await text(popup, '#state') ?? ''));
        await isRight(popup, 'paused');
        const habit = await popup.evaluate(() => /\d\D+$/.test(new Intl.DateTimeFormat([], { timeStyle: 'short' }).format(0)));
        await popup.select('#language', 'de');
        const until_when = await until('it is said in German', () => popup.evaluate(() => /^Pausiert bis (.+)$/.exec(document.getElementById('state')?.textContent ?? '')?.[1]));
        assert.equal(/\d\D+$/.test(until_when), habit, `“${until_when}”: 2 pm or 14:00, as the card says it too`);
        await popup.select('#language', '');
        assert.equal(await text(popup, '#pause'), null);
        await left(page);
        await until('the button is empty', async () => (await buttonOf(t, popup)).text === '');
        await untouched(t, page);
        const second = await t.open(); // a page that did not see the pause begin
        await untouched(t, second);
        await second.close();
        await popup.bringToFront();
        await popup.click('#resume');
        await until('it is on', () => popup.evaluate(() => document.getElementById('popup')?.dataset.state === 'on'));
        await t.script({ preset: 'seed429' });
        await send(page, 'once more');
        await (await t.card(page)).reaches('held');
      },
    },
    {
      name: 'switched off: what is held in an open page goes to it, and comes back with the switch',
      run: async (t) => {
        const { page } = await held(t);
        const ear = await t.openExtensionPage('popup.html');
        await tell(ear, { type: 'set_site', url: `https://${t.host}/`, on: false });
        await left(page);
        await untouched(t, page);
        await tell(ear, { type: 'set_site', url: `https://${t.host}/`, on: true });
        await until('the page has heard of it', async () => {
          await t.script({ preset: 'seed429' });
          await send(page, 'once more');
          await pause(300);
          return await Card.count(page) === 1;
        });
      },
    },
    {
      name: 'what an organisation has set stands as locked', browsers: ['chromium'], // which lets the page be told so; Firefox's own way is tried on the settings page
      run: async (t) => {
        await t.open('chat.html');
        const popup = await t.openPopup();
        const under = async (/** @type {object} */ set) => {
          const { identifier } = await popup.evaluateOnNewDocument((all) => { chrome.storage.managed.get = /** @type {any} */ (async () => all); }, set);
          await popup.reload();
          await until('the popup has its state', () => popup.evaluate(() => document.getElementById('popup')?.hasAttribute('aria-busy') === false));
          await popup.removeScriptToEvaluateOnNewDocument(identifier);
        };
        await under({ auto: [], language: 'en', off: ['intern.example'] });
        assert.deepEqual(await popup.evaluate(() => ['#by-itself-on', '#language'].map((one) => /** @type {any} */ (document.querySelector(one)).disabled)), [true, true]);
        assert.equal(await text(popup, '#by-itself-note'), 'Set by your organisation.');
        assert.equal(await text(popup, '#switch-off'), null, 'it would change nothing');
        await isRight(popup, 'locked');
        await tell(popup, { type: 'set_site', url: `https://${t.host}/`, on: false }); // the worker reads an administrator's alone
        await under({});
        assert.equal(await text(popup, '#allow'), 'Show again');
        await under({ off: [t.host] });
        assert.deepEqual([await text(popup, '#state'), await text(popup, '#state-note'), await text(popup, '#allow')], ['Off for this site', 'Set by your organisation.', null]);
      },
    },
    {
      name: 'a pasted text is explained without any request, silence is said, axe finds nothing',
      alone: true,
      run: async (t) => {
        const asked = async () => (await t.mock.all()).filter(({ host }) => host === 'openrouter.ai').length; // Firefox asks for its own things too
        const before = await asked(), popup = await t.openExtensionPage('popup.html');
        await until('it is drawn', () => popup.evaluate(() => !document.getElementById('popup')?.hasAttribute('aria-busy')));
        assert.equal(await hasCore(popup), false);
        await popup.click('#paste summary');
        await popup.click('#paste-text');
        await popup.keyboard.type(FAILURE);
        await popup.click('#paste-form button');
        assert.match(await until('the card', () => text(popup, '#paste-card .title')) ?? '', /free requests/i);
        await isRight(popup, 'the card of a text');
        await popup.evaluate(() => { /** @type {HTMLTextAreaElement} */ (document.getElementById('paste-text')).value = 'Nothing is wrong here.'; });
        await popup.click('#paste-form button');
        await until('it says that it is none', async () => /doesn't read like/.test(await text(popup, '#paste-says') ?? ''));
        assert.equal(await text(popup, '#paste-card .card'), null);
        assert.equal(await asked(), before, 'nothing is sent');
      },
    },
    {
      name: 'only explained: the app has its error at once, and the card says why; set for another group, it is held as ever',
      alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const set = (/** @type {object} */ does) => ear.evaluate((value) => chrome.storage.local.set({ does: value }), does);
        await set({ limits: 'explain' });
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await first(page, 'error', 2_000);
        const card = await t.card(page);
        await card.reaches('released');
        assert.equal(await card.text('#retry'), null);
        await set({ limits: 'ask', money: 'explain' });
        await t.script({ preset: 'seed429' });
        await send(page, 'two');
        await card.reaches('held');
      },
    },
    {
      name: 'by itself for a group: on a site where that was never switched on',
      alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => chrome.storage.local.set({ does: { limits: 'auto' } }));
        await t.script(poolWait(4));
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await until('it counts', async () => /\d/.test(await card.text('#auto') ?? ''));
        await first(page, 'answer', 15_000);
      },
    },
    {
      name: 'the chosen language: the strip in the page and the button say it',
      alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await until('the languages are listed', () => ear.evaluate(() => document.querySelectorAll('#language option').length > 9));
        await ear.select('#language', 'de');
        await until('it is kept', () => ear.evaluate(async () => (await chrome.storage.local.get('language')).language === 'de'));
        const { card } = await held(t, { csp: 'sandbox allow-scripts allow-forms' });
        assert.equal(await card.frame(), null, 'the strip stands in');
        assert.equal(await card.read((root) => root.querySelector('#close')?.getAttribute('aria-label') ?? ''), 'Schließen und den Fehler an die App weitergeben');
        assert.match(await card.text('#status') ?? '', /App/);
        await until('the button says it', async () => (await buttonOf(t, ear)).title === 'Ein Aufruf an OpenRouter ist fehlgeschlagen: Cooldown kann helfen');
      },
    },
    {
      name: 'another language is chosen: the open card speaks it at once, and its Retry is answered',
      alone: true,
      run: async (t) => {
        const { page, card } = await held(t);
        const english = await card.text('#title');
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => chrome.storage.local.set({ language: 'de' }));
        await page.bringToFront();
        await until('it speaks German', async () => await card.text('#retry') === 'Erneut versuchen' && await card.text('#title') === 'Bei Cerebras ist gerade viel los');
        assert.notEqual(english, await card.text('#title'));
        await card.click('#retry');
        await first(page, 'answer');
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'another language is chosen: so speaks the entry of the context menu',
      browsers: ['firefox'], // Chromium's menu cannot be seen without a window
      alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => chrome.storage.local.set({ language: 'de' }));
        const page = await t.open();
        await page.evaluate(() => getSelection()?.selectAllChildren(document.body));
        await until('it speaks German', async () => await t.driver.explainSelection(page, { x: 40, y: 30 }) === 'Diesen Fehler erklären');
      },
    },
    {
      name: 'the button counts the cards of the tab: a frame\'s goes, the page\'s stays',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { preset: 'seed429' });
        const page = await t.open('framed.html');
        const ear = await t.openExtensionPage('popup.html');
        const inner = await until('the inner page', () => page.frames().find((frame) => frame.url().includes('/chat.html')));
        await page.bringToFront();
        await (await inner.waitForSelector('#prompt'))?.type('one');
        await (await inner.waitForSelector('#send'))?.click();
        await until('one', async () => (await buttonOf(t, ear)).text === '1');
        await page.evaluate((key) => {
          fetch('https://openrouter.ai/api/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer sk-or-v1-${key}` }, body: '{"model":"a/b","messages":[]}' }).catch(() => {});
        }, t.conversation);
        await until('two', async () => (await buttonOf(t, ear)).text === '2');
        await page.evaluate(() => document.getElementById('inner')?.setAttribute('src', 'about:blank'));
        await until('one again', async () => (await buttonOf(t, ear)).text === '1');
      },
    },
  ],
};
