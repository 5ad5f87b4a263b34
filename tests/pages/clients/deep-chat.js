// @ts-check
// The chat component deep-chat, straight to OpenRouter. Its promise to the app is what it shows and the events that it sends.
import 'deep-chat';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = ({ key, stream, question }) => new Promise((resolve, reject) => {
  const chat = /** @type {any} */ (document.createElement('deep-chat'));
  chat.directConnection = { openRouter: { key, model: 'openai/gpt-oss-120b' } };
  chat.stream = stream;
  chat.onMessage = (/** @type {any} */ { message }) => { if (message.role === 'ai') resolve(message.text); };
  chat.onError = (/** @type {string} */ error) => { reject(new Error(error)); };
  chat.onComponentRender = () => {
    chat.onComponentRender = undefined;
    chat.submitUserMessage({ text: question });
  };
  document.body.append(chat);
});
