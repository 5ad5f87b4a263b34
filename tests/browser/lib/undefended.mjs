// @ts-check
// Builds without a defence: a copy of the test build in which small edits take it out. An edit of the core is made in a copy of the sources, all of
// the run's at once, and built there.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { built, root, target, workFolder } from './house.mjs';

/** @typedef {import('./scene.mjs').Edit} Edit */

/** @param {string} path @param {Edit} edit */
const changed = (path, { file, find, replace }) => {
  const text = readFileSync(path, 'utf8');
  if (!text.includes(find)) throw new Error(`${file} does not hold: ${find}`);
  return text.replaceAll(find, () => replace);
};
/** @param {string} path @param {Edit} edit */
const change = (path, edit) => { writeFileSync(path, changed(path, edit)); };
/** @param {Edit} edit */
const isOfCore = ({ file }) => file.startsWith('src/');
/** Throws where there is no place for one of these any more: a defence was moved. @param {import('./browsers.mjs').BrowserName} browserName @param {Edit[]} edits */
export const findAll = (browserName, edits) => {
  for (const edit of edits) changed(isOfCore(edit) ? join(root, edit.file) : edit.file === TAP ? join(root, 'extension', TAP) : join(built(browserName, 'test'), edit.file), edit);
};
/** It ships with short names, in which no edit finds its place; its source does the same. */
const TAP = 'page/tap.js';

/** @type {string | null} */ let core = null;
/** The core without any of these. @param {Edit[]} edits */
const coreWithout = (edits) => {
  if (core !== null) return core;
  const copy = join(workFolder(), 'sources');
  for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  for (const edit of edits) change(join(copy, edit.file), edit);
  execFileSync('cargo', ['xtask', 'build', '--test'], { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, CARGO_TARGET_DIR: target } });
  return core = join(copy, 'dist', 'test-chromium', 'core');
};

let copies = 0;
/**
 * @param {import('./browsers.mjs').BrowserName} browserName @param {Edit[]} edits @param {Array<{tests: Array<{test: import('./scene.mjs').Test}>}>} plan of the run
 * @returns {string} the folder
 */
export const takeOut = (browserName, edits, plan) => {
  const copy = join(workFolder(), `without-${copies += 1}`);
  cpSync(built(browserName, 'test'), copy, { recursive: true });
  cpSync(join(root, 'extension', TAP), join(copy, TAP));
  if (edits.some(isOfCore)) cpSync(coreWithout(plan.flatMap(({ tests }) => tests.flatMap(({ test }) => test.without ?? []).filter(isOfCore))), join(copy, 'core'), { recursive: true });
  for (const edit of edits) if (!isOfCore(edit)) change(join(copy, edit.file), edit);
  return copy;
};
