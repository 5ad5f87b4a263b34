// @ts-check
// The settings page: everything takes effect at once, and what was changed last can be undone.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe } from './lib/axe.mjs';
import { Driver } from './lib/browsers.mjs';
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
/** @param {Page} page @returns {Promise<Record<string, any>>} */
const stored = (page) => page.evaluate(() => chrome.storage.local.get());
/** @param {Page} page @param {string} text */
const says = (page, text) => until(`it says “${text}”`, () => page.evaluate((t) => document.querySelector('#said span')?.textContent === t, text));
/** @param {Page} page @param {string} name @param {string} text */
const choose = async (page, name, text) => {
  const path = join(workFolder(), name);
  writeFileSync(path, text);
  await (/** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (await page.$('#file'))).uploadFile(path);
};

/** @param {Page} page @param {string} selector */
const reads = (page, selector) => page.evaluate((s) => {
  const element = /** @type {HTMLElement | null} */ (document.querySelector(s));
  return element === null || !element.checkVisibility() ? null : element.innerText;
}, selector);
/** Runs a function on the module of the settings. @template T @param {Page} page @param {(settings: typeof import('../../extension/settings.js'), argument: any) => T} run self-contained @param {unknown} [argument] @returns {Promise<Awaited<T>>} */
const onSettings = (page, run, argument = null) => /** @type {any} */ (page.evaluate(`import(chrome.runtime.getURL('settings.js')).then((settings) => (${run})(settings, ${JSON.stringify(argument)}))`));
/** @param {Page} page */
const isRight = async (page) => {
  assert.deepEqual(await axe(page), []);
  await page.setViewport({ width: 320, height: 640 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), 'it fits 320 px');
  await page.setViewport({ width: 420, height: 640 });
};

/** The whole page, from right to left, with something in each of its lists. @type {import('./lib/scene.mjs').Test['run']} */
const whole = async (t) => {
  const page = await open(t);
  await onSettings(page, async ({ saveSettings, setForNow }) => {
    await saveSettings({ off: ['off.example'], auto: ['auto.example'], sync: true });
    await setForNow('pauses', 'paused.example', { until_ms: Date.now() + 1e6 });
    await setForNow('rules', 'skips.example', { slug: 'cerebras', name: 'Cerebras', until_ms: Date.now() + 1e6 });
    await chrome.storage.local.set({ sync_trouble: { off: { full: true } }, aside: { newer: true, settings: {} } });
  });
  await until('all of it', async () => await reads(page, '#aside') && await reads(page, '#sync-trouble') && (await reads(page, '#for-now-rows'))?.includes('Cerebras'));
  await isRight(page);
  await page.select('#language', 'ar');
  await until('from right to left', () => page.evaluate(() => getComputedStyle(document.body).direction === 'rtl'));
  await isRight(page);
};

/** @type {import('./lib/scene.mjs').Suite} */
const suite = {
  name: 'options', build: 'test',
  tests: [
    {
      name: 'the language changes at once, is undone, and axe finds nothing',
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
      name: 'in a page of ours no text becomes markup or script', browsers: ['chromium'], // Firefox knows no Trusted Types yet, and leaves the words alone
      run: async (t) => {
        const page = await open(t);
        const refused = await page.evaluate(() => [
          () => { document.createElement('p').innerHTML = '<b>x</b>'; },
          () => { document.createElement('script').src = 'popup.js'; },
          () => { setTimeout('0'); },
          () => /** @type {any} not in these types */ (globalThis).trustedTypes.createPolicy('x', {}),
        ].map((run) => { try { run(); return 'done'; } catch (error) { return String(error); } }));
        assert.ok(refused.every((why) => /TypeError|EvalError/.test(why)), refused.join('\n'));
      },
    },
    {
      name: 'each person reads the nearest language there is',
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
      name: 'a site that was switched off is listed, and switched on again',
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
      name: 'a leave that was taken back and is refused when it is asked for again: what is said is so', browsers: ['chromium'], // Firefox lets nobody put another answer there
      run: async (t) => {
        const page = await open(t);
        for (const [granted, host, said] of /** @type {const} */ ([[true, 'one.example', 'Undone.'], [false, 'two.example', 'The browser didn\'t allow it. Nothing changed.']])) {
          await page.evaluate((answer, site) => {
            const { permissions } = /** @type {any} the browser's question cannot be answered by a driver */ (chrome);
            permissions.getAll = async () => ({ origins: [`https://${site}/*`] });
            permissions.remove = async () => true;
            permissions.request = async () => answer;
            return chrome.storage.local.set({ theme: answer ? 'dark' : 'light' }); // which has it drawn anew
          }, granted, host);
          await until('its row', async () => (await reads(page, '#sites'))?.includes(host));
          await page.click('#sites button');
          await says(page, 'Cooldown is no longer allowed there.');
          await page.click('#undo');
          await says(page, said);
        }
      },
    },
    {
      name: 'a site that retries by itself is listed, and asks again once that is switched off',
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
      name: 'a file is read, a wrong one changes nothing, a reset is undone',
      run: async (t) => {
        const page = await open(t);
        await choose(page, 'whole.json', '{"cooldown":1,"settings":{"off":[],"auto":["a.example"]}}');
        await says(page, 'The settings of the file are in force.');
        await choose(page, 'good.json', '{"cooldown":1,"settings":{"off":["a.example","not a host",7],"auto":["b.example","not a host"],"does":{"limits":"auto","money":"auto"},"language":"en","sync":true,"more":"of a later version"}}');
        await says(page, 'The settings of the file are in force, but for what could not be read in: off, auto, does, more.');
        const read = await stored(page);
        assert.deepEqual([read.off, read.auto, read.does, read.language, read.sync, 'more' in read], [['a.example'], ['b.example'], { limits: 'auto' }, 'en', undefined, false]);
        /** @type {[string, string][]} */
        const wrong = [['', 'This file can\'t be read: it is no JSON. Nothing changed.'], ['{"cooldown":1,', 'This file can\'t be read: it is no JSON. Nothing changed.'], ['[]', 'This is no file of Cooldown\'s settings. Nothing changed.'],
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
    { name: 'every list filled: axe finds nothing, from left and from right, at 320 px too', run: whole },
    { name: 'the same in the dark', alone: true, dark: true, run: whole },
    {
      name: 'with keys alone: what is done with rate limits is chosen, and undone',
      run: async (t) => {
        const page = await open(t);
        await until('the choice has the focus', async () => { await page.keyboard.press('Tab'); return page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Rate limits'); });
        await page.keyboard.press('ArrowDown');
        if (await page.evaluate(() => document.querySelector('select')?.value === 'ask')) await page.keyboard.press('Enter'); // where the key only moves in a list that opens
        await says(page, 'Saved.');
        assert.deepEqual((await stored(page)).does, { limits: 'explain' });
        await until('Undo has the focus', async () => { await page.keyboard.press('Tab'); return page.evaluate(() => document.activeElement?.id === 'undo'); });
        await page.keyboard.press('Enter');
        await says(page, 'Undone.');
        assert.deepEqual((await stored(page)).does, {});
      },
    },
    {
      name: 'notifications: asked for, allowed, taken back', browsers: /** @type {('firefox')[]} */ (['firefox']), // Chromium's question cannot be answered by a driver
      run: async (t) => {
        const page = await open(t);
        assert.equal(await reads(page, '#notify-says'), 'Not allowed. A reminder only marks the tab.');
        await page.click('#notify-ask');
        await until('they are allowed', async () => await reads(page, '#notify-says') === 'Allowed. A reminder tells you when a wait is over.');
        assert.equal(await reads(page, '#notify-ask'), null);
        await page.click('#notify-take');
        await until('they are taken back', () => reads(page, '#notify-ask'));
        assert.equal(await page.evaluate(() => chrome.permissions.contains({ permissions: ['notifications'] })), false);
      },
    },
    {
      name: 'a paused site and a skipped provider are listed and end at once; clearing is undone',
      run: async (t) => {
        const page = await open(t);
        assert.equal(await reads(page, '#for-now-none'), 'No site is paused, and no provider is skipped.');
        await page.evaluate(() => chrome.runtime.sendMessage({ v: 1, type: 'pause', url: 'https://paused.example/', on: true }));
        await until('it is listed', async () => /^paused\.example paused until \d/.test(await reads(page, '#for-now-rows') ?? ''));
        await page.click('#for-now-rows button');
        await until('it ended', () => reads(page, '#for-now-none'));
        await until('the focus is on Undo, as what was pressed is gone', async () => await page.evaluate(() => document.activeElement?.id) === 'undo');
        await page.click('#undo');
        await until('it holds again', () => reads(page, '#for-now-rows li'));
        const before = await page.evaluate(() => chrome.storage.session.get('pauses'));
        await page.click('#clear');
        await until('it is forgotten', () => reads(page, '#for-now-none'));
        assert.deepEqual(await page.evaluate(() => chrome.storage.session.get()), {});
        await page.click('#undo');
        await until('it is remembered', () => reads(page, '#for-now-rows li'));
        assert.deepEqual(await page.evaluate(() => chrome.storage.session.get('pauses')), before);
      },
    },
    {
      name: 'two windows write at once, and nothing is lost; an undo takes back no more than its own',
      run: async (t) => {
        const pages = [await open(t), await open(t)];
        await Promise.all(pages.map((page, n) => onSettings(page, async ({ changeSettings }, who) => {
          await Promise.all(Array.from({ length: 20 }, (_, i) => changeSettings(({ off }) => ({ off: [...off, `${who}-${i}.example`] }))));
        }, n)));
        const [page, other] = /** @type {[Page, Page]} */ (pages);
        assert.equal((await stored(page)).off.length, 40);
        await page.bringToFront();
        await page.select('#language', 'fr');
        await until('the other speaks it too', () => other.evaluate(() => document.documentElement.lang === 'fr'));
        await onSettings(other, ({ saveSettings }) => saveSettings({ auto: ['kept.example'] }));
        await page.click('#undo');
        await until('it is undone', async () => (await stored(page)).language === null);
        assert.deepEqual((await stored(page)).auto, ['kept.example']);
      },
    },
    {
      name: 'what an earlier version left is taken over; what is damaged or newer is set aside and said',
      run: async (t) => {
        const page = await open(t);
        /** @param {object} left @param {string | null} said */
        const finds = async (left, said) => {
          await page.evaluate(async (all) => { await chrome.storage.local.clear(); await chrome.storage.local.set(all); }, left);
          await page.evaluate(() => { location.reload(); });
          await until('it is in today\'s shape', async () => (await stored(page)).version === 1);
          await until('the page is drawn', () => page.evaluate(() => document.documentElement.dir !== '' && document.querySelector('#does select') !== null));
          if (said === null) assert.equal((await stored(page)).aside, undefined);
          else assert.equal(await until('it is said', () => reads(page, '#aside-says')), said);
          return stored(page);
        };
        const old = await finds({ off: ['a.example'], auto: ['b.example'], language: 'en' }, null);
        assert.deepEqual([old.off, old.auto, old.language], [['a.example'], ['b.example'], 'en']);
        const sorted = await finds({ does: { key: 'explain', limits: 'auto' }, history: { days: 30, on: true } }, null); // as Chromium gives back what is kept
        assert.deepEqual([sorted.does, sorted.history], [{ key: 'explain', limits: 'auto' }, { days: 30, on: true }]);
        const wrong = { version: 1, off: { 0: 'x' }, auto: ['b.example', 7], does: { limits: 'sometimes', money: 'explain' }, sync: 'yes', language: 'tlh' };
        const mended = await finds(wrong, 'A part of your settings could not be read. The rest is in force; the whole is kept aside.');
        assert.deepEqual([mended.off, mended.auto, mended.does, mended.sync, mended.language], [[], ['b.example'], { money: 'explain' }, false, null]);
        const { version: _, ...whole } = wrong;
        assert.deepEqual(mended.aside.settings, whole);
        const newer = await finds({ version: 7, off: ['a.example'], does: ['of another shape'] }, 'These settings come from a newer Cooldown. What this one understands is in force; the whole is kept aside.');
        assert.deepEqual([newer.off, newer.does, newer.aside.settings.does], [['a.example'], {}, ['of another shape']]);
        await page.click('#aside-drop');
        await until('it is gone', async () => await reads(page, '#aside') === null);
        assert.equal((await stored(page)).aside, undefined);
      },
    },
    {
      name: 'on other devices: off at first; then the newest change of each setting counts, and too much is said',
      run: async (t) => {
        const page = await open(t);
        /** @returns {Promise<Record<string, any>>} */
        const carried = () => page.evaluate(() => chrome.storage.sync.get());
        /** @param {object} all what another device has written */
        const comes = (all) => page.evaluate((some) => chrome.storage.sync.set(some), all);
        await page.select('#language', 'de');
        await until('it is kept', async () => (await stored(page)).language === 'de');
        assert.deepEqual(await carried(), {});
        await comes({ language: { value: 'fr', at_ms: 5 }, auto: { value: ['theirs.example'], at_ms: 5 }, off: { value: 'damaged', at_ms: 5 } });
        await page.click('#sync');
        await until('what only they have is taken', async () => JSON.stringify((await stored(page)).auto) === '["theirs.example"]');
        await until('what is newer here is handed over', async () => (await carried()).language?.value === 'de');
        assert.deepEqual([(await stored(page)).language, (await stored(page)).off], ['de', undefined]);
        assert.equal('sync' in await carried(), false, 'whether to take part is each device\'s own');
        await comes({ language: { value: 'en', at_ms: Date.now() + 60_000 } });
        await until('theirs is newer, and holds in this window', () => page.evaluate(() => document.documentElement.lang === 'en'));
        await comes({ language: { value: 'fr', at_ms: 5 } });
        await until('theirs is older, and is told ours', async () => (await carried()).language?.value === 'en');
        await onSettings(page, ({ saveSettings }) => saveSettings({ off: Array.from({ length: 500 }, (_, i) => `a-host-of-some-length-${i}.example`) }));
        await until('it is said', async () => await reads(page, '#sync-trouble') === 'Your browser\'s sync has no room for all of it. What doesn\'t fit stays on this device.');
        assert.equal((await stored(page)).off.length, 500);
        await onSettings(page, ({ saveSettings }) => saveSettings({ auto: [] }));
        assert.ok((await stored(page)).sync_trouble.off.full, 'another setting that is handed over changes nothing about it');
        await onSettings(page, ({ saveSettings }) => saveSettings({ off: [] }));
        await until('it is said no more', async () => await reads(page, '#sync-trouble') === null);
        await page.click('#sync');
        await until('it is off', async () => (await stored(page)).sync === false);
        const before = await carried();
        await onSettings(page, ({ saveSettings }) => saveSettings({ auto: ['mine.example'] }));
        assert.deepEqual(await carried(), before);
      },
    },
    {
      name: 'what an organisation has set holds, stands as locked, and cannot be changed',
      run: async (t) => {
        const set = { off: ['intern.example'], does: { money: 'explain', limits: 'nonsense' }, language: 'en', sync: 'yes' };
        let page = await open(t);
        /** @type {Driver | null} */
        let own = null;
        if (t.driver.name === 'firefox') {
          // As an administrator does it, but for one person.
          const home = workFolder(), folder = join(home, '.mozilla', 'managed-storage');
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, 'cooldown@cooldown.example.json'), JSON.stringify({ name: 'cooldown@cooldown.example', description: 'for this test', type: 'storage', data: set }));
          own = await Driver.start('firefox', { mock: t.mock, extension: t.extension, home });
          page = await own.openExtensionPage('options.html');
        } else {
          // Chromium reads an administrator's alone.
          await page.evaluateOnNewDocument((all) => { chrome.storage.managed.get = /** @type {any} */ (async () => all); }, set);
          await page.reload();
        }
        try {
          await until('its row', async () => (await reads(page, '#sites'))?.includes('intern.example'));
          assert.deepEqual(await page.evaluate(() => ['#sites button', '#does select', '#language', '#sync'].map((one) => /** @type {any} */ (document.querySelector(one)).disabled)), [true, true, true, false]);
          assert.equal(await reads(page, '[data-locked="does"]'), 'Set by your organisation.');
          assert.equal(await reads(page, '[data-locked="sync"]'), null, 'what is wrong is not in force');
          assert.equal(await page.evaluate(() => /** @type {any} */ (document.querySelector('[data-group="money"]')).value), 'explain');
          assert.deepEqual(await axe(page), []);
          await onSettings(page, ({ saveSettings }) => saveSettings({ off: ['mine.example'] }));
          assert.deepEqual(await onSettings(page, async ({ loadSettings }) => (await loadSettings()).off), ['intern.example']);
          assert.deepEqual((await stored(page)).off, ['mine.example'], 'the person\'s own comes back when the organisation\'s is gone');
        } finally { await own?.stop(); }
      },
    },
  ],
};

/** As after the installation. @param {Scene} t */
const clear = async (t) => {
  const ear = await t.openExtensionPage('popup.html');
  await ear.evaluate(() => Promise.all([chrome.storage.local.clear(), chrome.storage.session.clear(), chrome.storage.sync.clear()]));
  await ear.close();
};
export default { ...suite, tests: suite.tests.map((test) => ({ ...test, run: async (/** @type {Scene} */ t) => { await clear(t); await test.run(t); } })) };
