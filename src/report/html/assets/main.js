// Which view the address names, and the way from one to the next.

let leave = new AbortController();
let shownOnce = false;

/** The view of a fragment: name in the navigation, title, content; `wide` views fill the window. */
function route(place, query, signal) {
  const [name, ...rest] = place.split("/");
  const [a, b, c] = rest.map((part) => (/^\d{1,10}$/u.test(part) ? Number(part) : undefined));
  const wide = (nav, title, content) => ({ nav, title, wide: true, content });
  if (name === "passages") return wide("passages", "Passages", passagesView(undefined, query, signal));
  if (name === "passage" && a !== undefined) return wide("passages", plain(report.passages[a]?.s || "Passage", 50), passagesView(a, query, signal));
  if (name === "documents") return wide("documents", "Documents", documentsView(undefined, query, signal));
  if (name === "document" && a !== undefined) return wide("documents", plain(nameOf(a)), documentsView(a, query, signal));
  if (name === "pair" && b !== undefined) return wide("documents", `${plain(nameOf(a), 40)} and ${plain(nameOf(b), 40)}`, pairView(a, b, c, signal));
  if (name === "clusters") return wide("clusters", "Copies", clustersView(undefined, query, signal));
  if (name === "cluster" && a !== undefined) return wide("clusters", "Group of copies", clustersView(a, query, signal));
  return { nav: "overview", title: "What repeats", content: overview() };
}

async function show() {
  const main = document.getElementById("content");
  const [place, query] = location.hash.slice(1).split(/\?(.*)/su);
  if (place === "content") {
    main.focus();
    return;
  }
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const view = route(place, query || "", signal);
  const content = await view.content;
  if (signal.aborted) return;
  main.replaceChildren();
  main.className = view.wide ? `wide ${place.split("/")[0]}` : "";
  fill(main, ...content);
  document.title = `${view.title} · doublet`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view.nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (shownOnce) {
    scrollTo(0, 0);
    // What was chosen is read first, without the list beside it.
    (main.querySelector(".detail h2") || main).focus({ preventScroll: true });
  }
  shownOnce = true;
  main.dataset.view = place || "overview";
}

async function start() {
  const main = document.getElementById("content");
  if (typeof DecompressionStream === "undefined") {
    main.replaceChildren(notice("This browser is too old to read the report: it cannot unpack data (DecompressionStream)."));
    return;
  }
  await open();
  addEventListener("hashchange", show);
  await show();
}

start();
