/** What was tested and how: identity, configuration, requirements, method, preflight. */
import { inBoth } from '../../words/sentence.ts';
import type { ReportLink, ReportNode } from '../model.ts';
import { dim, durationText, facts, grid, HEALTH_TONES, said, tag, time } from './format.ts';
import type { Page } from './format.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

/** Both nodes side by side; a row that is empty on both is left out. */
function sideBySide(
  page: Page,
  rows: readonly (readonly [string, (node: ReportNode) => string | Html | null])[],
): Html {
  const { nodes } = page.body;
  const shown = rows
    .map(([name, read]) => [name, ...nodes.map(read)] as const)
    .filter(([, ...values]) => values.some((v) => v !== null && v !== ''));
  return grid(
    [{ head: '' }, ...nodes.map((n) => ({ head: n.name }))],
    shown.map(([name, ...values]) => [name, ...values.map((v) => (v === null || v === '' ? dim(page.w.unknown) : v))]),
  );
}

const lines = (list: readonly string[]): Html | null =>
  list.length === 0 ? null : html`${list.map((one, i) => (i === 0 ? html`${one}` : html`<br />${one}`))}`;

export function identity(page: Page): Html {
  const { w } = page;
  const words = w.identity;
  return html`<h2>${w.section.identity}</h2>
    ${sideBySide(page, [
      [words.host, (n) => n.host],
      [words.engine, (n) => (n.status === null ? null : `${n.status.engine} ${n.status.engineVersion}`)],
      [words.os, (n) => n.after?.os ?? null],
      [words.kernel, (n) => n.after?.kernel ?? null],
      [words.machine, (n) => n.after?.machine ?? null],
      [words.serial, (n) => n.after?.serialNumber ?? null],
      [words.firmware, (n) => n.after?.firmware ?? null],
      [words.packages, (n) => lines((n.after?.packages ?? []).map((p) => `${p.name} ${p.version}`))],
      [
        words.interfaces,
        (n) =>
          lines((n.after?.interfaces ?? []).map((i) => [i.name, i.mac, i.driver].filter((s) => s !== null).join(' '))),
      ],
      [
        words.ports,
        (n) => lines((n.after?.serialPorts ?? []).map((p) => [p.device, p.driver].filter((s) => s !== null).join(' '))),
      ],
    ])}`;
}

function configOf(page: Page): Html {
  const { w } = page;
  const words = w.config;
  type Status = NonNullable<ReportNode['status']>;
  const of =
    (read: (status: Status) => string | Html | null) =>
    (node: ReportNode): string | Html | null =>
      node.status === null ? null : read(node.status);
  return html`<h3>${words.times}</h3>
    ${sideBySide(page, [
      ['keepalive', of((s) => durationText(s.timing.keepaliveMs))],
      ['warntime', of((s) => durationText(s.timing.warntimeMs))],
      ['deadtime', of((s) => durationText(s.timing.deadtimeMs))],
      ['initdead', of((s) => durationText(s.timing.initdeadMs))],
      [words.failback, of((s) => s.timing.autoFailback)],
      [words.groups, of((s) => lines(s.groups.map((g) => `${g.preferredNode}: ${g.resources.join(' ')}`)))],
      [
        words.addresses,
        of((s) =>
          lines(s.vips.map((v) => `${v.address} ${v.heldOn === null ? words.notHeld : words.heldOn(v.heldOn)}`)),
        ),
      ],
      [words.fencing, of((s) => s.fencing ?? w.none)],
      [words.requires, of((s) => (s.takeoverRequires.length === 0 ? w.none : s.takeoverRequires.join(w.listComma)))],
      [words.protections, of((s) => lines(s.protections.map((p) => `${p.what}: ${p.state}`)))],
      [
        words.pingNodes,
        of((s) => (s.pingNodes.length === 0 ? w.none : lines(s.pingNodes.map((p) => `${p.name}: ${p.status}`)))),
      ],
      [words.signs, of((s) => html`${s.key.index} ${s.key.method} <code>${s.key.fingerprint}</code>`)],
    ])}`;
}

function linkRows(page: Page): Html {
  const { w, body } = page;
  const [a, b] = body.nodes;
  const cell = (d: ReportLink['aToB']): Html =>
    html`${tag(w.health[d.state], HEALTH_TONES[d.state])}
      <small>${w.config.marginMin} ${time(page, d.marginMinMs)}</small>`;
  return html`<h3>${w.config.links}</h3>
    ${grid(
      [{ head: w.config.link }, { head: `${a.name} → ${b.name}` }, { head: `${b.name} → ${a.name}` }],
      body.links.map((link) => [link.label, cell(link.aToB), cell(link.bToA)]),
    )}`;
}

