// login() in JupyterLab in a real browser, light and dark: the card is seen, and nothing of it is saved.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const { chromium } = createRequire(`${process.env.BEAMLIT_BROWSER}/`)("playwright-core");
const PICTURES = process.env.BEAMLIT_PICTURES;
const BIN = process.env.BEAMLIT_JUPYTER;
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const LIMIT = 60_000;
const CELL = "import beamlit_auth\nsession = beamlit_auth.login('acme')\nsession";

let emulator, ready, browser;

before(async () => {
  emulator = spawn(`${BIN}/bl`, ["emulator", "--json"], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: emulator.stdout })) {
    ready = JSON.parse(line);
    break;
  }
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false, args: FLAGS });
});

after(async () => {
  await browser?.close();
  emulator?.kill();
});

async function control(what, body) {
  const response = await fetch(`${ready.console_url}/_emulator/${what}`, body && { method: "POST",
    headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await response.text();
  return text && JSON.parse(text);
}

async function until(find) {
  const end = Date.now() + LIMIT;
  for (;;) {
    const found = await find();
    if (found) return found;
    assert.ok(Date.now() < end, "the event did not happen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A JupyterLab with a home of its own and one notebook in it. */
async function lab(theme, use) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "beamlit-lab-"));
  const notebook = path.join(home, "login.ipynb");
  fs.writeFileSync(notebook, JSON.stringify({ nbformat: 4, nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [{ cell_type: "code", id: "login", source: CELL, metadata: {}, outputs: [], execution_count: null }] }));
  const themes = path.join(home, "settings/@jupyterlab/apputils-extension");
  fs.mkdirSync(themes, { recursive: true });
  fs.writeFileSync(path.join(themes, "themes.jupyterlab-settings"), JSON.stringify({ theme }));
  fs.writeFileSync(path.join(themes, "notification.jupyterlab-settings"), JSON.stringify({ fetchNews: "false" }));
  const runtime = path.join(home, "runtime");
  const { CI, ...environment } = process.env;
  const server = spawn(`${BIN}/jupyter`, ["lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", "--port=0",
    "--IdentityProvider.token=EMULATOR", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"], {
    cwd: home, stdio: "ignore", env: { ...environment, HOME: home, JUPYTER_RUNTIME_DIR: runtime,
      JUPYTERLAB_SETTINGS_DIR: path.join(home, "settings"), PATH: `${BIN}:${process.env.PATH}`,
      BL_API_URL: ready.api_url } });
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 640 } })).newPage();
  try {
    const running = await until(() => fs.existsSync(runtime)
      && fs.readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name)));
    const { url } = JSON.parse(fs.readFileSync(path.join(runtime, running)));
    page.setDefaultTimeout(LIMIT);
    await page.goto(`${url}lab/tree/login.ipynb?token=EMULATOR`);
    await use(page, notebook);
  } finally {
    await page.context().close();
    server.kill();
    await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve()));
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

for (const [name, theme] of [["light", "JupyterLab Light"], ["dark", "JupyterLab Dark"]]) {
  test(`the card is seen in a ${name} notebook, and gone when the login is done`, async () => {
    await lab(theme, async (page, notebook) => {
      const idle = () => page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first().waitFor();
      await page.locator(".jp-Notebook .jp-CodeCell").waitFor();
      await idle();
      // Whoever sees the cell can run it only once the kernel has said who it is.
      await page.locator(".jp-Toolbar-kernelName", { hasText: "Python 3" }).waitFor();
      await page.locator(".lm-MenuBar-itemLabel", { hasText: /^Run$/ }).click();
      await page.locator(".lm-Menu-itemLabel", { hasText: /^Run All Cells$/ }).click();
      const card = page.getByRole("group", { name: "Login" });
      await card.waitFor();
      const [{ user_code: code }] = await until(async () => (await control("pending")).length && control("pending"));
      assert.match(await card.innerText(), new RegExp(code));
      const link = card.getByRole("link");
      assert.ok((await link.getAttribute("href")).startsWith(`${ready.console_url}/device?`));
      const line = page.getByRole("timer");
      const began = await line.innerText();
      // A countdown must take neither the focus nor the selection away.
      await link.focus();
      await until(async () => (await line.innerText()) !== began);
      assert.ok(await link.evaluate((it) => it === document.activeElement));
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/notebook-${name}.png` });
      await control("approve", { user_code: code });
      await card.waitFor({ state: "detached" });
      await page.getByText("Logged in.").waitFor();
      await idle();
      await page.keyboard.press("Control+s");
      const saved = await until(() => {
        const text = fs.readFileSync(notebook, "utf8");
        return text.includes("Logged in.") && text;
      });
      for (const secret of [code, "EMULATOR", "eyJ", "/device"]) assert.ok(!saved.includes(secret), secret);
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/notebook-${name}-done.png` });
      assert.deepEqual(await control("pending"), []);
    });
  });
}
