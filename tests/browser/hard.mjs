// @ts-check
// The long form of what tries to break the extension: node tests/browser/hard.mjs [--browser chromium|firefox]
// Attacks, each with its defence and without; something that dies at each step; damaged and full stores; load; ten million inputs at the doors by which bytes of
// others come in. Ends with one table.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { here } from './lib/house.mjs';

const { values } = parseArgs({ options: { browser: { type: 'string' } } });
const browsers = values.browser === undefined ? ['chromium', 'firefox'] : [values.browser];

/** @typedef {{what: string, browser: string, result: string}} Row */
/** @type {Row[]} */ const rows = [];
/** @type {string[]} */ const figures = [];
let broken = 0;

/** A program of this folder; what it says goes on to the reader. @param {string} file @param {string[]} args @param {(line: string) => void} hear @returns {Promise<void>} */
const run = (file, args, hear) => new Promise((resolve) => {
  const child = spawn('node', [`${here}/${file}`, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => { console.log(line); hear(line); });
  child.on('close', (code) => { if (code !== 0) broken++; resolve(); });
});

/** @param {string} browser @param {string} suite @param {string[]} flags @param {string} good what a passed test shows */
const inBrowser = (browser, suite, flags, good) => run('run.mjs', ['--browser', browser, '--only', `${suite}: `, ...flags], (line) => {
  const [, word, what] = /^(ok|FAIL) +\w+ +(.*?) +\([\d.]+ s\)$/.exec(line) ?? [];
  if (what !== undefined) rows.push({ what, browser, result: word === 'ok' ? good : 'FAILED' });
  const [, figure] = /figure: (.*)$/.exec(line) ?? [];
  if (figure !== undefined) figures.push(`${browser.padEnd(9)} ${figure}`);
});

for (const browser of browsers) {
  await inBrowser(browser, 'hostile', ['--hard'], 'held off');
  await inBrowser(browser, 'hostile', ['--undefended'], 'succeeds without its defence');
  for (const suite of ['death', 'taken', 'update', 'life', 'privacy', 'store']) await inBrowser(browser, suite, ['--hard'], 'holds');
  await inBrowser(browser, 'load', ['--hard'], 'flat');
}
await run('../fuzz/all.mjs', ['--times', '10000000'], (line) => {
  const [, word, what, count] = /^(ok|FAIL) +([^:,]+)(?:: (.*?)(?: +\([\d.]+ s\)|$))?/.exec(line) ?? [];
  if (what !== undefined) rows.push({ what: `door: ${what}`, browser: 'Node', result: word === 'ok' ? count ?? 'ok' : 'FAILED' });
});

/** Of one thing, in one browser, all that was shown. @type {Map<string, Row>} */
const table = new Map();
for (const row of rows) {
  const key = `${row.browser} ${row.what}`, before = table.get(key);
  table.set(key, before === undefined ? row : { ...before, result: `${before.result}, ${row.result}` });
}
const width = Math.max(...[...table.values()].map(({ what }) => what.length));
console.log(`\n${'attack or fault'.padEnd(width)}  ${'browser'.padEnd(9)} result`);
for (const { what, browser, result } of table.values()) console.log(`${what.padEnd(width)}  ${browser.padEnd(9)} ${result}`);
console.log(`\nmemory and processor\n${figures.join('\n')}`);
const failed = rows.filter(({ result }) => result === 'FAILED').length;
console.log(`\n${rows.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && broken === 0 && rows.length > 0 ? 0 : 1);