function fileRows(page: Page): Html {
  const { w, body } = page;
  const [a, b] = body.nodes;
  const paths = [...new Set([a, b].flatMap((n) => n.after?.config.map((f) => f.path) ?? []))];
  if (paths.length === 0) return html`<p class="dim">${w.identity.notRead}</p>`;
  const file = (node: ReportNode, path: string): Html => {
    const found = node.after?.config.find((f) => f.path === path);
    if (node.after === null) return dim(w.unknown);
    if (found?.sha256 == null) return dim(w.config.absent);
    const note = found.redacted ? html` <small>(${w.config.redacted})</small>` : null;
    return html`<code>${found.sha256}</code>${note}`;
  };
  return html`<h3>${w.config.files}</h3>
    ${grid(
      [{ head: w.config.file }, { head: a.name }, { head: b.name }],
      paths.map((path) => [path, file(a, path), file(b, path)]),
    )}`;
}

export function configuration(page: Page): Html {
  return html`<h2>${page.w.section.config}</h2>
    ${configOf(page)} ${linkRows(page)} ${fileRows(page)}`;
}

export function requirements(page: Page): Html {
  const { w, body } = page;
  const r = body.form.requirements;
  const limit = (ms: number | null): string | Html => (ms === null ? dim(w.notDeclared) : durationText(ms));
  return html`<h2>${w.section.requirements}</h2>
    ${facts([
      [w.requirements.failover, limit(r.failoverLimitMs)],
      [w.requirements.heal, limit(r.healLimitMs)],
      [w.requirements.margin, limit(r.marginMinMs)],
      [w.requirements.splitBrain, w.splitBrain[r.splitBrain]],
      [w.requirements.sessions, said(page, r.sessions)],
      [w.requirements.monitored, said(page, r.monitored)],
      [w.requirements.exclusions, said(page, r.exclusions)],
    ])}`;
}

export function method(page: Page): Html {
  const { w, body } = page;
  const { method: m } = body;
  const errors = body.nodes.map((n, i) => {
    const errorMs = m.clockErrorMs[i] ?? null;
    return `${n.name} ${errorMs === null ? w.unknown : `±${durationText(errorMs)}`}`;
  });
  const levels = m.levels.map((level) => w.level[level]).join(w.listComma);
  return html`<h2>${w.section.method}</h2>
    ${facts([
      [
        w.method.probe,
        m.probe === null ? dim(w.method.noProbe) : w.method.probeText(m.probe.target, durationText(m.probe.periodMs)),
      ],
      [w.method.clock, w.method.clockText(errors.join(w.listComma))],
      [w.method.levels, html`${levels === '' ? w.none : levels}<br /><small>${w.levelText}</small>`],
      [w.method.guards, w.method.guardsText],
      [w.method.load, m.loadPerCore === null ? null : w.method.loadText(m.loadPerCore.toFixed(2))],
      [
        w.method.gaps,
        m.gaps.count === 0 ? w.method.noGaps : w.method.gapsText(m.gaps.count, durationText(m.gaps.totalMs)),
      ],
      [w.method.data, w.method.dataText(m.samples, m.probes)],
    ])}`;
}

const PREFLIGHT_TONES = { ok: 'ok', warning: 'warn', failed: 'bad', unknown: 'dim' } as const;

/** Both nodes side by side, a check a row. */
export function preflight(page: Page): Html {
  const { w, body } = page;
  const items = body.preflight;
  if (items === null)
    return html`<h2>${w.section.preflight}</h2>
      <p class="dim">${w.noPreflight}</p>`;
  const cell = (node: string, code: string): Html =>
    html`${items
      .filter((item) => item.node === node && item.code === code)
      .map((item) => {
        const found = page.t(inBoth({ detail: item.found, said: item.foundSaid }));
        const what = page.t(inBoth({ detail: item.advice, said: item.adviceSaid }));
        const advice = what === '' ? null : html`<br /><small>${what}</small>`;
        return html`<div>${tag(w.preflightResult[item.result], PREFLIGHT_TONES[item.result])} ${found}${advice}</div>`;
      })}`;
  const codes = [...new Set(items.map((item) => item.code))];
  // What is about the pair itself names neither node.
  const names = [...new Set([...body.nodes.map((n) => n.name), ...items.map((item) => item.node)])];
  return html`<h2>${w.section.preflight}</h2>
    ${grid(
      [{ head: w.preflight.check }, ...names.map((head) => ({ head }))],
      codes.map((code) => [w.preflight.code[code], ...names.map((name) => cell(name, code))]),
    )}`;
}

/** The texts of the configuration files; equal ones once. */
export function annex(page: Page): Html {
  const { body, w } = page;
  const [a, b] = body.nodes;
  const blocks = (a.after?.config ?? b.after?.config ?? []).flatMap(({ path }) => {
    const texts = [a, b].map((n) => n.after?.config.find((f) => f.path === path)?.text ?? null);
    if (texts[0] === texts[1] && texts[0] !== null)
      return [
        html`<h3>${path} <small>(${w.config.same})</small></h3>
          <pre>${texts[0] ?? ''}</pre>`,
      ];
    return [a, b].flatMap((n, i) => {
      const one = texts[i] ?? null;
      return one === null
        ? []
        : [
            html`<h3>${path} <small>(${n.name})</small></h3>
              <pre>${one}</pre>`,
          ];
    });
  });
  return blocks.length === 0
    ? html``
    : html`<h2>${w.section.annex}</h2>
        ${blocks}`;
}
