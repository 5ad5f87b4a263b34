// @ts-check
// SECURITY.md names the test that holds each defence: by its suite, then words of its name, apart by semicolons. And each attack is named there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './house.mjs';

/** @param {Array<{name: string, tests: Array<{name: string}>}>} suites @returns {string[]} what is named and is not there, and which attack is not named */
export const missing = (suites) => {
  const rows = readFileSync(join(root, 'SECURITY.md'), 'utf8').split('\n').filter((line) => line.startsWith('| ') && line.split(' | ').length === 3).map((line) => line.split(' | ')[2]?.replace(/ \|$/, '') ?? '');
  /** @type {string[]} */ const lost = [];
  /** @type {Set<string>} */ const named = new Set();
  for (const row of rows) {
    for (const [, file = ''] of row.matchAll(/`([\w/.-]+\/[\w/.-]+)`/g)) if (!existsSync(join(root, file))) lost.push(file);
    for (const [, name, list = ''] of row.matchAll(/\*(\w+)\*: (.*?)(?=\. And |$)/g)) {
      const suite = suites.find((one) => one.name === name);
      for (const words of list.split(';').map((part) => part.trim()).filter((part) => part !== '')) {
        const found = suite?.tests.filter((test) => test.name.includes(words)) ?? [];
        if (found.length === 0) lost.push(`${name}: ${words}`);
        for (const test of found) named.add(test.name);
      }
    }
  }
  const attacks = suites.find(({ name }) => name === 'hostile')?.tests ?? [];
  return [...lost, ...attacks.filter(({ name }) => !named.has(name)).map(({ name }) => `not named: ${name}`)];
};
