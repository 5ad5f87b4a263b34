// @ts-check
// The same pages over plain http, for hosts at port 80: an insecure context, as an app in the home network is; and the server of an app that
// takes a question by POST, answers that well, and brings what came of it over a socket.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
// @ts-expect-error it has no types
import { WebSocketServer } from 'ws';

const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8' });

/** What comes over the sockets of a conversation, one thing a question. @type {Map<string, {error?: string, text?: string}[]>} */
export const brought = new Map();

/** @param {string} folder @returns {Promise<number>} its port; it ends with the process */
export const servePlain = (folder) => new Promise((ready) => {
  const server = createServer(({ url = '/', method }, response) => {
    if (method === 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":true,"task_ids":["1"]}');
      return;
    }
    const file = join(folder, normalize(new URL(url, 'http://plain').pathname));
    const isThere = file.startsWith(folder) && extname(file) !== '' && existsSync(file);
    response.writeHead(isThere ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
    if (isThere) createReadStream(file).pipe(response); else response.end();
  });
  new WebSocketServer({ server }).on('connection', (/** @type {{on(what: string, listener: () => void): void, send(text: string): void}} */ socket, /** @type {{url: string}} */ { url }) => {
    const conversation = new URL(url, 'http://plain').searchParams.get('conversation') ?? '';
    socket.on('message', () => { socket.send(JSON.stringify(brought.get(conversation)?.shift() ?? { text: 'The answer' })); });
  });
  server.listen(0, '127.0.0.1', () => ready(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
  server.unref();
});
