// @ts-check
// A chat on npm's `openai` in browser mode, its base at OpenRouter. ?retries= sets the client's own.
// @ts-ignore: the runner puts the package there
import OpenAI from './npm/openai/index.mjs';

const setup = new URLSearchParams(location.search);
const client = new OpenAI({
  baseURL: 'https://openrouter.ai/api/v1', apiKey: `sk-or-v1-${setup.get('conversation')}`, dangerouslyAllowBrowser: true,
  maxRetries: Number(setup.get('retries') ?? 2),
});
const talk = /** @type {HTMLElement} */ (document.getElementById('talk'));
const prompt = /** @type {HTMLInputElement} */ (document.getElementById('prompt'));

/** @param {string} kind @param {string} text */
const say = (kind, text) => {
  const line = document.createElement('li');
  line.className = kind;
  line.textContent = text;
  talk.append(line);
  return line;
};

/** @type {HTMLElement} */ (document.getElementById('form')).addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = prompt.value;
  prompt.value = '';
  say('user', text);
  try {
    /** @type {any[]} */
    const messages = [{ role: 'user', content: text }];
    if (setup.get('stream') === '1') {
      const line = say('answer', '');
      for await (const part of await client.chat.completions.create({ model: 'openai/gpt-oss-120b', messages, stream: true })) line.textContent += part.choices[0]?.delta?.content ?? '';
      line.dataset.details = '{}';
    } else {
      const answer = await client.chat.completions.create({ model: 'openai/gpt-oss-120b', messages });
      say('answer', answer.choices[0].message.content).dataset.details = '{}';
    }
  } catch (error) {
    const { name, status, message } = /** @type {any} */ (error);
    say('error', message).dataset.details = JSON.stringify({ name: /** @type {any} */ (error).constructor.name ?? name, status, message });
  }
});
document.documentElement.dataset.ready = '';
