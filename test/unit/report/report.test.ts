// The content of a report: what makes it fail or incomplete, and pages that say it in both languages without letting words become tags.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RunVerdict } from '../../../electron/common/contract/drill.ts';
import { judgeReport } from '../../../electron/common/report/judge.ts';
import { ReportBodySchema } from '../../../electron/common/report/model.ts';
import type { ReportFacts } from '../../../electron/common/report/model.ts';
import { escapeHtml, html, svgHtml } from '../../../electron/common/report/page/html.ts';
import { printReport } from '../../../electron/common/report/page/print.ts';
import { bodyHash } from '../../../electron/common/report/seal.ts';
import { commonDomain } from '../../../electron/core/report/stories.ts';
import { drillRun, PICTURE, PICTURE_PATH, reportFacts } from '../../support/reportFacts.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const pictures = new Map([[PICTURE_PATH, PICTURE]]);

/** A report in which nothing is wrong at all. */
function goodFacts(): ReportFacts {
  const facts = reportFacts();
  const up = { state: 'up' as const, marginMinMs: 2410 };
  return {
    ...facts,
    form: { ...facts.form, requirements: { ...facts.form.requirements, splitBrain: 'accepted-dual' }, waivers: [] },
    library: facts.library.slice(0, 1),
    links: facts.links.map((link) => ({ ...link, aToB: up, bToA: up })),
    preflight: [],
    runs: [{ run: drillRun(), picture: null, phases: [], situations: [] }],
    method: { ...facts.method, clockErrorMs: [0.4, 0.5] },
  };
}

test('all good is a pass, and its body fits the schema', () => {
  const body = judgeReport(goodFacts());
  expect({ verdict: body.verdict, reasons: body.reasons, after: body.after.result }).toEqual({
    verdict: 'pass',
    reasons: [],
    after: 'clean',
  });
  expect(ReportBodySchema.safeParse(body).error).toBeUndefined();
});

test('a failed drill fails the report until somebody signs for it', () => {
  const failed = { run: drillRun({ verdict: 'fail' }), picture: null, phases: [], situations: [] };
  const facts = { ...goodFacts(), runs: [failed] };
  expect(judgeReport(facts).verdict).toBe('fail');
  const waivers = [{ subject: 'power-off', reason: 'known', signer: 'A. Customer', until: '' }];
  const waived = judgeReport({ ...facts, form: { ...facts.form, waivers } });
  expect(waived.verdict).toBe('remarks');
  expect(waived.findings[0]).toMatchObject({ code: 'power-off', severity: 'error', waiver: 0 });
});

test.each<[string, (facts: ReportFacts) => ReportFacts, string]>([
  ['something left on a node', (f) => after(f, { leftovers: [{ kind: 'nft', text: 'table inet twinbeat' }] }), 'fail'],
  ['a changed configuration', (f) => after(f, { changedFiles: ['/etc/ha.d/ha.cf'] }), 'fail'],
  ['nobody could look', (f) => after(f, { leftovers: null }), 'incomplete'],
  ['nothing to compare with', (f) => after(f, { changedFiles: null }), 'incomplete'],
  ['no drill', (f) => ({ ...f, runs: [] }), 'incomplete'],
  ['a silent agent', (f) => ({ ...f, nodes: [f.nodes[0], { ...f.nodes[1], status: null }] }), 'incomplete'],
  ['a drill that was not tried', (f) => ({ ...f, library: reportFacts().library }), 'incomplete'],
  ['others that were not agreed on', (f) => agreed({ ...f, library: reportFacts().library }, ['power-off']), 'pass'],
  ['an agreed drill that nobody has', (f) => agreed(f, ['power-off', 'meteor']), 'incomplete'],
  ['every run void', (f) => rated(f, 'void'), 'incomplete'],
  ['could not be run here', (f) => rated(f, 'skipped'), 'incomplete'],
  ['no preflight', (f) => ({ ...f, preflight: null }), 'incomplete'],
  ['an unknown margin', (f) => ({ ...f, marginStreams: [] }), 'incomplete'],
  ['a margin of one direction only', (f) => ({ ...f, marginStreams: f.marginStreams.slice(0, 1) }), 'incomplete'],
  ['a limit of which nothing was measured', (f) => unmeasured(limit(f, 4000)), 'incomplete'],
  [
    'a link of which nobody knows',
    (f) => ({ ...f, links: f.links.map((l) => ({ ...l, bToA: { state: 'unknown', marginMinMs: null } })) }),
    'incomplete',
  ],
  ['a limit that was broken', (f) => limit(f, 3000), 'fail'],
  ['a limit that held', (f) => limit(f, 4000), 'pass'],
  [
    'a dead link',
    (f) => ({ ...f, links: f.links.map((l) => ({ ...l, aToB: { state: 'dead', marginMinMs: null } })) }),
    'fail',
  ],
  ['one link', (f) => ({ ...f, links: f.links.slice(0, 1) }), 'remarks'],
  ['a margin below half of deadtime', (f) => thin(f), 'fail'],
  ['a margin below what was declared', (f) => declared(f, 2420), 'fail'],
  ['a margin above what was declared', (f) => declared(thin(f), 900), 'pass'],
])('%s', (_name, change, verdict) => {
  expect(judgeReport(change(goodFacts())).verdict).toBe(verdict);
});

