// @ts-check
// A chat like any other that calls OpenRouter from the page, with a key of its own. It knows nothing of Cooldown, and shows what a failed
// call says in the way such apps do: raw. Without ?real it sends nothing, and its calls are rehearsed.

import { translate } from './page.js';
import { part } from './part.js';
import { rehearse } from './rehearsal.js';

const ADDRESS = 'https://openrouter.ai/api/v1/chat/completions';
const KEY = 'sk-or-v1-demo';

const composer = part('composer', HTMLFormElement);
const prompt = part('prompt', HTMLTextAreaElement);
const send = part('send', HTMLButtonElement);
const messages = part('messages', HTMLOListElement);
const real = new URLSearchParams(location.search).has('real');
const call = real ? fetch : rehearse;
const model = part('model', HTMLElement).textContent ?? '';

/** @type {{role: 'user' | 'assistant', content: string}[]} */
const conversation = [];

/** @param {'user' | 'assistant' | 'error'} kind @param {string} text */
const add = (kind, text) => {
  const item = document.createElement('li');
  item.className = `message ${kind}`;
  item.textContent = text;
  messages.append(item);
  item.scrollIntoView({ block: 'end' });
  return item;
};

/** The texts of an event stream's chunks, as they arrive. @param {ReadableStream<Uint8Array>} body */
async function* chunks(body) {
  const reader = body.pipeThrough(/** @type {ReadableWritablePair<string, Uint8Array>} the DOM types bytes too widely */ (new TextDecoderStream())).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      const event = JSON.parse(line.slice(6));
      if (event.error) throw new Error(event.error.message);
      yield /** @type {string} */ (event.choices?.[0]?.delta?.content ?? '');
    }
  }
}

/** @param {HTMLElement} item */
const answer = async (item) => {
  const response = await call(ADDRESS, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model, messages: conversation, stream: true }),
  });
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  let text = '';
  for await (const chunk of chunks(response.body)) {
    text += chunk;
    if (text !== '') item.classList.remove('waiting');
    item.textContent = text;
    item.scrollIntoView({ block: 'end' });
  }
  return text;
};

if (real) prompt.value = '';
else {
  part('rehearsal', HTMLElement).hidden = false;
  const lang = new URLSearchParams(location.search).get('lang');
  if (lang !== null) part('real', HTMLAnchorElement).href = `?${new URLSearchParams({ real: '', lang })}`;
}

composer.addEventListener('submit', async (event) => {
  event.preventDefault();
  const content = prompt.value.trim();
  if (content === '' || send.disabled) return;
  send.disabled = true;
  prompt.value = '';
  prompt.style.blockSize = '';
  part('hello', HTMLElement).hidden = true;
  add('user', content);
  conversation.push({ role: 'user', content });
  const item = add('assistant', '');
  item.classList.add('waiting');
  try {
    conversation.push({ role: 'assistant', content: await answer(item) });
  } catch (error) {
    item.remove();
    conversation.pop();
    add('error', `Error: ${error instanceof Error ? error.message : String(error)}`);
  }
  item.classList.remove('waiting');
  send.disabled = false;
});
prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
prompt.addEventListener('input', () => {
  prompt.style.blockSize = '';
  prompt.style.blockSize = `${prompt.scrollHeight}px`;
});

await translate();
