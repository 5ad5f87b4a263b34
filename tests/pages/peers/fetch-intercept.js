// @ts-check
// fetch-intercept: it makes a Request of every call, a moment later. It leaves XMLHttpRequest alone.
import { register } from 'fetch-intercept';

/** @type {string[]} */
const records = [];
register({
  request: (url, config) => { records.push(`request ${config?.method} ${url}`); return [url, config]; },
  response: (response) => { records.push(`response ${response.status} ${response.url}`); return response; },
});
/** @type {Peer} */
const peer = { records, isInstalled: () => true, inside: (go) => go() }; // it knows no test of its own
Object.assign(globalThis, { peer });
