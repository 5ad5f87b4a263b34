// @ts-check
// The forms of known apps, as far as a failure goes: what their pages have, what they ask of whom, how they read the answer, how they show that
// it failed, and what they press to try again. Written for the tests, from what the apps do; app.js runs one of them.

/**
 * @typedef {object} Form
 * @property {string} html              the page; the box, the list of what was said and the button are found in it
 * @property {string} [send]            the button; else Enter in the box sends
 * @property {(text: string, stream: boolean) => {url: string, body: object, headers?: Record<string, string>, by?: 'xhr'}} ask
 * @property {'chat' | 'sse' | 'named' | 'plain'} reads  how a good answer comes: whole, as OpenRouter's events, as events with names, as {text}
 * @property {'bubble' | 'toast' | 'blank'} fails
 * @property {string} [retry]           its own control, beside what failed (or where the page has it)
 * @property {(error: string) => string} [says]
 * @property {boolean} [socket]         the call is answered well, and what came of it comes over a socket
 * @property {(error: string) => string} [shows] how the page shows that it failed, as HTML; `.fault` is the message, which no class names after errors
 */

const model = 'openai/gpt-oss-120b';
/** @param {string} text */
const chat = (text, stream = false) => ({ model, stream, messages: [{ role: 'user', content: text }] });
const DIRECT = 'https://openrouter.ai/api/v1/chat/completions';
const page = '<ol class="talk"></ol><textarea class="box"></textarea><button class="send">Send</button>';
/** @param {string} text @param {boolean} stream */
const direct = (text, stream) => ({ url: DIRECT, body: chat(text, stream) });

