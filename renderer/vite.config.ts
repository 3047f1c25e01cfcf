import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** A folder beside this file as a path; without Node's own modules, which this room must not see. */
const folder = (relative: string): string =>
  decodeURIComponent(new URL(relative, import.meta.url).pathname).replace(/^\/(?=[A-Za-z]:)/, '');

/** Relative asset paths: the same build is served over http by the browser host and over app:// by the desktop. */
export default defineConfig({
  root: folder('.'),
  base: './',
  plugins: [react()],
  build: {
    outDir: folder('../build/renderer'),
    emptyOutDir: true,
    target: 'chrome120',
    // One local load; splitting further would only add round trips.
    chunkSizeWarningLimit: 4000,
    // Inlined assets would need data: in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
