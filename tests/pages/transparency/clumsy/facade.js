// An XHR that is an object around the native one, in the manner of mocking libraries.
{
  const Native = window.XMLHttpRequest;
  window.XMLHttpRequest = class XMLHttpRequest extends EventTarget {
    static UNSENT = 0; static OPENED = 1; static HEADERS_RECEIVED = 2; static LOADING = 3; static DONE = 4;
    constructor() {
      super();
      this.native = new Native();
      this.upload = this.native.upload;
      for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout']) {
        this.native.addEventListener(type, () => { const event = new Event(type); this[`on${type}`]?.(event); this.dispatchEvent(event); });
      }
    }
    open(...args) { this.native.open(...args); }
    send(body) { this.native.send(body); }
    abort() { this.native.abort(); }
    setRequestHeader(...args) { this.native.setRequestHeader(...args); }
    getResponseHeader(name) { return this.native.getResponseHeader(name); }
    getAllResponseHeaders() { return this.native.getAllResponseHeaders(); }
    overrideMimeType(type) { this.native.overrideMimeType(type); }
    get readyState() { return this.native.readyState; }
    get status() { return this.native.status; }
    get statusText() { return this.native.statusText; }
    get response() { return this.native.response; }
    get responseText() { return this.native.responseText; }
    get responseXML() { return this.native.responseXML; }
    get responseURL() { return this.native.responseURL; }
    get responseType() { return this.native.responseType; }
    set responseType(type) { this.native.responseType = type; }
  };
}
