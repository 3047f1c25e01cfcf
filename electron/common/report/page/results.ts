/** What came out: every run with its numbers, its criteria and its picture; then what all runs say together. */
import type { ReportBody, ReportRun } from '../model.ts';
import { dim, durationText, grid, RUN_TONES, tag, time } from './format.ts';
import type { Page } from './format.ts';
import { html, svgHtml } from './html.ts';
import type { Html } from './html.ts';

const CRITERION_TONES = { pass: 'ok', fail: 'bad', unknown: 'dim', 'not-applicable': 'dim' } as const;

function verdictTag(page: Page, { run }: ReportRun): Html {
  const { w, body } = page;
  const isGood = run.verdict === 'pass';
  const waiver = isGood ? undefined : body.form.waivers.find((one) => one.subject === run.drill);
  const own = tag(w.runVerdict[run.verdict], RUN_TONES[run.verdict]);
  return waiver === undefined ? own : html`${own} ${tag(w.waived, 'warn')}`;
}

const moved = (page: Page, from: string | null, to: string | null): string =>
  from === null ? page.w.unknown : to === null ? from : `${from} → ${to}`;

function overview(page: Page): Html {
  const { w, body } = page;
  const words = w.runs;
  const head = [words.drill, words.from, words.verdict, words.outage, words.heal, words.dual, words.level];
  const numbers = new Set([words.outage, words.heal, words.dual]);
  return html`<h3>${words.all}</h3>
    ${grid(
      head.map((name) => ({ head: name, isNumber: numbers.has(name) })),
      body.runs.map((one) => [
        page.t(one.run.title),
        moved(page, one.run.from, one.run.to),
        verdictTag(page, one),
        time(page, one.run.outageMs),
        time(page, one.run.healOutageMs),
        time(page, one.run.dualMs),
        one.run.level === null ? '' : w.level[one.run.level],
      ]),
    )}`;
}

function numbers(page: Page, { run }: ReportRun): Html {
  const { w } = page;
  const words = w.runs;
  const load = run.loadPerCore.length === 0 ? null : Math.max(...run.loadPerCore);
  const period = run.probePeriodMs === null ? '' : ` ±${durationText(run.probePeriodMs)}`;
  const rows: [string, string | Html | null][] = [
    [words.outage, run.outageMs === null ? time(page, null) : `${durationText(run.outageMs)}${period}`],
    [words.detect, time(page, run.detectMs)],
    [words.takeover, time(page, run.takeoverMs)],
    [words.heal, time(page, run.healOutageMs)],
    [words.dual, time(page, run.dualMs)],
    [words.moved, run.holderAfter ?? time(page, null)],
    [words.served, run.servedBy ?? time(page, null)],
    [words.wrong, String(run.wrongAnswers)],
    [words.margin, time(page, run.marginMinMs)],
    [words.clock, run.clockErrorMs === null ? time(page, null) : `±${durationText(run.clockErrorMs)}`],
    [words.load, load === null ? time(page, null) : load.toFixed(2)],
    ['deadtime', durationText(run.timing.deadtimeMs)],
  ];
  return html`<div class="numbers">
    ${rows.map(([name, value]) => html`<div><span>${name}</span><b>${value}</b></div>`)}
  </div>`;
}

function criteria(page: Page, { run }: ReportRun): Html | null {
  const { w } = page;
  if (run.criteria.length === 0) return null;
  return grid(
    [{ head: w.runs.criteria }, { head: '' }, { head: '' }],
    run.criteria.map((c) => [
      page.t(c.text),
      c.measured === null ? '' : page.t(c.measured),
      tag(w.criterion[c.result], CRITERION_TONES[c.result]),
    ]),
  );
}

function story(page: Page, one: ReportRun): Html | null {
  const { w } = page;
  const svg = one.picture === null ? undefined : page.pictures.get(one.picture);
  const picture = svg === undefined ? null : svgHtml(svg);
  const phases =
    one.phases.length === 0
      ? null
      : grid(
          [{ head: w.runs.phase }, { head: w.runs.since, isNumber: true }],
          one.phases.map((p) => [
            page.t(p.text),
            p.sinceStartMs === null
              ? dim(w.unknown)
              : `${durationText(p.sinceStartMs)}${p.errorMs === null ? '' : ` ±${durationText(p.errorMs)}`}`,
          ]),
        );
  const situations =
    one.situations.length === 0
      ? null
      : html`<ul>
          ${one.situations.map((s) => html`<li>${page.t(s)}</li>`)}
        </ul>`;
  if (picture === null && phases === null && situations === null) return null;
  return html`<h3>${w.runs.story}</h3>
    ${picture === null ? null : html`<div class="picture">${picture}</div>`} ${phases} ${situations}`;
}

