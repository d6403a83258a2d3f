// Opens pages of the documentation site in a headless Chromium and prints as JSON what it saw there.
// What ought to have been seen is for tests/docs/test_site.py to say.
//
//   node site.mjs FOLDER PAGE ...            what it saw, by page
//   SHOTS=DIR node site.mjs FOLDER PAGE ...  the same, and pictures of each page
//
// CHROMIUM names the browser if it is not the first of chromium, chromium-browser, google-chrome.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { desktop: { width: 1366, height: 900 }, phone: { width: 360, height: 740 } };

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

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    where: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
  }));
}

async function look(browser, url, name, scheme, size) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme });
  const page = await context.newPage();
  const seen = { errors: [], requests: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) seen.requests.push(request.url());
  });
  await page.goto(url);
  await page.waitForTimeout(200);
  seen.overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  seen.dark = await page.evaluate(() => document.documentElement.dataset.theme === "dark");
  seen.broken = await page.$$eval("img", (all) =>
    all.filter((one) => one.complete && one.naturalWidth === 0).map((one) => one.src),
  );
  seen.axe = await violations(page);
  if (process.env.SHOTS)
    await page.screenshot({
      path: `${process.env.SHOTS}/${name.replace(/\W+/g, "-")}-${scheme}-${size}.png`,
      fullPage: true,
    });
  await context.close();
  return seen;
}

async function search(browser, folder, words) {
  const page = await browser.newPage();
  await page.goto(`${pathToFileURL(join(folder, "search.html")).href}?q=${encodeURIComponent(words)}`);
  await page.waitForSelector("#search-results li", { timeout: 20000 });
  await page.waitForTimeout(500);
  return page.$$eval("#search-results li > a", (all) => all.map((one) => one.getAttribute("href")));
}

// a sandbox needs privileges that root in a container does not have
const args = process.getuid?.() === 0 ? ["--no-sandbox", "--allow-file-access-from-files"] : [];
const browser = await chromium.launch({ executablePath: browserPath(), args });
try {
  const [folder, ...pages] = process.argv.slice(2);
  const seen = { pages: {}, search: await search(browser, folder, "squeezing") };
  for (const name of pages) {
    const url = pathToFileURL(join(folder, name)).href;
    seen.pages[name] = {
      desktop: await look(browser, url, name, "light", "desktop"),
      dark: await look(browser, url, name, "dark", "desktop"),
      phone: await look(browser, url, name, "light", "phone"),
    };
  }
  process.stdout.write(JSON.stringify(seen));
} finally {
  await browser.close();
}
