// A person at the pages of oidc-provider, in Chromium: approve.mjs URL CODE opens the link, compares the code with the one
// that is shown (RFC 8628 §3.3), signs in and consents. Ends with 0 when the last page says that it is done.
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.env.BEAMLIT_NPM}/`)('playwright-core');
const [link, code] = process.argv.slice(2);
const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false, args });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  // The pages want a font from elsewhere.
  await page.route((url) => url.hostname !== '127.0.0.1', (route) => route.abort());
  const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
  const press = (name) => page.getByRole('button', { name, exact: true }).click();

  await page.goto(link);
  await heading('Confirm Device');
  const shown = await page.locator('code').innerText();
  if (shown !== code) throw new Error('the page shows another code than the program');
  await press('Continue');
  await heading('Sign-in');
  await page.getByPlaceholder('Enter any login').fill('alice');
  await page.getByPlaceholder('and password').fill('CANARY');
  await press('Sign-in');
  await heading('Authorize');
  await press('Continue');
  await heading('Sign-in Success');
} finally {
  await browser.close();
}
