// @ts-check
// npm's chat component deep-chat, straight to OpenRouter; or with `socket=1` to a server of its own, over a socket.
// @ts-ignore: the runner puts the package there
import './npm/deep-chat/deepChat.bundle.js';

const setup = new URLSearchParams(location.search);
const chat = /** @type {any} */ (document.createElement('deep-chat'));
if (setup.get('socket') === '1') {
  chat.connect = { url: `ws://${location.host}/?conversation=${setup.get('conversation')}`, websocket: true };
  chat.errorMessages = { displayServiceErrorMessages: true };
} else chat.directConnection = { openRouter: { key: `sk-or-v1-${setup.get('conversation')}`, model: 'openai/gpt-oss-120b' } };
chat.stream = setup.get('stream') === '1';
chat.onComponentRender = () => { document.documentElement.dataset.ready = ''; };
document.body.append(chat);
