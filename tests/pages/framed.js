// @ts-check
// The chat lives in a frame, as in sites that embed one; the frame's setup is this page's own.
/** @type {HTMLIFrameElement} */ (document.getElementById('inner')).src = `chat.html${location.search}`;
