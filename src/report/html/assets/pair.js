// Two documents side by side: full texts, what they share under the same number and colour.

/** Characters of a block of text; blocks out of sight are not laid out. */
const BLOCK = 4000;
const HUES = 8;

async function pairView(a, b, focus, signal) {
  const [left, right] = await Promise.all([textOf(a), textOf(b)]);
  const title = h("h1", { class: "quiet" }, "Side by side");
  if (!report.byId.has(a) || !report.byId.has(b)) {
    return [title, notice("This page does not hold these documents. ", ...wholeResult())];
  }
  const passages = await sharedPassages(a, b);
  if (left === null || right === null) return [title, ...withoutTexts(a, b, passages)];
  // Numbers follow the first document.
  passages.sort((one, two) => one.places[0][0][0] - two.places[0][0][0]);
  for (const passage of passages) {
    const pieces = [0, 1].map((side) => [left, right][side].slice(...passage.places[side][0]));
    passage.different = a === b ? [[], []] : differing(...pieces);
  }
  const pair = new Pair(a, b, passages, [left, right]);
  document.addEventListener("keydown", (event) => pair.key(event), { signal });
  const at = passages.findIndex((passage) => passage.number === focus);
  requestAnimationFrame(() => pair.go(Math.max(at, 0)));
  return [title, ...pair.elements()];
}

/** What two documents share: the passage's number, and its places and words on each side. */
async function sharedPassages(a, b) {
  const found = [];
  for (const number of shared(a, b)) {
    const members = await membersOf(number);
    const of = [a, b].map((id) => members.filter((member) => member.d === id));
    if (of.some((side) => !side.length)) continue;
    found.push({
      number,
      words: of.map((side) => side[0].o),
      places: of.map((side) => side.map((member) => member.p || [0, 0])),
    });
  }
  return found;
}

/** What can be shown without the texts: the passages themselves. */
function withoutTexts(a, b, passages) {
  const side = (id, passage, index) =>
    h("div", {}, h("h3", {}, foreign(nameOf(id))), h("p", { class: "words", dir: "auto" }, markedWords(passage.words[index])));
  return [
    notice("The full texts of these documents are not in this page; this is what they share. ", ...(report.left_out.no_texts ? [] : wholeResult())),
    legend(),
    growingList(passages, 30, (passage) => h("div", { class: "two" }, side(a, passage, 0), side(b, passage, 1))),
  ];
}

class Pair {
  constructor(a, b, passages, texts) {
    this.ids = [a, b];
    this.passages = passages;
    this.texts = texts;
    this.current = 0;
    this.together = false;
    this.status = h("p", { class: "state", role: "status" });
    this.panels = [0, 1].map((side) => this.panel(side));
    this.maps = [0, 1].map((side) => this.map(side));
    this.last = [0, 0];
  }

  elements() {
    const few = this.passages.length < 2;
    const switchBox = h("input", { type: "checkbox", onchange: (event) => this.sync(event.target.checked) });
    const side = (index) =>
      h(
        "section",
        { class: "side", "aria-label": index ? "Second document" : "First document" },
        h("header", {}, h("h2", {}, h("a", { href: `#document/${this.ids[index]}` }, foreign(nameOf(this.ids[index])))), h("p", {}, provenance(this.ids[index]))),
        h("div", { class: "texted" }, this.panels[index], this.maps[index]),
      );
    return [
      h(
        "div",
        { class: "controls", role: "toolbar", "aria-label": "Shared passages" },
        h("button", { type: "button", disabled: few, "aria-keyshortcuts": "p", onclick: () => this.step(-1) }, "← Previous"),
        h("button", { type: "button", disabled: few, "aria-keyshortcuts": "n", onclick: () => this.step(1) }, "Next →"),
        this.status,
        h("label", {}, switchBox, " Scroll together"),
        h("span", { class: "legend" }, "Keys ", h("kbd", {}, "n"), " ", h("kbd", {}, "p"), " · ", h("em", { class: "diff" }, "underlined"), " words differ"),
      ),
      h("div", { class: "pair" }, side(0), side(1)),
    ];
  }

  /** A text with its shared passages marked, in blocks that end with lines. */
  panel(side) {
    const panel = h("div", { class: "panel", tabindex: "0", role: "region", "aria-label": `Text of ${nameOf(this.ids[side])}` });
    let block = h("div", { class: "block", dir: "auto" });
    let size = 0;
    const text = this.texts[side];
    const put = (node, length) => {
      block.append(node);
      size += length;
    };
    const cut = () => {
      panel.append(block);
      block = h("div", { class: "block", dir: "auto" });
      size = 0;
    };
    const plain = (from, to) => {
      while (from < to) {
        const line = text.indexOf("\n", from + Math.max(0, BLOCK - size));
        const stop = line < 0 || line >= to ? to : line + 1;
        put(document.createTextNode(text.slice(from, stop)), stop - from);
        if (stop === line + 1) cut();
        from = stop;
      }
    };
    for (const [from, to, hits, different] of this.segments(side)) {
      if (!hits.length) {
        plain(from, to);
        continue;
      }
      for (const hit of hits.filter((one) => one.start === from)) put(this.button(hit, side), 0);
      // Where passages overlap, the shortest can still be reached.
      const hit = hits.reduce((best, one) => (one.end - one.start < best.end - best.start ? one : best));
      const words = text.slice(from, to);
      put(
        h("span", { class: `hit hue${hit.index % HUES}`, "data-hit": hit.index, "data-place": hit.place }, different ? h("em", { class: "diff" }, words) : words),
        to - from,
      );
    }
    cut();
    panel.addEventListener("click", (event) => {
      const mark = event.target.closest("[data-hit]");
      if (mark && (event.target.closest("button") || getSelection().isCollapsed)) {
        this.go(Number(mark.dataset.hit), side, Number(mark.dataset.place));
      }
    });
    panel.addEventListener("scroll", () => this.scrolled(side));
    return panel;
  }

