// What is read: every way through the body of an answer, kept back at gates so that what was read is known to have come before what was
// sent next; and streams of the page's own, which must go on as if nothing had happened to the prototypes.
(() => {
  'use strict';
  const { check } = globalThis.transparency;
  const GOOD = ['same', 'other', 'good'], ALL = ['same', 'other', 'good', 'bad'], UNWATCHED = ['same', 'other'];
  const S = ReadableStream.prototype;
  const event = (content) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
  const COMMENT = ': OPENROUTER PROCESSING\n\n', DONE = 'data: [DONE]\n\n';
  const PARTS = [COMMENT, event('one'), event('two'), DONE];
  const decode = (u8) => new TextDecoder().decode(u8);
  const joined = (chunks) => { const all = new Uint8Array(chunks.reduce((n, one) => n + one.byteLength, 0)); let at = 0; for (const one of chunks) { all.set(one, at); at += one.byteLength; } return decode(all); };
  const readAll = async (reader) => { const out = []; for (let r; !(r = await reader.read()).done;) out.push(r.value); return out; };
  /** JSON, an event stream, and one without its own first content: an answer for each kind of look at it. */
  const both = async (t, go) => { for (const [label, answer] of Object.entries({ json: {}, sse: { sse: PARTS.map((raw) => ({ raw })) } })) await go(label, () => t.post(answer)); };

  check('each chunk is read as it was sent, while the next is not sent yet', GOOD, async (t) => {
    const { answer, next } = t.parts(PARTS), r = await t.post(answer), reader = r.body.getReader();
    t.log('reader', reader, reader instanceof ReadableStreamDefaultReader, Reflect.ownKeys(reader), r.bodyUsed, r.body.locked);
    for (let n = 0; n < PARTS.length; n++) {
      if (n > 0) await next();
      const one = await reader.read();
      t.log(`part ${n}`, one, Object.keys(one), Object.getPrototypeOf(one) === Object.prototype, one.value instanceof Uint8Array, one.value.byteOffset, r.bodyUsed);
    }
    t.log('end', await reader.read(), await reader.read(), await reader.closed);
    reader.releaseLock();
    t.log('released', r.bodyUsed, r.body.locked);
  });
  check('comments that keep the line alive come at once, one by one', GOOD, async (t) => {
    const parts = [COMMENT, COMMENT, ': ping\n\n', ':\n\n', '\n', event('late'), DONE], { answer, next } = t.parts(parts), reader = (await t.post(answer)).body.getReader();
    for (let n = 0; n < parts.length; n++) {
      if (n > 0) await next();
      t.log(`part ${n}`, await reader.read());
    }
    t.log('end', await reader.read());
  });
  check('white space that keeps a JSON answer alive comes at once', GOOD, async (t) => {
    const parts = [' ', '\n', '   \n'], { answer, next } = t.parts([...parts, '{"a":1}'], { headers: { 'content-type': 'application/json' } }), reader = (await t.post(answer)).body.getReader();
    for (let n = 0; n < parts.length; n++) {
      if (n > 0) await next();
      t.log(`part ${n}`, await reader.read());
    }
    await next();
    t.log('rest', joined(await readAll(reader)));
  });
  check('after content every piece comes at once, however it is cut', GOOD, async (t) => {
    const parts = [event('one'), 'da', 'ta: {"cho', 'ices":[]}\r', '\n\r\n', ': c\r\r', 'event: x\ndata', ': 1\n\n', 'no field at all', '\n\n', DONE], { answer, next } = t.parts(parts), reader = (await t.post(answer)).body.getReader();
    for (let n = 0; n < parts.length; n++) {
      if (n > 0) await next();
      t.log(`part ${n}`, await reader.read());
    }
    t.log('end', await reader.read());
  });
  check('no byte is lost or changed before the first content, however it is cut', GOOD, async (t) => {
    const texts = { 'CRLF': `: c\r\n\r\n${event('ü').replaceAll('\n', '\r\n')}`, 'CR': event('ü').replaceAll('\n', '\r'), 'BOM': `\ufeff${event('ü')}`, 'two lines of data': 'event: message\ndata: {"choices":\ndata: []}\n\n', 'no field': 'hello\n\n', 'never ends': 'data: {"a"', 'only comments': COMMENT + COMMENT,
      'only an event name': 'event: ping\n\n', 'an id': `id: 1\nretry: 5\n\n${event('x')}`, 'nulls': `data: \u0000\n\n${event('x')}`, 'DONE': DONE, 'no JSON': 'data: hello\n\n', 'a list': 'data: [1]\n\n', 'a role': 'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n' };
    for (const [label, text] of Object.entries(texts)) {
      const pieces = text.match(/[^]{1,7}/g).map((raw) => ({ raw }));
      const r = await t.post({ sse: pieces });
      t.log(label, joined(await readAll(r.body.getReader())), r.bodyUsed);
    }
  });
  check('the same bytes come through every way of reading them', ALL, (t) => both(t, async (label, ask) => {
    t.log(`${label} read`, joined(await readAll((await ask()).body.getReader())));
    const iterated = [];
    for await (const part of (await ask()).body) iterated.push(part);
    t.log(`${label} for await`, joined(iterated));
    const piped = [];
    await (await ask()).body.pipeTo(new WritableStream({ write: (part) => { piped.push(part); } }));
    t.log(`${label} pipeTo`, joined(piped));
    let text = '';
    for await (const part of (await ask()).body.pipeThrough(new TextDecoderStream())) text += part;
    t.log(`${label} pipeThrough`, text);
    const [a, b] = (await ask()).body.tee();
    t.log(`${label} tee`, ...(await Promise.all([readAll(a.getReader()), readAll(b.getReader())])).map(joined));
    const byob = (await ask()).body.getReader({ mode: 'byob' }), bytes = [];
    for (let one; !(one = await byob.read(new Uint8Array(16))).done;) bytes.push(one.value.slice());
    t.log(`${label} BYOB`, joined(bytes));
    t.log(`${label} text`, await (await ask()).text());
    t.log(`${label} made again`, await new Response((await ask()).body).text());
    t.log(`${label} transferred`, await new Response(await (async () => { const { body } = await ask(); return structuredClone(body, { transfer: [body] }); })()).text());
    t.log(`${label} Reader of it`, joined(await readAll(new ReadableStreamDefaultReader((await ask()).body))));
  }));

  // ---- readers

  check('getReader reads its argument once and refuses what it refused', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask();
    for (const argument of [{ mode: 'x' }, { mode: null }, 1, 'byob', { mode: { toString: () => { t.log('toString runs'); return 'x'; } } }, { get mode() { t.log('mode read'); throw new RangeError('mine'); } }]) await t.attempt(`${label} ${t.show(typeof argument)}`, () => r.body.getReader(argument));
    t.log(label, r.body.locked);
    for (const argument of [undefined, null, {}, { mode: undefined }, { get mode() { t.log('mode read once'); return 'byob'; } }]) {
      const reader = r.body.getReader(argument);
      t.log(label, reader, r.body.locked);
      reader.releaseLock();
    }
    t.log('many arguments', r.body.getReader(undefined, 'x').constructor.name);
  }));
  check('reads asked before anything came are answered in their order', GOOD, async (t) => {
    const { answer, next } = t.parts([COMMENT, event('one'), event('two')]), reader = (await t.post(answer)).body.getReader(), order = [];
    const reads = [1, 2, 3, 4, 5].map((n) => reader.read().then((one) => { order.push(n); return one; }));
    await reads[0];
    await next();
    await reads[1];
    await next();
    t.log('values', await Promise.all(reads));
    t.log('order', order);
  });
  check('a lock released with reads pending rejects them, and no byte is lost to the next reader', GOOD, async (t) => {
    for (const first of [COMMENT, event('zero')]) {
      const { answer, next } = t.parts([first, event('one'), DONE]), r = await t.post(answer), reader = r.body.getReader();
      t.log('first', await reader.read());
      const pending = [reader.read(), reader.read()];
      const settled = t.inThisTask('rejected in this task', pending[0]);
      reader.releaseLock();
      await settled;
      for (const one of pending) await t.settled('pending', one);
      await t.settled('closed', reader.closed);
      await t.attempt('read of a released one', () => reader.read());
      await t.attempt('cancel of a released one', () => reader.cancel());
      t.log('twice', reader.releaseLock(), r.body.locked);
      const second = r.body.getReader();
      await next();
      t.log('next', await second.read());
      await next();
      t.log('rest', joined(await readAll(second)));
    }
  });
  check('cancel by a reader ends pending reads and closes the connection', GOOD, async (t) => {
    for (const first of [COMMENT, event('zero')]) {
      const { answer } = t.parts([first, event('one')], {}, true), r = await t.post(answer), reader = r.body.getReader();
      t.log('first', await reader.read());
      const pending = reader.read();
      await t.attempt('cancel', () => reader.cancel('why'));
      t.log('pending', await pending, 'closed', await reader.closed, 'again', await reader.read(), await reader.cancel());
      reader.releaseLock();
      t.log('then', r.bodyUsed, r.body.locked);
      await t.closes();
    }
  });
  check('cancel before the first read closes the connection', GOOD, async (t) => {
    for (const how of ['body', 'reader', 'iterator', 'byob']) {
      const { answer } = t.parts([COMMENT, event('one')], {}, true), r = await t.post(answer);
      const go = { body: () => r.body.cancel('why'), reader: () => r.body.getReader().cancel('why'), iterator: () => r.body.values().return('why'), byob: () => r.body.getReader({ mode: 'byob' }).cancel() }[how];
      await t.attempt(how, go);
      t.log(how, r.bodyUsed, r.body.locked);
      await t.closes();
    }
  });
  check('cancel settles in the same task, before a task of the page', ALL, async (t) => {
    await t.inThisTask('body', (await t.post()).body.cancel());
    const reader = (await t.post()).body.getReader();
    await t.inThisTask('reader', reader.cancel());
    await t.inThisTask('closed', reader.closed);
  });
  check('cancel and reads of a released or ended body settle as many microtasks later as natively', UNWATCHED, async (t) => {
    const r = await t.post(), reader = r.body.getReader();
    await readAll(reader);
    await t.microtasks('read at the end', reader.read());
    await t.microtasks('cancel at the end', reader.cancel());
    reader.releaseLock();
    await t.microtasks('read of a released one', reader.read());
    await t.microtasks('cancel of a released one', reader.cancel());
    await t.microtasks('body cancelled', r.body.cancel());
    const fresh = await t.post();
    await t.microtasks('a fresh one cancelled', fresh.body.cancel());
  });
  check('closed is one promise, and settles with the body', GOOD, async (t) => {
    const { answer, next } = t.parts([event('one'), DONE]), reader = (await t.post(answer)).body.getReader(), { closed } = reader;
    t.log('one', closed === reader.closed, closed instanceof Promise, Reflect.ownKeys(closed));
    t.log('open', await Promise.race([closed.then(() => 'closed'), t.turns(2).then(() => 'open')]));
    await next();
    await readAll(reader);
    t.log('closed', await closed, closed === reader.closed);
  });

  // ---- BYOB

  check('a BYOB reader fills the page\'s own memory, takes its buffer, and refuses what it refused', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask(), reader = r.body.getReader({ mode: 'byob' }), buffer = new ArrayBuffer(32), view = new Uint8Array(buffer, 4, 8), p = reader.read(view);
    t.log(`${label} at once`, buffer.byteLength, view.byteLength, r.bodyUsed);
    const one = await p;
    t.log(label, one, one.value.constructor.name, one.value.byteOffset, one.value.buffer.byteLength, one.value.buffer === buffer);
    await t.attempt(`${label} a DataView`, () => reader.read(new DataView(new ArrayBuffer(4))));
    await t.attempt(`${label} no view`, () => reader.read());
    await t.attempt(`${label} no length`, () => reader.read(new Uint8Array(0)));
    await t.attempt(`${label} taken`, () => reader.read(view));
    await t.attempt(`${label} min of nothing`, () => reader.read(new Uint8Array(4), { min: 0 }));
    await t.attempt(`${label} min too large`, () => reader.read(new Uint8Array(4), { min: 5 }));
    await t.attempt(`${label} min`, () => reader.read(new Uint8Array(16), { min: 16 }));
    await t.attempt(`${label} a wide view`, () => reader.read(new Uint16Array(4), { min: 2 }));
    await t.attempt(`${label} min read once`, () => reader.read(new Uint8Array(4), { get min() { t.log('min read'); return 2; } }));
    reader.releaseLock();
    t.log(`${label} rest`, (await readAll(r.body.getReader())).length > 0);
  }));
  check('a BYOB reader with min waits for so many bytes', GOOD, async (t) => {
    const { answer, next } = t.parts([event('one'), 'abc', 'defgh']), reader = (await t.post(answer)).body.getReader({ mode: 'byob' });
    t.log('first', await reader.read(new Uint8Array(200)));
    const p = reader.read(new Uint8Array(8), { min: 6 });
    await next();
    await next();
    t.log('six at least', await p.then(({ value, done }) => [value.byteLength >= 6, done]));
  });
  check('a BYOB lock released with a read pending rejects it, and the body can be cancelled', GOOD, async (t) => {
    // Not read on: Chromium itself then loses the next read now and again.
    const { answer } = t.parts([COMMENT, event('one')], {}, true), r = await t.post(answer), reader = r.body.getReader({ mode: 'byob' });
    t.log('first', await reader.read(new Uint8Array(100)));
    const pending = reader.read(new Uint8Array(100));
    reader.releaseLock();
    await t.settled('pending', pending);
    await t.settled('closed', reader.closed);
    await t.attempt('read of a released one', () => reader.read(new Uint8Array(1)));
    await t.attempt('cancel', () => r.body.cancel());
    await t.closes();
  });
  check('a BYOB read at the end gives the memory back', ALL, (t) => both(t, async (label, ask) => {
    const reader = (await ask()).body.getReader({ mode: 'byob' });
    while (!(await reader.read(new Uint8Array(4096))).done);
    const last = await reader.read(new Uint8Array(8));
    t.log(label, last, last.value?.buffer.byteLength, await reader.closed);
  }));

  // ---- tee, pipes, iteration

  check('tee locks the body and gives two branches with the same bytes', GOOD, (t) => both(t, async (label, ask) => {
    const r = await ask(), branches = r.body.tee(), [a, b] = branches;
    t.log(label, branches, Array.isArray(branches), a instanceof ReadableStream, a === r.body, r.bodyUsed, r.body.locked, Reflect.ownKeys(a), Object.getPrototypeOf(a) === S);
    await t.attempt(`${label} byob`, () => { const reader = a.getReader({ mode: 'byob' }); reader.releaseLock(); return reader; });
    t.log(`${label} bytes`, ...(await Promise.all([readAll(a.getReader()), readAll(b.getReader())])).map(joined));
    await t.attempt(`${label} again`, () => r.body.tee());
  }));
  check('a branch reads as it was sent; one cancelled leaves the other, both close the connection', GOOD, async (t) => {
    for (const how of ['tee', 'clone']) {
      const { answer, next } = t.parts([COMMENT, event('one'), event('two')], {}, true), r = await t.post(answer), [a, b] = how === 'tee' ? r.body.tee() : [r.body, r.clone().body];
      const [one, two] = how === 'tee' ? [a.getReader(), b.getReader()] : [r.body.getReader(), b.getReader()];
      t.log(`${how} first`, await one.read(), await two.read());
      await next();
      t.log(`${how} second`, await one.read(), await two.read());
      let isOver = false;
      const cancelled = one.cancel('one');
      cancelled.then(() => { isOver = true; });
      await t.turns(3);
      t.log(`${how} one cancelled`, isOver);
      t.log(`${how} server`, (await t.seen()).map(({ aborted }) => aborted));
      await two.cancel('two');
      await cancelled;
      await t.closes(`${how}: the server sees the connection closed`);
    }
  });
  check('pipeThrough gives the very other side, locks the body, and refuses wrong arguments without locking', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask(), pair = new TransformStream();
    for (const wrong of [undefined, {}, { readable: 1, writable: 2 }, { readable: pair.readable }, null, { get readable() { throw new RangeError('mine'); } }]) await t.attempt(`${label} wrong`, () => r.body.pipeThrough(wrong));
    await t.attempt(`${label} wrong options`, () => r.body.pipeThrough(pair, { signal: 1 }));
    t.log(`${label} before`, r.body.locked, r.bodyUsed, pair.readable.locked, pair.writable.locked);
    const out = r.body.pipeThrough(pair);
    t.log(label, out === pair.readable, r.body.locked, pair.writable.locked);
    t.log(`${label} bytes`, joined(await readAll(out.getReader())), r.bodyUsed, r.body.locked);
  }));
  check('a pipe passes each chunk as it was sent', GOOD, async (t) => {
    const { answer, next } = t.parts(PARTS), text = (await t.post(answer)).body.pipeThrough(new TextDecoderStream()).getReader();
    for (let n = 0; n < PARTS.length; n++) {
      if (n > 0) await next();
      t.log(`part ${n}`, await text.read());
    }
    t.log('end', await text.read());
  });
  check('a pipe asks nothing that was read for a then', GOOD, async (t) => {
    const { body } = await t.post();
    let asked = 0;
    t.replace(Object.prototype, 'then', { get() { if ('done' in this) asked += 1; return undefined; }, configurable: true });
    await body.pipeTo(new WritableStream());
    t.log('asked', asked);
  });
  check('pipeTo with a signal, and with preventAbort', GOOD, async (t) => {
    for (const preventAbort of [false, true]) {
      const c = new AbortController(), got = [], { answer } = t.parts([event('one'), DONE], {}, true), r = await t.post(answer), sink = new WritableStream({ write: (part) => { got.push(decode(part)); }, abort: (why) => { t.log('sink aborted', why); } });
      const p = r.body.pipeTo(sink, { signal: c.signal, preventAbort });
      p.catch(() => {});
      await t.until(() => got.length > 0);
      c.abort({ a: 1 });
      await t.settled(`preventAbort ${preventAbort}`, p);
      t.log('then', got, r.body.locked, sink.locked);
      await t.closes();
    }
    await t.attempt('aborted before', async () => (await t.post()).body.pipeTo(new WritableStream(), { signal: AbortSignal.abort('early') }));
  });
  check('pipeTo with preventCancel leaves the body readable, without it closes the connection', GOOD, async (t) => {
    for (const preventCancel of [true, false]) {
      const { answer, next } = t.parts([event('one'), event('two'), DONE], {}, !preventCancel), r = await t.post(answer), why = new RangeError('sink');
      let n = 0;
      const p = r.body.pipeTo(new WritableStream({ write() { n += 1; if (n === 1) throw why; } }, { highWaterMark: 1 }), { preventCancel });
      t.log(`preventCancel ${preventCancel}`, await p.catch((error) => error === why), r.body.locked);
      if (preventCancel) {
        const reader = r.body.getReader();
        await next();
        t.log('still', await reader.read());
        await next();
        t.log('rest', joined(await readAll(reader)));
      } else {
        await t.closes();
        t.log('after', await r.body.getReader().read());
      }
    }
  });
  check('pipeTo with preventClose leaves the sink open, without it closes it', ALL, (t) => both(t, async (label, ask) => {
    for (const options of [{}, { preventClose: true }, undefined, { preventClose: 0 }]) {
      const sink = new WritableStream({ close: () => { t.log(`${label} closed`); } });
      t.log(label, await (await ask()).body.pipeTo(sink, options), sink.locked);
      const writer = sink.getWriter();
      t.log(`${label} writer`, writer.desiredSize);
    }
    await t.attempt(`${label} no sink`, async () => (await ask()).body.pipeTo());
    await t.attempt(`${label} wrong sink`, async () => (await ask()).body.pipeTo({}));
    const locked = new WritableStream();
    locked.getWriter();
    const r = await ask();
    await t.attempt(`${label} locked sink`, () => r.body.pipeTo(locked));
    t.log(`${label} unlocked still`, r.body.locked, r.bodyUsed);
  }));
  check('options of a pipe are read once, in the browser\'s order', ALL, (t) => both(t, async (label, ask) => {
    const options = {};
    for (const key of ['preventAbort', 'preventCancel', 'preventClose', 'signal']) Object.defineProperty(options, key, { get() { t.log(`${label} read`, key); return undefined; } });
    await (await ask()).body.pipeTo(new WritableStream(), options);
    t.log(`${label} pair`, (await (await ask()).body.pipeThrough({ get readable() { t.log('readable'); return new ReadableStream(); }, get writable() { t.log('writable'); return new WritableStream(); } }, options)) instanceof ReadableStream);
    const r = await ask();
    r.body.values({ get preventCancel() { t.log('preventCancel read'); return true; } });
    t.log(`${label} locked`, r.body.locked);
  }));
  check('for await gives each chunk as it was sent, and the body is locked meanwhile', GOOD, async (t) => {
    const { answer, next } = t.parts(PARTS), r = await t.post(answer);
    let n = 0;
    for await (const part of r.body) {
      t.log(`part ${n}`, part, r.body.locked, r.bodyUsed);
      n += 1;
      if (n < PARTS.length) await next();
    }
    t.log('end', r.body.locked, r.bodyUsed);
  });
  check('for await left by break, return or throw cancels and closes the connection', GOOD, async (t) => {
    for (const how of ['break', 'return', 'throw']) {
      for (const first of [COMMENT, event('one')]) {
        const { answer } = t.parts([first, DONE], {}, true), r = await t.post(answer);
        const loop = async () => { for await (const part of r.body) { if (how === 'break') break; if (how === 'return') return decode(part); throw new RangeError('mine'); } return 'left'; };
        await t.settled(how, loop());
        t.log(how, r.body.locked, r.bodyUsed);
        await t.closes();
      }
    }
  });
  check('values with preventCancel leaves the rest to be read', GOOD, async (t) => {
    for (const first of [COMMENT, event('one')]) {
      const { answer, next } = t.parts([first, event('two'), DONE]), r = await t.post(answer);
      for await (const part of r.body.values({ preventCancel: true })) { t.log('first', part); break; }
      t.log('then', r.body.locked, r.bodyUsed);
      const reader = r.body.getReader();
      await next();
      t.log('next', await reader.read());
      await next();
      t.log('rest', joined(await readAll(reader)));
    }
  });
  check('an iterator is the browser\'s own, and its next and return queue as they did', GOOD, async (t) => {
    const { answer, next } = t.parts([event('one'), event('two'), DONE], {}, true), r = await t.post(answer), i = r.body.values();
    const up = Object.getPrototypeOf;
    t.log('iterator', i, up(i) === up(new ReadableStream().values()), i[Symbol.asyncIterator]() === i, Reflect.ownKeys(i), up(r.clone === undefined ? i : i).next === up(new ReadableStream().values()).next, r.body.locked);
    const order = [], steps = [i.next(), i.next(), i.return('bye'), i.next()].map((p, n) => p.then((v) => { order.push(n); return v; }));
    await next();
    t.log('steps', await Promise.all(steps), order, r.body.locked);
    await t.closes();
    await t.attempt('next of a foreign one', () => up(i).next.call({}));
    t.log('options', (await t.post()).body.values(undefined) !== null, await t.attempt('wrong options', async () => (await t.post()).body.values(1)) !== null);
  });
  check('a body that breaks within the stream gives what came, then the browser\'s own error', GOOD, async (t) => {
    for (const parts of [[COMMENT], [event('one')], [COMMENT, event('one'), 'data: {"half']]) {
      const gate = t.gate(`${parts.length}${parts[0]?.length}`), r = await t.post({ sse: [...parts.map((raw) => ({ raw })), { gate }, { cut: true }] }), reader = r.body.getReader(), got = [];
      const all = (async () => { for (;;) { const one = await reader.read(); if (one.done) return 'done'; got.push(one.value); } })();
      all.catch(() => {});
      const { length } = parts.join('');
      await t.until(() => joined(got).length >= length);
      await t.open(gate);
      await t.settled('end', all);
      t.log('came', joined(got));
      await t.settled('closed', reader.closed);
      await t.attempt('again', () => reader.read());
    }
  });
  check('half an event before a break is handed over before the error', GOOD, async (t) => {
    const gate = t.gate('cut'), r = await t.post({ sse: [{ raw: `${COMMENT}data: {"half` }, { gate }, { cut: true }] }), reader = r.body.getReader(), got = [];
    const all = (async () => { for (;;) { const one = await reader.read(); if (one.done) return 'done'; got.push(one.value); } })();
    all.catch(() => {});
    await t.open(gate);
    await t.settled('end', all);
    t.log('came', joined(got));
  });
  check('a reader that stalls stalls the server as far as the browser does', ['other', 'good'], async (t) => {
    const r = await t.post({ sse: [{ raw: event('one') }, { fill: 320 }, { raw: DONE }] }), reader = r.body.getReader();
    await reader.read();
    let last = -1, still = 0;
    for (const end = performance.now() + 5_000; still < 12 && performance.now() < end; await t.pause(25)) {
      const [{ sent }] = await t.seen();
      still = sent === last ? still + 1 : 0;
      last = sent;
    }
    t.log('sent within', last >= 320 * 65_536 ? 'all' : last > 16 * 2 ** 20 ? 'more than 16 MiB' : 'less than 16 MiB');
    await reader.cancel();
  });
  check('a stalled clone, tee and pipe stall the server as far as the browser does', ['good'], async (t) => {
    const go = { clone: async (r) => { const copy = r.clone(), readers = [copy.body.getReader(), r.body.getReader()]; await Promise.all(readers.map((one) => one.read())); return () => readers.map((one) => one.cancel()); },
      pipe: async (r) => { const reader = r.body.pipeThrough(new TransformStream()).getReader(); await reader.read(); return () => reader.cancel(); },
      iterator: async (r) => { const i = r.body.values(); await i.next(); return () => i.return(); } };
    for (const [how, begin] of Object.entries(go)) {
      const end = await begin(await t.post({ sse: [{ raw: event('one') }, { fill: 320 }] }));
      let last = -1, still = 0;
      for (const limit = performance.now() + 1_800; still < 10 && performance.now() < limit; await t.pause(20)) {
        const [{ sent }] = await t.seen();
        still = sent === last ? still + 1 : 0;
        last = sent;
      }
      t.log(how, last >= 320 * 65_536 ? 'all' : last > 16 * 2 ** 20 ? 'more than 16 MiB' : 'less than 16 MiB');
      await end();
    }
  });
  check('text waits for the end and no longer', GOOD, async (t) => {
    const { answer, next } = t.parts([event('one'), DONE]), r = await t.post(answer), p = r.text();
    t.log('before the end', await Promise.race([p.then(() => 'there'), t.turns(3).then(() => 'waits')]), r.bodyUsed, r.body.locked);
    await next();
    t.log('text', await p);
  });
  check('the answer is handed over at its head, before any of its body', GOOD, async (t) => {
    for (const type of ['text/event-stream', 'application/json', 'text/plain']) {
      const gate = t.gate(type), answer = t.post({ sse: [{ gate }, { raw: '{"a":1}' }], headers: { 'content-type': type } });
      t.log(type, await Promise.race([answer.then((r) => r.status), t.pause(1_000).then(() => 'waits for the body')])); // as Firefox does
      await t.open(gate);
      t.log('text', await (await answer).text());
    }
  });
  check('a body moves to a worker and is read there', GOOD, async (t) => {
    const source = 'onmessage = async ({ data }) => { let text = ""; const d = new TextDecoder(); const r = data.getReader(); for (let one; !(one = await r.read()).done;) text += d.decode(one.value, { stream: true }); postMessage(text); };';
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))), r = await t.post({ sse: PARTS.map((raw) => ({ raw })) }), { body } = r;
    const text = new Promise((ok, no) => { worker.onmessage = ({ data }) => ok(data); worker.onerror = () => no(new Error('in the worker')); });
    await t.attempt('sent', () => worker.postMessage(body, [body]));
    t.log('here', body.locked, r.bodyUsed, r.body === body);
    t.log('there', await text);
    worker.terminate();
  });
  check('an unread body that is dropped raises nothing', ALL, async (t) => {
    await t.post();
    await t.post({ sse: [{ raw: COMMENT }, { raw: DONE }] });
    (await t.post()).body.getReader();
    const c = new AbortController(), r = await t.post({ sse: [{ raw: COMMENT }, { gate: t.gate('never') }] }, { signal: c.signal });
    r.body.getReader();
    c.abort('later');
    await t.turns(4);
    t.log('done');
  });
  check('a read that is rejected and not handled counts once', GOOD, async (t) => {
    const c = new AbortController(), r = await t.post({ sse: [{ raw: event('one') }, { gate: t.gate('never') }] }, { signal: c.signal }), reader = r.body.getReader(), seen = [], hear = (e) => { seen.push(e.promise); };
    await reader.read();
    addEventListener('unhandledrejection', hear);
    const p = reader.read();
    c.abort('why');
    await t.turns(4);
    removeEventListener('unhandledrejection', hear);
    t.log('events', seen.length, seen[0] === p);
    p.catch(() => {});
  });
  check('own members over read and getReader are the page\'s own', ALL, async (t) => {
    const r = await t.post(), reader = r.body.getReader(), before = reader.read;
    reader.read = function () { t.log('mine'); return before.call(this); };
    t.log('read', (await reader.read()).done, Reflect.ownKeys(reader));
    const stolen = S.getReader, body = (await t.post()).body, free = stolen.call(body);
    t.log('borrowed', joined(await readAll(free)), before === ReadableStreamDefaultReader.prototype.read);
  });
  check('members taken before and put back later still read', ALL, async (t) => {
    const { getReader } = S, { read } = ReadableStreamDefaultReader.prototype, { text } = Response.prototype, get = Object.getOwnPropertyDescriptor(Response.prototype, 'body').get;
    const r = await t.post(), body = get.call(r), reader = getReader.call(body), out = [];
    for (let one; !(one = await read.call(reader)).done;) out.push(one.value);
    t.log('read', joined(out), body === r.body);
    t.log('text', await text.call(await t.post()));
  });

  // ---- streams of the page's own

  const own = (t, type, hwm) => new ReadableStream({
    type, start() { t.log('start'); }, n: 0,
    pull(c) { this.n += 1; t.log('pull', this.n, c.desiredSize); if (this.n > 3) { c.close(); c.byobRequest?.respond(0); } else c.enqueue(type === 'bytes' ? new TextEncoder().encode(`data: {"error":{"code":42${this.n}}}\n\n`) : { error: { code: this.n } }); },
    cancel(why) { t.log('cancelled', why); },
  }, { highWaterMark: hwm });
  for (const type of [undefined, 'bytes']) {
    const name = type === 'bytes' ? 'byte streams' : 'streams';
    check(`the page's own ${name} are pulled, read and cancelled step by step as they were`, ['none'], async (t) => {
      for (const hwm of [0, 1]) {
        const s = own(t, type, hwm), reader = s.getReader();
        for (let n = 0; n < 4; n++) { const p = reader.read(); await t.microtasks(`read ${n}`, p); t.log('value', await p); }
        await t.microtasks('closed', reader.closed);
        reader.releaseLock();
        const cancelled = own(t, type, hwm);
        await t.microtasks('cancel', cancelled.cancel('why'));
        const locked = own(t, type, hwm);
        locked.getReader();
        await t.microtasks('locked', locked.cancel());
      }
    });
    check(`the page's own ${name} iterate, tee and pipe in the same number of steps`, ['none'], async (t) => {
      const order = [], count = async () => { for (let n = 0; n < 40; n++) { await null; order.push(n); } };
      const ticking = count();
      for await (const part of own(t, type, 0)) order.push(`part ${typeof part}`);
      await ticking;
      t.log('for await', order.join(' '));
      const i = own(t, type, 0).values();
      await t.microtasks('next', i.next());
      await t.microtasks('return', i.return('bye'));
      for await (const part of own(t, type, 0).values({ preventCancel: true })) break;
      const [a, b] = own(t, type, 0).tee();
      const one = a.getReader().read();
      await t.microtasks('tee', one);
      t.log('tee', await one, await b.getReader().read());
      const got = [];
      await t.microtasks('pipeTo', own(t, type, 0).pipeTo(new WritableStream({ write: (part) => { got.push(typeof part); } })));
      t.log('pipeTo', got);
      const through = own(t, type, 0).pipeThrough(new TransformStream());
      t.log('pipeThrough', through, (await readAll(through.getReader())).length);
    });
  }
  check('the page\'s own BYOB readers are served as they were', ['none'], async (t) => {
    const s = own(t, 'bytes', 0), reader = s.getReader({ mode: 'byob' });
    for (let n = 0; n < 5; n++) { const p = reader.read(new Uint8Array(12)); await t.microtasks(`read ${n}`, p); t.log('value', await p); }
    await t.attempt('a bad view', () => reader.read(1));
    await t.attempt('min', () => own(t, 'bytes', 0).getReader({ mode: 'byob' }).read(new Uint8Array(40), { min: 40 }));
  });
  check('the page\'s own streams that fail, fail as they did', ['none'], async (t) => {
    const make = () => new ReadableStream({ pull() { throw new RangeError('mine'); } }, { highWaterMark: 0 });
    await t.attempt('read', () => make().getReader().read());
    await t.attempt('for await', async () => { for await (const part of make()) return part; });
    await t.attempt('pipeTo', () => make().pipeTo(new WritableStream()));
    await t.attempt('tee', () => make().tee()[0].getReader().read());
    await t.attempt('text', () => new Response(make()).text());
    await t.attempt('cancel', () => new ReadableStream({ cancel() { throw new RangeError('mine'); } }).cancel());
    const p = make().getReader().read();
    await t.turns(3);
    t.log('one event for read', await p.catch((error) => error));
  });
  check('heirs of ReadableStream and ReadableStream.from are as they were', ['none'], async (t) => {
    class Mine extends ReadableStream { getReader(...args) { t.log('mine'); return super.getReader(...args); } }
    const s = new Mine({ start(c) { c.enqueue(1); c.close(); } });
    t.log('heir', s instanceof Mine, (await readAll(s.getReader())), s.constructor.name);
    for await (const part of new Mine({ start(c) { c.enqueue(2); c.close(); } })) t.log('part', part);
    if ('from' in ReadableStream) t.log('from', await readAll(ReadableStream.from([1, 2]).getReader()));
  });
})();
