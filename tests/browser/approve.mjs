// Approves a login as a person does, by keyboard: node approve.mjs LINK CODE, CODE being what the program shows.
import assert from "node:assert/strict";

import { PICTURES, launch } from "./chromium.mjs";

const [link, code] = process.argv.slice(2);
const browser = await launch();
try {
  const page = await (await browser.newContext({ viewport: { width: 800, height: 720 } })).newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(link);
  await page.getByRole("heading", { name: "Approve this login?" }).waitFor();
  assert.equal(await page.locator(".code").innerText(), code, "the page shows the program's code");
  const focused = () => page.evaluate(() => document.activeElement.innerText);
  for (let steps = 0; (await focused()) !== "Approve"; steps += 1) {
    assert.ok(steps < 10, "Approve is reached by the Tab key");
    await page.keyboard.press("Tab");
  }
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/journey-approve.png` });
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Login approved" }).waitFor();
} finally {
  await browser.close();
}
