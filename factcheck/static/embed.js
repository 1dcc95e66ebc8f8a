// <factcheck-embed src="https://facts.example/claims/…" theme="dark" version="3">fallback</factcheck-embed>
// shows a claim, a statement or a contradiction in a frame that is as high as what it shows. What stands
// inside the element is shown until the frame is there, and where it never is.
(() => {
  "use strict";

  // The address of the service is where this script came from; nothing else is framed.
  const home = new URL(".", document.currentScript.src);
  const EMBEDDABLE = /^(?:embed\/)?((?:claims|statements|contradictions)\/[^/]+)$/;

  // Returns the address of the embed for that of a page or embed here, else null.
  const frameAddress = (src, theme, version) => {
    let page;
    try {
      page = new URL(src, home);
    } catch {
      return null;
    }
    if (page.origin !== home.origin || !page.pathname.startsWith(home.pathname)) {
      return null;
    }
    const found = page.pathname.slice(home.pathname.length).match(EMBEDDABLE);
    if (!found) {
      return null;
    }
    const frame = new URL(`embed/${found[1]}`, home);
    for (const [name, value] of [["theme", theme], ["version", version]]) {
      const wanted = value || page.searchParams.get(name);
      if (wanted) {
        frame.searchParams.set(name, wanted);
      }
    }
    return frame.href;
  };

  class FactcheckEmbed extends HTMLElement {
    static observedAttributes = ["src", "theme", "version", "title"];

    #frame = null;
    #listen = (event) => {
      const data = event.data;
      if (!this.#frame || event.source !== this.#frame.contentWindow || !data || data.message !== "height") {
        return;
      }
      const height = Number(data.value);
      if (height > 0 && height < 20000) {
        this.#frame.style.height = `${height}px`;
        this.#reveal();
      }
    };

    connectedCallback() {
      addEventListener("message", this.#listen);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#listen);
    }

    attributeChangedCallback() {
      if (this.isConnected) {
        this.#show();
      }
    }

    #show() {
      const address = frameAddress(this.getAttribute("src"), this.getAttribute("theme"), this.getAttribute("version"));
      if (!address) {
        this.#frame?.remove();
        this.#frame = null;
        return;
      }
      const frame = this.#frame || this.#make();
      frame.title = this.getAttribute("title") || frame.title;
      if (frame.src !== address) {
        frame.src = address;
      }
      if (!frame.isConnected) {
        this.append(frame);
      }
    }

    // Until the frame has said how high it is, it lies unseen over what stands inside the element.
    #make() {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts allow-popups allow-popups-to-escape-sandbox");
      frame.title = "Fact check";
      Object.assign(frame.style, { border: "0", width: "100%", position: "absolute", visibility: "hidden" });
      Object.assign(this.style, { display: "block", position: "relative" });
      this.#frame = frame;
      return frame;
    }

    #reveal() {
      if (!this.hasAttribute("title")) {
        this.#frame.title = this.textContent.trim() || this.#frame.title;
      }
      Object.assign(this.#frame.style, { position: "static", visibility: "visible", display: "block" });
      // Not replaceChildren: a frame that is moved loads anew.
      [...this.childNodes].filter((node) => node !== this.#frame).forEach((node) => node.remove());
    }
  }

  if (!customElements.get("factcheck-embed")) {
    customElements.define("factcheck-embed", FactcheckEmbed);
  }
})();
