// Passages: a list that sorts and filters, and one passage with all its carriers.

const SORTS = {
  carriers: ["Most carriers", (a, b) => b.n - a.n || b.w - a.w],
  length: ["Longest", (a, b) => b.w - a.w || b.n - a.n],
  distinct: ["Most distinctive", (a, b) => b.r - a.r || b.n - a.n],
  date: ["Earliest", (a, b) => (a.t ?? Infinity) - (b.t ?? Infinity) || b.n - a.n],
};

/** Characters of text shown before and after a passage. */
const AROUND = 240;
/** What is chosen stays chosen while the page is open. */
const chosen = { sort: "carriers", group: "", text: "", boilerplate: false, numbers: [] };

/** Numbers of the passages that the choice lets through, in its order. */
function choose() {
  const wanted = chosen.text.trim().toLowerCase();
  const group = chosen.group === "" ? null : Number(chosen.group);
  const inGroup = (id) => {
    const entry = report.byId.get(id);
    return entry !== undefined && entry.group === group;
  };
  const found = [];
  report.passages.forEach((passage, number) => {
    if (passage.b && !chosen.boilerplate) return;
    if (wanted && !passage.s.toLowerCase().includes(wanted)) return;
    if (group !== null && !passage.c.some(inGroup)) return;
    found.push(number);
  });
  const order = SORTS[chosen.sort][1];
  found.sort((a, b) => order(report.passages[a], report.passages[b]) || a - b);
  chosen.numbers = found;
}

function passagesView(number) {
  const state = h("p", { class: "state", role: "status" });
  const list = virtualList("Passages", (index) => passageRow(chosen.numbers[index], number));
  function update() {
    choose();
    state.textContent = `${count(chosen.numbers.length, "passage")} of ${numbers.format(report.passages.length)}`;
    list.show(chosen.numbers.length);
    const at = chosen.numbers.indexOf(number);
    if (at > 0) list.reveal(at);
  }
  const set = (key, value) => {
    chosen[key] = value;
    update();
  };
  const controls = h(
    "form",
    { class: "controls", "aria-label": "Sort and filter", onsubmit: (event) => event.preventDefault() },
    h("label", {}, "Sort ", select(Object.entries(SORTS).filter(([key]) => key !== "date" || report.entries.some((entry) => entry.time !== null)).map(([key, [name]]) => [key, name]), chosen.sort, (value) => set("sort", value))),
    report.groups.length > 1
      ? h("label", {}, "Source ", select([["", "all sources"], ...report.groups.map((group, index) => [String(index), shorten(group.name, 40)])], chosen.group, (value) => set("group", value)))
      : null,
    h("label", {}, "Text ", h("input", { type: "search", value: chosen.text, placeholder: "words of a passage", oninput: (event) => set("text", event.target.value) })),
    report.boilerplate
      ? h("label", {}, h("input", { type: "checkbox", checked: chosen.boilerplate, onchange: (event) => set("boilerplate", event.target.checked) }), ` Boilerplate (${numbers.format(report.boilerplate)})`)
      : null,
  );
  const detail = h("section", { class: "detail", "aria-label": "The passage" });
  const view = h(
    "div",
    { class: number === undefined ? "split list-only" : "split" },
    h("section", { class: "list", "aria-label": "List of passages" }, controls, state, list.element),
    detail,
  );
  // The list measures its rows once it stands in the page.
  requestAnimationFrame(update);
  if (number === undefined) detail.append(h("p", { class: "hint" }, "Choose a passage to see who carries it."));
  else onePassage(number, detail);
  return [h("h1", { class: number === undefined ? "" : "quiet" }, "Passages"), view];
}

function select(options, value, change) {
  return h(
    "select",
    { onchange: (event) => change(event.target.value) },
    options.map(([key, name]) => h("option", { value: key, selected: key === value }, name)),
  );
}

function passageRow(number, current) {
  const passage = report.passages[number];
  const facts = [passage.n > 1 ? count(passage.n, "document") : "one document", count(passage.w, "word"), `distinct ${score(passage.r)}`];
  if (passage.t !== null) facts.push(day(passage.t));
  if (passage.b) facts.push("boilerplate");
  return h(
    "a",
    { class: "row", href: `#passage/${number}`, "aria-current": number === current ? "true" : null },
    foreign(shorten(passage.s, 160), { class: "quote" }),
    h("small", {}, facts.join(" · ")),
  );
}

/** Fills the detail with a passage and its carriers. */
async function onePassage(number, detail) {
  const passage = report.passages[number];
  if (!passage) {
    detail.append(notice(`This page holds no passage ${number}. `, ...wholeResult()));
    return;
  }
  const members = await membersOf(number);
  const canonical = members[passage.k] || members[0];
  const order = members.map((member, index) => index);
  const time = (index) => report.byId.get(members[index].d)?.time ?? Infinity;
  order.sort((a, b) => (time(a) === time(b) ? a - b : time(a) - time(b)));
  const facts = [
    count(passage.a, "place"),
    count(passage.n, "document"),
    count(passage.w, "word"),
    `distinctiveness ${score(passage.r)}`,
  ];
  fill(
    detail,
    h("p", { class: "back" }, h("a", { href: "#passages" }, "← All passages")),
    h("h2", { tabindex: "-1" }, passage.b ? "Boilerplate" : "Shared passage"),
    h("p", { class: "facts" }, facts.join(" · ")),
    h("blockquote", { dir: "auto" }, passage.s),
    legend(),
    passage.a > members.length ? notice(`Showing ${numbers.format(members.length)} of ${count(passage.a, "place")}. `, ...wholeResult()) : null,
    growingList(order, 30, (index, place) => carrier(number, members[index], canonical, place, members), { class: "plain carriers", "aria-label": "Carriers, the earliest first" }),
  );
}

function carrier(number, member, canonical, place, members) {
  const isCanonical = member === canonical;
  // The canonical text is compared with the first other document that carries it.
  const other = isCanonical ? members.find((one) => one.d !== member.d) || members.find((one) => one !== member) : canonical;
  const changes = member.o.filter(([kind]) => kind > 0).length;
  const facts = [provenance(member.d), `line ${numbers.format(member.l)}`];
  if (isCanonical) facts.push("canonical text");
  else facts.push(`${percent(member.i, 1)} equal`, changes ? count(changes, "change") : "word for word");
  const words = h("p", { class: "words", dir: "auto" }, h("span", { class: "passage" }, markedWords(member.o)));
  surround(words, member);
  return h(
    "article",
    { class: "carrier" },
    h("h3", {}, h("a", { href: `#document/${member.d}` }, foreign(nameOf(member.d)))),
    h("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    words,
    other ? h("p", {}, pairLink(Math.min(member.d, other.d), Math.max(member.d, other.d), number, member.d === other.d ? "Side by side with itself" : "Side by side with ", member.d === other.d ? null : foreign(nameOf(other.d)))) : null,
  );
}

/** Adds the text before and after a passage, where the page holds it. */
async function surround(words, member) {
  const text = member.p && (await textOf(member.d));
  if (!text) return;
  const [start, end] = member.p;
  const before = slice(text, start - AROUND, start);
  const after = slice(text, end, end + AROUND);
  const whole = [start <= AROUND, end + AROUND >= text.length];
  words.prepend(h("span", { class: "around" }, whole[0] ? before : `…${before.replace(/^\S{0,20}(?=\s)/u, "")}`));
  words.append(h("span", { class: "around" }, whole[1] ? after : `${after.replace(/\s\S{0,20}$/u, "")} …`));
}
