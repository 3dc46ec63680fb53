// Two documents side by side: full texts, what they share under the same number and colour.

/** Why documents are not here. A page holds all that share something, unless it says otherwise. */
function absent(ids) {
  const unknown = ids.filter((id) => !(id < report.documents));
  if (unknown.length) return notice(`The collection has no document ${unknown.join(" and ")}.`);
  const { passages, clusters } = report.left_out;
  if (passages || clusters) return notice("This page does not hold these documents. ", ...wholeResult());
  return notice(`Document ${ids.join(" and ")}, counted from 0, shares nothing with another one.`);
}

async function pairView(a, b, focus, signal) {
  const title = h("h1", { class: "quiet" }, "Side by side");
  if (!report.byId.has(a) || !report.byId.has(b)) {
    return [title, absent([a, b].filter((id) => !report.byId.has(id)))];
  }
  const texts = await Promise.all([textOf(a), textOf(b)]);
  const passages = await sharedPassages(a, b);
  if (texts.includes(null)) return [title, ...withoutTexts(a, b, passages)];
  // Numbers follow the first document.
  passages.sort((one, two) => one.sides[0][0].place[0] - two.sides[0][0].place[0]);
  for (const passage of passages) markDifferences(passage.sides, texts, a === b);
  const pair = new Pair(a, b, passages, texts);
  document.addEventListener("keydown", (event) => pair.key(event), { signal });
  const at = passages.findIndex((passage) => passage.number === focus);
  requestAnimationFrame(() => pair.go(Math.max(at, 0), null, 0, at >= 0));
  return [title, ...pair.elements()];
}

/**
 * What two documents share: the number of each passage, and on each side its places in the text,
 * with the words and the alignment of each.
 */
async function sharedPassages(a, b) {
  const found = [];
  for (const number of shared(a, b)) {
    const [members, rows] = await Promise.all([membersOf(number), alignmentsOf(number)]);
    const of = (id) =>
      members.flatMap((member, index) =>
        member.d === id ? [{ words: member.o, place: member.p || [0, 0], row: rows && rows[index], differing: [] }] : [],
      );
    const sides = [of(a), of(b)];
    if (sides.every((side) => side.length)) found.push({ number, sides });
  }
  return found;
}

/** Marks what differs: every place against the first on the other side (beside itself: the next). */
function markDifferences(sides, texts, itself) {
  const against = (side, index) => (itself ? sides[1][(index + 1) % sides[1].length] : sides[1 - side][0]);
  for (const side of itself ? [0] : [0, 1]) {
    sides[side].forEach((one, index) => {
      [one.differing] = compare([one, against(side, index)], [texts[side], texts[1 - side]]);
    });
  }
  if (itself) sides[1].forEach((one, index) => (one.differing = sides[0][index].differing));
}

/** What can be shown without the texts: the passages themselves. */
function withoutTexts(a, b, passages) {
  const side = (id, passage, index) =>
    h("div", {}, h("h2", {}, h("a", { href: `#document/${id}` }, nameElement(id))), h("p", { class: "words", dir: "auto" }, markedWords(passage.sides[index][0].words)));
  const why = [a, ...(a === b ? [] : [b])].filter((id) => absenceOf(id)).map((id) => h("li", {}, nameElement(id), ": ", foreign(shorten(absenceOf(id), 300))));
  return [
    h("div", { class: "notice" }, h("p", {}, "Not both full texts are in this page; this is what the documents share."), h("ul", {}, why)),
    legend(),
    growingList(passages, 30, (passage) => h("div", { class: "two" }, side(a, passage, 0), side(b, passage, 1))),
  ];
}

/** Why two documents are in one group of copies, if they are: reason and score. */
function relation(a, b) {
  for (const { representative, members } of report.clusters) {
    if (representative !== a && representative !== b) continue;
    const member = members.find(([id]) => id === (representative === a ? b : a));
    if (member) return `${{ exact: "Exact copies", near: "Nearly the same", contained: "One contains the other" }[member[1]]}, similarity ${score(member[2])}`;
  }
  return "";
}

