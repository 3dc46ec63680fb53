// Parts that several views use: virtual lists, bars, marked words, links.

/**
 * A list that only holds the rows in sight. All rows have the height of the first.
 * `row(index)` makes the content of a row; `show(n, top)` sets how many rows there are and how far
 * they are scrolled.
 */
function virtualList(label, row) {
  const list = h("ol", { class: "rows", "aria-label": label });
  const frame = h("div", { class: "virtual", tabindex: "0", role: "region", "aria-label": label }, list);
  let total = 0;
  let height = 0;
  let drawn = "";
  const item = (index) =>
    h("li", { "aria-setsize": total, "aria-posinset": index + 1, "data-index": index }, row(index));
  function draw(force) {
    if (!total) {
      list.replaceChildren();
      list.style.height = "0";
      drawn = "";
      return;
    }
    if (!height || force) {
      list.replaceChildren(item(0));
      height = list.firstChild.getBoundingClientRect().height || height;
      if (!height) return;
    }
    const first = Math.max(0, Math.floor(frame.scrollTop / height) - 5);
    const last = Math.min(total, Math.ceil((frame.scrollTop + frame.clientHeight) / height) + 5);
    const range = `${first}-${last}-${total}`;
    list.style.height = `${total * height}px`;
    if (range === drawn && !force) return;
    drawn = range;
    const focused = list.contains(document.activeElement)
      ? document.activeElement.closest("li").dataset.index
      : null;
    const items = [];
    for (let index = first; index < last; index += 1) {
      const one = item(index);
      one.style.top = `${index * height}px`;
      items.push(one);
    }
    list.replaceChildren(...items);
    if (focused !== null) focus(Number(focused));
  }
  function focus(index) {
    const found = list.querySelector(`li[data-index="${index}"] a`);
    if (found) found.focus({ preventScroll: true });
  }
  /** Brings a row into sight. */
  function reveal(index) {
    const top = index * height;
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (top + height > frame.scrollTop + frame.clientHeight) {
      frame.scrollTop = top + height - frame.clientHeight;
    }
    draw();
  }
  frame.addEventListener("scroll", () => draw());
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = document.activeElement.closest("li");
    if (!step || !at || !list.contains(at)) return;
    const next = Number(at.dataset.index) + step;
    if (next < 0 || next >= total) return;
    event.preventDefault();
    reveal(next);
    focus(next);
  });
  new ResizeObserver(() => draw(true)).observe(frame);
  return {
    element: frame,
    reveal,
    redraw: () => draw(true),
    show(rows, top = 0) {
      total = rows;
      draw(true);
      frame.scrollTop = top;
      draw();
    },
    top: () => frame.scrollTop,
  };
}

/** Where a list was scrolled to when it was last left: one list is remembered. */
const left = { list: "", top: 0 };

function keepTop(list, top) {
  left.list = list;
  left.top = top;
}

function keptTop(list) {
  return left.list === list ? left.top : 0;
}

function select(options, value, change) {
  return h(
    "select",
    { onchange: (event) => change(event.target.value) },
    options.map(([key, name]) => h("option", { value: key, selected: key === value }, name)),
  );
}

/** A list that shows its first rows, and more on demand. */
function growingList(rows, step, make, properties) {
  const list = h("ol", { class: "plain", ...properties });
  const more = h("button", { type: "button", class: "more" });
  let shown = 0;
  function grow() {
    const next = rows.slice(shown, shown + step);
    list.append(...next.map((one, i) => h("li", {}, make(one, shown + i))));
    shown += next.length;
    more.textContent = `Show more (${numbers.format(rows.length - shown)} left)`;
    more.hidden = shown >= rows.length;
  }
  more.addEventListener("click", grow);
  grow();
  return h("div", {}, list, more);
}

/** Kinds of pieces, as the data numbers them: class and what a screen reader hears. */
const PIECES = ["equal", "contraction", "form", "wording", "inserted", "deleted"];

/** The words of a member, with what it changed marked. */
function markedWords(pieces) {
  return pieces.flatMap(([kind, old, now]) => {
    if (kind === 0) return [now];
    if (kind === 6) return [h("small", { class: "elided" }, ` [… ${count(Number(now), "character")}, all the same …] `)];
    const parts = [];
    if (old) parts.push(h("del", { class: PIECES[kind] }, old));
    if (old && now) parts.push(" ");
    if (now) parts.push(h("ins", { class: PIECES[kind] }, now));
    return parts;
  });
}

/** What the marks of `markedWords` mean. */
function legend() {
  return h(
    "p",
    { class: "legend" },
    "Against the canonical text: ",
    h("del", { class: "deleted" }, "dropped"),
    " ",
    h("ins", { class: "inserted" }, "added"),
    " ",
    h("del", { class: "wording" }, "before"),
    " ",
    h("ins", { class: "wording" }, "after"),
    " (dotted: only another form of the word)",
  );
}

/** A link to two documents side by side, at a passage. */
function pairLink(a, b, passage, ...content) {
  const place = passage === undefined ? `#pair/${a}/${b}` : `#pair/${a}/${b}/${passage}`;
  return h("a", { href: place }, ...content);
}

/** A bar of shares: `[class, part]…` of a whole. */
function bar(parts, whole) {
  return h(
    "span",
    { class: "bar", "aria-hidden": "true" },
    parts.map(([kind, part]) =>
      h("span", { class: kind, "--share": `${whole ? (100 * part) / whole : 0}%` }),
    ),
  );
}

function notice(...content) {
  return h("p", { class: "notice" }, ...content);
}

/** Where everything is when the page holds only a part. */
function wholeResult() {
  return report.whole
    ? ["The whole result is in ", h("code", {}, report.whole), "."]
    : [
        "The whole result: run again with ",
        h("code", {}, "--format json"),
        " or ",
        h("code", {}, "csv"),
        ", or with a higher ",
        h("code", {}, "--html-limit"),
        ".",
      ];
}
