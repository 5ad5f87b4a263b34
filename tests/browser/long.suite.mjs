// @ts-check
// Room for longer languages, larger text and narrow windows: with every word two fifths longer, nothing is cut and nothing sticks out, on the card and on each page.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { built } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */

/** As German is to English, or more so: with its letters above and below the line, and words as long as they come. @param {string} folder the built extension */
const lengthen = (folder) => {
  const file = join(folder, '_locales', 'en', 'messages.json');
  /** @type {Record<string, {message: string}>} */
  const all = JSON.parse(readFileSync(file, 'utf8'));
  for (const [key, entry] of Object.entries(all)) {
    if (key.startsWith('ext_')) continue; // the browsers and stores have their own limits for those
    const letters = entry.message.replace(/\$\w+\$/g, '');
    entry.message += ` ${'Ẩgqjy '.repeat(Math.ceil(letters.length * 0.4 / 6)).slice(0, Math.max(2, Math.ceil(letters.length * 0.4))).trim()}`;
  }
  writeFileSync(file, JSON.stringify(all));
};

/** What is cut, sticks out of its place or is too small to hit. Self-contained: it runs in the page. */
const faults = () => {
  const found = /** @type {string[]} */ ([]);
  const name = (/** @type {Element} */ one) => `${one.localName}${one.id && `#${one.id}`}${one.className && typeof one.className === 'string' ? `.${one.className}` : ''} “${(one.textContent ?? '').trim().slice(0, 40)}”`;
  const scrolls = (/** @type {Element} */ one) => /auto|scroll/.test(getComputedStyle(one).overflowY);
  const root = document.documentElement;
  for (const one of document.querySelectorAll('section section:not(.card)')) found.push(`${name(one)} lies in a section that was not closed`);
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide in ${innerWidth}`);
  for (const one of document.body.querySelectorAll('*')) {
    if (one.checkVisibility() === false || one.closest('svg, select, .unseen, .status') !== null) continue;
    const r = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (r.width === 0 || r.height === 0) continue;
    if (r.left < -0.5 || r.right > innerWidth + 0.5) found.push(`${name(one)} reaches from ${r.left} to ${r.right}`);
    // What holds text of its own, and shows less of it than there is.
    const holdsText = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
    if ((holdsText || one.localName === 'button') && style.display !== 'inline' && !scrolls(one) && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 3)) {
      found.push(`${name(one)}: ${one.scrollWidth}×${one.scrollHeight} in ${one.clientWidth}×${one.clientHeight}`);
    }
    // What a box of its own draws does not leave the button around it.
    const button = one.closest('button, a.remedy, summary');
    if (button !== null && button !== one) {
      const b = button.getBoundingClientRect();
      if (!one.matches('.fill') && (r.left < b.left - 1 || r.right > b.right + 1 || r.top < b.top - 1 || r.bottom > b.bottom + 1)) found.push(`${name(one)} leaves its button`);
    }
    if (one.matches('button, select') && (r.width < 24 || r.height < 24)) found.push(`${name(one)} is ${r.width}×${r.height}`);
  }
  return found;
};
/** @param {Page | Frame} where @param {string} what */
const assertWhole = async (where, what) => assert.deepEqual(await where.evaluate(faults), [], what);

/** Text alone, as a person's own setting makes it. @param {Page | Frame} where @param {number} percent */
const enlarge = (where, percent) => where.evaluate((size) => { document.documentElement.style.fontSize = size; }, `${percent}%`);

/** @type {[name: string, answer: import('./lib/mock.mjs').Answer][]} */
const FAILURES = [
  ['a shared pool with a wait', poolWait(50)], ['no credits', { preset: 'credits402' }], ['a key that was refused', { preset: 'auth401' }], ['the free requests of the day', { preset: 'free_day429' }], ['an own key', { preset: 'byok429' }],
];
const SIZES = [{ width: 1000, height: 900 }, { width: 320, height: 700 }];

/** @param {Scene} t @param {import('./lib/mock.mjs').Answer} answer @param {{width: number, height: number}} size */
const everyPart = async (t, answer, size) => {
  await t.script(answer);
  const page = await t.open('chat.html', {}, size);
  await send(page, 'one');
  const card = await t.card(page);
  await card.steady('#card');
  const frame = await card.inFrame();
  const at = `${size.width} px`;
  /** In a card that is longer than the window. @param {string} selector */
  const press = async (selector) => {
    await frame.evaluate((one) => { document.querySelector(one)?.scrollIntoView({ block: 'center' }); }, selector);
    await card.click(selector);
  };
  await assertWhole(frame, at);
  await press('#more');
  await card.steady('#menu');
  await assertWhole(frame, `the menu, ${at}`);
  // In each size of text that is asked for, its parts are all there, and the frame has room for them or scrolls.
  await frame.evaluate(() => { /** @type {HTMLDetailsElement} */ (document.querySelector('#details')).open = true; });
  await assertWhole(frame, `the details, ${at}`);
  await enlarge(frame, 200);
  await card.steady('#card');
  await assertWhole(frame, `twice the size, ${at}`);
  assert.deepEqual(await card.torn(), [], `no word is torn at twice the size, ${at}`);
  await enlarge(frame, 100);
  await frame.evaluate(() => { /** @type {HTMLDetailsElement} */ (document.querySelector('#details')).open = false; });
  await press('#fold');
  await card.steady('#pill');
  await assertWhole(frame, `the pill, ${at}`);
  await card.click('#pill');
  await card.steady('#menu');
  await press('[data-act="hide"]');
  await card.steady('.hushed');
  await assertWhole(frame, `the last word, ${at}`);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'long', build: 'test', prepare: lengthen,
  tests: [
    ...FAILURES.map(([name, answer], at) => ({
      name: `the card, its menu, its details, its pill and its last word: ${name}`, beside: true,
      run: (/** @type {Scene} */ t) => everyPart(t, answer, SIZES[at % 2] ?? { width: 320, height: 700 }),
    })),
    {
      name: 'each page, at 320 px, at twice the size of text, and from the right',
      run: async (t) => {
        for (const file of readdirSync(built(t.driver.name, 'test')).filter((one) => one.endsWith('.html') && one !== 'card.html')) {
          const page = await t.openExtensionPage(file);
          await until('it has its words', () => page.evaluate(() => document.body.textContent?.includes('Ẩgq')));
          await assertWhole(page, file);
          await page.setViewport({ width: 320, height: 700 });
          await assertWhole(page, `${file}, 320 px`);
          await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
          await assertWhole(page, `${file}, from the right`);
          await enlarge(page, 200);
          await assertWhole(page, `${file}, twice the size`);
          await page.close();
        }
      },
    },
  ],
};
