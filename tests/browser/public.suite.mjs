// @ts-check
// The public page and the demo chat, as any web server hands them out below any path.
import assert from 'node:assert/strict';
import { axe } from './lib/axe.mjs';
import { Card } from './lib/card.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const FREE_DAY = '{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}';
const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'ja', 'ko', 'pt-BR', 'ru', 'zh-CN'];

/** @param {Scene} t */
const base = (t) => `https://${t.host}/deep/cooldown/`;
/** @param {Scene} t @param {string} path @param {{width?: number, height?: number}} [size] */
const open = async (t, path = '', size = {}) => {
  const page = await t.driver.newPage({ width: 1100, height: 800, ...size });
  t.pages.push(page);
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => { asked.push(request.url()); });
  await page.goto(base(t) + path);
  await speaks(page, new URLSearchParams(path.split('?')[1]).get('lang') ?? 'en');
  return { page, asked };
};
/** @param {Page} page @param {string} lang */
const speaks = (page, lang) => until(`it speaks ${lang}`, () => page.evaluate((tag) => document.readyState === 'complete' && document.documentElement.lang === tag, lang));
/** @param {Page} page @param {string} text */
const paste = async (page, text) => {
  await page.evaluate((value) => { /** @type {HTMLTextAreaElement} */ (document.getElementById('text')).value = value; }, text);
  await page.click('#form button');
};
/** What a person reads there. @param {Page} page @param {string} selector */
const text = (page, selector) => page.evaluate((s) => {
  const element = document.querySelector(s);
  return element instanceof HTMLElement && element.checkVisibility() ? element.innerText.trim() : null;
}, selector);
/** @param {Page} page @param {string} title */
const titled = (page, title) => until(`a card: ${title}`, async () => await text(page, '#card-place #title') === title);
/** @param {Page} page */
const gallery = async (page) => {
  await page.click('#gallery summary');
  await until('the list is there', () => page.evaluate(() => document.querySelectorAll('#kinds button').length));
};
/** @param {Page} page */
const rehearsed = async (page) => {
  await page.bringToFront();
  await page.click('#send');
  await until('the card', async () => await text(page, '#card-place #retry') !== null);
};
/** From the window's edge to the demo's card, and from the card down to what is typed in. @param {Page} page */
const placed = (page) => page.evaluate(() => {
  const boxOf = (/** @type {string} */ id) => /** @type {Element} */ (document.querySelector(id)).getBoundingClientRect();
  const { left, bottom } = boxOf('#card');
  return { left, below: boxOf('#composer').top - bottom };
});
/** @param {Page} page */
const said = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.message'), (item) => `${item.classList[1]}: ${item.textContent}`));

