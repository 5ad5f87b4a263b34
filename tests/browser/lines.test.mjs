// @ts-check
// The core says the same as WebAssembly as it does natively: every line that `cargo run --example explain` writes for the labelled
// failures, beside the line made of what the shipped wasm answers. Run by `cargo xtask test`, which built both.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { program } from './lib/house.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const corpus = `${root}tests/corpus/`;
const files = readdirSync(corpus).filter((name) => name.endsWith('.jsonl')).map((name) => corpus + name);
const large = process.env.COOLDOWN_CORPUS;
if (large && existsSync(large)) files.push(large);

/** @type {any[]} */
const rows = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line)));

const core = `${root}dist/chromium/core/`;
const { initSync, explain, set_words } = await import(pathToFileURL(`${core}core.js`).href);
initSync({ module: readFileSync(`${core}core_bg.wasm`) });
set_words('en', readFileSync(`${root}extension/_locales/en/messages.json`, 'utf8'));

/** As tests/examples/explain.rs asks and writes. @param {any} row */
const byWasm = (row) => {
  const called = ['http', 'sse', 'body200'].includes(row.surface);
  const headers = Object.fromEntries(Object.entries(row.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const verdict = explain({
    exchange: { surface: row.surface, url: row.url ?? '', method: '', status: row.status ?? 0, headers, body: row.text, at_ms: row.at_ms ?? 0 },
    request: called ? { key: true } : null, replayable: false, attempt: 0,
  });
  const { kind = 'not_openrouter', limit_owner = 'none', reason = null, certainty = null, status = null, provider = null, model = null,
    retry_after_s = null, reset_at_ms = null, is_byok = null, retry_helps = 'never', links = [] } = verdict?.diagnosis ?? {};
  return { id: row.id, kind, limit_owner, reason, certainty, status, provider, model, retry_after_s, reset_at_ms, is_byok, retry_helps, links,
    title: verdict?.words.title ?? null, body: verdict?.words.body ?? null };
};

const native = spawnSync(program('examples/explain', '--package', 'cooldown', '--example', 'explain'), {
  cwd: root, input: rows.map((row) => JSON.stringify(row)).join('\n'), encoding: 'utf8', maxBuffer: 1 << 28, timeout: 600_000, killSignal: 'SIGKILL',
});
assert.equal(native.status, 0, native.stderr);
const lines = native.stdout.trim().split('\n').map((line) => JSON.parse(line));
assert.equal(lines.length, rows.length, native.stderr);

let failed = 0;
rows.forEach((row, at) => {
  try {
    assert.deepEqual(byWasm(row), lines[at]);
  } catch (error) {
    failed += 1;
    console.log(`${row.id}: ${error instanceof Error ? error.message : error}`);
  }
});
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
