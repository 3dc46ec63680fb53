// Passages: a list that sorts and filters, and one passage with all its carriers.

const SORTS = {
  carriers: ["most carriers", (a, b) => b.n - a.n || b.w - a.w],
  length: ["longest", (a, b) => b.w - a.w || b.n - a.n],
  distinct: ["most distinctive", (a, b) => b.r - a.r || b.n - a.n],
  date: ["earliest", (a, b) => (a.t ?? Infinity) - (b.t ?? Infinity) || b.n - a.n],
};

/** Characters of text shown before and after a passage. */
const AROUND = 180;
/** Characters of a canonical passage that are shown in one piece. */
const LONG_QUOTE = 6000;

/** The choice that an address states: `sort`, `source`, `text`, `boilerplate`. */
function choiceOf(query) {
  const said = new URLSearchParams(query);
  const sort = said.get("sort");
  const group = report.groups.findIndex(({ name }) => name === said.get("source"));
  return {
    sort: Object.hasOwn(SORTS, sort) && (sort !== "date" || report.dated) ? sort : "carriers",
    group: said.has("source") && group >= 0 ? group : null,
    text: said.get("text") || "",
    // With nothing else to show, it is not folded away.
    boilerplate: said.has("boilerplate") ? said.get("boilerplate") === "1" : !report.passages.some((passage) => !passage.b),
  };
}

/** The choice as the end of an address; nothing if it is the usual one. */
function queryOf({ sort, group, text, boilerplate }) {
  const said = new URLSearchParams();
  if (sort !== "carriers") said.set("sort", sort);
  if (group !== null) said.set("source", report.groups[group].name);
  if (text.trim()) said.set("text", text.trim());
  if (boilerplate && report.reuse) said.set("boilerplate", "1");
  const query = said.toString();
  return query ? `?${query}` : "";
}

/** Numbers of the passages that a choice lets through, in its order. */
async function choose({ sort, group, text, boilerplate }) {
  const wanted = text.trim().toLowerCase();
  const whole = wanted && report.passages.some((passage) => passage.m) ? await longerTexts() : new Map();
  const inGroup = (id) => report.byId.get(id)?.group === group;
  const found = [];
  report.passages.forEach((passage, number) => {
    if (passage.b && !boilerplate) return;
    if (group !== null && !passage.c.some(inGroup)) return;
    if (wanted && !(whole.get(number) || passage.s).toLowerCase().includes(wanted)) return;
    found.push(number);
  });
  const order = SORTS[sort][1];
  return found.sort((a, b) => order(report.passages[a], report.passages[b]) || a - b);
}

async function passagesView(number, query, signal) {
  const choice = choiceOf(query);
  let found = [];
  const state = h("p", { class: "state", role: "status" });
  const link = (which) => `#passage/${which}${queryOf(choice)}`;
  const list = virtualList("Passages", (index) => passageRow(found[index], number, link(found[index])));
  const back = h("a", { href: `#passages${queryOf(choice)}` }, "← All passages");
  let turn = 0;
  async function update(first) {
    turn += 1;
    const mine = turn;
    list.element.setAttribute("aria-busy", "true");
    const chosen = await choose(choice);
    if (mine !== turn || signal.aborted) return;
    list.element.removeAttribute("aria-busy");
    found = chosen;
    state.textContent = found.length === report.passages.length ? count(found.length, "passage") : `${count(found.length, "passage")} of ${numbers.format(report.passages.length)}`;
    list.show(found.length, first ? keptTop(queryOf(choice)) : 0);
    const at = found.indexOf(number);
    if (first && at >= 0) list.reveal(at);
  }
  const set = (key, value) => {
    choice[key] = value;
    const place = number === undefined ? "#passages" : `#passage/${number}`;
    history.replaceState(null, "", `${place}${queryOf(choice)}`);
    back.href = `#passages${queryOf(choice)}`;
    update(false);
  };
  const sorts = Object.entries(SORTS).filter(([key]) => key !== "date" || report.dated);
  const sources = report.groups.map((group, index) => [String(index), plain(group.name, 60)]);
  const controls = h(
    "form",
    { class: "controls", "aria-label": "Sort and filter", onsubmit: (event) => event.preventDefault() },
    h("label", {}, "Sort ", select(sorts.map(([key, [name]]) => [key, name]), choice.sort, (value) => set("sort", value))),
    report.groups.length > 1
      ? h("label", {}, "Source ", select([["", "all sources"], ...sources], choice.group === null ? "" : String(choice.group), (value) => set("group", value === "" ? null : Number(value))))
      : null,
    h("label", {}, "Text ", h("input", { type: "search", value: choice.text, placeholder: "words of a passage", oninput: (event) => set("text", event.target.value) })),
    report.boilerplate && report.reuse
      ? h("label", { class: "switch" }, h("input", { type: "checkbox", checked: choice.boilerplate, onchange: (event) => set("boilerplate", event.target.checked) }), ` Boilerplate (${numbers.format(report.boilerplate)})`)
      : null,
  );
  const detail = h("section", { class: "detail", "aria-label": "The passage" });
  if (number === undefined) detail.append(h("p", { class: "hint" }, "Choose a passage to see who carries it."));
  else await onePassage(number, detail, back);
  // The list measures its rows once it stands in the page.
  requestAnimationFrame(() => update(true));
  signal.addEventListener("abort", () => keepTop(queryOf(choice), list.top()));
  return [
    h("h1", { class: "quiet" }, "Passages"),
    h(
      "div",
      { class: number === undefined ? "split list-only" : "split" },
      h("section", { class: "list", "aria-label": "List of passages" }, controls, state, list.element),
      detail,
    ),
  ];
}

