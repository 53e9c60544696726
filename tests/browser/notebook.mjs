// login() in JupyterLab in a real browser, light and dark: the card is seen, and nothing of it is saved.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { PICTURES, launch, until } from "./chromium.mjs";
import { idle, lab, runAll, save } from "./lab.mjs";

const CELL = "import beamlit_auth\nsession = beamlit_auth.login('acme')\nsession";

let emulator, ready, browser;

before(async () => {
  emulator = spawn(`${process.env.BEAMLIT_JUPYTER}/bl`, ["emulator", "--json"],
    { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: emulator.stdout })) {
    ready = JSON.parse(line);
    break;
  }
  browser = await launch();
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

for (const [name, theme] of [["light", "JupyterLab Light"], ["dark", "JupyterLab Dark"]]) {
  test(`the card is seen in a ${name} notebook, and gone when the login is done`, async (context) => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "beamlit-lab-"));
    context.after(() => fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    await lab(browser, { home, theme, cell: CELL, apiUrl: ready.api_url }, async (page, notebook) => {
      await runAll(page);
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
      await idle(page);
      const saved = await save(page, notebook, "Logged in.");
      for (const secret of [code, "EMULATOR", "eyJ", "/device"]) assert.ok(!saved.includes(secret), secret);
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/notebook-${name}-done.png` });
      assert.deepEqual(await control("pending"), []);
    });
  });
}
