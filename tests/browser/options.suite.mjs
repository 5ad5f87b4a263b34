// @ts-check
// The settings page: everything takes effect at once, and what was changed last can be undone.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe } from './lib/axe.mjs';
import { workFolder } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Scene} t */
const open = async (t) => {
  const page = await t.openExtensionPage('options.html');
  await until('the page is drawn', () => page.evaluate(() => document.documentElement.dir !== ''));
  return page;
};
/** @param {Page} page */
const stored = (page) => page.evaluate(() => chrome.storage.local.get());
/** @param {Page} page @param {string} text */
const says = (page, text) => until(`it says “${text}”`, () => page.evaluate((t) => document.querySelector('#said span')?.textContent === t, text));
/** @param {Page} page @param {string} name @param {string} text */
const choose = async (page, name, text) => {
  const path = join(workFolder(), name);
  writeFileSync(path, text);
  await (/** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (await page.$('#file'))).uploadFile(path);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'options', build: 'test',
  tests: [
    {
      name: 'the language changes at once, is undone, and axe finds nothing', alone: true,
      run: async (t) => {
        const page = await open(t);
        assert.deepEqual(await axe(page), []);
        await page.select('#language', 'de');
        await until('it speaks German', () => page.evaluate(() => document.documentElement.lang === 'de' && document.querySelector('h1')?.textContent !== 'Settings'));
        assert.equal((await stored(page)).language, 'de');
        await page.click('#undo');
        await until('it speaks as the browser', () => page.evaluate(() => document.documentElement.lang === 'en'));
        assert.equal((await stored(page)).language, null);
      },
    },
    {
      name: 'each person reads the nearest language there is', alone: true,
      run: async (t) => {
        const page = await open(t);
        /** @type {[string[], string][]} */
        const cases = [[['de-AT'], 'de'], [['pt-PT'], 'pt_BR'], [['es-419'], 'es'], [['zh-Hans-SG'], 'zh_CN'], [['zh-TW', 'ja-JP'], 'ja'], [['ar-EG'], 'ar'],
          [['en-GB', 'fr'], 'en'], [['nl', 'fr-CA'], 'fr'], [['sr-Latn', 'not a tag', ''], 'en'], [[], 'en']];
        const read = await page.evaluate(async (all) => {
          const { languageFor } = await import(chrome.runtime.getURL('words.js'));
          return all.map(([wanted]) => languageFor(wanted));
        }, cases);
        assert.deepEqual(read, cases.map(([, folder]) => folder));
      },
    },
    {
      name: 'a site that was switched off is listed, and switched on again', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const off = await ear.evaluate(() => chrome.runtime.sendMessage({ v: 1, type: 'set_site', url: 'https://elsewhere.example/', on: false }));
        assert.equal(off.ok, true);
        const page = await open(t);
        await until('the row', () => page.evaluate(() => document.querySelector('#sites li')?.textContent?.includes('elsewhere.example')));
        await page.click('#sites button');
        await says(page, 'Saved.');
        assert.deepEqual((await stored(page)).off, []);
        await page.click('#undo');
        await says(page, 'Undone.');
        assert.deepEqual((await stored(page)).off, ['elsewhere.example']);
      },
    },
    {
      name: 'a site that retries by itself is listed, and asks again once that is switched off', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const set = await ear.evaluate(() => chrome.runtime.sendMessage({ v: 1, type: 'set_auto', url: 'https://elsewhere.example/', on: true }));
        assert.equal(set.ok, true);
        const page = await open(t);
        await until('the row', () => page.evaluate(() => document.querySelector('#sites li')?.textContent?.includes('retries by itself')));
        await page.click('#sites button');
        await says(page, 'Saved.');
        assert.deepEqual((await stored(page)).auto, []);
        await page.click('#undo');
        await says(page, 'Undone.');
        assert.deepEqual((await stored(page)).auto, ['elsewhere.example']);
      },
    },
    {
      name: 'a file is read, a wrong one changes nothing, a reset is undone', alone: true,
      run: async (t) => {
        const page = await open(t);
        await choose(page, 'whole.json', '{"cooldown":1,"settings":{"off":[],"auto":["a.example"]}}');
        await says(page, 'The settings of the file are in force.');
        await choose(page, 'good.json', '{"cooldown":1,"settings":{"off":["a.example","not a host",7],"auto":["b.example","not a host"],"does":{"limits":"auto","money":"auto"},"language":"en","sync":true,"more":"of a later version"}}');
        await says(page, 'The settings of the file are in force, but for what could not be read in: off, auto, does, more.');
        const read = await stored(page);
        assert.deepEqual([read.off, read.auto, read.does, read.language, read.sync, 'more' in read], [['a.example'], ['b.example'], { limits: 'auto' }, 'en', undefined, false]);
        /** @type {[string, string][]} */
        const wrong = [['', 'This file can’t be read: it is no JSON. Nothing changed.'], ['{"cooldown":1,', 'This file can’t be read: it is no JSON. Nothing changed.'], ['[]', 'This is no file of Cooldown\'s settings. Nothing changed.'],
          ['{"settings":{"off":[]}}', 'This is no file of Cooldown\'s settings. Nothing changed.'], ['{"cooldown":1,"settings":null}', 'This is no file of Cooldown\'s settings. Nothing changed.'],
          ['{"cooldown":2,"settings":{}}', 'This file is from a newer Cooldown. Nothing changed.']];
        for (const [text, why] of wrong) {
          await page.evaluate(() => document.querySelector('#said span')?.replaceChildren());
          await choose(page, 'wrong.json', text);
          await says(page, why);
          assert.deepEqual(await stored(page), read);
        }
        await page.click('#reset');
        await until('it is as at first', async () => (await stored(page)).language === null && JSON.stringify((await stored(page)).auto) === '[]');
        assert.deepEqual((await stored(page)).auto, []);
        await page.click('#undo');
        await until('it is as before', async () => (await stored(page)).language === 'en' && JSON.stringify((await stored(page)).auto) === '["b.example"]');
        assert.deepEqual((await stored(page)).off, ['a.example']);
      },
    },
  ],
};
