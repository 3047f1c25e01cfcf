/** How it ends: what is open, what is left on the nodes, what belongs to the report, and who signs. */
import { dim, grid, SEVERITY_TONES, tag } from './format.ts';
import type { Page } from './format.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

function settled(page: Page, waiver: number | null, action: number | null): Html {
  const { w, body } = page;
  const waived = waiver === null ? undefined : body.form.waivers[waiver];
  const acted = action === null ? undefined : body.form.actions[action];
  const words = [
    ...(waived === undefined ? [] : [w.findings.waiver(waived.signer)]),
    ...(acted === undefined ? [] : [w.findings.owner(acted.owner, acted.due)]),
  ];
  return words.length === 0 ? dim(w.findings.open) : html`${words.join(w.listComma)}`;
}

export function findings(page: Page): Html {
  const { w, body } = page;
  const words = w.findings;
  const list =
    body.findings.length === 0
      ? html`<p>${words.none}</p>`
      : grid(
          [{ head: words.severity }, { head: words.finding }, { head: words.code }, { head: words.settled }],
          body.findings.map((f) => [
            tag(w.severity[f.severity], SEVERITY_TONES[f.severity]),
            page.t(f.text),
            html`<code class="whole">${f.code}</code>`,
            f.severity === 'info' ? '' : settled(page, f.waiver, f.action),
          ]),
        );
  const waivers =
    body.form.waivers.length === 0
      ? null
      : html`<h3>${words.waivers}</h3>
          ${grid(
            [{ head: words.subject }, { head: words.reason }, { head: words.signer }, { head: words.until }],
            body.form.waivers.map((one) => [
              one.subject,
              one.reason,
              one.signer,
              one.until === '' ? w.forGood : one.until,
            ]),
          )}`;
  const actions =
    body.form.actions.length === 0
      ? null
      : html`<h3>${words.actions}</h3>
          ${grid(
            [{ head: words.subject }, { head: words.action }, { head: words.ownerHead }, { head: words.due }],
            body.form.actions.map((one) => [one.subject, one.action, one.owner, one.due]),
          )}`;
  return html`<h2>${w.section.findings}</h2>
    ${list} ${waivers} ${actions}`;
}

export function after(page: Page): Html {
  const { w, body } = page;
  const words = w.after;
  const tones = { clean: 'ok', left: 'bad', unknown: 'dim' } as const;
  const { result, checkedWallMs, nodes } = body.after;
  const listed = (list: readonly string[] | null): string | Html =>
    list === null ? dim(words.notKnown) : list.length === 0 ? w.none : list.join(w.listComma);
  return html`<h2>${w.section.after}</h2>
    <p class="${tones[result]}"><b>${words[result]}</b></p>
    ${checkedWallMs === null ? null : html`<p>${words.checked(page.when(checkedWallMs))}</p>`}
    ${
      nodes.length === 0
        ? null
        : grid(
            [{ head: '' }, { head: words.leftovers }, { head: words.changed }],
            nodes.map((n) => [n.node, listed(n.leftovers?.map((one) => one.text) ?? null), listed(n.changedFiles)]),
          )
    }
    <p class="soft">${words.looked}</p>`;
}

export function attachments(page: Page): Html {
  const { w, body } = page;
  const words = w.attachments;
  return html`<h2>${w.section.attachments}</h2>
    ${grid(
      [{ head: words.file }, { head: words.what }, { head: words.bytes, isNumber: true }, { head: words.hash }],
      body.attachments.map((one) => [one.path, page.t(one.what), one.bytes, html`<code>${one.sha256}</code>`]),
    )}
    <p class="soft">${w.verify}</p>`;
}

function party(page: Page, title: string, name: string, company: string): Html {
  const words = page.w.signatures;
  const line = (label: string, value: string, isTall = false): Html =>
    html`<div class="line ${isTall ? 'tall' : ''}"><b>${value}</b><span>${label}</span></div>`;
  return html`<div>
    <h3>${title}</h3>
    ${line(words.name, name)} ${line(words.company, company)} ${line(words.place, '')}
    ${line(words.signature, '', true)}
  </div>`;
}

export function signatures(page: Page): Html {
  const { w, body } = page;
  const { form } = body;
  return html`<h2>${w.section.signatures}</h2>
    <p>${w.signatures.text(page.hash)}</p>
    <div class="signs">
      ${party(page, w.signatures.operator, form.operator, form.operatorCompany)}
      ${party(page, w.signatures.witness, form.witness, form.witnessCompany)}
    </div>
    <p class="soft" style="margin-top:4mm">${w.signatures.retest}</p>`;
}
