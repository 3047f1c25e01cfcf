/** The first page: what it is about, the verdict, the numbers that matter, and why. */
import type { ReportBody } from '../model.ts';
import { durationText, time, VERDICT_TONES } from './format.ts';
import type { Page, Tone } from './format.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

const party = (name: string, company: string): string => [name, company].filter((s) => s.trim() !== '').join(', ');

function head(page: Page): Html {
  const { body, w } = page;
  const { form } = body;
  const rows: [string, string][] = [
    [w.head.pair, body.pair.isRack ? `${body.pair.name} (${w.rack})` : body.pair.name],
    [w.head.nodes, body.nodes.map((n) => n.name).join(w.listComma)],
    [w.head.site, form.site],
    [w.head.order, form.order],
    [w.head.made, page.when(body.madeWallMs)],
    [w.head.window, form.window],
    [w.head.operator, party(form.operator, form.operatorCompany)],
    [w.head.approver, form.approver],
    [w.head.witness, party(form.witness, form.witnessCompany)],
    [w.head.console, `Twinbeat ${body.console.version} (${body.console.platform})`],
    [w.head.sessions, body.sessions.map((s) => `${s.id.slice(0, 8)} ${page.when(s.startedWallMs)}`).join(w.listComma)],
  ];
  const shown = rows.filter(([, value]) => value.trim() !== '');
  return html`<dl class="facts">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

interface Key {
  readonly value: string | Html;
  readonly name: string;
  readonly note: string;
  readonly tone: Tone;
}

/** The longest outage of all runs, against what was promised. */
function outageKey(page: Page): Key {
  const { body, w } = page;
  const limitMs = body.form.requirements.failoverLimitMs;
  // A void run measured nothing that could be promised by.
  const known = body.runs.flatMap(({ run }) => (run.outageMs === null || run.verdict === 'void' ? [] : [run.outageMs]));
  const worst = known.length === 0 ? null : Math.max(...known);
  const tone: Tone = worst === null || limitMs === null ? 'dim' : worst > limitMs ? 'bad' : 'ok';
  const note = limitMs === null ? `T_f ${w.notDeclared}` : w.key.limit(durationText(limitMs));
  return { value: time(page, worst), name: w.key.outage, note, tone };
}

function keys(page: Page): Key[] {
  const { body, w } = page;
  const measured = body.runs.filter(({ run }) => run.verdict !== 'skipped');
  const passed = measured.filter(({ run }) => run.verdict === 'pass' || run.verdict === 'remark').length;
  const deadtimeMs = body.nodes.map((n) => n.status?.timing.deadtimeMs ?? null).find((ms) => ms !== null) ?? null;
  const thin = body.margin !== null && deadtimeMs !== null && body.margin.ms < deadtimeMs / 2;
  const leftTones = { clean: 'ok', left: 'bad', unknown: 'dim' } as const;
  const leftWords = { clean: w.key.leftClean, left: w.key.leftFound, unknown: w.unknown };
  return [
    {
      value: measured.length === 0 ? w.none : `${passed} / ${measured.length}`,
      name: w.key.drills,
      note: '',
      tone: measured.length === 0 ? 'dim' : passed === measured.length ? 'ok' : 'bad',
    },
    outageKey(page),
    {
      value: time(page, body.margin?.ms ?? null),
      name: w.key.margin,
      note: deadtimeMs === null ? '' : w.key.marginNote(durationText(deadtimeMs)),
      tone: body.margin === null ? 'dim' : thin ? 'warn' : 'ok',
    },
    { value: leftWords[body.after.result], name: w.key.left, note: '', tone: leftTones[body.after.result] },
  ];
}

function reasons(page: Page, { reasons: list }: ReportBody): Html | null {
  return list.length === 0
    ? null
    : html`<ul>
        ${list.map((reason) => html`<li>${page.t(reason)}</li>`)}
      </ul>`;
}

export function opening(page: Page): Html {
  const { body, w } = page;
  return html`<div class="cover">
      <div>
        <h1>${w.title}</h1>
        <div class="name">${w.subtitle} · ${body.pair.name}</div>
      </div>
      <div class="stamp ${VERDICT_TONES[body.verdict]}">
        <b>${w.verdict[body.verdict]}</b><span>${w.verdictText[body.verdict]}</span>
      </div>
    </div>
    ${head(page)}
    <div class="keys">
      ${keys(page).map((k) => html`<div class="${k.tone}"><b>${k.value}</b><span>${k.name}</span><span>${k.note}</span></div>`)}
    </div>
    <p class="soft">${w.hashName}: <code>${page.hash}</code></p>
    <h2>${w.section.summary}</h2>
    ${reasons(page, body) ?? html`<p>${w.verdictText[body.verdict]}</p>`}
    ${
      body.form.remarks.trim() === ''
        ? null
        : html`<h3>${w.remarks}</h3>
            <p>${body.form.remarks}</p>`
    }`;
}
