// JupyterLab in Chromium, with one notebook.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { PICTURES, until } from "./chromium.mjs";

const BIN = process.env.BEAMLIT_JUPYTER;
const LIMIT = 60_000;

/** Runs the notebook. What is asked for before notebook and kernel have met is lost without a word, and asked again. */
export async function runAll(page) {
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
  await idle(page);
  await page.locator(".jp-Toolbar-kernelName", { hasText: "Python 3" }).waitFor();
  const begun = page.locator(".jp-InputPrompt").first().filter({ hasNotText: /\[\s\]/ });
  await until(async () => {
    await page.locator(".lm-MenuBar-itemLabel", { hasText: /^Run$/ }).click();
    await page.locator(".lm-Menu-itemLabel", { hasText: /^Run All Cells$/ }).click();
    return begun.waitFor({ timeout: 3_000 }).then(() => true, () => false);
  });
}

export const idle = (page) =>
  page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first().waitFor();

/** Saves the notebook; its text, which holds `marker` from then on. */
export async function save(page, notebook, marker) {
  await page.keyboard.press("Control+s");
  return until(() => {
    const text = fs.readFileSync(notebook, "utf8");
    return text.includes(marker) && text;
  });
}

/** Lends a page of a JupyterLab whose home is `home`, and the path of its notebook, which holds one cell. */
export async function lab(browser, { home, theme, cell, apiUrl }, use) {
  const notebook = path.join(home, "login.ipynb");
  fs.writeFileSync(notebook, JSON.stringify({ nbformat: 4, nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [{ cell_type: "code", id: "login", source: cell, metadata: {}, outputs: [], execution_count: null }] }));
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
      BL_API_URL: apiUrl } });
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 640 } })).newPage();
  try {
    const running = await until(() => fs.existsSync(runtime)
      && fs.readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name)));
    const { url } = JSON.parse(fs.readFileSync(path.join(runtime, running)));
    page.setDefaultTimeout(LIMIT);
    await page.goto(`${url}lab/tree/login.ipynb?token=EMULATOR`);
    await use(page, notebook);
  } catch (error) {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/notebook-failed.png` });
    throw error;
  } finally {
    await page.context().close();
    server.kill();
    await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve()));
  }
}
