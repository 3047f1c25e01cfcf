import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appProtocolHandler, resolveAppFile } from '../../../electron/desktop/appProtocol.ts';
import { isOwnFrame, isOwnPage } from '../../../electron/desktop/security.ts';

test.each([
  ['app://console/', null, true],
  ['app://console/index.html?x#y', null, true],
  ['app://console/', {}, false],
  ['app://console.evil/', null, false],
  ['app://console:1/', null, false],
  ['app:console/', null, false],
  ['https://console/', null, false],
  ['file:///console/', null, false],
  ['data:text/html,app://console/', null, false],
  ['about:blank', null, false],
  ['', null, false],
  ['not an address', null, false],
])('frame %s with parent %s: own %s', (url, parent, own) => {
  expect(isOwnFrame({ url, parent })).toBe(own);
});

test('a frame that is gone is nobody', () => {
  expect(isOwnFrame(null)).toBe(false);
});

test('only the page itself is a place to go to', () => {
  expect(isOwnPage('app://console/')).toBe(true);
  expect(isOwnPage('app://console/#anchor')).toBe(true);
  expect(isOwnPage('app://console/assets/x.svg')).toBe(false);
});

describe('app protocol', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'twinbeat-protocol-'));
    mkdirSync(path.join(root, 'renderer/assets'), { recursive: true });
    writeFileSync(path.join(root, 'renderer/index.html'), '<p>');
    writeFileSync(path.join(root, 'renderer/assets/a b.js'), '1');
    writeFileSync(path.join(root, 'outside.js'), '1');
    mkdirSync(path.join(root, 'renderer-other'));
    writeFileSync(path.join(root, 'renderer-other/x.js'), '1');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const get = (url: string, method = 'GET'): Promise<Response> =>
    appProtocolHandler(path.join(root, 'renderer'))({ url, method } as Request);

  test('files come with their type and the policy', async () => {
    const page = await get('app://console/');
    expect(await page.text()).toBe('<p>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await get('app://console/assets/a%20b.js')).status).toBe(200);
  });

  test.each([
    'app://console/missing.js',
    'app://console/assets',
    'app://console/%2e%2e/outside.js',
    'app://console/..%2foutside.js',
    'app://console/..%2frenderer-other/x.js',
    'app://console/%00.js',
    'app://console/%',
    'app://elsewhere/index.html',
  ])('%s is not there, and the refusal has the policy too', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('nothing but GET', async () => {
    expect((await get('app://console/', 'POST')).status).toBe(405);
  });

  test('a sibling whose name begins like the root is outside', () => {
    expect(resolveAppFile('/a/renderer', 'app://console/..%2frenderer-other/x.js')).toBeNull();
  });
});
