// The page in a real browser: every view opens, nothing foreign runs, nothing leaves the page.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import axe from "axe-core";
import { chromium } from "playwright-core";

import { large, newsroom } from "./corpus.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const PROGRAM = process.env.DOUBLET || join(ROOT, "target/debug/doublet");
const VIEWS = ["overview", "passages", "passage/0", "documents", "document/1", "pair/1/5", "clusters"];

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
  for (const name of ["seeds", "news", "limited", "saved", "large"]) pages[name] = pathToFileURL(at(`${name}.html`)).href;
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
  await page.goto(`${pages[name]}#${view}`);
  await shows(page, view);
  await use(page);
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.deepEqual(trouble, []);
  await context.close();
}

const shows = (page, view) => page.waitForSelector(`main[data-view="${view}"]`);

/** Whether the middle of an element's first line lies within its panel. */
const inSight = (page, selector) =>
  page.waitForFunction((found) => {
    const mark = document.querySelector(found);
    if (!mark) return false;
    const [line] = mark.getClientRects();
    const panel = mark.closest(".panel").getBoundingClientRect();
    return line && line.top >= panel.top && line.bottom <= panel.bottom;
  }, selector);

const rows = (page) => page.locator(".virtual .row .quote").allTextContents();

for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]]) {
  test(`every view opens and axe finds nothing: ${scheme}, ${width} px`, async () => {
    for (const view of VIEWS) {
      const options = { colorScheme: scheme, viewport: { width, height: 800 } };
      await look("news", view, async (page) => {
        await page.waitForTimeout(200);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => window.axe.run());
        const found = violations.map((one) => `${view}: ${one.id}: ${one.nodes.map((node) => node.html + node.failureSummary).join("\n")}`);
        assert.deepEqual(found, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${view} is ${wide} px wide`);
      }, options);
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
    await page.getByRole("combobox", { name: "Sort" }).selectOption("length");
    const longest = await rows(page);
    assert.notDeepEqual(longest, first);
    await page.getByRole("combobox", { name: "Sort" }).selectOption("date");
    assert.notDeepEqual(await rows(page), longest);
    await page.getByLabel("Text").fill("HARBOUR authority closed");
    assert.match((await rows(page)).join("|"), /^The harbour authority closed[^|]*$/u);
    await page.getByLabel("Text").fill("");
    await page.getByRole("combobox", { name: "Source" }).selectOption({ label: "הנמל" });
    assert.equal((await rows(page)).length, 1);
    await page.getByRole("combobox", { name: "Source" }).selectOption("");
    const without = await page.locator(".state").textContent();
    await page.getByLabel("Boilerplate").check();
    assert.notEqual(await page.locator(".state").textContent(), without);
    await page.locator(".row", { hasText: "boilerplate" }).waitFor();
  });
});

test("a passage opens to its carriers by date, with context and marked changes", async () => {
  await look("news", "passages", async (page) => {
    await page.getByLabel("Text").fill("harbour authority closed");
    await page.locator(".row").click();
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
    await page.waitForTimeout(200);
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

test("deep links land", async () => {
  await look("news", "passage/3", async (page) => {
    await page.locator(".detail blockquote").waitFor();
    assert.equal(await page.locator(".row[aria-current]").count(), 1);
  });
  await look("news", "pair/1/5/2", async (page) => inSight(page, ".side:last-child span.hit.current"));
  await look("news", "passage/99999", async (page) => page.locator(".notice").waitFor());
  await look("news", "pair/99998/99999", async (page) => page.locator(".notice").waitFor());
  await look("news", "overview", async (page) => {
    await page.evaluate(() => (location.hash = "#passage/1"));
    await shows(page, "passage/1");
    await page.goBack();
    await shows(page, "overview");
  });
});

test("hostile text is text", async () => {
  await look("news", "passages", async (page) => {
    await page.getByLabel("Text").fill("hostile documents hold");
    await page.locator(".row").click();
    await page.locator(".carrier a", { hasText: "Side by side" }).first().click();
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
      await page.getByLabel("Text").fill(words);
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

test("limits and missing texts are told", async () => {
  await look("limited", "overview", async (page) => {
    const said = await page.locator(".notice").textContent();
    assert.match(said, /passages of .*full text of .*--html-limit/su);
  });
  await look("saved", "overview", async (page) => {
    assert.match(await page.locator(".notice").first().textContent(), /saved report/u);
  });
  await look("saved", "pair/1/5", async (page) => {
    assert.ok((await page.locator(".two").count()) >= 3);
    assert.ok((await page.locator(".two").first().textContent()).includes("harbour authority"));
  });
});

test("50,000 passages open within three seconds, and the list stays small", async () => {
  const begun = Date.now();
  await look("large", "passages", async (page) => {
    await page.locator(".row").first().waitFor();
    const took = Date.now() - begun;
    console.log(`opened in ${took} ms`);
    assert.ok(took < 3000, `${took} ms`);
    assert.ok((await page.locator(".row").count()) < 40);
    await page.evaluate(() => (document.querySelector(".virtual").scrollTop = 1e9));
    await page.locator('.rows li[aria-posinset="50000"]').waitFor();
    assert.ok((await page.locator(".row").count()) < 40);
    const sorted = Date.now();
    await page.getByRole("combobox", { name: "Sort" }).selectOption("length");
    await page.locator(".row", { hasText: "409 words" }).first().waitFor();
    assert.ok(Date.now() - sorted < 1000);
    // Rows are walked with the arrow keys.
    await page.locator(".row").first().focus();
    for (let i = 0; i < 30; i += 1) await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement.closest("li").dataset.index), "30");
    await page.keyboard.press("Enter");
    await page.locator(".carrier").first().waitFor();
  });
});
