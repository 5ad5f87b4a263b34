// @ts-check
// @mswjs/interceptors, which msw stands on: every request passes, every answer is looked at.
import { BatchInterceptor } from '@mswjs/interceptors';
import { FetchInterceptor } from '@mswjs/interceptors/fetch';
import { XMLHttpRequestInterceptor } from '@mswjs/interceptors/XMLHttpRequest';

/** @type {string[]} */
const records = [];
const interceptor = new BatchInterceptor({ name: 'peer', interceptors: [new FetchInterceptor(), new XMLHttpRequestInterceptor()] });
interceptor.apply();
interceptor.on('request', (/** @type {any} */ { request }) => { records.push(`request ${request.method} ${request.url}`); });
interceptor.on('response', (/** @type {any} */ { request, response }) => { records.push(`response ${response.status} ${request.url}`); });
/** @type {Peer} */
const peer = { records, isInstalled: () => interceptor.readyState === 'ACTIVE', inside: (go) => go() };
Object.assign(globalThis, { peer });
