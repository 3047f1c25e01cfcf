/** How a report writes numbers, times and judgements. What is not known is said so, in words and without a colour of good. */
import type { Text } from '../../contract/drill.ts';
import { wallText, zoneText } from '../../base/wallTime.ts';
import type { ReportBody } from '../model.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { wordsOf } from './words.ts';
import type { ReportWords } from './words.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'dim';

/** A body with everything that printing it needs at hand. */
export interface Page {
  readonly body: ReportBody;
  readonly w: ReportWords;
  readonly hash: string;
  /** Drawings by their path among the attachments. */
  readonly pictures: ReadonlyMap<string, string>;
  t(text: Text): string;
  /** Date and time in the report's zone. */
  when(wallMs: number): string;
}

export function pageOf(body: ReportBody, hash: string, pictures: ReadonlyMap<string, string>): Page {
  return {
    body,
    w: wordsOf(body.language),
    hash,
    pictures,
    t: (text) => text[body.language],
    when: (wallMs) => `${wallText(wallMs, body.offsetMin)} ${zoneText(body.offsetMin)}`,
  };
}

/** `640 ms`, `2.41 s`, `3 min`. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Number(ms.toFixed(size < 10 ? 1 : 0))} ms`;
  if (size < 120_000) return `${Number((ms / 1000).toFixed(2))} s`;
  if (size < 7_200_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  return `${Number((ms / 3_600_000).toFixed(1))} h`;
}

export const dim = (text: string): Html => html`<span class="dim">${text}</span>`;

/** A duration, or that it is not known. */
export function time({ w }: Page, ms: number | null): string | Html {
  return ms === null ? dim(w.unknown) : durationText(ms);
}

/** A person's words, or that there are none. */
export function said(page: Page, words: string): string | Html {
  return words.trim() === '' ? dim(page.w.notDeclared) : words;
}

export const tag = (text: string, tone: Tone): Html => html`<span class="tag ${tone}">${text}</span>`;

/** Rows of a table whose first column names the second; empty ones are left out. */
export function facts(rows: readonly (readonly [string, string | Html | null])[]): Html {
  const shown = rows.filter(([, value]) => value !== null && value !== '');
  return html`<table>
    <tbody>
      ${shown.map(
        ([name, value]) =>
          html`<tr>
            <th>${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export interface Column {
  readonly head: string;
  readonly isNumber?: boolean;
}

export function grid(columns: readonly Column[], rows: readonly (readonly (string | number | Html | null)[])[]): Html {
  const kind = (i: number): string => (columns[i]?.isNumber === true ? 'n' : '');
  return html`<table>
    <thead>
      <tr>
        ${columns.map((c, i) => html`<th class="${kind(i)}">${c.head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export const RUN_TONES = { pass: 'ok', remark: 'warn', fail: 'bad', void: 'dim', skipped: 'dim' } as const;
export const VERDICT_TONES = { pass: 'ok', remarks: 'warn', fail: 'bad', incomplete: 'dim' } as const;
export const SEVERITY_TONES = { error: 'bad', unknown: 'dim', warning: 'warn', info: 'dim' } as const;
export const CRITERION_TONES = { pass: 'ok', fail: 'bad', unknown: 'dim', 'not-applicable': 'dim' } as const;
export const DRILL_TONES = { ...RUN_TONES, 'not-tried': 'dim' } as const;
export const HEALTH_TONES = { up: 'ok', late: 'warn', dead: 'bad', unknown: 'dim' } as const;
