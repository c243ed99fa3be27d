/* What the forms of the site share: tables pasted or chosen by a reader are read here, and never leave the page. */
window.bookForms = (() => {
  "use strict";
  const MOST = 5_000_000;
  const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
  const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
  const SEPARATORS = [",", ";", "\t"];

  /* What is wrong with an input, in one line. */
  class Fault extends Error {}

  const cut = (text) => {
    const letters = [...text.slice(0, 200)];
    return letters.length > 60 ? `${letters.slice(0, 59).join("")}…` : text;
  };
  const quote = (text) => `“${cut(text).replace(/[\s\p{C}]+/gu, " ")}”`;
  const plural = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many ?? `${one}s`}`;
  const fold = (name) => name.normalize("NFC").trim().toUpperCase().toLowerCase();

  /* NaN for anything that is no number; with a comma for a point where the file has it so. */
  function number(text, comma) {
    const plain = comma ? text.replace(",", ".") : text;
    return NUMBER.test(plain) ? Number(plain) : NaN;
  }

  function quotedCell(text, start, row) {
    const parts = [];
    for (let from = start + 1; ; ) {
      const end = text.indexOf('"', from);
      if (end < 0) throw new Fault(`Row ${row} opens a quotation mark that is never closed.`);
      parts.push(text.slice(from, end));
      if (text[end + 1] !== '"') return [parts.join(""), end + 1];
      parts.push('"');
      from = end + 2;
    }
  }

  function records(text, separator, most = Infinity) {
    const plain = new RegExp(`[^${separator}\\r\\n]*`, "y");
    const rows = [];
    let row = [];
    for (let at = 0; at < text.length && rows.length < most; ) {
      let cell;
      if (text[at] === '"') [cell, at] = quotedCell(text, at, rows.length + 1);
      else {
        plain.lastIndex = at;
        cell = plain.exec(text)[0];
        at += cell.length;
      }
      row.push(cell.trim());
      const next = text[at];
      if (next !== undefined && next !== separator && next !== "\r" && next !== "\n") {
        throw new Fault(`Row ${rows.length + 1} goes on after a closing quotation mark; check its quotation marks.`);
      }
      if (next === separator && at + 1 === text.length) row.push("");
      if (next === undefined || next !== separator || at + 1 === text.length) {
        rows.push(row);
        row = [];
      }
      at += next === "\r" && text[at + 1] === "\n" ? 2 : 1;
    }
    return rows;
  }

  const column = (header, name) => header.findIndex((cell) => cell.toLowerCase() === name);

  function headerOf(text, separator) {
    try {
      return records(text, separator, 1)[0] ?? [];
    } catch (fault) {
      if (fault instanceof Fault) return [];
      throw fault;
    }
  }

  /* The header and the rows that are not blank, each with its number; the separator is the one that shows the columns wanted. */
  function table(content, wanted) {
    const text = content.replace(/^\ufeff/, "").replace(/^(?:[ \t]*\r?\n)+/, "");
    const separator = SEPARATORS.find((each) => wanted.every((name) => column(headerOf(text, each), name) >= 0));
    if (separator === undefined) {
      throw new Fault(`The first line must name the columns ${wanted.slice(0, -1).join(", ")} and ${wanted.at(-1)}.`);
    }
    const [header, ...below] = records(text, separator);
    const rows = below.map((cells, place) => ({ row: place + 2, cells })).filter(({ cells }) => cells.some(Boolean));
    for (const { row, cells } of rows) {
      if (cells.length < header.length || cells.slice(header.length).some(Boolean)) {
        throw new Fault(`Row ${row} has ${plural(cells.length, "cell")} where the header has ${header.length}.`);
      }
    }
    return { separator, header, rows };
  }

  /* The text of a file, which spreadsheets also write as UTF-16. */
  async function textOf(file) {
    if (file.size > MOST) throw new Fault("This file is too large for this page; use the command.");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
    const content = new TextDecoder(wide ?? "utf-8").decode(bytes);
    if (/[\0\ufffd]/.test(content)) throw new Fault("This file is not text in UTF-8; save it as CSV in UTF-8.");
    return content;
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function begin(selector, start) {
    const all = () => document.querySelectorAll(selector).forEach(start);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
    else all();
  }

  return { MOST, Fault, cut, quote, plural, fold, number, DECIMAL_COMMA, column, table, textOf, element, begin };
})();
