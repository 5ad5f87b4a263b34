// @ts-check
// What watching text costs a chat that streams 100 tokens a second: two browsers in one run, one with the test build and one without, the same
// page in both at the same time. node tests/browser/watch.mjs [--seconds 60]; Chromium alone, for its trace.
//
// Three times: somebody has written into the page, so that the browser tells of what appears, and nothing has failed; the same, and each token fades in,
// which is an animation that we are told of too; and a call has failed. Prints the main thread's time on both sides, and from the trace what ran of ours.
// Fails where anything of ours ran on a page that never failed and that animates nothing, or where it took more than one percent of the time.
import { parseArgs } from 'node:util';
import { Driver } from './lib/browsers.mjs';
import { built, copyPages, end, endInTime, startMock } from './lib/house.mjs';
import { pause, until, within } from './lib/wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const SECONDS = Number(values.seconds);
const MOST = 0.01, TOKENS = 100;
const WORDS = 'The provider says that a rate limit is over, and OpenRouter waits for an answer with no error in it. '.split(/(?<= )/);
endInTime();

const mock = await startMock(['watch.example'], copyPages());
const sides = /** @type {const} */ (['without', 'with']);
/** @type {Record<string, Driver>} */
const drivers = {};
for (const side of sides) drivers[side] = await Driver.start('chromium', { mock, extension: side === 'with' ? built('chromium', 'test') : null });

/** @param {Page} page @param {number} seconds a fresh message each five seconds, as answers are @param {boolean} isFading */
const stream = (page, seconds, isFading) => page.evaluate(async (words, rate, most, fading) => {
  document.head.append(Object.assign(document.createElement('style'), { textContent: '@keyframes fade { from { opacity: 0 } } .token { animation: fade .3s }' }));
  /** @param {string} word */
  const token = (word) => (fading ? Object.assign(document.createElement('span'), { className: 'token', textContent: word }) : word);
  const talk = document.getElementById('talk'), start = performance.now();
  let message = document.createElement('li');
  for (let n = 0; performance.now() - start < most * 1_000; n++) {
    if (n % (rate * 5) === 0) {
      message = document.createElement('li');
      message.append(document.createElement('p'));
      talk?.append(message);
    }
    message.firstElementChild?.append(token(words[n % words.length] ?? ''));
    await new Promise((next) => { setTimeout(next, start + (n + 1) * 1_000 / rate - performance.now()); });
  }
}, WORDS, TOKENS, seconds, isFading);

/** @typedef {'nothing has failed' | 'nothing has failed, each token fades in' | 'after a failed call'} When */
/**
 * @param {string} side @param {When} when the last: it fails again each 20 s
 * @returns {Promise<{all: number, ours: number, calls: number}>} ms of the main thread, those of our scripts, and how often they were called
 */
const measure = async (side, when) => {
  const driver = drivers[side] ?? end(1), page = await driver.newPage(), isAwake = when === 'after a failed call';
  await page.goto('https://watch.example/chat.html');
  await page.bringToFront();
  await page.type('#prompt', 'why');
  if (side === 'with') await until('the browser tells of what appears', () => page.evaluate(() => {
    const probe = Object.assign(document.createElement('i'), { className: 'error', hidden: true });
    document.body.append(probe);
    const { animationName } = getComputedStyle(probe);
    probe.remove();
    return animationName !== 'none';
  }));
  await pause(1_000); // what runs at the start is over
  const cdp = await page.createCDPSession();
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
  const popup = isAwake && side === 'with' ? await driver.openExtensionPage('popup.html') : null;
  /** The very message that the worker sends when it sees a call fail. */
  const wake = async () => {
    await popup?.evaluate(() => chrome.runtime.sendMessage({ v: 1, type: 'site_state', url: 'https://watch.example/', tab_id: 0 })); // it may have stopped
    const find = () => page.browser().targets().find((target) => target.type() === 'service_worker' && target.url().includes(driver.id))?.worker();
    await (await until('the worker runs', find)).evaluate(async () => {
      for (const { id, url } of await chrome.tabs.query({})) if (id !== undefined && url?.includes('watch.example')) await chrome.tabs.sendMessage(id, { v: 1, type: 'failed' }, { frameId: 0 });
    });
  };
  await page.bringToFront();
  await page.tracing.start({ categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  const before = await spent();
  if (isAwake && side === 'with') await wake();
  const again = isAwake && side === 'with' ? setInterval(wake, 20_000) : undefined;
  await within('the stream', (SECONDS + 30) * 1_000, stream(page, SECONDS, when.endsWith('fades in')));
  clearInterval(again);
  const all = (await spent() - before) * 1_000;
  /** `tdur` is the thread's own time: what others on the machine do is not in it. @type {{name: string, dur?: number, tdur?: number, args?: {data?: {url?: string}}}[]} */
  const events = JSON.parse(new TextDecoder().decode(await page.tracing.stop())).traceEvents;
  const mine = events.filter(({ name, args }) => name === 'FunctionCall' && args?.data?.url?.startsWith('chrome-extension://'));
  await popup?.close();
  await page.close();
  return { all, ours: mine.reduce((sum, { dur = 0, tdur = dur }) => sum + tdur / 1_000, 0), calls: mine.length };
};

console.log(`A chat that streams ${TOKENS} tokens a second for ${SECONDS} s, ${await drivers.with?.version()}`);
console.log(`  ${''.padEnd(46)}${'main thread'.padStart(12)}${'ours, traced'.padStart(14)}${'calls'.padStart(8)}`);
let isGood = true;
for (const when of /** @type {When[]} */ (['nothing has failed', 'nothing has failed, each token fades in', 'after a failed call'])) {
  const [without, having] = await Promise.all(sides.map((side) => measure(side, when)));
  if (without === undefined || having === undefined) throw new Error('two sides');
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  console.log(`  ${'without'.padEnd(46)}${ms(without.all).padStart(12)}`);
  console.log(`  ${`with, ${when}`.padEnd(46)}${ms(having.all).padStart(12)}${ms(having.ours).padStart(14)}${String(having.calls).padStart(8)}`);
  const share = having.ours / (SECONDS * 1_000);
  console.log(`    ours: ${(share * 100).toFixed(3)} % of the time; the difference of both: ${((having.all - without.all) / (SECONDS * 10)).toFixed(2)} %`);
  if (when === 'nothing has failed' ? having.calls > 0 : share > MOST || having.calls === 0) isGood = false;
}
console.log(isGood ? 'ok' : 'FAIL: nothing of ours may run where nothing failed and nothing moves, and no more than one percent else');
end(isGood ? 0 : 1);
