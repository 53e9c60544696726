// Chromium, as every test here starts it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const { chromium } = createRequire(`${process.env.BEAMLIT_BROWSER}/`)("playwright-core");
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** Where pictures are left, if anywhere. */
export const PICTURES = process.env.BEAMLIT_PICTURES;

export const launch = () =>
  chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false, args: FLAGS });

/** Looks again and again until something is found. */
export async function until(find, limit = 60_000) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await find();
    if (found) return found;
    assert.ok(Date.now() < end, "the event did not happen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
