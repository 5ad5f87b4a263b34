// @ts-check
// The tap alone: `node tap.test.mjs [--firefox] [--only WORDS]`; exits non-zero where anything failed.
// In halves, each a process with a server and a browser of its own: half of a test is waiting.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const HALVES = 2;

/** What one half says; its last line counts. @param {number} half @returns {Promise<{passed: number, failed: number}>} */
const runHalf = async (half) => {
  const child = spawn(process.execPath, [import.meta.filename, ...process.argv.slice(2), '--half', String(half)], { stdio: ['ignore', 'pipe', 'inherit'] });
  /** @type {RegExpExecArray | null} */ let count = null;
  for await (const line of createInterface({ input: child.stdout })) {
    count = /^(\d+) passed, (\d+) failed$/.exec(line);
    if (count === null) console.log(line);
  }
  if (count === null) console.log(`FAIL the half ${half} did not come to its end`);
  return { passed: Number(count?.[1] ?? 0), failed: Number(count?.[2] ?? 1) };
};

if (process.argv.includes('--half')) {
  const { run } = await import('./tap/lab.mjs');
  for (const theme of ['fetch', 'inside', 'xhr', 'relay', 'others', 'patch']) await import(`./tap/${theme}.mjs`);
  await run(Number(process.argv[process.argv.indexOf('--half') + 1]), HALVES);
} else {
  const halves = await Promise.all(Array.from({ length: HALVES }, (_, half) => runHalf(half)));
  const passed = halves.reduce((sum, half) => sum + half.passed, 0), failed = halves.reduce((sum, half) => sum + half.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