function runCard(page: Page, one: ReportRun): Html {
  const { w } = page;
  const { run } = one;
  const faults = run.faults.map((f) => w.runs.fault(f.name, f.node, w.level[f.level]));
  const where = [
    page.when(run.startedWallMs),
    w.runs.session(run.sessionId.slice(0, 8)),
    moved(page, run.from, run.to),
  ];
  return html`<article class="run ${run.verdict}">
    <header><b>${page.t(run.title)}</b><span>${verdictTag(page, one)}</span></header>
    <small>${where.join(' · ')}${faults.length === 0 ? '' : ` · ${faults.join(w.listComma)}`}</small>
    ${run.verdict === 'skipped' ? null : numbers(page, one)}
    ${
      run.notes.length === 0
        ? null
        : html`<ul>
            ${run.notes.map((note) => html`<li>${page.t(note)}</li>`)}
          </ul>`
    }
    ${criteria(page, one)} ${story(page, one)}
  </article>`;
}

export function runs(page: Page): Html {
  const { w, body } = page;
  if (body.runs.length === 0)
    return html`<h2>${w.section.runs}</h2>
      <p class="dim">${w.runs.nothing}</p>`;
  return html`<h2>${w.section.runs}</h2>
    ${overview(page)} ${body.runs.map((one) => runCard(page, one))}`;
}

/** What may be claimed, of both directions together; a sentence that holds for every drill stands once, without a name. */
function claimList(page: Page, measured: ReportBody['statistics']): Html[] {
  const whole = measured.filter((s) => s.from === null);
  const named = new Map<string, string[]>();
  for (const s of whole)
    for (const claim of s.claims) {
      const sentence = page.t(claim);
      named.set(sentence, [...(named.get(sentence) ?? []), page.t(s.title)]);
    }
  return [...named].map(([sentence, titles]) => {
    const isCommon = whole.length > 1 && titles.length === whole.length;
    return isCommon ? html`<li>${sentence}</li>` : html`<li><b>${titles.join(page.w.listComma)}:</b> ${sentence}</li>`;
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function statistics(page: Page): Html {
  const { w, body } = page;
  const words = w.statistics;
  const measured = body.statistics.filter((s) => s.n > 0);
  if (measured.length === 0)
    return html`<h2>${w.section.statistics}</h2>
      <p class="dim">${words.none}</p>`;
  const heads = [words.n, words.passed, words.min, words.median, words.max, words.reliability];
  const claims = claimList(page, measured);
  return html`<h2>${w.section.statistics}</h2>
    ${grid(
      [{ head: w.runs.drill }, { head: w.runs.from }, ...heads.map((head) => ({ head, isNumber: true }))],
      measured.map((s) => [
        page.t(s.title),
        s.from === null ? words.both : words.from(s.from),
        s.n,
        s.passed,
        time(page, s.minMs),
        time(page, s.medianMs),
        time(page, s.maxMs),
        s.reliabilityMin === null ? dim(w.unknown) : percent(s.reliabilityMin),
      ]),
    )}
    ${
      claims.length === 0
        ? null
        : html`<h3>${words.claims}</h3>
            <ul>
              ${claims}
            </ul>`
    }`;
}

export function advice(page: Page): Html {
  const { w, body } = page;
  const said = body.advice;
  if (said === null) return html``;
  const budgets =
    said.budgets.length === 0
      ? null
      : html`<h3>${w.advice.budgets}</h3>
          ${said.budgetText === null ? null : html`<p>${page.t(said.budgetText)}</p>`}
          ${grid(
            [
              { head: w.advice.availability, isNumber: true },
              { head: w.advice.downtime, isNumber: true },
              { head: w.advice.failovers, isNumber: true },
            ],
            said.budgets.map((b) => [
              `${Number((b.availability * 100).toFixed(4))} %`,
              durationText(b.downtimeMsPerYear),
              b.failoversPerYear ?? dim(w.unknown),
            ]),
          )}`;
  return html`<h2>${w.section.advice}</h2>
    ${said.paragraphs.map((paragraph) => html`<p>${page.t(paragraph)}</p>`)}
    ${said.haCf.length === 0 ? null : html`<pre>${said.haCf.join('\n')}</pre>`} ${budgets}`;
}
