// Elements, numbers, dates. Text becomes a text node and nothing else: whatever a document holds,
// it is never read as markup.

/** An element with properties and children; strings become text nodes. */
function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) element.style.setProperty(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  fill(element, ...children);
  return element;
}

/** Adds children, without those that are nothing. */
function fill(element, ...children) {
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** An element of SVG. */
function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const numbers = new Intl.NumberFormat("en");

function count(value, one, many) {
  return `${numbers.format(value)} ${value === 1 ? one : many || `${one}s`}`;
}

/** A share as people read it: 0 and 100% are said only of nothing and all. */
function percent(part, whole) {
  if (!whole || !part) return "0%";
  const share = (100 * part) / whole;
  if (share < 1) return "< 1%";
  return `${share > 99 && part < whole ? 99 : Math.round(share)}%`;
}

function score(value) {
  return value.toFixed(2);
}

function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (value >= 1000 && unit < 3) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** The text on one line, at most so many characters; whole code points only. */
function shorten(text, most) {
  const line = text.slice(0, 4 * most).replace(/\s+/gu, " ").trim();
  const points = Array.from(line);
  return points.length <= most ? line : `${points.slice(0, most - 1).join("")}…`;
}

/**
 * Foreign text where no element can hold it (titles, options, labels): short, on one line, without
 * the controls that would turn the direction of what follows.
 */
function plain(text, most = 80) {
  return shorten(text.slice(0, 8 * most).replace(/[\p{Cc}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu, " "), most);
}

/** Foreign text in a direction of its own. */
function foreign(text, properties) {
  return h("bdi", { dir: "auto", ...properties }, text);
}

/** A slice that cuts no character in two. */
function slice(text, start, end) {
  const low = (at) => at > 0 && at < text.length && /[\udc00-\udfff]/u.test(text[at]) && /[\ud800-\udbff]/u.test(text[at - 1]);
  return text.slice(low(start) ? start + 1 : Math.max(0, start), low(end) ? end - 1 : end);
}
