// @ts-check
// The history: what became of each failure, on this device alone, and nothing that could name a person or a prompt.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, send } from './lib/app.mjs';
import { axe } from './lib/axe.mjs';
import { poolWait } from './lib/failures.mjs';
import { everything, seed } from './lib/history.mjs';
import { root } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const KEY = 'c0ffee00canary00c0ffee00canary00c0ffee00canary00c0ffee00canary00';
const PROMPT = 'canary prompt of a person';
const USER = 'user_2CanaryCanaryCanaryCanary';

/** The records of this test's site, once there are so many. @param {Scene} t @param {Page} ear @param {number} count @param {number} [limitMs] */
const kept = async (t, ear, count, limitMs = 8_000) => {
  const mine = async () => (await everything(ear)).failures?.filter(({ site }) => site === t.host) ?? [];
  await until(`${count} of this site in the history`, async () => (await mine()).length >= count, limitMs);
  const found = await mine();
  assert.equal(found.length, count);
  return found;
};
/** A failure that is held, and its card. @param {Scene} t @param {import('./lib/mock.mjs').Answer} [answer] */
const fails = async (t, answer = poolWait(1)) => {
  await t.script(answer);
  const page = await t.open();
  await send(page, PROMPT);
  const card = await t.card(page);
  return { page, card };
};

