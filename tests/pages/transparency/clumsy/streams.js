// A patch of the readers that waits for whole events, and of the whole-body members that goes through a copy.
{
  const { read } = ReadableStreamDefaultReader.prototype, { text } = Response.prototype;
  ReadableStreamDefaultReader.prototype.read = async function () {
    const chunks = [];
    for (;;) {
      const one = await read.call(this);
      if (one.done && chunks.length === 0) return one;
      if (!one.done && !(one.value instanceof Uint8Array)) return one;
      if (!one.done) chunks.push(...one.value);
      if (one.done || !new TextDecoder().decode(new Uint8Array(chunks)).startsWith(':')) return { done: false, value: new Uint8Array(chunks) };
    }
  };
  Response.prototype.json = function () { return text.call(this).then((value) => JSON.parse(value)); };
}
