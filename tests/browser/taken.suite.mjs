// @ts-check
// What ships, and at each step of a failure the person takes the leave back. The app gets its one answer, at once where it waited for us; nothing
// of ours stays in the page, and its next failure is its own.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send } from './lib/app.mjs';
import { FAST_MS, STEPS, told, toldOnce } from './lib/steps.mjs';
import { scriptsIn } from './lib/scene.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/steps.mjs').Step} Step */

/** @param {Step} step @returns {import('./lib/scene.mjs').Test} */
const taken = (step) => ({
  name: `the leave is taken back: ${step.name}`, alone: true, hard: step.name !== 'held',
  run: async (t) => {
    const origins = [`https://${t.host}/*`];
    const ear = await t.grant(origins);
    await t.script(...step.answers);
    const page = await t.open();
    await send(page, 'one');
    await step.reach(t, page);
    assert.equal(await ear.evaluate((all) => chrome.permissions.remove({ origins: all }), origins), true);
    await toldOnce(page, step.kept ? FAST_MS : 8_000, 'the app has its answer');
    await Card.gone(page, 4_000);
    const sent = (await t.log()).length;
    assert.ok(sent <= step.answers.length + 1, `nothing is sent that nobody asked for: ${sent}`);

    await t.script({ preset: 'seed429' });
    await send(page, 'two');
    await until('the second answer', async () => (await told(page)).length === 2, 3_000);
    await pause(500); // a card comes within 100 ms
    assert.equal(await Card.count(page), 0);
    await page.close();
    await until('the scripts are gone', async () => !(await scriptsIn(ear)).some((origin) => origins.includes(origin)));
    await t.script({ preset: 'seed429' });
    const next = await t.open();
    await send(next, 'three');
    assert.equal((await first(next, 'error', 3_000)).details.status, 429);
    assert.equal(await Card.count(next), 0);
  },
});

/** @type {import('./lib/scene.mjs').Suite} */
export default { name: 'taken', build: 'shipped', tests: STEPS.map(taken) };
