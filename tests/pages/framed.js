// @ts-check
// The chat lives in a frame, as in sites that embed one; the frame's setup is this page's own. ?inside= names another site for it.
const inside = new URLSearchParams(location.search).get('inside');
/** @type {HTMLIFrameElement} */ (document.getElementById('inner')).src = `${inside === null ? '' : `https://${inside}/`}chat.html${location.search}`;
