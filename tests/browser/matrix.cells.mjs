// @ts-check
// What must come of each failure in each client, as data: the one place where a client's behaviour is stated. matrix.mjs holds them to it.

/**
 * What a person and the app see.
 *   answered   a card shows while the app knows nothing; a click on its Retry, and the good answer is what the client's own promise becomes
 *   changed    the same, by a click on the one thing that helps where the same again does not: a change of the request
 *   healed     the client's own tries bring the answer, and no card ever shows
 *   explained  the app has the failure (or a part of an answer and then the failure) at once; a card explains it and offers no Retry
 * @typedef {'answered' | 'changed' | 'healed' | 'explained'} Outcome
 */
/** @typedef {'once' | 'long' | 'known' | 'change' | 'inside' | 'first' | 'mid'} Failure */
/** @typedef {'chat' | 'responses' | 'messages'} Api */
/**
 * `fails`: how often the stand-in fails before it answers, and so how many requests there are before a click. `known`: how the site's own tries have
 * been seen before: a person dismissed a card, and the client helped itself; or a failure passed, and nothing more came.
 * `preset`, `partials`: where they are others than the column's.
 * @typedef {{outcome: Outcome, fails: number, known: 'dismissed' | 'silent' | null, preset?: string, partials?: string[]}} Cell
 */
/** A cell that cannot be, and why. @typedef {{not: string}} Not */
/** @typedef {{client: string, stream: boolean, api: Api, cells: Record<Failure, Cell | Not>}} Row */

/** The failures, in the order of the table's columns. `partials`: what text the app may have when it fails. @type {Record<Failure, {title: string, means: string, presets: Record<Api, string>, partials: string[]}>} */
export const FAILURES = {
  once: { title: 'status', means: 'a 429, once', presets: { chat: 'seed429', responses: 'seed429', messages: 'messages_pool429' }, partials: [''] },
  long: { title: 'status, long', means: 'a 429 for as long as the client tries by itself', presets: { chat: 'seed429', responses: 'seed429', messages: 'messages_pool429' }, partials: [''] },
  known: { title: 'status, known', means: 'a 429, once, on a site whose own tries have been seen', presets: { chat: 'seed429', responses: 'seed429', messages: 'messages_pool429' }, partials: [''] },
  change: { title: 'too long', means: 'a 400 that a change of the request mends', presets: { chat: 'too_long400', responses: 'too_long400', messages: 'messages_too_long400' }, partials: [''] },
  inside: { title: 'inside', means: 'a 200 whose JSON is an error', presets: { chat: 'error200', responses: 'responses_error200', messages: 'messages_error200' }, partials: [''] },
  first: { title: 'first', means: 'a 200 whose first event is an error', presets: { chat: 'first_event_error', responses: 'responses_first_event_error', messages: 'messages_first_event_error' }, partials: [''] },
  mid: { title: 'mid', means: 'an error event after content', presets: { chat: 'mid_stream_error', responses: 'responses_mid_stream_error', messages: 'messages_mid_stream_error' }, partials: ['The answer begins, but'] },
};

/** @param {Outcome} outcome @param {number} [fails] @returns {Cell} */
const cell = (outcome, fails = 1) => ({ outcome, fails, known: null });
/** No client tries a refusal again by itself, and none has heard of its status in such a way that the answer could not be another: over XMLHttpRequest axios asks at the end. */
const CHANGE = { change: cell('changed') };
/** The Messages API has no such plugin. */
const UNCHANGED = { change: cell('explained') };

const DISMISSED = /** @type {const} */ ('dismissed'), SILENT = /** @type {const} */ ('silent');
const NO_STREAM = { not: 'its answer is no stream' };
const NO_JSON = { not: 'its answer is a stream' };
const NO_TRIES = { not: 'makes no tries of its own' };
const MARKED = { not: 'its requests say which try they are: nothing has to be learnt' };

// A 200 is a success to every client's own tries: an error inside one is never tried again, so it is held at once whatever a request says of tries.
const JSON_200 = { ...CHANGE, inside: cell('answered'), first: NO_STREAM, mid: NO_STREAM };
const STREAM_200 = { ...CHANGE, inside: NO_JSON, first: cell('answered'), mid: cell('explained') };
/** Two tries of its own, each marked (X-Stainless-Retry-Count): the failures of the first two pass, the third is held. */
const STAINLESS = { once: cell('healed'), long: cell('answered', 3), known: MARKED };
/** Two tries of its own, unmarked: the first failure on a site is held, for nobody can know; once they were seen, so many pass. */
const UNMARKED = { once: cell('answered'), long: { ...cell('answered', 2), known: DISMISSED }, known: { ...cell('healed'), known: DISMISSED } };
const SIMPLE = { once: cell('answered'), long: NO_TRIES, known: NO_TRIES };
/** Marked as a first of several tries, but makes no other: the first failure on a site passes, for nobody can know; then they are held. */
const MISMARKED = { once: cell('explained'), long: NO_TRIES, known: { ...cell('answered'), known: SILENT } };

/** @param {string} client @param {Api} api @param {Pick<Row['cells'], 'once' | 'long' | 'known'>} tries @returns {Row[]} */
const both = (client, api, tries) => [
  { client, stream: false, api, cells: { ...tries, ...JSON_200, ...api === 'messages' && UNCHANGED } },
  { client, stream: true, api, cells: { ...tries, ...STREAM_200, ...api === 'messages' && UNCHANGED } },
];

/** @type {Row[]} */
export const ROWS = [
  ...both('openai-chat', 'chat', STAINLESS),
  ...both('openai-responses', 'responses', STAINLESS),
  ...both('anthropic', 'messages', STAINLESS),
  ...both('openrouter-sdk', 'chat', SIMPLE),
  ...both('ai', 'chat', UNMARKED),
  ...both('langchain', 'chat', MISMARKED),
  { client: 'axios-xhr', stream: false, api: 'chat', cells: { ...SIMPLE, ...JSON_200 } },
  // Over XMLHttpRequest an app has heard of a comment by its length, and what an app has heard of is not held: here no comment comes before.
  { client: 'axios-xhr', stream: true, api: 'chat', cells: { ...SIMPLE, ...STREAM_200, first: { ...cell('answered'), preset: 'first_event_error_bare' } } },
  ...both('axios-fetch', 'chat', SIMPLE),
  ...both('ky', 'chat', SIMPLE),
  { client: 'fetch-event-source', stream: true, api: 'chat', cells: { ...UNMARKED, ...STREAM_200 } },
  { client: 'deep-chat', stream: false, api: 'chat', cells: { ...SIMPLE, ...JSON_200 } },
  // It tells the app of the text or of the error: both are met.
  { client: 'deep-chat', stream: true, api: 'chat', cells: { ...SIMPLE, ...STREAM_200, mid: { ...cell('explained'), partials: ['', ...FAILURES.mid.partials] } } },
];
