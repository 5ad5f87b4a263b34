// @ts-check
// ajax-hook: a facade in the place of XMLHttpRequest. It leaves `fetch` alone.
import { proxy } from 'ajax-hook';

/** @type {string[]} */
const records = [];
proxy({
  onRequest: (config, handler) => { records.push(`request ${config.method} ${config.url}`); handler.next(config); },
  onResponse: (response, handler) => { records.push(`response ${response.status} ${response.config.url}`); handler.next(response); },
  onError: (error, handler) => { records.push(`error ${error.type} ${error.config.url}`); handler.next(error); },
});
/** @type {Peer} */
const peer = { records, isInstalled: () => '__origin_xhr' in new XMLHttpRequest(), inside: (go) => go() };
Object.assign(globalThis, { peer });
