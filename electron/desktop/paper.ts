/** Prints and shows files of ours: a report is printed by Electron itself, and opened by the computer's own program for it. */
import { writeFile } from 'node:fs/promises';
import { shell } from 'electron/common';
import { BrowserWindow } from 'electron/main';
import { RpcError } from '../../agent/common/rpc/messages.ts';

/** Loads a local file in a window that nobody sees and that runs no script, and writes it as a PDF. Throws `not-printed`. */
export async function printPdf(htmlFile: string, pdfFile: string): Promise<void> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false, javascript: false },
  });
  try {
    await window.loadFile(htmlFile);
    // Size and margins are the page's own, the hash in the foot of every page among them.
    const pdf = await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: true });
    await writeFile(pdfFile, pdf, { mode: 0o600 });
  } catch (error) {
    throw new RpcError('not-printed', error instanceof Error ? error.message : String(error));
  } finally {
    window.destroy();
  }
}

/** Throws `unsupported` with what the system says. */
export async function openFile(file: string): Promise<void> {
  const said = await shell.openPath(file);
  if (said !== '') throw new RpcError('unsupported', said);
}