function after(facts: ReportFacts, changes: object): ReportFacts {
  const [first, second] = facts.after.nodes;
  return {
    ...facts,
    after: { ...facts.after, nodes: [{ ...first, ...changes }, second] as ReportFacts['after']['nodes'] },
  };
}

function agreed(facts: ReportFacts, drills: string[]): ReportFacts {
  return { ...facts, form: { ...facts.form, requirements: { ...facts.form.requirements, drills } } };
}

function rated(facts: ReportFacts, verdict: RunVerdict): ReportFacts {
  return { ...facts, runs: facts.runs.map((one) => ({ ...one, run: { ...one.run, verdict } })) };
}

function unmeasured(facts: ReportFacts): ReportFacts {
  return { ...facts, runs: facts.runs.map((one) => ({ ...one, run: { ...one.run, outageMs: null } })) };
}

function thin(facts: ReportFacts): ReportFacts {
  const marginStreams = facts.marginStreams.map((s) => ({ ...s, maxMs: 2000, smallestMarginMs: 1000 }));
  return { ...facts, marginStreams };
}

function declared(facts: ReportFacts, marginMinMs: number): ReportFacts {
  return { ...facts, form: { ...facts.form, requirements: { ...facts.form.requirements, marginMinMs } } };
}

function limit(facts: ReportFacts, failoverLimitMs: number): ReportFacts {
  const requirements = { ...facts.form.requirements, failoverLimitMs };
  return { ...facts, form: { ...facts.form, requirements } };
}

test('a void run proves nothing about a limit', () => {
  const facts = limit(goodFacts(), 1000);
  const runs = facts.runs.map((one) => ({ ...one, run: { ...one.run, verdict: 'void' as const } }));
  const found = judgeReport({ ...facts, runs }).findings.find((f) => f.code === 'failover-limit');
  expect(found?.severity).toBe('unknown');
});

test('what was not tried is settled drill by drill, or all at once, by somebody who signs', () => {
  const facts = { ...goodFacts(), library: reportFacts().library };
  const judged = (...subjects: string[]) => {
    const waivers = subjects.map((subject) => ({ subject, reason: 'not built in', signer: 'A. Customer', until: '' }));
    return judgeReport({ ...facts, form: { ...facts.form, waivers } });
  };
  const open = judged('soak');
  expect(open.verdict).toBe('incomplete');
  expect(open.reasons[0]?.en).toBe('not tried (3): Daemon frozen, Serial cable pulled, Overload');
  expect(open.drills.find((d) => d.drill === 'soak')).toMatchObject({ state: 'not-tried', waiver: 0 });
  expect(judged('not-tried').verdict).toBe('remarks');
  expect(judged('soak', 'daemon-frozen', 'serial-pulled', 'overload').verdict).not.toBe('incomplete');
});

test('nothing unknown is in the colour of good', () => {
  const facts = { ...goodFacts(), runs: [], marginStreams: [], margin: null, preflight: null };
  const after = { ...facts.after, nodes: facts.after.nodes.map((n) => ({ ...n, leftovers: null })) };
  const body = judgeReport({ ...facts, after });
  const page = printReport(body, bodyHash(body, digest), new Map());
  const cover = page.slice(page.indexOf('<body>'), page.indexOf('<h2>Drills</h2>'));
  expect(cover).toContain('Cannot tell');
  expect(cover).not.toMatch(/class="(?:tag |stamp )?ok"/);
});

const HOSTILE = `</style><script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="x' & \u0000\u001b[31m`;