/** Everything that a person may come to see. @param {Scene} t @param {string} query */
const isAccessible = async (t, query) => {
  const { page } = await open(t, query);
  assert.deepEqual(await axe(page), []);
  await paste(page, FREE_DAY);
  await until('the card', async () => await text(page, '#card-place #title') !== null);
  await gallery(page);
  assert.deepEqual(await axe(page), []);
  const { page: demo } = await open(t, `demo.html${query}`);
  assert.deepEqual(await axe(demo), []);
  await rehearsed(demo);
  assert.deepEqual(await axe(demo), []);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'public', build: 'test',
  tests: [
    {
      name: 'all comes from its own address, and the core only when there is something to read',
      run: async (t) => {
        const { page, asked } = await open(t);
        await pause(300); // longer than an import of its own would take
        assert.ok(asked.length >= 7 && !asked.some((url) => /core|messages|gallery/.test(url)), asked.join('\n'));
        await paste(page, FREE_DAY);
        await titled(page, 'Today\'s free requests are used up');
        assert.equal(await text(page, '#empty'), null);
        assert.doesNotMatch(await text(page, '#card-place') ?? '', /still waiting/, 'nothing waits here');
        await pause(600); // as a person would: the card is deaf for a moment
        await page.click('#card-place .close');
        await until('it is gone', async () => await text(page, '#empty') !== null);
        await gallery(page);
        const rows = await page.evaluate(async () => (await (await fetch('gallery.json')).json()).length);
        const titles = await page.evaluate(() => Array.from(document.querySelectorAll('#kinds button'), (button) => button.firstChild?.textContent ?? ''));
        assert.ok(titles.length === rows && titles.every((title) => title !== ''), titles.join('\n'));
        await page.click('#kinds li:nth-child(3) button');
        await titled(page, titles[2] ?? '');
        assert.deepEqual(asked.filter((url) => !url.startsWith(base(t))), []);
        assert.ok(asked.some((url) => url.endsWith('/core/core_bg.wasm')));
        const links = await page.evaluate(() => Promise.all(Array.from(document.querySelectorAll('a[href]'), async (link) => {
          const { href } = /** @type {HTMLAnchorElement} */ (link);
          return href.startsWith(location.origin) ? `${(await fetch(href, { method: 'HEAD' })).status} ${document.querySelector(new URL(href).hash || 'html') !== null} ${href}` : '';
        })));
        assert.ok(links.length > 6);
        assert.deepEqual(links.filter((link) => link !== '' && !link.startsWith('200 true')), []);
      },
    },
    {
      name: 'what it cannot read it says, and nothing of what it was given is kept',
      run: async (t) => {
        const { page } = await open(t);
        await paste(page, 'Fatal: the printer is out of paper');
        await until('it is silent', async () => /^This doesn't read like/.test(await text(page, '#silent') ?? ''));
        await paste(page, '  ');
        await until('it waits', async () => await text(page, '#empty') !== null);
        assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie, location.search]), [0, 0, '', '']);
      },
    },
    {
      name: 'without the core it says so, and reads at the next press',
      run: async (t) => {
        const { page } = await open(t);
        let isThere = false;
        await page.setRequestInterception(true);
        page.on('request', (request) => { if (!isThere && request.url().endsWith('.wasm')) request.abort(); else request.continue(); });
        await paste(page, FREE_DAY);
        await until('it says so', async () => /could not be loaded/.test(await text(page, '#failed') ?? ''));
        isThere = true;
        await page.click('#form button');
        await titled(page, 'Today\'s free requests are used up');
      },
    },
    {
      name: 'without a language it stays English, and works',
      run: async (t) => {
        const { page } = await open(t);
        await page.setRequestInterception(true);
        page.on('request', (request) => { if (/messages\.json$/.test(request.url())) request.abort(); else request.continue(); });
        await page.goto(`${base(t)}?lang=de`);
        await until('the list of languages', () => page.evaluate(() => document.querySelectorAll('#language option').length === 10));
        assert.equal(await text(page, 'h1'), 'What does this OpenRouter failure mean?');
        await page.goto(`${base(t)}demo.html?lang=de`);
        await until('the page is there', () => page.evaluate(() => document.readyState === 'complete' && document.getElementById('rehearsal')?.hidden === false));
        await page.click('#send');
        await until('the message is sent', async () => (await said(page))[0] === 'user: Why is the sky blue?');
      },
    },
    {
      name: 'ten languages, each on a narrow page',
      run: async (t) => {
        const { page } = await open(t, '', { width: 320 });
        assert.deepEqual(await page.evaluate(() => Array.from(document.querySelectorAll('#language option'), (option) => /** @type {HTMLOptionElement} */ (option).value)), LANGUAGES);
        const headings = new Set();
        for (const lang of LANGUAGES) {
          for (const path of ['', 'demo.html']) {
            await page.goto(`${base(t)}${path}?lang=${lang}`);
            await speaks(page, lang);
            const { dir, over, empty, heading } = await page.evaluate(() => ({
              dir: getComputedStyle(document.documentElement).direction, over: document.documentElement.scrollWidth - document.documentElement.clientWidth, heading: document.querySelector('h1')?.textContent,
              empty: Array.from(document.querySelectorAll('[data-i18n]')).filter((one) => one.textContent === '').length,
            }));
            assert.deepEqual({ dir, over, empty }, { dir: lang === 'ar' ? 'rtl' : 'ltr', over: 0, empty: 0 }, `${path} in ${lang}`);
            if (path === '') headings.add(heading);
          }
        }
        assert.equal(headings.size, LANGUAGES.length);
        await page.goto(base(t));
        await speaks(page, 'en');
        await page.select('#language', 'fr');
        await speaks(page, 'fr');
      },
    },
    { name: 'axe finds nothing', run: (t) => isAccessible(t, '') },
    { name: 'axe finds nothing from right to left', run: (t) => isAccessible(t, '?lang=ar') },
    { name: 'axe finds nothing in the dark', alone: true, dark: true, run: (t) => isAccessible(t, '') },
    {
      name: 'the demo chat is rescued without a network',
      run: async (t) => {
        const { page, asked } = await open(t, 'demo.html');
        assert.match(await text(page, '#rehearsal') ?? '', /^Simulated/);
        await rehearsed(page);
        assert.equal(await text(page, '#card-place #title'), 'Cerebras is busy right now');
        await pause(600); // as a person would: the card is deaf for a moment
        await page.click('#card-place #fold');
        await until('it is folded', async () => await text(page, '#card-place #title') === null);
        await page.click('#card-place #pill');
        await until('it is open', async () => await text(page, '#card-place #title') !== null);
        await page.click('#card-place #more');
        await page.click('#card-place [data-corner="bottom-left"]');
        const { left, below } = await placed(page);
        assert.ok(left < 40 && below >= 0 && below < 40, 'it moved, and is clear of what is typed in');
        await pause(600);
        await page.click('#card-place #retry');
        await until('the answer lands', async () => (await said(page)).some((one) => /^assistant: Air scatters .*for the demo\.$/.test(one)));
        await until('the card goes by itself', async () => await text(page, '#card-place') === null);
        assert.deepEqual((await said(page)).map((one) => one.split(':')[0]), ['user', 'assistant']);
        await page.type('#prompt', 'And at night?');
        await rehearsed(page);
        await pause(600);
        await page.click('#card-place #close');
        await until('the chat has its error', async () => /^error: Error: 429 .*Provider returned error/.test((await said(page)).at(-1) ?? ''));
        assert.equal(await Card.count(page), 0, 'the extension has nothing to say');
        assert.deepEqual(asked.filter((url) => !url.startsWith(base(t))), []);
      },
    },
    {
      name: 'on a phone the demo\'s card is clear of what is typed in',
      run: async (t) => {
        const { page } = await open(t, 'demo.html', { width: 320, height: 800 });
        await rehearsed(page);
        assert.ok((await placed(page)).below >= 0);
      },
    },
    {
      name: 'the demo chat sends for real where it is asked to, and the extension rescues it',
      run: async (t) => {
        await t.mock.script('demo', [{ preset: 'seed429' }, { good: true }]);
        const { page } = await open(t, 'demo.html');
        await page.click('#real');
        await until('the other chat', () => page.evaluate(() => location.search === '?real=' || location.search === '?real'));
        await speaks(page, 'en');
        assert.equal(await text(page, '#rehearsal'), null);
        await page.type('#prompt', 'one');
        await page.click('#send');
        await (await t.card(page)).click('#retry');
        await until('the answer lands', async () => (await said(page)).includes('assistant: The answer to: one'));
      },
    },
  ],
};
