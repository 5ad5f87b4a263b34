// @ts-check
// One call from a worker; see askFromWorker in chat.js.
onmessage = async (event) => {
  const answer = await fetch(event.data.endpoint, event.data.init);
  const { status, statusText, ok, url, type, redirected, bodyUsed } = answer;
  postMessage({ status, statusText, ok, url, type, redirected, bodyUsed, own: Object.getOwnPropertyNames(answer), headers: [...answer.headers], body: await answer.text() });
};
