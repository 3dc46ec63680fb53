// The page in a real browser: every view opens, nothing foreign runs, nothing leaves the page.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import axe from "axe-core";
import { chromium } from "playwright-core";

import { far, groups, large, newsroom } from "./corpus.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const PROGRAM = process.env.DOUBLET || join(ROOT, "target/debug/doublet");
const VIEWS = ["overview", "passages?sort=length&text=harbour", "passage/0", "documents", "document/1", "pair/1/5", "clusters", "cluster/0"];

let folder;
let browser;
const pages = {};

function doublet(...args) {
  execFileSync(PROGRAM, [...args, "--quiet"], { stdio: ["ignore", "ignore", "inherit"] });
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "doublet-browser-"));
  const at = (name) => join(folder, name);
  newsroom(at("news.jsonl"));
  doublet("find", join(ROOT, "seeds"), "--include", "*.txt", "--output", at("seeds.html"));
  const source = ["find", at("news.jsonl"), "--group-by", "outlet", "--date-field", "published"];
  doublet(...source, "--output", at("news.html"));
  doublet(...source, "--output", at("news.json"));
  doublet(...source, "--html-limit", "2,3", "--output", at("limited.html"));
  doublet("report", at("news.json"), "--output", at("saved.html"));
  large(JSON.parse(readFileSync(at("news.json"), "utf8")), at("large.json"), 50_000, 2_000);
  doublet("report", at("large.json"), "--output", at("large.html"));
  // Of the saved result one file is as it was, one has changed, and one is gone.
  for (const name of ["same", "changed", "gone"]) writeFileSync(at(`${name}.txt`), `${name}\n\nThe ferry to the island will not sail before the storm has passed, the company said on Friday.\n`);
  doublet("find", ...["same", "changed", "gone"].map((name) => at(`${name}.txt`)), at("news.jsonl"), "--output", at("mixed.json"));
  writeFileSync(at("changed.txt"), `changed \n\nThe ferry to the island will not sail before the storm has passed, the company said on Friday.\n`);
  rmSync(at("gone.txt"));
  doublet("report", at("mixed.json"), "--output", at("mixed.html"));
  far(at("far.jsonl"));
  doublet("find", at("far.jsonl"), "--output", at("far.html"));
  groups(at("groups.jsonl"), 60);
  doublet("find", at("groups.jsonl"), "--group-by", "outlet", "--output", at("groups.html"));
  // Without their files, reports have no texts.
  doublet("report", at("news.json"), "--html-limit", "50000,0", "--output", at("bare.html"));
  for (const name of ["seeds", "news", "limited", "saved", "bare", "mixed", "groups", "far", "large"]) pages[name] = pathToFileURL(at(`${name}.html`)).href;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** Opens a view, runs `use`, and checks that nothing was fetched, logged or run by a document. */
async function look(name, view, use, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => trouble.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== pages[name]) trouble.push(`request: ${request.url()}`);
  });
  try {
    await page.goto(`${pages[name]}#${view}`);
    await shows(page, view);
    await use(page);
  } catch (error) {
    error.message = [`${name}#${view}: ${error.message}`, ...trouble].join("\n");
    throw error;
  }
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.deepEqual(trouble, []);
  await context.close();
}

const shows = (page, view) => page.waitForSelector(`main[data-view="${view.split("?")[0]}"]`);

/** Whether the middle of an element's first line lies within its panel. */
const inSight = (page, selector) =>
  page.waitForFunction((found) => {
    const mark = document.querySelector(found);
    if (!mark) return false;
    const [line] = mark.getClientRects();
    const panel = mark.closest(".panel").getBoundingClientRect();
    return line && line.top >= panel.top && line.bottom <= panel.bottom;
  }, selector);

/** Filters passages by their text, and waits until the list is of it. */
async function filter(page, text) {
  await page.getByLabel("Text").fill(text);
  await page.waitForSelector(".virtual:not([aria-busy])");
}

const rows = (page) => page.locator(".virtual .row .quote").allTextContents();

