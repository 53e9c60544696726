// The console in a real browser, by keyboard alone.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";

import { PICTURES, launch } from "./chromium.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

let emulator, ready, browser, page, complaints;

before(async () => {
  emulator = spawn(process.env.BEAMLIT_BL, ["emulator", "--json"], { stdio: ["pipe", "pipe", "inherit"] });
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

beforeEach(async () => {
  await page?.context().close();
  page = await (await browser.newContext({ viewport: { width: 800, height: 720 } })).newPage();
  page.setDefaultTimeout(10_000);
  // A refused style, frame or load is told on the browser's console.
  complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
});

async function post(url, body) {
  const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

async function startLogin() {
  return (await post(`${ready.api_url}/login/device`,
    { client_id: "beamlit", workspace: "acme", scope: "offline_access" })).body;
}

const poll = (login) => post(ready.token_endpoint,
  { grant_type: GRANT, client_id: "beamlit", device_code: login.device_code });

const keys = async (...names) => {
  for (const name of names) await page.keyboard.press(name);
};

/** What has the focus, by its role in the page, and that the eye can see it. */
async function focused() {
  const { name, outline } = await page.evaluate(() => {
    const it = document.activeElement;
    return { name: it.labels?.[0]?.innerText ?? it.ariaLabel ?? it.innerText, outline: getComputedStyle(it).outlineStyle };
  });
  assert.equal(outline, "solid", `the focus on ${name} is seen`);
  return name;
}

/** Leaves pictures of the page, light and dark, and reads its colours. */
async function look(name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const [back, text] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color].map((colour) => Number(colour.match(/\d+/)[0]));
    });
    assert.equal(back > text, colorScheme === "light", `${name} is ${colorScheme}`);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: null });
}

test("a code is typed and approved by keyboard alone", async () => {
  const login = await startLogin();
  assert.equal((await poll(login)).status, 202);
  await page.goto(login.verification_uri);
  assert.equal(await focused(), "Code that your program shows");
  await look("enter-code");
  await page.keyboard.type("nosuchcode");
  await keys("Enter");
  await page.getByRole("alert").waitFor();
  assert.equal(await focused(), "Code that your program shows");
  await look("unknown-code");
  complaints = [];
  await keys("Control+a");
  await page.keyboard.type(login.user_code.replace("-", "").toLowerCase());
  await keys("Enter");
  await page.getByRole("heading", { name: "Approve this login?" }).waitFor();
  await keys("Enter", "Tab");
  assert.equal(await focused(), "Beamlit emulator", "Enter alone decides nothing");
  await keys("Tab");
  assert.equal(await focused(), "Approve");
  await look("approve");
  await keys("Enter");
  await page.getByRole("heading", { name: "Login approved" }).waitFor();
  await look("approved");
  assert.equal((await poll(login)).status, 200);
  assert.deepEqual(complaints, []);
});

test("a link is denied by keyboard alone", async () => {
  const login = await startLogin();
  await page.goto(`${login.verification_uri_complete}&workspace=acme`);
  await page.getByText("Did you start this on your machine?").waitFor();
  await keys("Tab", "Tab", "Tab");
  assert.equal(await focused(), "Deny");
  await keys("Space");
  await page.getByRole("heading", { name: "Login denied" }).waitFor();
  await look("denied");
  const { status, body } = await poll(login);
  assert.deepEqual([status, body.error], [400, "access_denied"]);
  assert.deepEqual(complaints, []);
});

test("an API key and a service account are made and deleted by keyboard alone", async () => {
  await page.goto(ready.console_url);
  await look("console");
  await keys("Tab", "Tab", "Tab");
  assert.match(await focused(), /API keys/);
  await keys("Enter");
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  assert.equal(await focused(), "Name");
  await page.keyboard.type("laptop");
  await keys("Tab", "ArrowDown", "Tab");
  assert.equal(await focused(), "Create key");
  await keys("Enter");
  const key = await page.locator("#secret").innerText();
  const models = () => fetch(`${ready.api_url}/models`, { headers: { "X-Beamlit-Api-Key": key } });
  assert.equal((await models()).status, 200);
  await look("api-keys");
  await page.getByRole("button", { name: "Delete laptop" }).focus();
  await keys("Enter");
  await page.getByRole("row", { name: "laptop" }).waitFor({ state: "detached" });
  assert.equal((await models()).status, 401);

  await page.goto(`${ready.console_url}/workspaces/acme/service-accounts`);
  assert.equal(await focused(), "Name");
  await page.keyboard.type("ci");
  await keys("Tab", "Tab", "Enter");
  const client = {
    client_id: await page.locator("#client_id").innerText(),
    client_secret: await page.locator("#secret").innerText(),
  };
  const token = () => post(ready.token_endpoint, { grant_type: "client_credentials", ...client });
  assert.equal((await token()).status, 200);
  await look("service-accounts");
  await page.getByRole("button", { name: "Delete ci" }).focus();
  await keys("Enter");
  await page.getByRole("row", { name: "ci" }).waitFor({ state: "detached" });
  assert.equal((await token()).status, 400);
  assert.deepEqual(complaints, []);
});

test("the pages load nothing", async () => {
  const { requests } = await (await fetch(`${ready.console_url}/_emulator/requests`)).json();
  const pages = /^\/(|device|profile\/.*|workspaces\/.*|v0\/.*)$/;
  assert.deepEqual(requests.map(({ path }) => path).filter((path) => !pages.test(path)), []);
});
