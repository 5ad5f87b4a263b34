// @ts-check
// xhook: a facade in the place of XMLHttpRequest, and a `fetch` around the one that it found. Its hooks only note.
import xhook from 'xhook';

/** @type {string[]} */
const records = [];
/** @param {{method: string, url: string}} request */
const before = ({ method, url }) => { records.push(`before ${method} ${url}`); };
/** @param {{url: string}} request @param {{status: number}} response */
const after = ({ url }, { status }) => { records.push(`after ${status} ${url}`); };
xhook.before(before);
xhook.after(after);
/** @type {Peer} */
const peer = { records, isInstalled: () => 'headers' in xhook && typeof (/** @type {any} */ (new XMLHttpRequest())._has) === 'function', inside: (go) => go() };
Object.assign(globalThis, { peer });
