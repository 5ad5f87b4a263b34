// @ts-check
// How fast the popup is there: node tests/browser/opens.mjs --browser chromium|firefox
// Opens it twenty times over a tab where something has failed, and prints when it is painted, when it knows the tab's state and when it shows what
// failed. Fails where the middle one of the paints takes 100 ms or more, or where the core was loaded for it.
import { parseArgs } from 'node:util';
import { Driver } from './lib/browsers.mjs';
import { first, send } from './lib/app.mjs';
import { built, copyPages, end, endInTime, explain, startMock } from './lib/house.mjs';
import { Scene } from './lib/scene.mjs';
import { until } from './lib/wait.mjs';

const TIMES = 20, MOST_MS = 100;
const { values } = parseArgs({ options: { browser: { type: 'string', default: 'chromium' } } });
const name = values.browser === 'firefox' ? 'firefox' : 'chromium';
endInTime();

try {
  const mock = await startMock(['opens.example'], copyPages()), extension = built(name, 'test');
  const driver = await Driver.start(name, { mock, extension });
  const t = new Scene({ driver, mock, host: 'opens.example', extension });
  await t.script({ preset: 'seed429' });
  const page = await t.open();
  await send(page, 'one');
  await (await t.card(page)).click('#close');
  await first(page, 'error');
  const popup = await t.openPopup();
  /** @type {{painted: number, state: number, failures: number}[]} */
  const all = [];
  while (all.length < TIMES) {
    await popup.evaluate(() => { location.reload(); }).catch(() => {}); // its context may end first
    await until('the old page is gone', () => popup.evaluate(() => performance.getEntriesByName('opened').length === 0 && performance.mark('opened') !== null).catch(() => false));
    const one = await until('it has all', () => popup.evaluate(() => {
      const at = (/** @type {string} */ what) => performance.getEntriesByName(what)[0]?.startTime ?? 0;
      if (performance.getEntriesByType('resource').some((entry) => entry.name.includes('/core/'))) throw new Error('the core was loaded');
      const times = { painted: at('first-contentful-paint'), state: at('drawn'), failures: at('listed') };
      return times.painted > 0 && times.failures > 0 && document.querySelector('#failures li') !== null ? times : null;
    }));
    all.push(one);
  }
  const middle = (/** @type {'painted' | 'state' | 'failures'} */ what) => all.map((one) => one[what]).sort((a, b) => a - b);
  for (const what of /** @type {const} */ (['painted', 'state', 'failures'])) {
    const sorted = middle(what);
    console.log(`${name}  ${what.padEnd(9)} ${(sorted[TIMES / 2] ?? NaN).toFixed(0).padStart(4)} ms in the middle, ${(sorted[0] ?? NaN).toFixed(0)} ms at best, ${(sorted[TIMES - 1] ?? NaN).toFixed(0)} ms at worst`);
  }
  await driver.stop();
  end((middle('painted')[TIMES / 2] ?? Infinity) < MOST_MS ? 0 : 1);
} catch (error) {
  console.error(explain(error));
  end(1);
}
