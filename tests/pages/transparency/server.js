// Asks the mock's control port from a worker, where no wrapper of fetch reaches: what is measured does not measure.
onmessage = async ({ data: { id, method, url } }) => {
  try { postMessage({ id, value: await (await fetch(url, { method })).json() }); } catch (error) { postMessage({ id, error: String(error) }); }
};
