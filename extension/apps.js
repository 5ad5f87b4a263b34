// @ts-check
// The apps that are known by name, as data: nothing here runs but `find`. An app that is not here works by the general rules; an entry
// makes surer what is its own to make sure of. How to add one: CONTRIBUTING.md, "An app that is not known yet".
//
// A plain script on one frozen global, as protocol.js.

/**
 * @typedef {object} App
 * @property {string} name
 * @property {readonly string[]} hosts    where its public copies live; `*.` stands for anything before
 * @property {string} mark                a selector that its pages answer to and no other app's, for copies of one's own; empty: by host alone
 * @property {readonly string[]} relays   how addresses begin, elsewhere, to which it sends what its server relays
 * @property {RegExp | null} routes       the paths of its own server that generate: its other calls are about something else; null: any may
 * @property {string} shows               how a failure looks in it, for whoever reads this
 * @property {string} failure             a selector of what shows one, where that is no alert by its name; empty: by the general rule
 * @property {string} retry               a selector of its own control for trying again, the last of several; empty: by the general rule
 * @property {string} box                 a selector of its message box; empty: unknown
 * @property {number | null} patience_ms  how long an answer can be kept from it before it gives up; null: as long as from others
 */

(() => {
  'use strict';
  /** @type {readonly App[]} */
  const APPS = [
    {
      name: 'SillyTavern', hosts: [], mark: '#send_form #send_textarea', relays: [],
      routes: /^\/api\/backends\/chat-completions\/generate$/,
      shows: 'a toast for some seconds, with the words of the status line (not streaming: status 200 and {"error":{"message"}}) or of the body (streaming)',
      failure: '', retry: '#option_regenerate', box: '#send_textarea', patience_ms: null,
    },
    {
      name: 'Open WebUI', hosts: [], mark: '#messages-container ~ * #chat-input, .app #chat-container #chat-input', relays: [],
      routes: /^\/(?:api|openai)\/(?:v1\/)?chat\/completions$/,
      shows: 'a box in the answer\'s place, red or grey: the detail of {"detail"}; newer ones bring it over a socket, and the call itself was answered well',
      failure: '.chat-assistant div[class*="bg-red-600/"], .chat-assistant div.text-gray-500[class*="bg-black/"]',
      retry: 'button.regenerate-response-button:not(#continue-response-button, #merge-response-button)', box: '#chat-input', patience_ms: null,
    },
    {
      name: 'LibreChat', hosts: [], mark: 'textarea#prompt-textarea[data-testid="text-input"]', relays: [],
      routes: /^\/api\/(?:ask|edit|agents\/chat|assistants)(?:\/|$)/,
      shows: 'a bubble; its stream (an XMLHttpRequest) brings an event called error, with the text of the whole answer',
      failure: '', retry: '', box: '#prompt-textarea', patience_ms: null,
    },
    {
      name: 'NextChat', hosts: ['app.nextchat.dev', 'nextchat.dev'], mark: '[class*="chat_chat-input-panel"] #chat-input', relays: [],
      routes: /^\/api\/(?:openai|proxy)\//,
      shows: 'a bubble with the answer\'s JSON in a fence; direct or by its own server, which passes on status and body',
      failure: '', retry: '', box: '#chat-input', patience_ms: 55_000, // it gives up 60 s after it asked
    },
    {
      name: 'RisuAI', hosts: ['risuai.xyz', '*.risuai.xyz', 'risuai.net', '*.risuai.net'], mark: '.risu-chat', relays: ['https://sv.risuai.xyz/'],
      routes: /^\/(?:hub\/)?proxy2?$/,
      shows: 'a window over the page with the answer\'s text; direct, or by a relay that is told the address in a header field (risu-url)',
      failure: '', retry: '.button-icon-reroll', box: '.text-input-area', patience_ms: null,
    },
    {
      name: 'JanitorAI', hosts: ['janitorai.com', '*.janitorai.com'], mark: '', relays: [],
      routes: /^\/generateAlpha$/,
      shows: 'a toast: PROXY ERROR 429: and the body; from the page itself, to the address that the person gave it',
      failure: '', retry: '', box: '', patience_ms: null,
    },
    {
      name: 'deep-chat', hosts: [], mark: 'deep-chat', relays: [], routes: null,
      shows: '"Error, please try again." in a bubble of its shadow root, whatever it was',
      failure: '', retry: '', box: '', patience_ms: null,
    },
    {
      name: 'BetterChatGPT', hosts: ['bettergpt.chat', '*.bettergpt.chat'], mark: '', relays: [], routes: null,
      shows: 'a red line above the box with the body; an error inside a good answer is a blank message',
      failure: '', retry: '', box: '', patience_ms: null, // its button for a new answer has no name
    },
    {
      name: 'chatgpt-web', hosts: ['niek.github.io'], mark: '', relays: [], routes: null,
      shows: 'a message in red: Error: and the message of the body',
      failure: '', retry: '', box: '', patience_ms: null,
    },
    {
      name: 'big-AGI', hosts: ['big-agi.com', '*.big-agi.com'], mark: '', relays: [],
      routes: /^\/api\/(?:edge|cloud|trpc[\w-]*)\//,
      shows: 'a bubble: [Service Issue] and the message; its requests name the service as access.dialect',
      failure: '', retry: '', box: '', patience_ms: null,
    },
    {
      name: 'Chatbox', hosts: ['web.chatboxai.app'], mark: '', relays: [], routes: null,
      shows: 'a box below the message with the status and the body',
      failure: '', retry: 'button[aria-label="Reply Again"]', box: '', patience_ms: null,
    },
    {
      name: 'LobeChat', hosts: ['lobechat.com', '*.lobechat.com', 'app.lobehub.com', 'chat-preview.lobehub.com'], mark: '', relays: [],
      routes: /^\/webapi\/chat\//,
      shows: 'a box in the answer\'s place with the body; the path of its relay names the provider',
      failure: '', retry: '', box: '', patience_ms: null,
    },
    {
      name: 'Agnai', hosts: ['agnai.chat', '*.agnai.chat'], mark: '', relays: [],
      routes: /^\/api\/chat\/[\w-]+\/(?:generate|send|retry|continue)/,
      shows: 'a toast: OpenRouter request failed: and the status; answers come over a socket, failures of their making too',
      failure: '.bg-red-600 + .bg-700, .bg-orange-600 + .bg-700', retry: '', box: '', patience_ms: null,
    },
  ];

  /** How apps name what tells of a failure. */
  const ALERTS = [
    '[role=alert]', '[role=alertdialog]', '[aria-live=assertive]', '[data-sonner-toast]', '[data-type=error]', '[data-variant=error]', '[data-variant=destructive]',
    ...['toast', 'snackbar', 'notif', 'alert', 'error', 'exception', 'danger', 'fail'].flatMap((word) => [`[class*=${word} i]`, `[data-testid*=${word} i]`]),
  ].join();
  /** And how they colour it, where a class is a colour: the first words of classes that have no condition before them. */
  const COLOURS = ['bg-red-', 'text-red-', 'border-red-', 'bg-destructive', 'text-destructive', 'border-destructive'].flatMap((word) => [`[class^="${word}"]`, `[class*=" ${word}"]`]).join();
  const OWN = APPS.map(({ failure }) => failure).filter((failure) => failure !== '').join();
  /** What can show a failure, in any app. */
  const FAILURES = [ALERTS, COLOURS, OWN].join();
  /** How apps name a message of the talk: one may be an error that only its words call so. */
  const MESSAGES = ['[role=article]', '[data-message-author-role]', ...['message', 'bubble'].flatMap((word) => [`[class*=${word} i]`, `[data-testid*=${word} i]`])].join();

  /** @param {string} host @param {string} pattern */
  const covers = (host, pattern) => (pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern);
  /**
   * Whose page this is.
   * @param {string} host @param {(selector: string) => boolean} has does the page have it?
   * @returns {App | null}
   */
  const find = (host, has) => APPS.find(({ hosts }) => hosts.some((pattern) => covers(host, pattern))) ?? APPS.find(({ mark }) => mark !== '' && has(mark)) ?? null;

  Object.defineProperty(globalThis, 'cooldownApps', { value: Object.freeze({ APPS: Object.freeze(APPS.map(Object.freeze)), ALERTS, OWN, FAILURES, MESSAGES, NOTICED: 'cooldown-noticed', find }) });
})();
