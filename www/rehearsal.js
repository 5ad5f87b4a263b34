// @ts-check
// The demo chat's calls without a network: each fails as a full pool does, is held as the extension holds it, and is answered after Retry.
// The verdict and the card are the core's own, as in the extension.

import { needCore } from './page.js';
import { part } from './part.js';

const FAILURE = '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"qwen/qwen3-235b-a22b-thinking-2507 is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations","provider_name":"Cerebras"}},"user_id":"user_2abcDEFghiJKLmnoPQRstuVWXyz"}';
const CALL_MS = 700, WORD_MS = 60, STAYS_MS = 2_500, LEAST_PX = 240;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** An event stream, a word at a time. @param {string} text */
const streamed = (text) => {
  const words = text.match(/\S+\s*|\s+/g) ?? [], encoder = new TextEncoder();
  const body = new ReadableStream({
    async pull(controller) {
      const word = words.shift();
      if (word !== undefined) await pause(WORD_MS);
      controller.enqueue(encoder.encode(`data: ${word === undefined ? '[DONE]' : JSON.stringify({ choices: [{ delta: { content: word } }] })}\n\n`));
      if (word === undefined) controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
};

/**
 * As `fetch`, for the one request that the chat makes.
 * @param {string} url @param {RequestInit} init @returns {Promise<Response>}
 */
export const rehearse = async (url, init) => {
  const [{ explain, mount_card, words }, { mountWhole }] = await Promise.all([needCore(), import('./whole.js'), pause(CALL_MS)]);
  const { model } = JSON.parse(String(init.body));
  /** @type {Verdict | null} */
  const verdict = explain({
    exchange: { surface: 'http', url, method: 'POST', status: 429, headers: {}, body: FAILURE, at_ms: Date.now() },
    request: { model, stream: true, max_tokens: null, key: true, only: [], order: [], allow_fallbacks: null, app_retries: null },
    replayable: true, attempt: 1,
  });
  const failed = () => new Response(FAILURE, { status: 429, headers: { 'Content-Type': 'application/json' } });
  if (verdict === null) return failed();
  // What would be looked up, or sent in another way, is left out: there is nobody to ask here.
  verdict.remedies = verdict.remedies.filter(({ type, url: page }) => type === 'retry' || page !== null);
  const place = part('card-place', HTMLElement), composer = part('composer', HTMLElement);
  // Where next to nothing is left above it, as beside a keyboard on a phone, the card has the whole window.
  const keepClear = () => {
    const { top } = composer.getBoundingClientRect();
    place.style.setProperty('--below', top > LEAST_PX ? `${innerHeight - top}px` : '0px');
  };
  keepClear();
  addEventListener('resize', keepClear);
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof mountWhole> | null} */
    let card = mountWhole(place, mount_card, words, async (action) => {
      if (action === 'dismiss') { end(); resolve(failed()); }
      if (action !== 'retry') return;
      show('retrying', 1);
      await pause(CALL_MS);
      resolve(streamed(words['demo_answer'] ?? ''));
      show('answered', 2);
      await pause(STAYS_MS);
      end();
    });
    const end = () => { removeEventListener('resize', keepClear); card?.free(); card = null; };
    /** @param {View['phase']} phase @param {number} attempt */
    const show = (phase, attempt) => { card?.show(/** @type {View} of which the rest is empty */ ({ verdict, phase, requests: 1, attempt, site: location.host, hushed: null })); };
    show('held', 1);
  });
};
