/* Makes the cells of a page run, where `compendium live` serves it; on any other site this is never loaded. */
(() => {
  "use strict";
  const facts = JSON.parse(document.currentScript.dataset.live ?? "null");
  if (!facts) return;

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function load(url) {
    return new Promise((resolve, reject) => {
      const script = element("script", { src: url, onload: resolve });
      script.onerror = () => reject(new Error(`cannot load ${url}`));
      document.head.append(script);
    });
  }

  /* The notebook; Thebe puts a line end of its own after each line of a source that is a list. */
  async function fetched(url) {
    const content = await (await fetch(url)).json();
    for (const cell of content.cells) cell.source = [cell.source].flat().join("");
    return content;
  }

  const listing = (box) => box?.querySelector(".cell_input pre");
  const listings = () => [...document.querySelectorAll("div.cell")].filter(listing);
  const hidden = (tags) => tags.some((tag) => ["remove-cell", "remove_cell", "remove-input", "remove_input"].includes(tag));

  /* The code cells of the notebook, each with its place on the page if it has one. */
  function placed(notebook) {
    const boxes = listings();
    return notebook.code.map((cell) => {
      const fits = !hidden(cell.tags) && listing(boxes[0])?.textContent.trim() === cell.source.trim();
      return { cell, box: fits ? boxes.shift() : null, ran: false };
    });
  }

  // After Escape the key for the next place of the page is the page's again, until the editor is entered anew.
  const LEAVING = { Tab: false, "Shift-Tab": false };

  class Page {
    constructor(bar) {
      this.bar = bar;
      this.queue = Promise.resolve();
    }

    say(words, state = "") {
      this.bar.status.textContent = words;
      this.bar.dataset.state = state;
    }

    async open() {
      const [content] = await Promise.all([fetched(facts.notebook), load(`${facts.thebe}index.js`)]);
      const { api } = window.thebeCore;
      const options = {
        kernelOptions: { kernelName: "python3", path: `${facts.folder}/${crypto.randomUUID()}.ipynb` },
        serverSettings: { baseUrl: location.origin, token: facts.token, appendToken: true },
        savedSessionOptions: { enabled: false },
        mathjaxUrl: "",
        mathjaxConfig: "",
      };
      const config = api.makeConfiguration(options);
      const rendermime = api.makeRenderMimeRegistry(config.mathjax);
      this.notebook = api.setupNotebookFromIpynb(content, config, rendermime);
      this.server = api.connectToJupyter(config);
      await this.server.ready;
      this.session = await this.server.startNewSession(rendermime);
      this.notebook.attachSession(this.session);
      this.session.kernel.statusChanged.connect((_, status) => this.heard(status));
      this.cells = placed(this.notebook);
      this.cells.forEach((each, place) => this.furnish(each, place));
    }

    heard(status) {
      this.bar.dataset.kernel = status;
      if (status === "dead") this.say("The kernel has ended. Reload the page to begin again.", "fault");
    }

    /* An editor of Thebe in place of the listing; its run button and Shift-Enter run what comes before it too. */
    furnish(each, place) {
      const execute = each.cell.execute.bind(each.cell);
      each.run = async () => {
        each.box?.setAttribute("aria-busy", "true");
        const source = each.cell.source;
        const done = await execute(source);
        each.box?.removeAttribute("aria-busy");
        const finished = done !== null && !done.error;
        each.ran = finished && source === each.cell.source;
        this.place(each);
        window.furnishBook(each.output);
        return finished;
      };
      each.cell.execute = () => this.enqueue(() => this.runTo(place));
      each.output = element("div", { className: "book-live-output" });
      if (!each.box) {
        each.cell.attachToDOM(each.output);
        return;
      }
      const source = listing(each.box);
      source.dataset.language = "python";
      each.box.querySelectorAll("button.copybtn").forEach((button) => button.remove());
      const without = { mountRunAllButton: false, mountRestartButton: false, mountRestartAllButton: false };
      const options = { ...without, mountRunButton: true, codeMirrorConfig: { lineNumbers: false } };
      const item = { id: each.cell.id, placeholders: { source, output: each.output } };
      window.thebe.renderAllCells(options, this.notebook, [item]);
      each.cell.model.changed.connect(() => this.place(each));
      each.box.classList.add("book-live-cell");
      this.prepare(each, place);
    }

    prepare(each, place) {
      const { box } = each;
      const name = `cell ${place + 1}`;
      box.querySelector("textarea")?.setAttribute("aria-label", `Code of ${name}; Escape and then Tab leaves it`);
      box.querySelector(".thebe-run-button")?.setAttribute("aria-label", `Run ${name}`);
      const editor = box.querySelector(".CodeMirror").CodeMirror;
      editor.on("change", () => (each.ran = false));
      editor.addKeyMap({ Esc: () => editor.addKeyMap(LEAVING) });
      editor.on("focus", () => editor.removeKeyMap(LEAVING));
      box.querySelector("details")?.addEventListener("toggle", () => editor.refresh());
    }

    /* New output takes the place of the old one as soon as it comes; a figure keeps its caption. */
    place({ box, cell, output }) {
      if (output.isConnected) return;
      const old = box?.querySelector(".cell_output");
      const inFigure = old?.querySelector(":scope > figure > .output");
      if (inFigure) inFigure.replaceWith(output);
      else if (old) old.replaceChildren(output);
      else if (cell.outputs.length) box?.append(element("div", { className: "cell_output" }, output));
    }

    enqueue(work) {
      this.queue = this.queue.then(work, work);
      return this.queue;
    }

    /*
     * Runs a cell, and before it the earlier ones from the first that has not run as it stands, those
     * without a place included. What comes after a cell that runs may rest on it, and is to run again.
     */
    async runTo(place, again = false) {
      const first = again ? 0 : this.cells.findIndex((each, at) => !each.ran || at === place);
      this.cells.slice(first).forEach((each) => (each.ran = false));
      const due = this.cells.slice(first, place + 1);
      for (const [count, each] of due.entries()) {
        this.say(`Running cell ${count + 1} of ${due.length}…`, "busy");
        if (!(await each.run())) {
          const where = each.box ? "See the message below it." : "It is a cell without a place on the page.";
          this.say(`Cell ${this.cells.indexOf(each) + 1} was not finished. ${where}`, "fault");
          each.box?.scrollIntoView({ block: "nearest" });
          return null;
        }
      }
      this.say("Done. Numbers within the text stay those of the edition.", "ready");
      return {};
    }

    runAll() {
      return this.enqueue(() => this.runTo(this.cells.length - 1, true));
    }

    async restart() {
      this.say("Restarting…", "busy");
      await this.session.kernel.restart();
      this.cells.forEach((each) => (each.ran = false));
      this.say("Restarted: nothing has run yet.", "ready");
    }
  }

  const button = (words, onclick) => element("button", { type: "button", textContent: words, onclick });

  function begin() {
    if (!listings().length) return;
    const bar = element("section", { className: "book-live" });
    bar.setAttribute("aria-label", "Live code");
    bar.status = element("p", { className: "book-live-status" });
    bar.status.setAttribute("role", "status");
    const page = new Page(bar);
    const controls = [
      button("Run all cells", () => page.runAll()),
      button("Stop", () => page.session.kernel.interrupt()),
      button("Restart", () => page.restart()),
    ];
    const start = button("Run this page live", async () => {
      start.disabled = true;
      page.say("Starting…", "busy");
      try {
        await page.open();
      } catch (fault) {
        start.disabled = false;
        page.say(`Could not start: ${fault.message}`, "fault");
        return;
      }
      start.replaceWith(...controls);
      controls[0].focus();
      page.say("Ready. Edit a cell, then run it; the earlier cells it rests on run with it.", "ready");
    });
    page.say("The code on this page can run here, on this machine.");
    bar.append(start, bar.status);
    document.querySelector("article h1")?.after(bar);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