function passageRow(number, current, place) {
  const passage = report.passages[number];
  const facts = [passage.n > 1 ? count(passage.n, "document") : "one document", count(passage.w, "word"), `distinct ${score(passage.r)}`];
  if (passage.t !== null) facts.push(day(passage.t));
  if (passage.b) facts.push("boilerplate");
  return h(
    "a",
    { class: "row", href: place, "aria-current": number === current ? "true" : null },
    foreign(shorten(passage.s, 160), { class: "quote" }),
    h("small", {}, facts.join(" · ")),
  );
}

/** Fills the detail with a passage and its carriers. */
async function onePassage(number, detail, back) {
  const passage = report.passages[number];
  if (!passage) {
    fill(detail, h("p", { class: "back" }, back), notice(`This page holds no passage ${number}. `, ...wholeResult()));
    return;
  }
  const members = await membersOf(number);
  const whole = passage.m ? (await longerTexts()).get(number) : passage.s;
  const canonical = members[passage.k] || members[0];
  const order = members.map((member, index) => index);
  const time = (index) => report.byId.get(members[index].d)?.time ?? Infinity;
  order.sort((a, b) => (time(a) === time(b) ? a - b : time(a) - time(b)));
  const facts = [count(passage.n, "document"), count(passage.a, "place"), count(passage.w, "word"), `distinctiveness ${score(passage.r)}`];
  fill(
    detail,
    h("p", { class: "back" }, back),
    h("h2", { tabindex: "-1" }, passage.b ? "Boilerplate" : "Shared passage"),
    h("p", { class: "facts" }, facts.join(" · ")),
    h("blockquote", { dir: "auto" }, slice(whole, 0, LONG_QUOTE), whole.length > LONG_QUOTE ? h("small", {}, ` … and ${count(whole.length - LONG_QUOTE, "more character")}: all of it stands side by side.`) : null),
    timelineOf(passage),
    h("h3", {}, report.dated ? "Carriers, the earliest first" : "Carriers"),
    legend(),
    passage.a > members.length ? notice(`Showing ${numbers.format(members.length)} of ${count(passage.a, "place")}. `, ...wholeResult()) : null,
    growingList(order, 30, (index) => carrier(number, members[index], canonical, members), { class: "plain carriers", "aria-label": "Carriers, the earliest first" }),
  );
}

function carrier(number, member, canonical, members) {
  const isCanonical = member === canonical;
  // The canonical text is compared with the first other document that carries it.
  const other = isCanonical ? members.find((one) => one.d !== member.d) || members.find((one) => one !== member) : canonical;
  const changes = member.o.filter(([kind]) => kind > 0 && kind < 6).length;
  const facts = [provenance(member.d), `line ${numbers.format(member.l)}`];
  if (isCanonical) facts.push("canonical text");
  else facts.push(changes ? `${count(changes, "change")}, ${percent(member.i, 1)} equal` : "word for word");
  const words = h("p", { class: "words", dir: "auto" }, h("span", { class: "passage" }, markedWords(member.o)));
  surround(words, member);
  const absence = report.left_out.no_texts ? null : absenceOf(member.d);
  return h(
    "article",
    { class: isCanonical ? "carrier canonical" : "carrier" },
    h("h4", {}, h("a", { href: `#document/${member.d}` }, nameElement(member.d))),
    h("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    words,
    absence ? h("p", { class: "facts" }, "Without the text around it. ", foreign(shorten(absence, 300))) : null,
    other ? h("p", {}, pairLink(Math.min(member.d, other.d), Math.max(member.d, other.d), number, "Side by side with ", member.d === other.d ? "itself" : nameElement(other.d))) : null,
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
  words.prepend(h("span", { class: "around" }, whole[0] ? before.trimStart() : `…${before.replace(/^\S{0,20}(?=\s)/u, "")}`));
  words.append(h("span", { class: "around" }, whole[1] ? after.trimEnd() : `${after.replace(/\s\S{0,20}$/u, "")} …`));
}
