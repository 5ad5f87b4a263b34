// @ts-check
// The same pages over plain http, for hosts at port 80: an insecure context, as an app in the home network is.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8' });

/** @param {string} folder @returns {Promise<number>} its port; it ends with the process */
export const servePlain = (folder) => new Promise((ready) => {
  const server = createServer(({ url = '/' }, response) => {
    const file = join(folder, normalize(new URL(url, 'http://plain').pathname));
    const isThere = file.startsWith(folder) && extname(file) !== '' && existsSync(file);
    response.writeHead(isThere ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
    if (isThere) createReadStream(file).pipe(response); else response.end();
  });
  server.listen(0, '127.0.0.1', () => ready(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
  server.unref();
});