for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]]) {
  test(`every view opens and axe finds nothing: ${scheme}, ${width} px`, async () => {
    for (const [name, views] of [["news", VIEWS], ["bare", ["pair/1/5"]], ["groups", ["overview"]], ["mixed", ["passages?text=ferry"]]]) {
      await look(name, views[0], async (page) => {
        await page.evaluate(axe.source);
        for (const view of views) {
          // Of a large table two rows are looked at: the others are alike.
          await page.evaluate((place) => (location.hash = place), view);
          await shows(page, view);
          await page.waitForTimeout(100);
          const { violations } = await page.evaluate(() => window.axe.run({ exclude: [".heat tbody tr:nth-child(n + 3)", ".one-source"] }));
          const found = violations.map((one) => `${view}: ${one.id}: ${one.nodes.map((node) => node.html + node.failureSummary).join("\n")}`);
          assert.deepEqual(found, []);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${view} is ${wide} px wide`);
        }
      }, { colorScheme: scheme, viewport: { width, height: 800 } });
    }
  });
}

test("the sample quotes stand side by side after two clicks", async () => {
  await look("seeds", "overview", async (page) => {
    await page.locator(".card", { hasText: "not building any military alliances" }).click();
    await page.locator(".carrier ins", { hasText: "patterns" }).waitFor();
    await page.locator(".carrier a", { hasText: "Side by side" }).first().click();
    for (const words of ["are not", "aren’t", "pattern", "patterns"]) {
      await page.locator(".pair .diff", { hasText: new RegExp(`^${words}$`) }).first().waitFor();
    }
    const texts = await page.locator(".panel").allTextContents();
    assert.ok(texts.every((text) => text.includes("creating a military bloc")));
    await inSight(page, ".side:first-child span.hit.current");
    await inSight(page, ".side:last-child span.hit.current");
  });
});

test("sorting and filtering change what is shown", async () => {
  await look("news", "passages", async (page) => {
    await page.locator(".row").first().waitFor();
    const first = await rows(page);
    const become = (holds) => page.waitForFunction(holds);
    await page.getByRole("combobox", { name: "Sort" }).selectOption("length");
    const longest = await rows(page);
    assert.notDeepEqual(longest, first);
    const words = await page.locator(".row small").allTextContents();
    const lengths = words.map((text) => Number(/(\d+) words/u.exec(text)[1]));
    assert.deepEqual(lengths, [...lengths].sort((a, b) => b - a));
    await page.getByRole("combobox", { name: "Sort" }).selectOption("date");
    assert.notDeepEqual(await rows(page), longest);
    const dates = (await page.locator(".row small").allTextContents()).map((text) => /\d{4}-\d\d-\d\d/u.exec(text)[0]);
    assert.deepEqual(dates, [...dates].sort());
    await filter(page, "LEFT the 漢字 Harbour");
    assert.match((await rows(page)).join("|"), /^The 🚢 left[^|]*$/u);
    assert.match(await page.locator(".state").textContent(), /^1 passage of/u);
    await filter(page, "");
    await page.getByRole("combobox", { name: "Source" }).selectOption({ label: "הנמל" });
    await become(() => document.querySelectorAll(".row").length === 1);
    await page.getByRole("combobox", { name: "Source" }).selectOption("");
    await become(() => document.querySelectorAll(".row").length > 5);
    const without = await page.locator(".state").textContent();
    await page.getByLabel("Boilerplate").check();
    await page.locator(".row", { hasText: "boilerplate" }).waitFor();
    assert.notEqual(await page.locator(".state").textContent(), without);
    // The address says all of it.
    const { hash } = new URL(page.url());
    assert.equal(hash, "#passages?sort=date&boilerplate=1");
  });
});

test("the text of a long passage is searched to its end", async () => {
  await look("news", "passages", async (page) => {
    const last = await page.evaluate(() => document.querySelectorAll(".row").length);
    assert.ok(last > 5);
    // The disclaimer ends the copied story, hundreds of words behind what a list shows of it.
    await filter(page, "fishermen and ferry owners called premature.\n");
    await page.locator(".row", { hasText: /\d\d\d words/u }).first().waitFor();
    assert.ok((await rows(page)).every((text) => !text.includes("premature")));
  });
});

test("a passage opens to its carriers by date, with context and marked changes", async () => {
  await look("news", "passages", async (page) => {
    await filter(page, "harbour authority closed");
    await page.locator(".row").first().click();
    await page.locator(".carrier").first().waitFor();
    const facts = await page.locator(".carrier .facts").allTextContents();
    const dates = facts.map((text) => /\d{4}-\d\d-\d\d/u.exec(text)[0]);
    assert.ok(dates.length > 10);
    assert.deepEqual(dates, [...dates].sort());
    await page.waitForFunction(() => document.querySelectorAll(".carrier .around").length === 2 * document.querySelectorAll(".carrier").length);
    assert.ok((await page.locator(".carrier ins, .carrier del").count()) > 0);
    for (const [mark, line] of [["ins", "underline"], ["del", "line-through"]]) {
      const style = await page.locator(`.carrier ${mark}`).first().evaluate((element) => getComputedStyle(element).textDecorationLine);
      assert.equal(style, line);
    }
  });
});

test("a click brings the partner into view; keys and the switch work", async () => {
  await look("news", "pair/4/26", async (page) => {
    await page.locator(".panel span.hit").first().waitFor();
  });
  await look("news", "pair/1/5", async (page) => {
    const count = await page.locator(".side:first-child button.num").count();
    assert.ok(count >= 3);
    const last = count - 1;
    await page.waitForTimeout(200);
    await page.evaluate(() => document.querySelectorAll(".panel").forEach((panel) => panel.scrollTo(0, 0)));
    await page.locator(`.side:first-child span[data-hit="${last}"]`).first().click();
    await inSight(page, `.side:last-child span[data-hit="${last}"]`);
    const state = page.locator(".controls .state");
    assert.equal(await state.textContent(), `Passage ${count} of ${count}`);
    await page.keyboard.press("n");
    assert.equal(await state.textContent(), `Passage 1 of ${count}`);
    await inSight(page, `.side:first-child span[data-hit="0"]`);
    await page.keyboard.press("p");
    assert.equal(await state.textContent(), `Passage ${count} of ${count}`);
    const hue = (side) => page.locator(`.side:${side}-child button[data-hit="1"]`).evaluate((mark) => [mark.textContent, getComputedStyle(mark).backgroundColor]);
    assert.deepEqual(await hue("first"), await hue("last"));
    await page.keyboard.press("n");
    await page.waitForTimeout(1000);
    await page.getByLabel("Scroll together").check();
    const tops = () => page.evaluate(() => [...document.querySelectorAll(".panel")].map((panel) => panel.scrollTop));
    const before = await tops();
    await page.evaluate(() => document.querySelector(".panel").scrollBy(0, 90));
    await page.waitForTimeout(200);
    const after = await tops();
    assert.deepEqual(after.map((top, i) => Math.round(top - before[i])), [90, 90]);
    // The strip leads to the passage it shows.
    await page.locator('.side:last-child .mark[data-hit="0"]').click();
    assert.equal(await state.textContent(), `Passage 1 of ${count}`);
  });
});

test("far jumps in long texts land", async () => {
  await look("far", "pair/0/1", async (page) => {
    await page.locator(".panel span.hit").first().waitFor();
    const many = await page.locator(".side:first-child button.num").count();
    assert.ok(many >= 55, `${many} passages`);
    for (const index of [many - 1, 2, 30, many - 2, 0]) {
      await page.locator(`.side:first-child .mark[data-hit="${index}"]`).click();
      for (const side of ["first", "last"]) await inSight(page, `.side:${side}-child span.hit.current`);
    }
  });
});

test("words that differ are those of the report's alignments, composed", async () => {
  const marked = async (page) =>
    page.evaluate(() =>
      [...document.querySelectorAll(".panel")].map((panel) =>
        [...panel.querySelectorAll('span.hit em.diff')].map((mark) => mark.textContent).filter((text) => !/^\s*$/u.test(text)),
      ),
    );
  const between = async (a, b) => {
    let found;
    await look("news", "documents", async (page) => {
      const id = await page.evaluate(() => [...document.querySelectorAll(".row")].map((row) => [row.textContent, row.getAttribute("href")]));
      assert.ok(id.length > 0);
      const of = async (name) => {
        await page.getByLabel("Name").fill(name);
        const row = page.locator(".row", { hasText: name }).first();
        await row.waitFor();
        return /document\/(\d+)/u.exec(await row.getAttribute("href"))[1];
      };
      const [one, two] = [await of(`variant-${a}`), await of(`variant-${b}`)];
      await page.evaluate((place) => (location.hash = place), `#pair/${one}/${two}`);
      await page.locator(".panel span.hit").first().waitFor();
      found = await marked(page);
    });
    return found;
  };
  // A contraction, in form only; words that only one has; words that both changed, alike or not.
  assert.deepEqual(await between(0, 1), [["are not"], ["aren’t"]]);
  assert.deepEqual(await between(0, 2), [["summer"], ["old", "winter"]]);
  assert.deepEqual(await between(2, 3), [["old", "fishing"], ["new", "whaling"]]);
  assert.deepEqual(await between(1, 2), [["aren’t", "summer"], ["are not", "old", "winter"]]);
});

test("deep links land", async () => {
  await look("news", "cluster/1", async (page) => {
    await page.locator(".detail .card", { hasText: /copy|same|contained/u }).first().waitFor();
    assert.equal(await page.locator(".row[aria-current]").count(), 1);
    await page.locator(".detail .card").first().click();
    await page.locator(".panel").first().waitFor();
  });
  await look("news", "passages?sort=date&source=The+Globe&text=harbour", async (page) => {
    await page.locator(".row").first().waitFor();
    assert.equal(await page.getByRole("combobox", { name: "Sort" }).inputValue(), "date");
    assert.equal(await page.getByLabel("Text").inputValue(), "harbour");
    await page.locator(".row").first().click();
    // What was chosen stays chosen beside the passage, and on the way back.
    await page.locator(".detail blockquote").waitFor();
    assert.equal(await page.getByLabel("Text").inputValue(), "harbour");
    await page.getByRole("link", { name: "All passages" }).click();
    await page.waitForFunction(() => location.hash === "#passages?sort=date&source=The+Globe&text=harbour");
  });
  await look("news", "documents?text=story-1", async (page) => {
    await page.locator(".row").first().waitFor();
    assert.ok((await rows(page)).every((name) => name.startsWith("story-1")));
  });
  for (const view of ["cluster/999", "document/99999", "pair/1/99999", "passage/999?sort=none", "nowhere/at/all"]) {
    await look("news", view, async (page) => {
      if (view !== "nowhere/at/all") await page.locator(".notice").waitFor();
    });
  }
  await look("news", "passage/3", async (page) => {
    await page.locator(".detail blockquote").waitFor();
    assert.equal(await page.locator(".row[aria-current]").count(), 1);
  });
  await look("news", "pair/1/5/2", async (page) => inSight(page, ".side:last-child span.hit.current"));
  await look("news", "passage/99999", async (page) => page.locator(".notice").waitFor());
  await look("news", "pair/99998/99999", async (page) => {
    assert.match(await page.locator(".notice").innerText(), /no document 99998 and 99999/);
    await page.evaluate(() => (location.hash = "#overview"));
    const alone = Number(await page.locator(".figures strong").first().innerText()) - 1;
    await page.evaluate((id) => (location.hash = `#pair/1/${id}`), alone);
    await page.getByText(`Document ${alone}, counted from 0, shares nothing`).waitFor();
  });
  await look("news", "overview", async (page) => {
    await page.evaluate(() => (location.hash = "#passage/1"));
    await shows(page, "passage/1");
    await page.goBack();
    await shows(page, "overview");
  });
});

test("hostile text is text", async () => {
  await look("news", "passages", async (page) => {
    await filter(page, "hostile documents hold");
    await page.locator(".row").click();
    await page.locator(".carrier a", { hasText: "Side by side" }).first().click();
    await page.locator(".panel span.hit").first().waitFor();
    const texts = await page.locator(".panel").allTextContents();
    assert.equal(texts.length, 2);
    assert.ok(texts.every((text) => text.includes("<script>window.owned=1</script>") && text.includes("</textarea>")));
    assert.equal(await page.locator("main img, main script, main textarea").count(), 0);
  });
});

test("marks fit texts of every script", async () => {
  for (const [words, exact] of [
    ["aboard and nobody", /^The 🚢 left the 漢字 harbour with 👩‍👩‍👧 aboard .*bound$/su],
    ["潜水士", /^港湾当局は.*閉鎖した$/su],
    ["הנמל", /^רשות .*למים$/su],
  ]) {
    await look("news", "passages", async (page) => {
      await filter(page, words);
      await page.locator(".row").first().click();
      await page.locator(".carrier a", { hasText: "Side by side" }).first().click();
      await page.locator(".panel span.hit").first().waitFor();
      const marked = await page.evaluate(() =>
        [...document.querySelectorAll(".panel")].map((panel) => [...panel.querySelectorAll("span.hit")].map((mark) => mark.textContent).join("")),
      );
      for (const text of marked) assert.match(text, exact);
    });
  }
});

test("names and texts turn nothing around and push nothing aside", async () => {
  for (const width of [1280, 360]) {
    await look("news", "passages?text=committee+has+asked", async (page) => {
      await page.locator(".row").first().click();
      await page.locator(".carrier .around").first().waitFor();
      const carriers = await page.locator(".carrier").count();
      assert.equal(carriers, 2);
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok((await wide()) <= width);
      // The words after a name that turns direction stand to the right of it, on its line or below.
      const facts = await page.locator(".carrier .facts").evaluateAll((all) =>
        all.map((one) => {
          const range = document.createRange();
          const text = one.lastChild;
          range.setStart(text, text.data.lastIndexOf("line"));
          range.setEnd(text, text.data.lastIndexOf("line") + 6);
          const box = range.getBoundingClientRect();
          const first = document.createRange();
          first.setStart(text, text.data.lastIndexOf("line"));
          first.setEnd(text, text.data.lastIndexOf("line") + 1);
          return first.getBoundingClientRect().left <= box.left + 1;
        }),
      );
      assert.deepEqual(facts, [true, true]);
      assert.ok((await page.title()).length < 200);
      await page.locator(".carrier a", { hasText: "Side by side" }).first().click();
      await page.locator(".panel span.hit").first().waitFor();
      assert.ok((await wide()) <= width);
      const texts = await page.locator(".panel").allTextContents();
      assert.ok(texts.some((text) => text.includes("\u2028 next \u2029 \ufeff")));
      assert.ok(texts.some((text) => text.includes("{{7*7}} </textarea> <script>window.owned=6</script>")));
    }, { viewport: { width, height: 800 } });
    for (const view of ["overview", "documents", "clusters"]) {
      await look("news", view, async (page) => {
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, view);
        // No isolation is left open, and no control stands where no element can isolate it.
        const loose = await page.evaluate(() => [...document.querySelectorAll("option, [title], [aria-label]")].filter((one) => /[\u202a-\u202e\u2066-\u2069]/u.test(`${one.tagName === "OPTION" ? one.textContent : ""}${one.title}${one.getAttribute("aria-label")}`)).length);
        assert.equal(loose, 0);
      }, { viewport: { width, height: 800 } });
    }
  }
});

test("all of it can be reached and told by keyboard", async () => {
  await look("news", "overview", async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    const stops = [];
    for (let i = 0; i < 7; i += 1) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(() => document.activeElement.getAttribute("href")));
    }
    assert.deepEqual(stops, ["#overview", "#overview", "#passages", "#documents", "#clusters", "#documents", "#passages"]);
    for (let i = 0; i < 2; i += 1) await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "card");
    await page.keyboard.press("Enter");
    await page.locator(".detail h2:focus").waitFor();
  });
  await look("news", "clusters", async (page) => {
    await page.locator(".row").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator(".detail h2:focus").waitFor();
    assert.equal(await page.locator(".row[aria-current]").getAttribute("href"), "#cluster/1");
  });
  await look("news", "pair/1/5", async (page) => {
    await page.locator(".panel span.hit").first().waitFor();
    const names = await page.evaluate(() => [...document.querySelectorAll(".panel, .panel button")].map((one) => one.getAttribute("aria-label")));
    assert.ok(names.length > 6 && names.every((name) => /^(Shared passage \d+: show in story-\d+|Text of story-\d+)$/u.test(name)), names.join());
    // A number is a button: Enter shows the other side.
    await page.locator('.side:first-child button.num[data-hit="2"]').focus();
    await page.keyboard.press("Enter");
    await inSight(page, '.side:last-child span[data-hit="2"]');
    await page.waitForFunction(() => /^#pair\/1\/5\/\d+$/u.test(location.hash));
  });
});

