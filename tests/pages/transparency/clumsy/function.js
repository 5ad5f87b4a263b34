// A wrapper as most are written: a function that normalises what it is given, and waits for the answer.
{
  const native = window.fetch;
  window.__calls = 0;
  window.fetch = async function (input, init = {}) {
    const method = init.method || (input && input.method) || 'GET';
    const url = typeof input === 'string' ? input : input.url || String(input);
    window.__calls += 1;
    const response = await native(input, { ...init, method });
    response.requestedUrl = url;
    return response;
  };
}
