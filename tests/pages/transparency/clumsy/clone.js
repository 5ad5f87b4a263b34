// A wrapper that looks right, and clones every good answer to read along.
{
  const native = window.fetch;
  window.fetch = new Proxy(native, {
    apply(target, self, args) {
      const answer = Reflect.apply(target, self, args);
      answer.then((response) => { if (response.ok) response.clone().text(); });
      return answer;
    },
  });
}
