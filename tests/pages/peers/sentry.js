// @ts-check
// Sentry with breadcrumbs and tracing, as its own guide sets it up; what it would send is dropped.
import * as Sentry from '@sentry/browser';

/** @type {string[]} */
const records = [];
Sentry.init({
  dsn: 'https://public@sentry.example/1',
  transport: () => ({ send: () => Promise.resolve({}), flush: () => Promise.resolve(true) }),
  integrations: [Sentry.browserTracingIntegration({ instrumentPageLoad: false, instrumentNavigation: false })],
  tracesSampleRate: 1,
  beforeBreadcrumb: (crumb) => {
    if (crumb.category === 'fetch' || crumb.category === 'xhr') records.push(`breadcrumb ${crumb.category} ${crumb.data?.['method']} ${crumb.data?.['status_code']} ${crumb.data?.['url']}`);
    return crumb;
  },
});
Sentry.getClient()?.on('spanEnd', (span) => {
  const { attributes } = Sentry.spanToJSON(span);
  if (attributes?.['sentry.op'] === 'http.client') records.push(`span ${attributes['http.response.status_code']} ${attributes['url.full']}`);
});
/** @type {Peer} */
const peer = {
  records,
  isInstalled: () => '__sentry_original__' in fetch,
  inside: (go) => Sentry.startSpan({ name: 'the app', forceTransaction: true }, go),
};
Object.assign(globalThis, { peer });