/** @type {Record<string, Form>} */
export const forms = {
  'sillytavern': {
    html: '<div class="talk"></div><div id="options" hidden><a id="option_regenerate"><span>Regenerate</span></a></div><div id="send_form"><textarea id="send_textarea" class="box"></textarea><div id="send_but" class="send" title="Send a message">➤</div></div>',
    ask: (text, stream) => ({ url: '/api/backends/chat-completions/generate', body: { ...chat(text, stream), chat_completion_source: 'openrouter', use_fallback: false }, headers: { 'X-CSRF-Token': 'token' } }),
    reads: 'chat', fails: 'toast', retry: '#option_regenerate',
  },
  'open-webui': {
    html: '<div class="app"><div id="chat-container"><div id="messages-container" class="talk"></div><div id="chat-input" class="box" contenteditable="true"></div><button class="send">Send</button></div></div>',
    ask: (text) => ({ url: '/api/chat/completions', body: { ...chat(text), model: 'openrouter.gpt' }, headers: { Authorization: 'Bearer a-session-of-its-own' } }),
    reads: 'chat', fails: 'bubble', retry: '<button class="regenerate-response-button" aria-label="Regenerate">↻</button>',
  },
  'open-webui, socket': {
    html: '<div class="app"><div id="chat-container"><div id="messages-container" class="talk"></div><div id="chat-input" class="box" contenteditable="true"></div><button class="send">Send</button></div></div>',
    ask: (text) => ({ url: '/api/chat/completions', body: { ...chat(text, true), model: 'openrouter.gpt', session_id: '1', chat_id: '1' }, headers: { Authorization: 'Bearer a-session-of-its-own' } }),
    reads: 'chat', fails: 'bubble', socket: true, retry: '<button class="hidden regenerate-response-button" hidden></button><button aria-label="Regenerate">↻</button>',
    shows: (error) => `<div class="chat-assistant w-full min-w-full markdown-prose"><div><div class="w-full flex flex-col relative"><div class="said fault my-2 flex w-full items-center gap-3 rounded-3xl bg-black/[0.03] px-4 py-3 text-gray-500"><svg width="9" height="9"></svg><div class="min-w-0 self-center break-words text-sm">${error}</div></div></div></div></div>`,
  },
  'agnai, socket': {
    html: `<div><div>${page}<div><div data-stack class="absolute bottom-2 right-2"></div></div></div></div>`, ask: (text) => ({ url: '/api/chat/0/generate', body: { kind: 'send', text, settings: { service: 'openrouter' } } }), reads: 'plain', fails: 'toast', socket: true,
    shows: (error) => `<div class="flex flex-row justify-end"><div class="bg-red-600 w-2 rounded-l-md"></div><div class="bg-700 cursor-pointer rounded-r-md p-2"><div class="flex flex-col gap-1"><div class="said fault">Failed to generate response: ${error}</div></div></div></div>`,
  },
  // What Python's libraries for chats draw, whose servers make the call: the error is a message like any other.
  'gradio, socket': {
    html: `<div role="log" aria-live="polite"><div class="message-wrap talk"></div></div><textarea class="box"></textarea><button class="send">Send</button>`, ask: (text) => ({ url: '/gradio_api/queue/join', body: { data: [text], fn_index: 2, session_hash: 'x' } }), reads: 'plain', fails: 'bubble', socket: true,
    shows: (error) => `<div class="message-row bubble bot-row"><div class="bot message"><div class="message panel-full-width"><div class="message-content"><span class="md chatbot prose"><p class="said fault">Error: ${error}</p></span></div></div></div></div>`, retry: '<button aria-label="Retry">↻</button>',
  },
  'chainlit, socket': {
    html: page, ask: (text) => ({ url: '/project/share', body: { text } }), reads: 'plain', fails: 'bubble', socket: true,
    shows: (error) => `<div data-step-type="assistant_message" class="step"><div class="ai-message"><div class="message-content"><div class="prose lg:prose-xl"><div class="said fault" role="article">${error}</div></div></div><div><button>Copy</button></div></div></div>`,
  },
  'streamlit, socket': {
    html: page, ask: (text) => ({ url: '/_stcore/run', body: { text } }), reads: 'plain', fails: 'bubble', socket: true,
    shows: (error) => `<div class="stChatMessage" data-testid="stChatMessage"><div data-testid="stChatMessageAvatarAssistant"><span>smart_toy</span></div><div data-testid="stChatMessageContent"><div class="stMarkdown"><p class="said fault">Error: ${error}</p></div></div></div>`,
  },
  'flowise, socket': {
    html: page, ask: (text) => ({ url: '/api/v1/prediction/x', body: { question: text, streaming: true } }), reads: 'plain', fails: 'bubble', socket: true,
    shows: (error) => `<div class="flex host-container"><span class="said fault chatbot-host-bubble prose"><p>${error}</p><p>Troubleshooting URL: https://js.langchain.com/docs/troubleshooting/errors/MODEL_RATE_LIMIT/</p></span></div>`,
  },
  'ai-sdk': {
    html: page, ask: (text) => ({ url: '/api/chat', body: { id: 'x', messages: [{ role: 'user', parts: [{ type: 'text', text }] }], trigger: document.documentElement.dataset.pressed === undefined ? 'submit-message' : 'regenerate-message' } }), reads: 'named', fails: 'bubble', retry: '<button>Retry</button>',
    shows: (error) => `<div><div class="said error text-red-500">${error}</div></div>`,
  },
  'librechat': {
    html: '<div class="talk"></div><textarea id="prompt-textarea" data-testid="text-input" class="box"></textarea><button class="send">Send</button>',
    ask: (text) => ({ url: '/api/agents/chat/OpenRouter', body: { text, endpoint: 'OpenRouter', endpointType: 'custom', model }, by: 'xhr' }),
    reads: 'named', fails: 'bubble', retry: '<button title="Regenerate">↻</button>',
  },
  'nextchat': {
    html: '<div class="talk"></div><div class="chat_chat-input-panel__x1"><textarea id="chat-input" class="box"></textarea><div role="button" class="send">Send</div></div>',
    ask: (text, stream) => ({ url: '/api/openai/v1/chat/completions', body: chat(text, stream), headers: { Authorization: 'Bearer nk-access' } }),
    reads: 'chat', fails: 'bubble', says: (error) => `\`\`\`json ${error}\`\`\``, retry: '<div role="button"><div>Retry</div></div>',
  },
  'risuai': { html: `<div class="risu-chat">${page}</div>`, ask: direct, reads: 'chat', fails: 'blank' },
  'risuai-relay': {
    html: `<div class="risu-chat">${page}</div>`,
    ask: (text, stream) => ({ url: '/proxy2', body: chat(text, stream), headers: { 'risu-url': encodeURIComponent(DIRECT), 'risu-header': encodeURIComponent('{}') } }),
    reads: 'chat', fails: 'bubble', retry: '<button class="button-icon-reroll"><svg width="9" height="9"></svg></button>',
  },
  'janitorai': { html: page, ask: direct, reads: 'sse', fails: 'toast', says: (error) => `PROXY ERROR 429: ${error} (unk)` },
  'deep-chat': { html: page, ask: (text) => ({ url: '/api/chat', body: { messages: [{ role: 'user', text }] } }), reads: 'plain', fails: 'bubble', says: () => 'Error, please try again.' },
  'betterchatgpt': { html: page, ask: direct, reads: 'sse', fails: 'blank' },
  'chatgpt-web': { html: page, ask: direct, reads: 'chat', fails: 'bubble', says: (error) => `Error: ${error}` },
  'big-agi': { html: page, ask: (text) => ({ url: '/api/edge/aix.chatGenerateContent?batch=1', body: { 0: { json: { access: { dialect: 'openrouter' }, model: { id: model }, chatGenerate: { chatSequence: [text] } } } } }), reads: 'plain', fails: 'bubble' },
  'chatbox': { html: page, ask: direct, reads: 'sse', fails: 'bubble', retry: '<button aria-label="Reply Again">↻</button>' },
  'lobechat': { html: page, ask: (text) => ({ url: '/webapi/chat/openrouter', body: { messages: [{ role: 'user', content: text }], model } }), reads: 'named', fails: 'bubble', retry: '<button>Regenerate</button>' },
  'agnai': { html: page, ask: (text) => ({ url: '/api/chat/0/generate', body: { kind: 'send', text, settings: { service: 'openrouter' } } }), reads: 'plain', fails: 'toast' },
  'unknown-de': { html: page, ask: (text, stream) => ({ url: '/api/generate', body: { ...chat(text, stream), provider: 'openrouter' } }), reads: 'plain', fails: 'bubble', retry: '<button>Antwort neu generieren</button>' },
  'unknown-ja': { html: page, ask: (text, stream) => ({ url: '/api/generate', body: { ...chat(text, stream), provider: 'openrouter' } }), reads: 'plain', fails: 'bubble', retry: '<button aria-label="再生成">↻</button>' },
  'unknown': { html: page, ask: (text, stream) => ({ url: '/api/generate', body: { ...chat(text, stream), provider: 'openrouter' } }), reads: 'plain', fails: 'bubble', retry: '<button>Try again</button>' },
};
