/** What came out: every run with its numbers, its criteria and its picture; then what all runs say together. */
import type { ReportRun } from '../model.ts';
import { CRITERION_TONES, dim, DRILL_TONES, durationText, grid, RUN_TONES, tag, time } from './format.ts';
import type { Page } from './format.ts';
import { html, svgHtml } from './html.ts';
import type { Html } from './html.ts';

function verdictTag(page: Page, { run }: ReportRun): Html {
  const { w, body } = page;
  const isGood = run.verdict === 'pass';
  const waiver = isGood ? undefined : body.form.waivers.find((one) => one.subject === run.drill);
  const own = tag(w.runVerdict[run.verdict], RUN_TONES[run.verdict]);
  return waiver === undefined ? own : html`${own} ${tag(w.waived, 'warn')}`;
}

const moved = (page: Page, from: string | null, to: string | null): string =>
  from === null ? page.w.unknown : to === null ? from : `${from} → ${to}`;

/** Every drill that there is: what was not tried must be as plain to see as what was. */
function coverage(page: Page): Html {
  const { w, body } = page;
  const words = w.coverage;
  return html`<h3>${words.title}</h3>
    ${grid(
      [
        { head: '', isNumber: true },
        { head: w.runs.drill },
        { head: w.runs.verdict },
        { head: words.runs, isNumber: true },
        { head: words.why },
      ],
      body.drills.map((one) => {
        const waiver = one.waiver === null ? undefined : body.form.waivers[one.waiver];
        const why = [
          ...(one.isAgreed ? [] : [words.notAgreed]),
          ...(waiver === undefined ? [] : [words.waived(waiver.signer, waiver.reason)]),
          ...(one.state === 'skipped' || one.state === 'void' ? one.reasons.map((reason) => page.t(reason)) : []),
        ];
        const own = tag(w.drillState[one.state], DRILL_TONES[one.state]);
        return [
          one.row === 0 ? '' : one.row,
          page.t(one.title),
          waiver === undefined ? own : html`${own} ${tag(w.waived, 'warn')}`,
          one.runs,
          html`<small>${why.join(w.sentenceStop)}</small>`,
        ];
      }),
    )}`;
}

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
        one.run.level === null ? dim(w.runs.noFault) : w.level[one.run.level],
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
    [{ head: w.runs.criteria }, { head: w.runs.measured }, { head: w.runs.result }],
    run.criteria.map((c) => [
      page.t(c.text),
      c.measured === null ? '' : page.t(c.measured),
      tag(w.criterion[c.result], CRITERION_TONES[c.result]),
    ]),
  );
}

/** Every fault with when it began and when it was seen to be over, counted from the first. */
function faults(page: Page, { run }: ReportRun): Html | null {
  const { w } = page;
  if (run.faults.length === 0) return null;
  const start = run.faultAtMs ?? run.beganAtMs;
  return grid(
    [
      { head: w.runs.faults },
      { head: w.runs.node },
      { head: w.runs.level },
      { head: w.runs.began, isNumber: true },
      { head: w.runs.over, isNumber: true },
    ],
    run.faults.map((f) => [
      f.link === null ? f.name : `${f.name} (${f.link})`,
      f.node,
      w.level[f.level],
      durationText(f.injectedAtMs - start),
      f.revertedAtMs === null ? tag(w.runs.notReverted, 'bad') : durationText(f.revertedAtMs - start),
    ]),
  );
}

/** Gates before the run that did not pass, and who answers for going on. */
function gates(page: Page, { run }: ReportRun): Html | null {
  const { w } = page;
  const open = run.gates.filter((gate) => gate.result !== 'passed');
  if (open.length === 0) return null;
  return grid(
    [{ head: w.runs.gate }, { head: w.runs.result }, { head: w.runs.why }],
    open.map(({ gate, result, reasons, waiver }) => [
      w.gate[gate],
      tag(waiver === null ? w.gateResult[result] : w.waived, waiver === null ? 'bad' : 'warn'),
      [
        ...reasons.map((reason) => page.t(reason)),
        ...(waiver === null ? [] : [w.coverage.waived(waiver.by, waiver.why)]),
      ].join(w.sentenceStop),
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
  const where = [
    page.when(run.startedWallMs),
    w.runs.session(run.sessionId.slice(0, 8)),
    moved(page, run.from, run.to),
  ];
  return html`<article class="run ${run.verdict}">
    <header><b>${page.t(run.title)}</b><span>${verdictTag(page, one)}</span></header>
    <small>${where.join(' · ')}</small>
    ${run.verdict === 'skipped' ? null : numbers(page, one)}
    ${
      run.notes.length === 0
        ? null
        : html`<ul>
            ${run.notes.map((note) => html`<li>${page.t(note)}</li>`)}
          </ul>`
    }
    ${gates(page, one)} ${criteria(page, one)} ${faults(page, one)} ${story(page, one)}
  </article>`;
}

export function runs(page: Page): Html {
  const { w, body } = page;
  if (body.runs.length === 0)
    return html`<h2>${w.section.runs}</h2>
      <p class="dim">${w.runs.nothing}</p>
      ${coverage(page)}`;
  return html`<h2>${w.section.runs}</h2>
    ${coverage(page)} ${overview(page)} ${body.runs.map((one) => runCard(page, one))}`;
}
