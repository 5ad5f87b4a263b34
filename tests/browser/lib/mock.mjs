// @ts-check
// The stand-in for openrouter.ai (tests/mock): started as a process, scripted and read over its control port.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { within } from './wait.mjs';

/**
 * One scripted answer: see tests/mock. `preset` names a body from the reference; the rest overrides it.
 * @typedef {{status?: number, headers?: Record<string, string>, body?: unknown, delay_ms?: number, body_delay_ms?: number,
 *   cut?: 'headers' | 'body' | null, hang?: boolean, sse?: object[], cors?: boolean, preset?: string, good?: boolean, times?: number}} Answer
 */
/**
 * @typedef {{n: number, at_ms: number, host: string, method: string, path: string, headers: Record<string, string>, body: string,
 *   conversation: string, aborted: boolean, status: number}} Logged
 */

export class Mock {
  /** @param {import('node:child_process').ChildProcess} child @param {{tls_port: number, control_port: number, spki: string}} ready */
  constructor(child, ready) {
    this.child = child;
    this.tlsPort = ready.tls_port;
    this.spki = ready.spki;
    /** where pages over plain http come from: see plain.mjs */
    this.plainPort = 0;
    this.control = `http://127.0.0.1:${ready.control_port}`;
  }

  /** @param {string} binary @param {{sites: Record<string, string>}} options host → folder */
  static async start(binary, { sites }) {
    const args = Object.entries(sites).flatMap(([host, folder]) => ['--site', `${host}=${folder}`]);
    const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const first = new Promise((resolve, reject) => {
      lines.once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the mock ended with code ${code} before it was ready`)));
    });
    return new Mock(child, JSON.parse(await within('the mock is ready', 20_000, first)));
  }

  /** It ends by itself when its stdin closes. */
  stop() { this.child.stdin?.end(); }

  /** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  async #ask(method, path, body) {
    const answer = await fetch(this.control + path, {
      method, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }), signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`mock ${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** @param {string} conversation @param {Answer[]} answers */
  script(conversation, answers) { return this.#ask('POST', '/script', { conversation, answers }); }

  /** An account and pools, on which the answers of a conversation depend: see tests/mock/src/world.rs. @param {string} conversation @param {object} world */
  world(conversation, world) { return this.#ask('POST', '/script', { conversation, world }); }

  /** Every request so far that was no preflight. @returns {Promise<Logged[]>} */
  async all() { return (await this.#ask('GET', '/log')).filter((/** @type {Logged} */ one) => one.method !== 'OPTIONS'); }

  /** What was asked in a conversation, preflights left out. @param {string} conversation @returns {Promise<Logged[]>} */
  async log(conversation) {
    /** @type {Logged[]} */
    const all = await this.#ask('GET', `/log?conversation=${encodeURIComponent(conversation)}`);
    return all.filter((one) => one.method === 'POST');
  }

  /** Forgets every script and every request. */
  reset() { return this.#ask('POST', '/reset'); }

  /** @returns {Promise<Record<string, any>>} */
  presets() { return this.#ask('GET', '/presets'); }
}
