// Opens pages in a headless Chromium, uses them as a reader would and prints as JSON what it saw.
// What ought to have been seen is for tests/workflow/test_report.py to say.
//
//   node look.mjs PAGE.html ...              what it saw, a list with one entry a page
//   SHOTS=DIR node look.mjs PAGE.html ...    the same, and pictures of the last page to look at
//
// CHROMIUM names the browser if it is not the first of chromium, chromium-browser, google-chrome.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1366, height: 900 };
const PHONE = { width: 360, height: 740 };

function browserPath() {
  for (const name of [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"]) {
    try {
      if (name) return execFileSync("sh", ["-c", 'command -v "$0"', name]).toString().trim();
    } catch {
      // the next one
    }
  }
  throw new Error("no Chromium found: see tests/workflow/browser/install.sh");
}

const visible = (page) =>
  page.$$eval("#claims tbody tr", (rows) =>
    rows.filter((row) => row.getClientRects().length > 0).map((row) => row.id),
  );
const count = (page) => page.textContent("#count");

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    where: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
  }));
}

// what each choice of a filter leaves, and what the page says about it
async function choices(page, selector) {
  const seen = {};
  const values = await page.$$eval(`${selector} option`, (all) => all.map((one) => one.value));
  for (const value of values) {
    await page.selectOption(selector, value);
    seen[value] = { rows: await visible(page), count: await count(page) };
  }
  await page.selectOption(selector, "");
  return seen;
}

async function words(page, text) {
  await page.fill("#text", text);
  return {
    rows: await visible(page),
    count: await count(page),
    none: await page.isVisible("#none"),
  };
}

// each column up, by mouse, and down, by keyboard
async function sorting(page) {
  const seen = [];
  for (const header of await page.$$("#claims thead th[data-key]")) {
    const key = await header.getAttribute("data-key");
    const orders = [];
    const button = await header.$("button");
    for (const press of [() => button.click(), () => button.press("Enter")]) {
      await press();
      orders.push({ state: await header.getAttribute("aria-sort"), rows: await visible(page) });
    }
    const marked = await page.$$eval("#claims thead [aria-sort]", (all) => all.length);
    seen.push({ key, orders, marked });
  }
  return seen;
}

// how many rows are open at first, with all opened and closed again by the keyboard, and by a link
async function unfolding(page) {
  const open = () => page.$$eval("#claims tbody details[open]", (all) => all.length);
  const seen = { first: await open() };
  await page.press("#unfold", "Enter");
  seen.all = await open();
  await page.press("#unfold", "Enter");
  seen.none = await open();
  const id = await page.$eval("#claims tbody tr:last-child", (row) => row.id);
  await page.evaluate((id) => (location.hash = id), id);
  await page.waitForTimeout(50);
  seen.linked = await page.$$eval("#claims tbody tr:has(details[open])", (all) =>
    all.map((row) => row.id),
  );
  seen.link = id;
  return seen;
}

async function look(browser, path) {
  const url = pathToFileURL(path).href;
  const seen = { errors: [], requests: [] };
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:"))
      seen.requests.push(request.url());
  });
  await page.goto(url);
  await page.evaluate(() => Promise.allSettled([...document.images].map((image) => image.decode())));
  seen.images = await page.$$eval("img", (images) =>
    images.map((image) => ({
      in: image.closest("[id]").id,
      width: image.naturalWidth,
      named: image.hasAttribute("alt"),
    })),
  );
  seen.rows = await page.$$eval("#claims tbody tr", (rows) =>
    rows.map((row) => ({
      id: row.id,
      verdict: row.dataset.verdict,
      cells: [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()),
    })),
  );
  seen.overflow = {};
  seen.axe = {};
  const measure = async (name) => {
    seen.overflow[name] = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    seen.axe[name] = await violations(page);
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
  };
  await measure("desktop");
  await page.setViewportSize(PHONE);
  await measure("phone");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(DESKTOP);
  await measure("dark");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  seen.motion = await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);

  await page.keyboard.press("Tab");
  seen.skip = await page.$eval(".skip", (link) => link === document.activeElement && link.offsetWidth);
  try {
    seen.verdict = await choices(page, "#verdict");
    seen.figure = await choices(page, "#figure");
    seen.words = await words(page, "Subradiant  ensemble");
    seen.nothing = await words(page, "no claim says this");
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    seen.print = {
      rows: await visible(page),
      folded: await page.$$eval("details li", (all) =>
        all.filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length,
      ),
      controls: await page.isVisible(".filters"),
    };
    if (process.env.SHOTS) await page.pdf({ path: `${process.env.SHOTS}/print.pdf`, preferCSSPageSize: true });
    await page.emulateMedia({ media: "screen" });
    await page.click(".filters button[type=reset]");
    await page.waitForTimeout(50);
    seen.reset = { rows: await visible(page), count: await count(page) };
    seen.sort = await sorting(page);
    seen.unfold = await unfolding(page);
  } catch (error) {
    seen.errors.push(`while using the page: ${error.message}`);
  }
  await context.close();

  const plain = await browser.newContext({ viewport: DESKTOP, javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(url);
  seen.unscripted = {
    rows: await still.locator("#claims tbody tr:visible").count(),
    controls: await still.locator(".filters").isVisible(),
  };
  await plain.close();
  return seen;
}

// a sandbox needs privileges that root in a container does not have
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: browserPath(), args });
try {
  const seen = [];
  for (const path of process.argv.slice(2)) seen.push(await look(browser, path));
  process.stdout.write(JSON.stringify(seen));
} finally {
  await browser.close();
}
