/* Draws the charts of a page when they come near the screen, and makes its tables sortable. */
(() => {
  "use strict";
  const here = document.currentScript.src;
  const picked = new Map();
  const drawn = new Set();
  const embedding = { mode: "vega-lite", renderer: "svg", actions: false, ast: true };
  // Rows of a table that scrolls within its place.
  const TALL = 60;
  // Width of a letter of a label, in pixels.
  const LETTER = 7;
  // Of a title, which is larger and bold.
  const TITLE_LETTER = 8;
  // What is to be undone after printing; null at all other times.
  let printing = null;
  let vega;

  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  const narrow = (view) => view.clientWidth < 480;

  function loadVega() {
    // A page that stands alone holds the chart script itself.
    if (window.vegaEmbed) return Promise.resolve();
    vega ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("book-vega.js", here).href;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`cannot load ${script.src}`));
      document.head.append(script);
    });
    return vega;
  }

  function specification(block) {
    block.spec ??= JSON.parse(block.querySelector(":scope > script[type='application/json']").textContent);
    return structuredClone(block.spec);
  }

  // The key stands beside the chart as buttons, so the chart on the page has none of its own.
  function withoutLegends(part) {
    if (Array.isArray(part)) return part.map(withoutLegends);
    if (part === null || typeof part !== "object") return part;
    const entries = Object.entries(part).map(([name, value]) => {
      if (["data", "datasets", "config", "usermeta"].includes(name)) return [name, value];
      return [name, name === "legend" ? null : withoutLegends(value)];
    });
    return Object.fromEntries(entries);
  }

  /* A narrow chart: labels of rows without their middle, titles of axes on several lines. */
  function narrowed(part, columns, letters) {
    if (Array.isArray(part)) return part.map((each) => narrowed(each, columns, letters));
    if (part === null || typeof part !== "object") return part;
    const entries = Object.entries(part).map(([name, value]) => {
      if (["data", "datasets", "config", "usermeta"].includes(name)) return [name, value];
      if (name === "y" && ["nominal", "ordinal"].includes(value?.type) && value.axis !== null)
        return [name, { ...value, axis: { labelExpr: shortLabel(columns(value.field), letters.label), ...value.axis } }];
      if (name === "x" && typeof value?.title === "string") return [name, { ...value, title: lines(value.title, letters.title) }];
      return [name, narrowed(value, columns, letters)];
    });
    return Object.fromEntries(entries);
  }

  const columnOf = (spec) => (field) => [...new Set(Object.values(spec.datasets ?? {}).flat().map((row) => row[field]))].filter((name) => typeof name === "string");

  function shortLabel(names, length) {
    const short = shortNames(names, length);
    return `[${short.map((name) => JSON.stringify(name))}][indexof([${names.map((name) => JSON.stringify(name))}], datum.label)] || datum.label`;
  }

  /* Parts of one benchmark differ at the end of their names, so the middle goes; where that leaves the same, all they share. */
  function shortNames(names, length) {
    const tail = Math.floor(length / 2);
    const cut = (name) => (name.length > length ? `${name.slice(0, length - tail - 1).trimEnd()}\u2026${name.slice(-tail).trimStart()}` : name);
    const cuts = names.map(cut);
    return names.map((name, place) => {
      const alike = names.filter((_, other) => cuts[other] === cuts[place]).map((other) => other.split(" "));
      if (alike.length === 1) return cuts[place];
      const words = name.split(" ");
      const shared = (at) => alike.every((other) => other.at(at) === words.at(at));
      let [first, last] = [0, words.length];
      while (first < last - 1 && shared(first)) first += 1;
      while (last > first + 1 && shared(last - 1 - words.length)) last -= 1;
      const own = words.slice(first, last).join(" ").slice(0, length - 4);
      return `${name.slice(0, length - own.length - 1).trimEnd()}\u2026${own}`;
    });
  }

  function lines(title, length) {
    const found = [""];
    for (const word of title.split(" ")) {
      if (found.at(-1) && `${found.at(-1)} ${word}`.length > length) found.push(word);
      else found.push(`${found.pop()} ${word}`.trim());
    }
    return found.length > 1 ? found : title;
  }

  // The parameter that names what a chart shows, above it.
  const titleName = (spec) => spec.title?.text?.expr;

  const titleLines = (title, view) => lines(title, Math.floor(view.clientWidth / TITLE_LETTER));

  /* A title on as many lines as it needs. */
  function withTitle(spec, view) {
    const named = (param) => param.name === titleName(spec);
    if (!spec.params?.some(named)) return spec;
    return { ...spec, params: spec.params.map((param) => (named(param) ? { ...param, value: titleLines(param.value, view) } : param)) };
  }

  /* Parameters as the reader has set them; a control stays unless the key stands in for it. */
  function withParams(spec, block, keep) {
    const params = (spec.params ?? []).map(({ bind, ...param }) => {
      if (param.select) return { ...param, ...(bind && keep(param) ? { bind } : {}) };
      const value = bind && block.chart ? block.chart.view.signal(param.name) : param.value;
      return { ...param, ...(value === undefined ? {} : { value }), ...(bind && keep(param) ? { bind } : {}) };
    });
    return params.length ? { ...spec, params } : spec;
  }

  function forPage(block, spec, view) {
    const keys = spec.usermeta?.book?.keys ?? [];
    const bare = keys.length ? withoutLegends(spec) : spec;
    const page = withTitle(withParams(bare, block, (param) => param.name !== "picked" || !keys.length), view);
    const config = { ...spec.config, ...window.bookThemes[theme()] };
    // Over labels too, so that a title has the whole width.
    config.title = { ...config.title, frame: "bounds", limit: view.clientWidth };
    if (!narrow(view)) return { ...page, config };
    const room = Math.round(view.clientWidth * 0.4);
    config.axisY = { labelLimit: room + LETTER, titleLimit: 280 };
    config.axisX = { titleLimit: 0 };
    config.legend = { ...config.legend, columns: 1, labelLimit: view.clientWidth - 40 };
    const letters = { label: Math.floor(room / LETTER), title: Math.floor((view.clientWidth - room) / LETTER) };
    return { ...narrowed(page, columnOf(spec), letters), config };
  }

  async function draw(block) {
    const view = block.querySelector(":scope > .book-chart-view");
    drawn.add(block);
    await loadVega();
    const bind = block.querySelector(":scope > .book-controls");
    const { version } = block;
    block.themed = theme();
    const spec = forPage(block, specification(block), view);
    block.chart?.finalize();
    bind?.replaceChildren();
    block.drawnWidth = view.clientWidth;
    block.drawnNarrow = narrow(view);
    block.chart = await window.vegaEmbed(view, spec, { ...embedding, ...(bind ? { bind } : {}), tooltip: { theme: theme() } });
    view.querySelector("svg")?.setAttribute("aria-hidden", "true");
    const field = block.dataset.pick;
    if (field) {
      block.chart.view.addEventListener("click", (event, item) => {
        const name = item?.datum?.[field];
        if (name !== undefined) pick(field, picked.get(field) === name ? null : name);
      });
      showPick(block);
    }
    if (block.version !== version) await show(block);
    block.dataset.drawn = theme();
  }

  /* Lets a chart draw other data: of the same fields, under the names its own have. */
  function swap(block, { datasets, params, description }) {
    const other = specification(block).description !== description;
    block.version = (block.version ?? 0) + 1;
    block.swapped = { datasets, params };
    Object.assign(block.spec.datasets, datasets);
    for (const param of block.spec.params) if (param.name in params) param.value = params[param.name];
    block.spec.description = description;
    block.querySelector(":scope > .book-chart-view").setAttribute("aria-label", description);
    const shown = new Set(Object.values(datasets).flat().map((row) => row[block.dataset.pick]));
    for (const key of block.querySelectorAll(".book-keys button")) key.parentElement.hidden = !shown.has(key.dataset.name);
    const data = block.querySelector(":scope > .book-chart-data");
    if (data) data.dataset.stale = "";
    if (data?.open) fillData(block);
    if (block.chart) return show(block);
    // Printed before it comes near, it would be a picture of something else.
    return other && !drawn.has(block) ? draw(block) : Promise.resolve();
  }

  function show(block) {
    const { view } = block.chart;
    for (const [name, rows] of Object.entries(block.swapped.datasets)) view.data(name, structuredClone(rows));
    for (const [name, value] of Object.entries(block.swapped.params)) view.signal(name, value);
    setTitle(block);
    return view.runAsync();
  }

  function setTitle(block) {
    const param = block.spec.params?.find(({ name }) => name === titleName(block.spec));
    const view = block.querySelector(":scope > .book-chart-view");
    // Another number of lines is another height.
    if (param) block.chart.view.signal(param.name, titleLines(param.value, view)).resize();
  }

  /* The table under a chart, made anew when a reader looks at it. */
  function fillData(block) {
    const data = block.querySelector(":scope > .book-chart-data");
    if (data.dataset.stale === undefined) return;
    delete data.dataset.stale;
    const { columns } = block.spec.usermeta.book;
    const rows = Object.values(block.spec.datasets).find((each) => each.length && columns.every(([field]) => field in each[0]));
    fillTable(data.querySelector("table"), (rows ?? []).map((row) => columns.map(([field]) => ({ value: row[field] }))));
  }

  /* Rows of cells with a value, and perhaps the upper end of an interval, a text or an address; all text goes in as text. */
  function fillTable(table, rows) {
    const bodyRow = (cells) => {
      const row = document.createElement("tr");
      row.append(...cells.map((cell, place) => tableCell(cell, place === 0)));
      return row;
    };
    for (const header of table.tHead.rows[0].cells) header.removeAttribute("aria-sort");
    table.tBodies[0].replaceChildren(...rows.map(bodyRow));
  }

  function tableCell({ value, upper, text, address }, heads) {
    const cell = document.createElement(heads ? "th" : "td");
    if (heads) cell.scope = "row";
    if (typeof value === "number" || value === null) cell.dataset.value = value ?? "";
    if (upper !== undefined) cell.dataset.upper = upper ?? "";
    else if (typeof value === "number") cell.className = "book-number";
    const words = text ?? (typeof value === "number" ? measure(value) : value ?? "\u2013");
    if (address) {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = words;
      cell.append(link);
    } else cell.textContent = words;
    return cell;
  }

  // As `analysis.display.measure` has it: four significant digits.
  function measure(value) {
    const [digits, power] = String(Number(value.toPrecision(4))).split("e");
    const shown = digits.replace("-", "\u2212");
    const raised = (sign) => "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"["-0123456789".indexOf(sign)];
    return power ? `${shown} \u00d7 10${[...power.replace("+", "")].map(raised).join("")}` : shown;
  }

  /* Charts follow their column, which also changes when the contents are folded away. */
  function fit(block) {
    const view = block.querySelector(":scope > .book-chart-view");
    if (!block.chart || printing || view.clientWidth === block.drawnWidth) return;
    if (narrow(view) !== block.drawnNarrow) {
      draw(block);
      return;
    }
    block.drawnWidth = view.clientWidth;
    setTitle(block);
    block.chart.view.signal("width", view.clientWidth).runAsync();
  }

  /* One pick holds for every chart of the page that has the same kind of key. */
  function pick(field, name) {
    picked.set(field, name);
    document.querySelectorAll(".book-chart").forEach((block) => {
      if (block.dataset.pick === field) showPick(block);
    });
  }

  const holds = (block, name) =>
    Object.values(specification(block).datasets ?? {}).some((rows) => rows.some((row) => row[block.dataset.pick] === name));

  function showPick(block) {
    const name = picked.get(block.dataset.pick) ?? null;
    const buttons = [...block.querySelectorAll(".book-keys button")];
    const here = buttons.some((button) => button.dataset.name === name) || (!buttons.length && holds(block, name)) ? name : null;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.name === here)));
    block.chart?.view.signal("picked", here).runAsync();
  }

  /* Saved pictures are complete: key inside, light theme, white ground, a width of their own. */
  async function save(block, format) {
    await loadVega();
    const spec = withSettings(withParams(specification(block), block, () => true));
    const config = { ...spec.config, ...window.bookThemes.light, background: "white" };
    const place = document.createElement("div");
    const chart = await window.vegaEmbed(place, { ...spec, config, width: 720 }, embedding);
    download(await chart.view.toImageURL(format, 2), `${nameOf(block)}.${format}`);
    chart.finalize();
  }

  /* Controls stay behind on the page, so a picture says in words what they are set to. */
  function withSettings(spec) {
    const said = (spec.params ?? []).filter(({ bind, value }) => bind?.name && (value ?? null) !== null).map(({ bind, value }) => `${bind.name.trim()}: ${value}`);
    const params = (spec.params ?? []).map(({ bind, ...param }) => param);
    const title = typeof spec.title === "string" ? { text: spec.title } : spec.title;
    const words = title ? { ...title, subtitle: said } : { text: said, fontWeight: "normal", fontSize: 12 };
    return { ...spec, ...(params.length ? { params } : {}), ...(said.length ? { title: words } : {}) };
  }

  function nameOf(element) {
    const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
    const figure = element.closest("figure[id]");
    const of = element.closest("[data-of]")?.dataset.of;
    return [page, figure?.id ?? element.id, of].filter(Boolean).join("-");
  }

  function download(url, name) {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  }

  function csvOf(table) {
    const field = (text) => {
      // A spreadsheet would run text that begins like a formula.
      const safe = text.replace(/^(?=[=+\-@\t\r])/, "'");
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const rows = [...table.rows];
    // An interval has a column for each of its ends.
    const wide = [...rows[0].cells].map((_, column) => rows.some((row) => row.cells[column]?.dataset.upper !== undefined));
    const fields = (cell, column) => {
      const { value, upper } = cell.dataset;
      const text = cell.textContent.trim();
      if (!wide[column]) return [value ?? field(text)];
      return cell.parentElement === rows[0] ? [field(`${text}, lower`), field(`${text}, upper`)] : [value ?? field(text), upper ?? ""];
    };
    return rows.map((row) => [...row.cells].flatMap(fields).join(",")).join("\r\n") + "\r\n";
  }

  function button(text, action) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    element.addEventListener("click", action);
    return element;
  }

  function sortBy(table, column, header) {
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const cell of header.parentElement.cells) cell.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const numbers = a.cells[column].dataset.value !== undefined && b.cells[column].dataset.value !== undefined;
      return (numbers ? x - y : compare(x, y)) * (descending ? -1 : 1);
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
  }

  function furnishTable(box, place) {
    const table = box.querySelector("table");
    [...(table.tHead?.rows[0]?.cells ?? [])].forEach((header, column) => {
      const sorter = button("", () => sortBy(table, column, header));
      sorter.append(...header.childNodes);
      sorter.className = "book-sort";
      header.append(sorter);
    });
    const csv = () => URL.createObjectURL(new Blob(["\ufeff", csvOf(table)], { type: "text/csv" }));
    const owner = box.closest(".book-chart");
    const name = owner ? `${nameOf(owner)}-data` : `${nameOf(box)}-table-${place + 1}`;
    const bar = document.createElement("p");
    bar.className = "book-actions";
    const rows = table.tBodies[0]?.rows.length ?? 0;
    if (rows > TALL) bar.append(Object.assign(document.createElement("span"), { textContent: `${rows} rows; scroll in the table for more` }));
    bar.append(button("Download as CSV", () => download(csv(), `${name}.csv`)));
    box.after(bar);
    reachable(box, tableName(box));
  }

  // Landmarks have names of their own: that of the figure, or the place of the table on the page.
  function tableName(box) {
    const figure = box.closest("figure")?.querySelector(".caption-number")?.textContent.trim();
    const caption = box.querySelector("caption")?.textContent;
    const place = [...document.querySelectorAll(".book-table")].indexOf(box) + 1;
    return caption ?? (figure ? `${box.closest(".book-chart") ? "Data of " : ""}${figure}` : `Table ${place} on this page`);
  }

  // What scrolls has to be reachable by keyboard, and fades where it goes on.
  function reachable(box, name) {
    const update = () => {
      box.classList.toggle("book-more-right", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
      box.classList.toggle("book-more-below", getComputedStyle(box).overflowY !== "hidden" && box.scrollTop + box.clientHeight < box.scrollHeight - 2);
      if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) return;
      box.tabIndex = 0;
      if (!name) return;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", name);
    };
    new ResizeObserver(update).observe(box);
    box.addEventListener("scroll", update, { passive: true });
  }

  function furnishChart(block, near) {
    const bar = document.createElement("p");
    bar.className = "book-actions";
    bar.append(button("Save as SVG", () => save(block, "svg")), button("Save as PNG", () => save(block, "png")));
    block.append(bar);
    for (const key of block.querySelectorAll(".book-keys button")) {
      key.addEventListener("click", () => {
        pick(block.dataset.pick, key.getAttribute("aria-pressed") === "true" ? null : key.dataset.name);
      });
    }
    block.querySelector(":scope > .book-chart-data")?.addEventListener("toggle", () => fillData(block));
    near.observe(block);
  }

  /* Paper is white, and a browser prints at once: the page takes its light theme for that time, charts take its colours where
     they stand, and those that are not drawn yet show their pictures. */
  function beforePrint() {
    if (printing) return;
    printing = [];
    if (theme() === "dark") {
      document.documentElement.dataset.theme = "light";
      printing.push(() => { document.documentElement.dataset.theme = "dark"; });
    }
    for (const block of document.querySelectorAll(".book-chart")) {
      const view = block.querySelector(":scope > .book-chart-view");
      if (!view.querySelector("svg")) showPicture(block, view);
      else if (block.dataset.drawn === "dark") inLight(view);
    }
  }

  function afterPrint() {
    printing?.forEach((undo) => undo());
    printing = null;
  }

  function showPicture(block, view) {
    const picture = document.createElement("div");
    picture.className = "book-chart-printed";
    picture.innerHTML = block.querySelector(":scope > noscript").textContent;
    view.after(picture);
    printing.push(() => picture.remove());
  }

  function inLight(view) {
    const light = new Map(colourPairs(window.bookThemes.dark, window.bookThemes.light));
    for (const part of view.querySelectorAll("[fill], [stroke]")) {
      for (const name of ["fill", "stroke"]) {
        const colour = part.getAttribute(name);
        if (!light.has(colour)) continue;
        part.setAttribute(name, light.get(colour));
        printing.push(() => part.setAttribute(name, colour));
      }
    }
  }

  // Colours that two themes have in the same places.
  const colourPairs = (from, to) =>
    Object.entries(from).flatMap(([name, value]) => {
      if (value !== null && typeof value === "object") return colourPairs(value, to[name]);
      return String(value).startsWith("#") ? [[value, to[name]]] : [];
    });

  const redraw = (blocks) => Promise.all(blocks.map(draw));

  function start() {
    const near = new IntersectionObserver(
      (entries) => {
        const arrived = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
        arrived.forEach((block) => near.unobserve(block));
        redraw(arrived.filter((block) => !drawn.has(block)));
      },
      { rootMargin: "400px" },
    );
    const column = new ResizeObserver((entries) => entries.forEach((entry) => fit(entry.target.parentElement)));
    // Also for what comes later: the output of a cell that has run.
    window.furnishBook = (root) => {
      for (const block of root.querySelectorAll(".book-chart")) {
        furnishChart(block, near);
        column.observe(block.querySelector(":scope > .book-chart-view"));
      }
      root.querySelectorAll(".book-table").forEach(furnishTable);
      for (const box of root.querySelectorAll(".book-equation > math, .pst-scrollable-table-container, .highlight pre")) reachable(box);
    };
    window.furnishBook(document);
    const follow = () => printing ?? redraw([...drawn].filter((block) => block.isConnected && (block.themed ?? theme()) !== theme()));
    new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
    // For a script that looks at a page: nothing ever comes near its screen.
    window.drawAllCharts = () => redraw([...document.querySelectorAll(".book-chart")].filter((block) => !drawn.has(block)));
  }

  window.book = { swap, fillTable };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