test("every source of many can be looked at", async () => {
  await look("groups", "overview", async (page) => {
    assert.equal(await page.locator(".heat tbody tr").count(), 40);
    await page.getByRole("button", { name: /Show more/u }).first().click();
    assert.ok((await page.locator(".bars").first().locator("li").count()) > 12);
    const source = page.getByRole("combobox", { name: "One source" });
    assert.equal(await source.locator("option").count(), 61);
    await source.selectOption({ label: "outlet 59" });
    await page.locator(".one-source .bars li").first().waitFor();
    assert.match(await page.locator(".one-source").textContent(), /outlet 0/u);
  });
});

test("texts of a saved result come from its files, where these are as they were", async () => {
  await look("saved", "pair/1/5", async (page) => {
    await page.locator(".panel span.hit").first().waitFor();
    assert.ok((await page.locator(".panel").first().textContent()).includes("harbour authority"));
  });
  await look("mixed", "overview", async (page) => {
    assert.match(await page.locator(".notice").textContent(), /text of 2 documents is not in this page/u);
  });
  await look("mixed", "passages?text=ferry+to+the+island", async (page) => {
    await page.locator(".row").click();
    await page.locator(".carrier").first().waitFor();
    const facts = (await page.locator(".carrier").allTextContents()).join("\n");
    assert.match(facts, /changed\.txt has changed since/u);
    assert.match(facts, /gone\.txt could not be read: there is no such file/u);
    await page.waitForFunction(() => document.querySelectorAll(".carrier .around").length === 2);
    await page.locator(".carrier a", { hasText: "Side by side" }).last().click();
    assert.match(await page.locator(".notice").textContent(), /Not both full texts.*(changed since|could not be read)/su);
    assert.equal(await page.locator(".two").count(), 1);
  });
});

