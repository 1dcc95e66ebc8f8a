// Tells the page around this embed how high it is, in the protocol of WordPress's embeds:
// {message: "height", value, secret} up, {message: "ready", secret} down, {message: "link", value,
// secret} up where somebody follows a link. It needs no cookie, no storage and no origin.
(() => {
  "use strict";

  if (parent === window) {
    return;
  }

  // The page around may add the secret after we have loaded, so it is read each time.
  const secret = () => (location.hash.match(/secret=([A-Za-z0-9]{10})/) || [])[1];
  const tell = (message, value) => parent.postMessage({ message, value, secret: secret() }, "*");
  const tellHeight = () => tell("height", Math.ceil(document.documentElement.getBoundingClientRect().height));

  addEventListener("message", (event) => {
    const data = event.data;
    if (event.source === parent && data && data.message === "ready" && data.secret === secret()) {
      tellHeight();
    }
  });
  addEventListener("hashchange", tellHeight);
  addEventListener("load", tellHeight);
  new ResizeObserver(tellHeight).observe(document.documentElement);

  // A sandbox without pop-ups would swallow the click. WordPress follows links to our host only, so
  // a link to a source leads to our page, where the source is one click away.
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    // With a key held, or another button, the reader asks for a tab or window of its own.
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && plain && secret()) {
      event.preventDefault();
      const ours = link.host === location.host;
      // A page of a problem has no canonical address.
      const page = document.querySelector("link[rel=canonical]") || location;
      tell("link", ours ? link.href : page.href);
    }
  });
})();
