// A subclass in the place of XMLHttpRequest, which listens before anybody else and keeps notes on the object.
{
  const Native = window.XMLHttpRequest;
  window.XMLHttpRequest = class extends Native {
    open(method, url, ...rest) {
      this._url = String(url);
      super.open(method, url, ...rest);
      this.upload.addEventListener('progress', () => {});
    }
    send(body) {
      this.addEventListener('load', () => { this._text = this.responseText; });
      super.send(body);
    }
  };
}
