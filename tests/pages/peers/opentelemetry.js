// @ts-check
// OpenTelemetry's two instrumentations for browsers; the spans stay here.
import { isWrapped, registerInstrumentations } from '@opentelemetry/instrumentation';
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch';
import { XMLHttpRequestInstrumentation } from '@opentelemetry/instrumentation-xml-http-request';
import { SimpleSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';

/** @type {string[]} */
const records = [];
const provider = new WebTracerProvider({
  spanProcessors: [new SimpleSpanProcessor({
    export: (spans, done) => {
      for (const { instrumentationScope: { name }, attributes } of spans) {
        records.push(`span ${name.slice(name.lastIndexOf('-') + 1)} ${attributes['http.status_code'] ?? attributes['http.response.status_code']} ${attributes['http.url'] ?? attributes['url.full']}`);
      }
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  })],
});
provider.register();
registerInstrumentations({ instrumentations: [new FetchInstrumentation(), new XMLHttpRequestInstrumentation()] });
/** @type {Peer} */
const peer = {
  records,
  isInstalled: () => isWrapped(fetch) && isWrapped(XMLHttpRequest.prototype.open) && isWrapped(XMLHttpRequest.prototype.send),
  inside: (go) => go(),
};
Object.assign(globalThis, { peer });
