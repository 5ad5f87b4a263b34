// @ts-check
// Every door by which bytes of others come in, one after the other, under as many inputs in all as one likes: `node tests/fuzz/all.mjs [--times 100000000]`.
// The core's doors (doors.rs) run under libFuzzer, which begins with the rows of tests/corpus; the validators and the settings of a file under
// tests/browser/doors.test.mjs, which needs `cargo xtask build`. Prints a table; fails where one input did.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { times: { type: 'string', default: '100000000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } } });
const here = dirname(fileURLToPath(import.meta.url)), root = dirname(dirname(here)), work = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'fuzz');
const times = Number(values.times);

/** The cheap doors carry most of it; each gets a million of a hundred at least. @type {Record<string, {share: number, longest: number}>} */
const CORE = { waits: { share: 0.7, longest: 64 }, stream: { share: 0.1, longest: 256 }, lists: { share: 0.03, longest: 256 }, reader: { share: 0.03, longest: 256 }, verdict: { share: 0.015, longest: 256 } };
/** Eight validators, and the settings of a file. */
const NODE = { share: 0.125, doors: 9 };

/** @param {string} program @param {string[]} args @param {import('node:child_process').SpawnOptions} options @param {(line: string) => void} hear @returns {Promise<boolean>} did it go well? */
const run = (program, args, options, hear) => new Promise((resolve) => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: /** @type {import('node:stream').Readable} piped */ (stream) }).on('line', hear);
  child.on('close', (code) => resolve(code === 0));
});

/** What each door of the core is begun with: the texts that people met. */
const SURFACES = ['http', 'sse', 'body200', 'page', 'log'];
for (const door of Object.keys(CORE)) mkdirSync(join(work, door), { recursive: true });
for (const file of readdirSync(join(root, 'tests', 'corpus')).filter((name) => name.endsWith('.jsonl'))) {
  for (const line of readFileSync(join(root, 'tests', 'corpus', file), 'utf8').split('\n').filter((one) => one !== '')) {
    const { surface, status, text } = JSON.parse(line), name = createHash('sha1').update(line).digest('hex'), place = SURFACES.indexOf(surface);
    /** @param {string} door @param {number[]} head @param {string} from */
    const begin = (door, head, from, as = name) => writeFileSync(join(work, door, as), Buffer.concat([Buffer.from(head), Buffer.from(from)]));
    begin('reader', [], text);
    begin('verdict', [place, (status ?? 0) >> 8, (status ?? 0) & 255], text);
    if (surface === 'sse') begin('stream', [1, 2, 3, 5, 8, 13, 21, 34], text);
    for (const { 0: some, index } of text.matchAll(/.{0,30}\d.{0,25}/g)) begin('waits', [0, 0, 1, 162, 4, 162, 212, 0], some, `${name}-${index}`);
  }
}
const LISTS = ['{"data":{"endpoints":[{"provider_name":"Together","tag":"together/fp8","context_length":131072,"uptime_last_30m":99.5,"latency_last_30m":{"p50":420},"pricing":{"prompt":"0.000001","completion":"0.000002","request":"0"}}]}}',
  '{"limit":5,"limit_remaining":-0.25,"limit_reset":"daily","is_free_tier":true,"total_credits":10,"total_usage":"12.5","free_limit":50,"free_remaining":3}'];
for (const [n, list] of LISTS.entries()) writeFileSync(join(work, 'lists', `list-${n}`), list);

/** @type {Array<{door: string, ran: number, ok: boolean, took: number}>} */ const rows = [];
for (const [door, { share, longest }] of Object.entries(CORE)) {
  const since = performance.now(), /** @type {string[]} */ last = [];
  let ran = 0;
  const args = ['run', '--quiet', '--release', '--bin', door, '--', `-runs=${Math.ceil(times * share)}`, `-max_len=${longest}`, `-seed=${values.seed}`, `-artifact_prefix=${work}/${door}-`, join(work, door)];
  const ok = await run('cargo', args, { cwd: here, env: { ...process.env, CARGO_TARGET_DIR: join(work, 'target') } }, (line) => {
    if (!/^#\d+\s+(?:NEW|REDUCE|RELOAD|pulse)/.test(line) && last.push(line) > 60) last.shift();
    const [, count] = /^(?:Done |#)(\d+)/.exec(line) ?? [];
    ran = Math.max(ran, Number(count ?? 0));
  });
  if (!ok) console.log(last.join('\n'));
  rows.push({ door, ran, ok, took: (performance.now() - since) / 1_000 });
  console.log(`${ok ? 'ok    ' : 'FAIL  '}${door}: ${ran} inputs`);
}
const each = Math.ceil(times * NODE.share / NODE.doors);
await run('node', [join(root, 'tests', 'browser', 'doors.test.mjs'), '--times', String(each), '--seed', values.seed], {}, (line) => {
  console.log(line);
  const [, word, door, ran, took] = /^(ok|FAIL) +([^:,]+)(?:: (\d+) values.*\(([\d.]+) s\))?/.exec(line) ?? [];
  if (door !== undefined) rows.push({ door, ran: Number(ran ?? 0), ok: word === 'ok', took: Number(took ?? 0) });
});

const sum = rows.reduce((all, { ran }) => all + ran, 0), failed = rows.filter(({ ok }) => !ok).length;
console.log(`\n${'door'.padEnd(48)}${'inputs'.padStart(12)}${'s'.padStart(8)}   result    (seed ${values.seed})`);
for (const { door, ran, ok, took } of rows) console.log(`${door.padEnd(48)}${String(ran).padStart(12)}${took.toFixed(0).padStart(8)}   ${ok ? 'none failed' : 'FAILED'}`);
console.log(`${'in all'.padEnd(48)}${String(sum).padStart(12)}\n${rows.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && rows.length === Object.keys(CORE).length + NODE.doors + 1 && sum >= times * 0.99 ? 0 : 1);
