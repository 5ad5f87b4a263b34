// @ts-check
// The history as it lies there, and failures in it that nobody met.

/** @typedef {Failure & {site: string}} Kept */

/** @param {import('puppeteer-core').Page} page one of the extension's @param {readonly Kept[]} records */
export const seed = (page, records) => page.evaluate(async (all) => {
  const { openHistory, putBack } = await import(chrome.runtime.getURL('history-store.js')), db = await openHistory();
  for (let from = 0; from < all.length; from += 5_000) await putBack(db, all.slice(from, from + 5_000));
  db.close();
}, records);

/** Everything that lies in the database, by store. @param {import('puppeteer-core').Page} ear @returns {Promise<Record<string, any[]>>} */
export const everything = (ear) => ear.evaluate(async () => {
  /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
  const answer = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  if (!(await indexedDB.databases()).some(({ name }) => name === 'history')) return { failures: [] };
  const db = await answer(indexedDB.open('history'));
  const all = await Promise.all(Array.from(db.objectStoreNames, async (name) => [name, await answer(db.transaction(name).objectStore(name).getAll())]));
  db.close();
  return Object.fromEntries(all);
});