/** The clock of a record that was made up. */
const NOW = Date.now(), DAY = 86_400_000;
/** @param {number} at_ms @param {object} [rest] @returns {import('./lib/history.mjs').Kept} */
const made = (at_ms, rest = {}) => ({
  at_ms, site: 'chat.example', kind: 'upstream_rate_limit', limit_owner: 'shared_pool', provider: 'Cerebras', model: 'qwen/qwen3-coder:free', status: 429, wait_s: 8, tries: 2, outcome: 'answered', ...rest,
});
/** Forty days: a pool that a retry cures, a key that none does, and a name that a spreadsheet would run. */
const MADE = [
  made(NOW - 40 * DAY, { site: 'old.example', wait_s: 5_000 }), ...Array.from({ length: 60 }, (_, n) => made(NOW - 60_000 * (n + 2), { outcome: n % 3 === 0 ? 'given_up' : 'answered' })),
  made(NOW - 30_000, { kind: 'auth', limit_owner: 'key', provider: null, model: 'openai/gpt-oss-120b', status: 401, wait_s: null, tries: 1, outcome: 'explained', site: 'file:' }),
];
/** Puts records into a store of the first schema that was. @param {Page} ear @param {readonly object[]} records @param {number} [version] */
const old = (ear, records, version = 1) => ear.evaluate(async (all, schema) => {
  await new Promise((resolve, reject) => {
    const request = indexedDB.open('history', schema);
    request.onupgradeneeded = () => { request.result.createObjectStore('failures', { keyPath: 'at_ms' }); };
    request.onsuccess = () => {
      const transaction = request.result.transaction('failures', 'readwrite');
      for (const one of all) transaction.objectStore('failures').put(one);
      transaction.oncomplete = () => { request.result.close(); resolve(undefined); };
    };
    request.onerror = () => reject(request.error);
  });
}, records, version);
/** @param {Scene} t @param {string} [path] */
const open = async (t, path = 'history.html') => {
  const page = await t.openExtensionPage(path);
  await page.setViewport({ width: 1100, height: 800 });
  await until('the page is whole', () => page.evaluate(() => document.querySelector('main')?.hasAttribute('aria-busy') === false));
  return page;
};
/** @param {Page} page @param {string} selector */
const texts = (page, selector) => page.evaluate((one) => Array.from(document.querySelectorAll(one), (element) => element.textContent ?? ''), selector);
/** @param {Page} page */
const heading = async (page) => (await texts(page, '#count'))[0];
/** What a button saves. @param {Page} page @param {string} id */
const saved = async (page, id) => {
  await page.evaluate(() => {
    URL.createObjectURL = (/** @type {any} */ blob) => { Object.assign(globalThis, { saving: blob.text() }); return '#'; };
    HTMLAnchorElement.prototype.click = () => {};
  });
  await page.click(`#${id}`);
  return page.evaluate(() => /** @type {Promise<string>} */ (/** @type {any} */ (globalThis).saving));
};
/** What the page says is wrong. @param {Page} page @param {string} key */
const warned = (page, key) => until(`it says ${key}`, () => page.evaluate((text) => document.querySelector('#trouble')?.checkVisibility() === true && document.querySelector('#trouble span')?.textContent === text, ENGLISH[key]?.message ?? ''));
/** @type {Record<string, {message: string}>} */
const ENGLISH = JSON.parse(readFileSync(join(root, 'extension/_locales/en/messages.json'), 'utf8'));

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'history', build: 'test',
  tests: [
    {
      name: 'a failure that a retry cured is one record, and holds no key, prompt, id or address',
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html'), since = Date.now();
        t.conversation = KEY;
        const failure = poolWait(1), body = /** @type {any} */ (failure.body);
        body.user_id = USER;
        body.error.metadata.flagged_input = PROMPT;
        body.error.metadata.raw += ` (Bearer sk-or-v1-${KEY}, for ${USER})`;
        await t.script(failure, failure);
        const page = await t.open();
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.click('#retry');
        await card.reaches('failed', 12_000);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        const [record] = await kept(t, ear, 1);
        const { at_ms, ...rest } = record;
        assert.ok(at_ms >= since && at_ms <= Date.now(), `failed at ${at_ms}`);
        assert.deepEqual(rest, {
          site: t.host, kind: 'upstream_rate_limit', limit_owner: 'shared_pool', provider: 'Cerebras', model: 'openai/gpt-oss-120b', status: 429, wait_s: 1, tries: 3, outcome: 'answered',
        });
        const all = JSON.stringify(await everything(ear));
        for (const secret of [KEY.slice(0, 20), PROMPT, USER, 'chat.html', '/api/v1', 'https:']) assert.ok(!all.includes(secret), `the history holds ${secret}`);
      },
    },
    {
      name: 'what was only explained, given up, or left says so', limitMs: 90_000,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const told = await fails(t, { preset: 'auth401' });
        await first(told.page, 'error');
        const closed = await fails(t, poolWait(20));
        await closed.card.reaches('held');
        await closed.card.click('#close');
        const left = await fails(t, poolWait(20));
        await left.card.reaches('held');
        await left.page.goto('about:blank');
        const found = await kept(t, ear, 3, 20_000); // the app has ten seconds to heal it itself
        assert.deepEqual(found.map(({ kind, outcome, tries }) => [kind, outcome, tries]),
          [['auth', 'explained', 1], ['upstream_rate_limit', 'given_up', 1], ['upstream_rate_limit', 'left', 1]]);
      },
    },
    {
      name: 'what an app heals by itself is one record too, and so is a page that is the failure',
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await t.script({ preset: 'pool429' });
        const page = await t.open('openai.html', { retries: 2 });
        await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
        await send(page, PROMPT);
        await first(page, 'answer', 12_000);
        assert.deepEqual((await kept(t, ear, 1)).map(({ kind, outcome, tries }) => [kind, outcome, tries]), [['upstream_rate_limit', 'answered', 2]]);
        const gate = { status: 502, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><title>openrouter.ai | 502: Bad gateway</title><h1>Bad gateway</h1><p>Error code 502</p><p>Cloudflare Ray ID: 9a1b2c3d4e5f6071</p>' };
        const broken = await t.driver.newPage();
        t.pages.push(broken);
        await broken.goto(`https://openrouter.ai/api/v1/key?answer=${encodeURIComponent(JSON.stringify(gate))}`).catch(() => {}); // Firefox tells of a failing status as of an error
        const found = await until('its record', async () => (await everything(ear)).failures?.find(({ site }) => site === 'openrouter.ai'));
        assert.deepEqual([found.outcome, found.status, found.tries], ['explained', 502, 1]);
      },
    },
    {
      name: 'of a private window nothing is kept', alone: true,
      run: async (t) => {
        await t.script(poolWait(1));
        const page = await t.driver.newPrivatePage();
        t.pages.push(page);
        await page.goto(`https://${t.host}/chat.html?conversation=${t.conversation}`);
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        await card.reaches('answered');
        await page.close();
        const ear = await t.openExtensionPage('popup.html');
        // What is told later than it is kept; so it would be there.
        const open = await fails(t, poolWait(2));
        await open.card.click('#retry');
        await first(open.page, 'answer', 12_000);
        assert.equal((await kept(t, ear, 1))[0]?.wait_s, 2);
      },
    },
    {
      name: 'switched off, nothing is kept, and the card is as ever', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => chrome.storage.local.set({ history: { on: false, days: 90 } }));
        const off = await fails(t);
        await off.card.click('#retry');
        await first(off.page, 'answer', 12_000);
        await off.card.reaches('answered');
        await ear.evaluate(() => chrome.storage.local.set({ history: { on: true, days: 90 } }));
        const on = await fails(t, { preset: 'pool429' });
        await on.card.click('#retry');
        await first(on.page, 'answer', 12_000);
        assert.equal((await kept(t, ear, 1))[0]?.outcome, 'answered');
      },
    },
    {
      name: 'a store of the first version becomes today\'s, and what is no record is set aside', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await old(ear, [...MADE, { at_ms: NOW - 5, note: 'of somebody else' }, made(NOW - 6, { outcome: 'won' }), { at_ms: 'no time' }]);
        const page = await open(t);
        assert.equal(await heading(page), 'Failed: 61. Cured by a retry: 40 (66%).');
        const { failures, aside } = await everything(ear);
        assert.deepEqual([failures?.length, aside?.length], [MADE.length, 3]);
        // And what gets in later, past our own door.
        await ear.evaluate(async (at) => {
          const { openHistory } = await import(chrome.runtime.getURL('history-store.js')), db = await openHistory();
          await new Promise((resolve) => { db.transaction('failures', 'readwrite').objectStore('failures').put({ at_ms: at, kind: 7 }).onsuccess = resolve; });
          db.close();
        }, NOW - 7);
        const again = await open(t);
        await until('it says so', () => again.evaluate(() => document.querySelector('#trouble')?.checkVisibility() && /set aside: 4\./.test(document.querySelector('#trouble')?.textContent ?? '')));
        assert.equal(await heading(again), 'Failed: 61. Cured by a retry: 40 (66%).');
      },
    },
    {
      name: 'a newer version\'s store is left alone, and the page and the card go on', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await old(ear, MADE, 99);
        const { page, card } = await fails(t);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        await until('the worker knows', () => ear.evaluate(async () => (await chrome.storage.session.get('history_trouble')).history_trouble === 'newer'));
        await warned(await open(t), 'history_newer_version');
        assert.equal((await everything(ear)).failures?.length, MADE.length);
      },
    },
    {
      name: 'where there is no room left, the card is as ever and the page says it', alone: true, browsers: ['chromium'],
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html'), origin = await ear.evaluate(() => location.origin);
        const devtools = await ear.createCDPSession();
        await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
        const { page, card } = await fails(t);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        await card.reaches('answered');
        await warned(await open(t), 'history_full');
        await devtools.send('Storage.overrideQuotaForOrigin', { origin });
        const again = await fails(t);
        await again.card.click('#retry');
        await first(again.page, 'answer', 12_000);
        await kept(t, ear, 1);
        const fine = await open(t);
        assert.equal(await fine.evaluate(() => document.querySelector('#trouble')?.checkVisibility()), false);
      },
    },
    {
      name: 'what is old, or too much, goes with the next failure', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        await ear.evaluate(() => chrome.storage.local.set({ history: { on: true, days: 30 } }));
        const { page, card } = await fails(t);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        await kept(t, ear, 1);
        const { failures = [] } = await everything(ear);
        assert.deepEqual([failures.length, failures.some(({ site }) => site === 'old.example')], [MADE.length, false]);
        const left = await ear.evaluate(async () => {
          const { newest, openHistory, prune } = await import(chrome.runtime.getURL('history-store.js')), db = await openHistory();
          const counts = [];
          for (const most of [50, 1, 0]) { await prune(db, 0, most); counts.push((await newest(db, 0, 1000)).map((/** @type {any} */ one) => one.at_ms)); }
          db.close();
          return counts;
        });
        assert.deepEqual(left.map((times) => times.length), [50, 1, 0]);
        assert.equal(left[1]?.[0], Math.max(...failures.map(({ at_ms }) => at_ms)), 'the newest is what stays');
      },
    },
    {
      name: 'filters, search, pages and sums say the same', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        const page = await open(t);
        assert.equal(await heading(page), 'Failed: 61. Cured by a retry: 40 (66%).');
        assert.ok((await texts(page, '#list li'))[0]?.includes('The key wasn\'t accepted'));
        assert.deepEqual(await texts(page, '#pictures tbody tr:first-child'), ['Cerebras6040 (67%)', 'qwen/qwen3-coder:free6040 (67%)']);
        await page.click('#older');
        assert.deepEqual(await texts(page, '#range'), ['26–50 of 61']);
        await page.click('#older');
        assert.deepEqual([await texts(page, '#range'), (await texts(page, '#list li')).length], [['51–61 of 61'], 11]);
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'newer');
        await page.select('#days', '');
        assert.equal(await heading(page), 'Failed: 62. Cured by a retry: 41 (66%).');
        await page.select('#kind', 'auth');
        assert.deepEqual(await texts(page, '#list .became'), ['Explained only']);
        await page.select('#kind', '');
        await page.type('#search', 'OLD.exam');
        assert.deepEqual(await texts(page, '#list .became'), ['Answered on try 2']);
        assert.match((await texts(page, '#list .what'))[0] ?? '', /stated wait 1 h 24 min$/);
        await page.type('#search', ' nothing');
        assert.deepEqual([await heading(page), await texts(page, '#none'), await page.evaluate(() => document.getElementById('adds-up')?.checkVisibility())], ['Nothing like that.', ['Show everything'], false]);
        await page.click('#all');
        assert.equal(await heading(page), 'Failed: 62. Cured by a retry: 41 (66%).');
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'search');
      },
    },
    {
      name: 'the sums are right at midnight, over years, and for nothing at all',
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const read = await ear.evaluate(async () => {
          const { byHour, byName, byStretch, stretches, sum } = await import(chrome.runtime.getURL('history-stats.js'));
          const at = (/** @type {number[]} */ ...when) => new Date(.../** @type {[number, number]} */ (when)).getTime(), one = (/** @type {number} */ at_ms, outcome = 'answered', provider = 'A') => ({ at_ms, outcome, provider });
          const some = [one(at(2026, 2, 27, 23, 59, 59, 999)), one(at(2026, 2, 28)), one(at(2026, 2, 29, 12), 'left'), one(at(2026, 2, 29, 12, 30), 'left', 'B')];
          const starts = stretches(some[0]?.at_ms, some[3]?.at_ms), decade = stretches(at(2016, 0, 1), at(2026, 0, 1));
          return {
            days: byStretch(some, starts), noon: byHour(some)[12], hours: byHour(some).length, names: byName(some, 'provider'), nothing: [sum([]), byName([], 'model'), byStretch([], stretches(0, 0)).length],
            decade: [decade.length <= 93, decade[0] === at(2016, 0, 1), decade.at(-1) > at(2026, 0, 1), decade.every((/** @type {number} */ start) => new Date(start).getHours() === 0)],
          };
        });
        assert.deepEqual(read.days, [{ failed: 1, cured: 1 }, { failed: 1, cured: 1 }, { failed: 2, cured: 0 }]);
        assert.deepEqual([read.noon, read.hours], [{ failed: 2, cured: 0 }, 24]);
        assert.deepEqual(read.names, [{ name: 'A', failed: 3, cured: 2 }, { name: 'B', failed: 1, cured: 0 }]);
        assert.deepEqual(read.nothing, [{ failed: 0, cured: 0 }, [], 1]);
        assert.deepEqual(read.decade, [true, true, true, true]);
      },
    },
    {
      name: 'a file holds what the list shows, and nothing that a spreadsheet would run', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        const page = await open(t);
        await page.select('#kind', 'auth');
        const time = new Date(NOW - 30_000).toISOString();
        assert.equal(await saved(page, 'csv'), `time,site,kind,limit_owner,provider,model,status,tries,outcome,wait_s\r\n${time},file:,auth,key,,openai/gpt-oss-120b,401,1,explained,\r\n`);
        assert.deepEqual(JSON.parse(await saved(page, 'json')), { cooldown_history: 1, failures: [MADE.at(-1)] });
        const [head, ...rows] = await page.evaluate(async () => {
          const { toCsv } = await import(chrome.runtime.getURL('history-stats.js'));
          const names = ['=1+1', '+1', '-1', '@SUM(1)', '\tx', 'a"b', 'a,b', 'a\nb'];
          return toCsv(names.map((site) => ({ at_ms: 0, site, kind: '', limit_owner: '', provider: null, model: null, status: 0, tries: 1, outcome: '', wait_s: null }))).split('\r\n');
        });
        assert.equal(head?.split(',').length, 10);
        assert.deepEqual(rows.slice(0, 8).map((/** @type {string} */ row) => row.slice('1970-01-01T00:00:00.000Z,'.length, -',,,,,0,1,,'.length)), ["'=1+1", "'+1", "'-1", "'@SUM(1)", "'\tx", '"a""b"', '"a,b"', '"a\nb"']);
      },
    },
    {
      name: 'cleared, it is empty and says so; undone, it is as before; and what fails meanwhile appears', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        const page = await open(t);
        await page.click('#clear');
        await until('it is empty', () => page.evaluate(() => document.querySelector('#empty')?.checkVisibility() === true && document.querySelector('#there')?.checkVisibility() === false));
        assert.deepEqual((await everything(ear)).failures, []);
        await page.click('#undo');
        await until('it is back', async () => await heading(page) === 'Failed: 61. Cured by a retry: 40 (66%).');
        assert.equal((await everything(ear)).failures?.length, MADE.length);
        const { page: app, card } = await fails(t);
        await card.click('#retry');
        await first(app, 'answer', 12_000);
        await until('it appears', async () => await heading(page) === 'Failed: 62. Cured by a retry: 41 (66%).');
        assert.equal((await texts(page, '#list li'))[0]?.includes(t.host), true);
      },
    },
    {
      name: 'a pasted failure is explained there, with no core before that', alone: true,
      run: async (t) => {
        const page = await open(t, 'history.html?beside');
        await page.evaluate(() => {
          const { instantiateStreaming } = WebAssembly;
          WebAssembly.instantiateStreaming = (...all) => { document.documentElement.dataset.core = ''; return instantiateStreaming(...all); };
        });
        assert.equal(await page.evaluate(() => document.querySelector('#beside')?.checkVisibility()), false);
        await page.click('#decoder summary');
        const core = () => page.evaluate(() => 'core' in document.documentElement.dataset);
        assert.equal(await core(), false);
        await page.type('#text', JSON.stringify(poolWait(9).body));
        await until('the core comes now', core);
        await page.keyboard.down('Control');
        await page.keyboard.press('Enter');
        await page.keyboard.up('Control');
        await until('it is explained', async () => (await texts(page, '#card-place .title'))[0] === 'Cerebras is busy right now');
        await page.evaluate(() => { /** @type {HTMLTextAreaElement} */ (document.getElementById('text')).value = 'Good morning'; });
        await page.click('#form button');
        await until('it says that this is none', async () => (await texts(page, '#nothing'))[0] === ENGLISH.www_silent?.message && (await texts(page, '#card-place .title')).length === 0);
      },
    },
    {
      name: 'a click opens it beside the page', alone: true,
      run: async (t) => {
        const page = await open(t);
        await page.click('#beside');
        await until('it is open', () => page.evaluate(async () => {
          const { sidebarAction } = /** @type {any} Firefox's */ (globalThis).browser ?? {};
          return sidebarAction ? sidebarAction.isOpen({}) : (await chrome.runtime.getContexts({ contextTypes: [/** @type {any} */ ('SIDE_PANEL')] })).some(({ documentUrl }) => documentUrl?.endsWith('/history.html?beside'));
        }));
      },
    },
    {
      name: 'axe finds nothing, in light, from right to left, at 320 px, full and empty', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html'), empty = await open(t);
        assert.deepEqual(await axe(empty), []);
        await seed(ear, MADE);
        for (const language of ['en', 'ar']) {
          await ear.evaluate((tag) => chrome.storage.local.set({ language: tag }), language);
          const page = await open(t);
          for (const summary of await page.$$('.behind summary')) await summary.click();
          assert.deepEqual(await axe(page), []);
          await page.setViewport({ width: 320, height: 800 });
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), `${language}: wider than 320 px`);
          assert.deepEqual(await axe(page), []);
        }
      },
    },
    {
      name: 'and in dark', alone: true, dark: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        const page = await open(t);
        for (const summary of await page.$$('.behind summary')) await summary.click();
        assert.deepEqual(await axe(page), []);
      },
    },
    {
      name: 'the settings page switches it, sets for how long, and clears it', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await seed(ear, MADE);
        const page = await t.openExtensionPage('options.html');
        await until('the page is drawn', () => page.evaluate(() => document.documentElement.dir !== '' && document.querySelector('#history-days')?.childElementCount === 4));
        const set = () => ear.evaluate(async () => /** @type {{on: boolean, days: number | null} | undefined} */ ((await chrome.storage.local.get('history')).history));
        await page.select('#history-days', '7');
        await until('seven days', async () => (await set())?.days === 7);
        await page.select('#history-days', '');
        await until('always', async () => (await set())?.days === null);
        await page.click('#history-on');
        await until('it is off', async () => (await set())?.on === false);
        await warned(await open(t), 'history_off');
        await page.bringToFront();
        await page.evaluate(() => document.querySelector('#history-clear')?.scrollIntoView({ block: 'center' })); // out from under what was said last
        await page.click('#history-clear');
        await until('it is empty', async () => (await everything(ear)).failures?.length === 0);
        await page.click('#undo');
        await until('it is back', async () => (await everything(ear)).failures?.length === MADE.length);
        assert.deepEqual(await axe(page), []);
      },
    },
  ],
};
