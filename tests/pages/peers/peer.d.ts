/** What tests/browser/tap/others.mjs asks of a library that wraps the page's requests. */
interface Peer {
  /** what it has noted of the page's requests, in order; each names the address */
  records: string[];
  /** does it still think that it is in place? */
  isInstalled: () => boolean;
  /** runs the app's call where the library expects it */
  inside: <T>(go: () => Promise<T>) => Promise<T>;
}
declare module 'xhook';
declare module '@mswjs/interceptors/fetch';
declare module '@mswjs/interceptors/XMLHttpRequest';