  /** The text in stretches over which nothing changes: start, end, passages, whether it differs. */
  segments(side) {
    const text = this.texts[side];
    const events = [];
    this.passages.forEach((passage, index) => {
      passage.places[side].forEach(([start, end], place) => {
        const hit = { index, place, start, end };
        events.push([start, 1, hit], [end, 0, hit]);
        if (place > 0) return;
        for (const [low, high] of passage.different[side]) events.push([start + low, 1, null], [start + high, 0, null]);
      });
    });
    events.sort((one, two) => one[0] - two[0]);
    const found = [];
    let active = [];
    let different = 0;
    let from = 0;
    for (const [at, begins, hit] of events) {
      if (at > from) {
        found.push([from, at, active, different > 0]);
        from = at;
      }
      if (hit) active = begins ? [...active, hit] : active.filter((one) => one !== hit);
      else different += begins ? 1 : -1;
    }
    if (from < text.length) found.push([from, text.length, active, false]);
    return found;
  }

  button(hit, side) {
    const other = nameOf(this.ids[1 - side]);
    return h(
      "button",
      { type: "button", class: `num hue${hit.index % HUES}`, "data-hit": hit.index, "data-place": hit.place, "aria-label": `Shared passage ${hit.index + 1}: show in ${other}` },
      String(hit.index + 1),
    );
  }

  /** The strip beside a text: where its shared passages lie. */
  map(side) {
    const length = this.texts[side].length || 1;
    const view = h("div", { class: "view" });
    const marks = this.passages.flatMap((passage, index) =>
      passage.places[side].map(([start, end], place) =>
        h("div", {
          class: `mark hue${index % HUES}`,
          "data-hit": index,
          "data-place": place,
          "--top": `${(100 * start) / length}%`,
          "--size": `${(100 * (end - start)) / length}%`,
        }),
      ),
    );
    const map = h("div", { class: "map", "aria-hidden": "true" }, view, ...marks);
    map.addEventListener("click", (event) => {
      const mark = event.target.closest("[data-hit]");
      if (mark) {
        this.go(Number(mark.dataset.hit));
        return;
      }
      const box = map.getBoundingClientRect();
      const panel = this.panels[side];
      panel.scrollTop = ((event.clientY - box.top) / box.height) * panel.scrollHeight - panel.clientHeight / 2;
    });
    return map;
  }

  /** Goes to a passage: on both sides, or only on the one that was not clicked. */
  go(index, clicked = null, place = 0) {
    const passage = this.passages[index];
    if (!passage) {
      this.status.textContent = "No shared passage";
      [0, 1].forEach((side) => this.scrolled(side));
      return;
    }
    this.current = index;
    this.status.textContent = `Passage ${index + 1} of ${this.passages.length}`;
    for (const mark of document.querySelectorAll(".pair [data-hit]")) {
      mark.classList.toggle("current", Number(mark.dataset.hit) === index);
    }
    for (const side of [0, 1]) {
      if (side === clicked) continue;
      let wanted = 0;
      // A document beside itself: the other place.
      if (this.ids[0] === this.ids[1] && side === (clicked === null ? 1 : 1 - clicked)) {
        wanted = (place + 1) % passage.places[side].length;
      }
      this.show(side, index, wanted);
    }
  }

  /** Scrolls a side to a passage; again when the blocks around it have their real height. */
  show(side, index, place, again = 2) {
    const panel = this.panels[side];
    const mark = panel.querySelector(`span[data-hit="${index}"][data-place="${place}"]`) || panel.querySelector(`[data-hit="${index}"]`);
    if (!mark) return;
    const offset = mark.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    panel.scrollTop += offset - panel.clientHeight / 3;
    this.last[side] = panel.scrollTop;
    this.scrolled(side);
    if (again) requestAnimationFrame(() => this.show(side, index, place, again - 1));
  }

  step(by) {
    const many = this.passages.length;
    if (many) this.go((this.current + by + many) % many);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input[type=search], select")) return;
    if (event.key === "n") this.step(1);
    else if (event.key === "p") this.step(-1);
  }

  sync(together) {
    this.together = together;
    this.last = this.panels.map((panel) => panel.scrollTop);
  }

  /** Moves the strip's window, and the other side by as much when they scroll together. */
  scrolled(side) {
    const panel = this.panels[side];
    const view = this.maps[side].firstChild;
    view.style.setProperty("--top", `${(100 * panel.scrollTop) / (panel.scrollHeight || 1)}%`);
    view.style.setProperty("--size", `${(100 * panel.clientHeight) / (panel.scrollHeight || 1)}%`);
    const moved = panel.scrollTop - this.last[side];
    this.last[side] = panel.scrollTop;
    if (!this.together || Math.abs(moved) < 1) return;
    const other = this.panels[1 - side];
    other.scrollTop += moved;
    this.last[1 - side] = other.scrollTop;
  }
}