test("limits and missing texts are told", async () => {
  await look("limited", "overview", async (page) => {
    const said = await page.locator(".notice").textContent();
    assert.match(said, /passages of .*full text of .*--html-limit/su);
  });
  await look("limited", "document/5", async (page) => {
    assert.match(await page.locator(".detail").textContent(), /beyond the limits of this page/u);
  });
  await look("bare", "overview", async (page) => {
    assert.match(await page.locator(".notice").first().textContent(), /no full texts/u);
  });
  await look("bare", "pair/1/5", async (page) => {
    assert.ok((await page.locator(".two").count()) >= 3);
    assert.ok((await page.locator(".two").first().textContent()).includes("harbour authority"));
  });
});

test("50,000 passages stay in a small list", async () => {
  await look("large", "passages", async (page) => {
    await page.locator(".row").first().waitFor();
    assert.ok((await page.locator(".row").count()) < 40);
    await page.evaluate(() => (document.querySelector(".virtual").scrollTop = 1e9));
    await page.locator('.rows li[aria-posinset="50000"]').waitFor();
    assert.ok((await page.locator(".row").count()) < 40);
    await page.getByRole("combobox", { name: "Sort" }).selectOption("length");
    await page.locator(".row", { hasText: "409 words" }).first().waitFor();
    // Rows are walked with the arrow keys.
    await page.locator(".row").first().focus();
    for (let i = 0; i < 30; i += 1) await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement.closest("li").dataset.index), "30");
    await page.keyboard.press("Enter");
    await page.locator(".carrier").first().waitFor();
    // Back in the list, it stands where it was.
    const top = await page.evaluate(() => document.querySelector(".virtual").scrollTop);
    assert.ok(top > 0);
    await page.goBack();
    await shows(page, "passages");
    await page.waitForFunction((was) => Math.abs(document.querySelector(".virtual").scrollTop - was) < 500 && was > 0, top);
    // On paper a list is as long as what was in sight.
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const [height, background] = await page.evaluate(() => [document.documentElement.scrollHeight, getComputedStyle(document.documentElement).backgroundColor]);
    assert.ok(height < 10_000, `${height} px`);
    assert.equal(background, "rgb(251, 250, 247)");
  });
});
