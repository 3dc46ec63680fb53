// Which view the address names, and the way from one to the next.

let leave = new AbortController();
let shownOnce = false;

/** The view of a fragment: name in the navigation, title, content; `wide` views fill the window. */
function route(place, signal) {
  const [name, ...rest] = place.split("/");
  const [a, b, c] = rest.map((part) => (/^\d+$/u.test(part) ? Number(part) : undefined));
  if (name === "passages") return { nav: "passages", title: "Passages", wide: true, content: passagesView() };
  if (name === "passage" && a !== undefined) return { nav: "passages", title: "Passage", wide: true, content: passagesView(a) };
  if (name === "documents") return { nav: "documents", title: "Side by side", wide: true, content: documentsView() };
  if (name === "document" && a !== undefined) return { nav: "documents", title: nameOf(a), wide: true, content: documentsView(a) };
  if (name === "pair" && b !== undefined) return { nav: "documents", title: `${nameOf(a)} and ${nameOf(b)}`, wide: true, content: pairView(a, b, c, signal) };
  if (name === "clusters") return { nav: "clusters", title: "Copies", content: clustersView() };
  return { nav: "overview", title: "What repeats", content: overview() };
}

async function show() {
  const main = document.getElementById("content");
  const place = location.hash.slice(1);
  if (place === "content") {
    main.focus();
    return;
  }
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const view = route(place, signal);
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
    main.focus({ preventScroll: true });
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
