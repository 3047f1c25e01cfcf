/** The whole report as one HTML file: it needs no script, no network and no other file, and prints as it is. */
import type { ReportBody } from '../model.ts';
import { after, attachments, findings, signatures } from './closing.ts';
import { pageOf } from './format.ts';
import { html, Html } from './html.ts';
import { advice, budgets, statistics } from './numbers.ts';
import { opening } from './opening.ts';
import { runs } from './results.ts';
import { annex, configuration, identity, method, preflight, requirements } from './setup.ts';
import { sheet } from './style.ts';

/** `hash`: of the body (seal.ts). `pictures`: drawings by their path among the attachments. */
export function printReport(body: ReportBody, hash: string, pictures: ReadonlyMap<string, string>): string {
  const page = pageOf(body, hash, pictures);
  const { w } = page;
  const title = `${w.title} · ${body.pair.name}`;
  const results = [opening, runs, statistics, budgets, findings, after, advice];
  const ground = [requirements, configuration, identity, method, preflight];
  const rest = [attachments, signatures, annex];
  const style = new Html(`<style>${sheet(title, w.hashName, hash)}</style>`);
  return html`<!doctype html>
    <html lang="${body.language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="Twinbeat ${body.console.version}" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        ${[...results, ...ground, ...rest].map((part) => part(page))}
        <div class="foot">${w.hashName}: <code>${hash}</code></div>
      </body>
    </html> `.text;
}
