/** What the numbers say together: statistics of the runs, a year's downtime, and what the heartbeats say of the four times. */
import { numberText, spanText } from '../../advice/words.ts';
import type { ReportAdvice, ReportBody } from '../model.ts';
import { dim, durationText, facts, grid, tag, time } from './format.ts';
import type { Page } from './format.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

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

/** A year's downtime beside the outage that was measured, and how little of it a failover takes. */
export function budgets(page: Page): Html {
  const { w, body } = page;
  const words = w.budgets;
  const { outage, rows } = body.budgets;
  const time = outage === null ? w.unknown : durationText(outage.ms);
  return html`<h2>${w.section.budgets}</h2>
    <p>${outage === null ? words.noOutage : page.t(outage.text)}</p>
    ${grid(
      [
        { head: words.availability, isNumber: true },
        { head: words.downtime, isNumber: true },
        { head: outage?.source === 'expected' ? words.expected : words.measured, isNumber: true },
        { head: words.failovers, isNumber: true },
      ],
      rows.map((b) => [
        `${Number((b.availability * 100).toFixed(4))} %`,
        durationText(b.downtimeMsPerYear),
        outage === null ? dim(time) : time,
        b.failoversPerYear ?? dim(w.unknown),
      ]),
    )}
    <p class="soft">${words.meaning}</p>`;
}

function recommended(page: Page, said: ReportAdvice): Html {
  const { w } = page;
  const words = w.advice;
  const { recommendation, present, refusal } = said;
  if (recommendation === null) return html`<p><b>${words.none}</b> ${refusal === null ? null : page.t(refusal)}</p>`;
  const names = ['keepalive', 'warntime', 'deadtime', 'initdead'] as const;
  const range = ([from, to]: readonly [number, number]): string => `${durationText(from)} – ${durationText(to)}`;
  return html`${grid(
      [{ head: '' }, { head: words.present, isNumber: true }, { head: words.recommended, isNumber: true }],
      names.map((name) => [
        name,
        time(page, present?.[`${name}Ms`] ?? null),
        html`<b>${durationText(recommendation[`${name}Ms`])}</b>`,
      ]),
    )}
    <pre>${recommendation.haCf.join('\n')}</pre>
    <ul>
      ${recommendation.reasons.map((reason) => html`<li>${page.t(reason)}</li>`)}
    </ul>
    ${facts([
      [words.detection, range(recommendation.detectionMs)],
      [words.outage, recommendation.outageMs === null ? dim(w.unknown) : range(recommendation.outageMs)],
    ])}`;
}

function streams(page: Page, said: ReportAdvice): Html {
  const words = page.w.advice;
  const heads = [words.beats, words.median, 'p99', 'p99.9', words.longest, words.margin];
  return html`<h3>${words.observed}</h3>
    <p>${page.t(said.observed.text)}</p>
    ${grid(
      [{ head: words.direction }, { head: words.link }, ...heads.map((head) => ({ head, isNumber: true }))],
      said.streams.map((s) => [
        `${s.from} → ${s.to}`,
        s.link ?? words.merged,
        s.count,
        ...[s.medianMs, s.p99Ms, s.p999Ms, s.maxMs, s.smallestMarginMs].map((ms) => time(page, ms)),
      ]),
    )}`;
}

/** Every method by its name, and the members of the sum that decides. */
function methods(page: Page, said: ReportAdvice): Html | null {
  const { w } = page;
  const words = w.advice;
  if (said.methods.length === 0) return null;
  return html`<h3>${words.methods}</h3>
    ${grid(
      [{ head: words.method }, { head: 'deadtime', isNumber: true }, { head: words.says }],
      said.methods.map((m) => [
        words.methodNames[m.id],
        m.deadtimeMs === null ? dim(words.outcome[m.outcome]) : durationText(m.deadtimeMs),
        page.t(m.text),
      ]),
    )}
    ${
      said.terms.length === 0
        ? null
        : grid(
            [{ head: words.term }, { head: 'deadtime', isNumber: true }, { head: words.says }],
            said.terms.map((t) => [
              html`${words.termNames[t.id]} ${t.won ? tag(words.decides, 'ok') : null}`,
              time(page, t.ms),
              page.t(t.text),
            ]),
          )
    }`;
}

export function advice(page: Page): Html {
  const { w, body } = page;
  const words = w.advice;
  const said = body.advice;
  if (said === null)
    return html`<h2>${w.section.advice}</h2>
      <p class="dim">${words.nothing}</p>`;
  const { confidence, unknowns, risk, observed } = said;
  const load = observed.load.map((l) => words.loadOf(l.node, numberText(l.median), numberText(l.max)));
  return html`<h2>${w.section.advice}</h2>
    ${recommended(page, said)}
    ${facts([
      [words.risk, page.t(risk.text)],
      [
        words.confidence,
        html`<b>${words.grade[confidence.grade]}</b> ${confidence.reasons.map((r) => page.t(r)).join(w.sentenceStop)}`,
      ],
      [words.length, spanText(observed.observedMs)],
      [words.load, load.length === 0 ? dim(w.unknown) : load.join(w.sentenceStop)],
      [words.session, said.sessionId.slice(0, 8)],
    ])}
    ${streams(page, said)} ${methods(page, said)}
    ${
      unknowns.length === 0
        ? null
        : html`<h3>${words.unknowns}</h3>
            <ul>
              ${unknowns.map((one) => html`<li>${page.t(one)}</li>`)}
            </ul>`
    }`;
}
