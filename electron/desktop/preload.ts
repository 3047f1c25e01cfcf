/**
 * The only thing a page gets from us: one message port to the core, when it says that it listens.
 * It exposes no function and no object. Runs sandboxed; bundled to one CommonJS file.
 */
import { ipcRenderer } from 'electron/renderer';
import { CONNECT_CHANNEL, PAGE_READY_MESSAGE, PORT_CHANNEL, PORT_MESSAGE } from './channels.ts';

window.addEventListener('message', (event) => {
  if (event.source === window && event.data === PAGE_READY_MESSAGE) ipcRenderer.send(CONNECT_CHANNEL);
});

// Also comes unasked, when main had to start the core again.
ipcRenderer.on(PORT_CHANNEL, (event) => window.postMessage(PORT_MESSAGE, '*', event.ports));