class Pair {
  constructor(a, b, passages, texts) {
    this.ids = [a, b];
    this.passages = passages;
    this.texts = texts;
    this.current = 0;
    this.together = false;
    this.turn = 0;
    this.status = h("p", { class: "state", role: "status" });
    this.carriers = h("a", { hidden: true }, "All carriers");
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
        h("header", {}, h("h2", {}, h("a", { href: `#document/${this.ids[index]}` }, nameElement(this.ids[index]))), h("p", {}, provenance(this.ids[index]))),
        h("div", { class: "texted" }, this.panels[index], this.maps[index]),
      );
    const related = relation(...this.ids);
    return [
      h(
        "div",
        { class: "controls" },
        h(
          "div",
          { class: "steps", role: "group", "aria-label": "Shared passages" },
          h("button", { type: "button", disabled: few, "aria-keyshortcuts": "p", "aria-label": "Previous passage", onclick: () => this.step(-1) }, "←"),
          h("button", { type: "button", disabled: few, "aria-keyshortcuts": "n", "aria-label": "Next passage", onclick: () => this.step(1) }, "→"),
          this.status,
          this.carriers,
        ),
        h("label", { class: "switch" }, switchBox, " Scroll together"),
        related ? h("span", { class: "legend" }, related) : null,
        h("span", { class: "legend help" }, h("em", { class: "diff" }, "Underlined"), " words differ (", h("em", { class: "diff form" }, "dotted"), ": in form only). Keys ", h("kbd", {}, "n"), " ", h("kbd", {}, "p")),
      ),
      h("div", { class: "pair" }, side(0), side(1)),
    ];
  }

  /** A text with its shared passages marked; a click on one shows the other. */
  panel(side) {
    const panel = h("div", { class: "panel", tabindex: "0", role: "region", "aria-label": `Text of ${plain(nameOf(this.ids[side]))}` });
    const blocks = new Blocks(panel, this.texts[side]);
    for (const [from, to, hits, differs] of this.segments(side)) {
      if (!hits.length) {
        blocks.put(from, to);
        continue;
      }
      for (const hit of hits.filter((one) => one.start === from)) blocks.add(this.button(hit, side));
      // Where passages overlap, the shortest can still be reached.
      const hit = hits.reduce((best, one) => (one.end - one.start < best.end - best.start ? one : best));
      blocks.put(from, to, (words) => {
        const content = differs === null ? words : h("em", { class: `diff ${PIECES[differs]}` }, words);
        return h("span", { class: `hit hue${hit.index % HUES}`, "data-hit": hit.index, "data-place": hit.place }, content);
      });
    }
    blocks.end();
    panel.addEventListener("click", (event) => {
      const mark = event.target.closest("[data-hit]");
      if (mark && (event.target.closest("button") || getSelection().isCollapsed)) {
        this.go(Number(mark.dataset.hit), side, Number(mark.dataset.place));
      }
    });
    panel.addEventListener("scroll", () => this.scrolled(side));
    for (const by of ["wheel", "touchmove", "keydown"]) panel.addEventListener(by, () => (this.turn += 1), { passive: true });
    return panel;
  }

  /** The text in stretches over which nothing changes: start, end, passages, how it differs. */
  segments(side) {
    const text = this.texts[side];
    const events = [];
    this.passages.forEach((passage, index) => {
      passage.sides[side].forEach(({ place: [start, end], differing: ranges }, place) => {
        const hit = { index, place, start, end };
        events.push([start, true, hit, null], [end, false, hit, null]);
        for (const [low, high, kind] of ranges) events.push([low, true, null, kind], [high, false, null, kind]);
      });
    });
    events.sort((one, two) => one[0] - two[0]);
    const found = [];
    const differs = [];
    let active = [];
    let from = 0;
    for (const [at, begins, hit, kind] of events) {
      if (at > from) {
        found.push([from, at, active, differs.length ? Math.max(...differs) : null]);
        from = at;
      }
      if (hit) active = begins ? [...active, hit] : active.filter((one) => one !== hit);
      else if (begins) differs.push(kind);
      else differs.splice(differs.indexOf(kind), 1);
    }
    if (from < text.length) found.push([from, text.length, active, null]);
    return found;
  }

  button(hit, side) {
    const other = plain(nameOf(this.ids[1 - side]), 60);
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
      passage.sides[side].map(({ place: [start, end] }, place) =>
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
  go(index, clicked = null, place = 0, told = true) {
    const passage = this.passages[index];
    if (!passage) {
      this.status.textContent = "No shared passage";
      [0, 1].forEach((side) => this.scrolled(side));
      return;
    }
    this.current = index;
    this.turn += 1;
    this.status.textContent = `Passage ${index + 1} of ${this.passages.length}`;
    this.carriers.href = `#passage/${passage.number}`;
    this.carriers.hidden = false;
    if (told) history.replaceState(null, "", `#pair/${this.ids.join("/")}/${passage.number}`);
    for (const mark of document.querySelectorAll(".pair .current")) mark.classList.remove("current");
    for (const mark of document.querySelectorAll(`.pair [data-hit="${index}"]`)) mark.classList.add("current");
    for (const side of [0, 1]) {
      if (side === clicked) continue;
      let wanted = 0;
      // A document beside itself: the other place.
      if (this.ids[0] === this.ids[1] && side === (clicked === null ? 1 : 1 - clicked)) {
        wanted = (place + 1) % passage.sides[side].length;
      }
      this.show(side, index, wanted);
    }
  }

  /** Scrolls a side to a passage; again until the blocks around it have their real height. */
  show(side, index, place, again = 30, still = 0, turn = this.turn) {
    // Whoever scrolls meanwhile is not pulled back.
    if (turn !== this.turn) return;
    const panel = this.panels[side];
    const mark = panel.querySelector(`span[data-hit="${index}"][data-place="${place}"]`) || panel.querySelector(`[data-hit="${index}"]`);
    if (!mark) return;
    const before = panel.scrollTop;
    panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3;
    this.last[side] = panel.scrollTop;
    this.scrolled(side);
    const calm = Math.abs(panel.scrollTop - before) < 2 ? still + 1 : 0;
    if (again && calm < 4) requestAnimationFrame(() => this.show(side, index, place, again - 1, calm, turn));
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
