// Runs a cell in JupyterLab in a home that is there already, and saves the notebook in it:
// node run_notebook.mjs HOME CELL MARKER, MARKER being what the cell shows at its end and is not in the cell itself.
// BL_API_URL names the API.
import { PICTURES, launch } from "./chromium.mjs";
import { idle, lab, runAll, save } from "./lab.mjs";

const [home, cell, marker] = process.argv.slice(2);
const browser = await launch();
try {
  const theme = "JupyterLab Light";
  await lab(browser, { home, theme, cell, apiUrl: process.env.BL_API_URL }, async (page, notebook) => {
    await runAll(page);
    await page.locator(".jp-OutputArea-output", { hasText: marker }).first().waitFor();
    await idle(page);
    await save(page, notebook, marker);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/journey-notebook.png` });
  });
} finally {
  await browser.close();
}
