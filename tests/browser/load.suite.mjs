// @ts-check
// Much at once: the worker under the messages of a thousand tabs, a tab with a hundred answers held. Prints what it takes, and holds it flat.
import assert from 'node:assert/strict';
import { first, send, talk } from './lib/app.mjs';
import { Card } from './lib/card.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** As the tap has it. */
const HELD_MAX = 200;
/** @param {Scene} t @param {string} what */
const figure = (t, what) => { console.log(`      ${t.driver.name}  figure: ${what}`); };

/** A failure a second in each of a thousand tabs. @param {number} seconds @returns {(t: Scene) => Promise<void>} */
const thousandTabs = (seconds) => async (t) => {
  const ear = await t.openExtensionPage('popup.html');
  const ask = (/** @type {number} */ count) => ear.evaluate(async (times) => {
    const exchange = { surface: 'http', url: 'https://openrouter.ai/api/v1/chat/completions', method: 'POST', status: 429, headers: {}, body: JSON.stringify({ error: { message: 'Provider returned error', code: 429, metadata: { provider_name: 'Liquid', x: 'x'.repeat(2_000) } } }), at_ms: Date.now() };
    const request = { model: 'a/b', stream: false, max_tokens: null, key: true, relay: false, named: false, only: [], order: [], ignore: [], allow_fallbacks: null, app_retries: null, members: ['model'], size: 100, works_before: false };
    const since = performance.now();
    let answered = 0, slowest = 0;
    await Promise.all(Array.from({ length: times }, async (_, n) => {
      const at = since + n * 1_000 / times; // spread over the second
      await new Promise((resolve) => { setTimeout(resolve, at - performance.now()); });
      const sent = performance.now();
      const reply = await chrome.runtime.sendMessage({ v: 1, type: 'explain', exchange, request, replayable: true, attempt: 1, failures: 1, tries: 0, paid: false, patience_ms: null });
      if (reply?.ok === true && reply.verdict !== null) answered++;
      slowest = Math.max(slowest, performance.now() - sent);
    }));
    return { answered, slowest: Math.round(slowest), took: performance.now() - since };
  }, count);
  await ask(100); // awake
  const loads = [], start = t.driver.usage();
  for (let second = 0; second < seconds; second++) {
    const load = await ask(1_000);
    assert.equal(load.answered, 1_000, 'each is answered');
    loads.push({ ...load, ...t.driver.usage() });
  }
  const last = loads.at(-1), half = loads[Math.floor(loads.length / 2)];
  assert.ok(last !== undefined && half !== undefined);
  const took = loads.reduce((sum, one) => sum + one.took, 0) / 1_000, slowest = Math.max(...loads.map((one) => one.slowest));
  // While it is busy Firefox puts off what it gives back, for a minute and more: what counts is what stays.
  let kept = last.mb;
  await until(`memory falls back to its ${start.mb} MB`, () => (kept = t.driver.usage().mb) < start.mb * 1.3 + 50, 150_000).catch((error) => { throw new Error(`${error.message}: ${kept} MB`); });
  figure(t, `${loads.length * 1_000} failures judged in ${took.toFixed(1)} s, the slowest in ${slowest} ms; ${last.cpu_s - start.cpu_s} s of processor, memory ${start.mb} -> ${half.mb} -> ${last.mb} MB, at rest ${kept} MB`);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'load', build: 'test',
  tests: [
    { name: 'a thousand tabs that fail each second, for two seconds', limitMs: 200_000, run: thousandTabs(2) },
    { name: 'a thousand tabs that fail each second, for a minute', hard: true, limitMs: 400_000, run: thousandTabs(60) },
    {
      name: 'a hundred answers held in one tab: quiet while they wait, and one click answers all', limitMs: 90_000,
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 100 });
        const page = await t.open('chat.html', { count: 10 });
        // A verdict that takes longer than a second lets its answer go: on a machine that is busy besides, a few.
        const told = async (/** @type {string} */ which) => (await talk(page)).filter(({ kind, details }) => kind === which && (kind === 'error' || details !== null)).length;
        let held = 0;
        for (let sent = 10; sent <= 100; sent += 10) {
          await send(page, `row ${sent}`);
          const card = await t.card(page, 15_000);
          await until('it speaks for all', async () => (held = Number(/\d+/.exec(await card.text('.count') ?? '')?.[0] ?? 0)) + await told('error') === sent, 15_000);
        }
        assert.ok(held >= 80, `${held} held`);
        const before = t.driver.usage(), since = performance.now();
        await new Promise((resolve) => { setTimeout(resolve, 3_000); }); // that is what is measured
        const after = t.driver.usage();
        figure(t, `100 held for ${((performance.now() - since) / 1_000).toFixed(1)} s: ${after.cpu_s - before.cpu_s} s of processor, memory ${before.mb} -> ${after.mb} MB`);
        await (await t.card(page)).click('#retry');
        await first(page, 'answer');
        await until('all have their answer', async () => await told('answer') === held, 40_000);
        assert.equal((await t.log()).length, 100 + held, 'each was sent twice');
      },
    },
    {
      name: 'two thousand failures as fast as a page can make them: each has its answer, and the next page is served', hard: true, limitMs: 300_000,
      run: async (t) => {
        const page = await t.open('hostile.html');
        await page.evaluate((file) => /** @type {any} */ (globalThis).standBetween(file), 'hostile-sw.js?does=forge'); // no network is so fast
        const answered = () => page.evaluate(() => /** @type {any} */ (globalThis).answers);
        const before = t.driver.usage(), since = performance.now();
        await page.evaluate(() => { /** @type {any} */ (globalThis).hostile.storm(2_000); });
        await until('all but those that are held have their answers', async () => await answered() >= 2_000 - HELD_MAX, 200_000);
        const after = t.driver.usage(), took = (performance.now() - since) / 1_000;
        figure(t, `2,000 failures of one page in ${took.toFixed(1)} s; ${after.cpu_s - before.cpu_s} s of processor, memory ${before.mb} -> ${after.mb} MB`);
        if (await Card.count(page) > 0) await (await t.card(page)).click('#close').catch(() => {}); // on a slow machine what was held may just be let go
        await until('all have their answers', async () => await answered() === 2_000, 60_000);
        await page.evaluate(async () => { for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister(); });
        await page.close();

        await t.script({ preset: 'seed429' });
        const next = await t.open();
        await send(next, 'one');
        await (await t.card(next)).click('#retry');
        await first(next, 'answer');
      },
    },
  ],
};