test.each(['en', 'zh-CN'] as const)('whatever people write stays words (%s)', (language) => {
  const facts = reportFacts(HOSTILE, language);
  const hostile: ReportFacts = {
    ...facts,
    nodes: [{ ...facts.nodes[0], name: HOSTILE, host: HOSTILE }, facts.nodes[1]],
    runs: facts.runs.map((one) => ({
      ...one,
      run: {
        ...one.run,
        title: { en: HOSTILE, 'zh-CN': HOSTILE },
        notes: [{ en: HOSTILE, 'zh-CN': HOSTILE }],
        from: HOSTILE,
      },
    })),
    attachments: facts.attachments.map((one) => ({ ...one, what: { en: HOSTILE, 'zh-CN': HOSTILE } })),
  };
  const body = judgeReport(hostile);
  const page = printReport(body, bodyHash(body, digest), pictures);
  const tags = new Set([...page.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, name]) => name?.toLowerCase()));
  for (const name of ['script', 'img', 'iframe', 'object', 'link', 'a', 'form'])
    expect(tags.has(name), name).toBe(false);
  expect(page.match(/<style>/g)).toHaveLength(1);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  expect(page).not.toMatch(/<[^>]*\son\w+\s*=/i);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page.includes('\u0000') || page.includes('\u001b')).toBe(false);
});

test('the pages stand alone, carry the hash in the foot of each, and the picture', () => {
  const body = judgeReport(reportFacts());
  const hash = bodyHash(body, digest);
  const page = printReport(body, hash, pictures);
  expect(page).not.toMatch(/(?:src|href)\s*=|@import|url\((?!#)/);
  expect(page).toMatch(new RegExp(`@bottom-left \\{[^}]*${hash}`));
  expect(page).toContain(PICTURE);
  expect(page.split(hash).length).toBeGreaterThanOrEqual(4);
});

test('Chinese pages have Chinese words and no English ones of ours', () => {
  const body = judgeReport(reportFacts('北厂', 'zh-CN'));
  const page = printReport(body, bodyHash(body, digest), pictures);
  expect(page).toContain('<html lang="zh-CN">');
  for (const word of [
    '验收报告',
    '无法判定',
    '主用节点断电',
    '未通过',
    '签字',
    '未知',
    '未做',
    '全年停机预算',
    '建议值',
  ])
    expect(page).toContain(word);
  for (const word of [
    'Acceptance report',
    'Findings',
    'Statistics',
    '>unknown<',
    'Signature',
    'Reachable',
    'budget',
    'longest gap',
  ])
    expect(page).not.toContain(word);
});

test('what is not known is said to be unknown, never left empty or zero', () => {
  const facts = goodFacts();
  const runs = facts.runs.map((one) => ({ ...one, run: { ...one.run, outageMs: null, dualMs: null, servedBy: null } }));
  const body = judgeReport({ ...facts, runs, margin: null });
  const page = printReport(body, bodyHash(body, digest), new Map());
  expect(page).toContain('<b><span class="dim">unknown</span></b><span>smallest margin</span>');
});

test('templates escape, drawings with anything active in them are left out', () => {
  expect(html`<b title="${'"><i>'}">${['<', html`<i>x</i>`]}</b>`.text).toBe(
    '<b title="&quot;&gt;&lt;i&gt;">&lt;<i>x</i></b>',
  );
  expect(escapeHtml(`a'b`)).toBe('a&#39;b');
  expect(svgHtml(PICTURE)?.text).toBe(PICTURE);
  const active = [
    '<script/>',
    '<rect onload="x"/>',
    '<image href="http://x/"/>',
    '<use xlink:href="#a"/>',
    '<foreignObject/>',
    '<rect fill="url(http://x/)"/>',
  ];
  for (const part of active) expect(svgHtml(`<svg>${part}</svg>`), part).toBeNull();
  expect(svgHtml('<svg><text>src = x, on = y</text><rect fill="url(#p)"/></svg>')).not.toBeNull();
});

test('names in a drawing lose only the domain that both have', () => {
  expect(commonDomain('ha1.bogus.sh.cn', 'ha2.bogus.sh.cn')).toBe('.bogus.sh.cn');
  expect(commonDomain('a.site1.org', 'a.site2.org')).toBe('.org');
  expect(commonDomain('ha1.x.org', 'ha1')).toBe('');
  expect(commonDomain('node1', 'node2')).toBe('');
});
