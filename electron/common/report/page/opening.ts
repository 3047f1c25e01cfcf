/** The first page: what it is about, the verdict, the numbers that matter, and why. */
import type { CriterionResult } from '../../contract/drill.ts';
import type { ReportBody } from '../model.ts';
import { CRITERION_TONES, dim, durationText, grid, tag, time, VERDICT_TONES } from './format.ts';
import type { Page, Tone } from './format.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

const party = (name: string, company: string): string => [name, company].filter((s) => s.trim() !== '').join(', ');

function head(page: Page): Html {
  const { body, w } = page;
  const { form } = body;
  const rows: [string, string | Html][] = [
    [w.head.pair, body.pair.isRack ? `${body.pair.name} (${w.rack})` : body.pair.name],
    [w.head.nodes, body.nodes.map((n) => n.name).join(w.listComma)],
    [w.head.site, form.site],
    [w.head.order, form.order],
    [w.head.made, page.when(body.madeWallMs)],
    [w.head.window, form.window],
    [w.head.operator, party(form.operator, form.operatorCompany) || dim(w.notNamed)],
    [w.head.approver, form.approver],
    [w.head.witness, party(form.witness, form.witnessCompany) || dim(w.notNamed)],
    [w.head.console, `Twinbeat ${body.console.version} (${body.console.platform})`],
    [w.head.sessions, body.sessions.map((s) => `${s.id.slice(0, 8)} ${page.when(s.startedWallMs)}`).join(w.listComma)],
  ];
  const shown = rows.filter(([, value]) => typeof value !== 'string' || value.trim() !== '');
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

/** The criterion of this name: a number is shown in the colour of good only where it is known to be. */
function criterionOf({ body }: Page, check: string): CriterionResult | undefined {
  return body.criteria.find((one) => one.check === check);
}

const toneOf = (page: Page, check: string): Tone => CRITERION_TONES[criterionOf(page, check)?.result ?? 'unknown'];

/** The longest outage of all runs, against what was promised. */
function outageKey(page: Page): Key {
  const { body, w } = page;
  const limitMs = body.form.requirements.failoverLimitMs;
  // A void run measured nothing that could be promised by.
  const known = body.runs.flatMap(({ run }) => (run.outageMs === null || run.verdict === 'void' ? [] : [run.outageMs]));
  const worst = known.length === 0 ? null : Math.max(...known);
  const note = limitMs === null ? `Tf ${w.notDeclared}` : w.key.limit(durationText(limitMs));
  return { value: time(page, worst), name: w.key.outage, note, tone: toneOf(page, 'failover-limit') };
}

function keys(page: Page): Key[] {
  const { body, w } = page;
  const agreed = body.drills.filter((d) => d.isAgreed);
  const passed = agreed.filter((d) => d.state === 'pass' || d.state === 'remark').length;
  const { margin } = body;
  const leftWords = { clean: w.key.leftClean, left: w.key.leftFound, unknown: w.unknown };
  return [
    {
      value: `${passed} / ${agreed.length}`,
      name: w.key.drills,
      note: w.key.drillsNote(body.runs.length),
      tone: toneOf(page, 'drills'),
    },
    outageKey(page),
    {
      value: time(page, margin?.ms ?? null),
      name: w.key.margin,
      note: margin === null ? '' : w.key.marginNote(durationText(margin.ms / margin.share)),
      tone: toneOf(page, 'margin-limit'),
    },
    { value: leftWords[body.after.result], name: w.key.left, note: '', tone: toneOf(page, 'left-behind') },
  ];
}

function criteria(page: Page): Html {
  const { body, w } = page;
  return html`<h3>${w.criteriaTitle}</h3>
    ${grid(
      [{ head: w.runs.criteria }, { head: w.runs.measured }, { head: w.runs.result }],
      body.criteria.map((c) => [
        page.t(c.text),
        c.measured === null ? '' : page.t(c.measured),
        tag(w.criterion[c.result], CRITERION_TONES[c.result]),
      ]),
    )}`;
}

function reasons(page: Page, { reasons: list }: ReportBody): Html | null {
  return list.length === 0
    ? null
    : html`<h3>${page.w.reasonsTitle}</h3>
        <ul>
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
    ${criteria(page)} ${reasons(page, body) ?? html`<p>${w.verdictText[body.verdict]}</p>`}
    ${
      body.form.remarks.trim() === ''
        ? null
        : html`<h3>${w.remarks}</h3>
            <p>${body.form.remarks}</p>`
    }`;
}
