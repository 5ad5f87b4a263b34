// @ts-check
// Anthropic's SDK. Two header fields that it adds are not among those that OpenRouter lets a page send, and with them the browser refuses
// the call before anything leaves: an app has to take them away.
import Anthropic from '@anthropic-ai/sdk';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const { messages } = new Anthropic({
    baseURL: 'https://openrouter.ai/api', apiKey: key, dangerouslyAllowBrowser: true,
    defaultHeaders: { 'anthropic-version': null, 'anthropic-dangerous-direct-browser-access': null },
  });
  const request = { model: 'anthropic/claude-haiku-4.5', max_tokens: 100, messages: [{ role: /** @type {const} */ ('user'), content: question }] };
  if (!stream) {
    const [part] = (await messages.create(request)).content;
    return part?.type === 'text' ? part.text : null;
  }
  for await (const event of await messages.create({ ...request, stream: true })) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') piece(event.delta.text);
  }
};
