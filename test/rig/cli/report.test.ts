// Goal: from a running pair to a sealed report and back: a drill, the report with its PDF, every file verified, a changed byte named; the
// recording exported, anonymised, replayed.
// Method: the real program, a real rack with fast timing, one power-off drill. A machine under load makes the drill void; the report says so.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { ReportInfo, SessionInfo } from '../../../electron/common/contract/report.ts';
import { ReportBodySchema } from '../../../electron/common/report/model.ts';
import type { ReportBody } from '../../../electron/common/report/model.ts';
import type { ReportCheck } from '../../../electron/core/report/verify.ts';
import { verifyReport } from '../../../electron/core/report/verify.ts';
import { findChromium } from '../../../electron/core/report/pdf.ts';
import { buildAgent } from '../../tools/build.ts';
import { CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const reason = missing('linux', 'iproute', 'namespaces');
const NAMES = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'];
const hasChromium = findChromium(process.env, process.platform) !== null;

let home: CliHome;
let made: ReportInfo & { noPdf: string | null };
let body: ReportBody;

/** Pages of a PDF as Chromium writes it: each is an object of its own. */
const pageCount = (file: string): number =>
  [
    ...readFileSync(file)
      .toString('latin1')
      .matchAll(/\/Type \/Page\b/g),
  ].length;

describe.skipIf(reason !== null)(
  `a report of a real pair${reason === null ? '' : ` (${reason})`}`,
  { timeout: 200_000 },
  () => {
    beforeAll(async () => {
      if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
      home = new CliHome();
      await home.json(['rack', 'up', '--keepalive', '200ms', '--deadtime', '2s']);
      const deployed = await home.run(['deploy', '--rack', '--json']);
      expect({ status: deployed.status, err: deployed.err }).toEqual({ status: 0, err: '' });
      await home.settled();
      const drill = await home.run(['drill', 'power-off', '--rack', '--json']);
      expect([EXIT.ok, EXIT.failed, EXIT.void], drill.err).toContain(drill.status);
      await home.settled();
    }, 200_000);
    afterAll(() => home.dispose());

    test('the report has the drill with its story, both nodes read back, and proof that nothing was left', async () => {
      const dir = join(home.dir, 'out', 'report');
      mkdirSync(join(home.dir, 'out'));
      const ran = await home.run([
        'report',
        '--rack',
        '--out',
        dir,
        '--operator',
        'Li Wei',
        '--witness',
        'A. Customer',
        '--strict',
        '--json',
      ]);
      // One drill of twenty proves little: the report is there, and its verdict cannot be told (or is no, on a busy machine).
      expect([EXIT.void, EXIT.failed], ran.err).toContain(ran.status);
      made = JSON.parse(ran.out) as typeof made;
      expect(made.verdict).toBe(ran.status === EXIT.void ? 'incomplete' : 'fail');
      const json = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as { body: unknown; hash: string };
      body = ReportBodySchema.parse(json.body);
      expect(json.hash).toBe(made.hash);
      expect(body.form).toMatchObject({ operator: 'Li Wei', witness: 'A. Customer' });
      expect(body.nodes.map((n) => [n.name, n.status?.timing.deadtimeMs, n.before !== null, n.after !== null])).toEqual(
        NAMES.map((name) => [name, 2000, true, true]),
      );
      expect(body.drills).toHaveLength(20);
      expect(body.drills.filter((d) => d.state !== 'not-tried').map((d) => d.drill)).toEqual(['power-loss']);
      expect(body.criteria.map((c) => c.check)).toContain('margin-limit');
      expect(body.advice?.streams.filter((s) => s.link === null)).toHaveLength(2);
      expect(body.runs).toHaveLength(1);
      const [first] = body.runs;
      expect(first?.run.drill).toBe('power-loss');
      expect(first?.phases.length).toBeGreaterThan(3);
      expect(existsSync(join(dir, first?.picture ?? 'none'))).toBe(true);
      expect(body.after).toMatchObject({ result: 'clean' });
      expect(body.after.nodes.map((n) => [n.leftovers, n.changedFiles])).toEqual([
        [[], []],
        [[], []],
      ]);
      expect(body.links.map((l) => [l.aToB.state, l.bToA.state])).toEqual([
        ['up', 'up'],
        ['up', 'up'],
      ]);
      expect(body.preflight?.length).toBeGreaterThan(10);
    });

    test('no secret is in any file of it: neither the shared key nor its hash', () => {
      for (const { path } of made.files) {
        const text = readFileSync(join(made.dir, path)).toString('latin1');
        expect(/^auth \d|\b1 sha1 [0-9a-f]{40}\b/m.test(text), path).toBe(false);
      }
    });

    test.skipIf(!hasChromium)('the PDF is there, with pages and with what they say', () => {
      expect(made.noPdf).toBeNull();
      const file = join(made.dir, 'report.pdf');
      expect(readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-');
      expect(pageCount(file)).toBeGreaterThan(2);
    });

    test('verified: every file is what it was; a flipped byte is found and its file named', async () => {
      const ok = await home.run(['verify-report', made.dir]);
      expect({ status: ok.status, err: ok.err }).toEqual({ status: 0, err: '' });
      const bad = (check: ReportCheck) => check.files.filter((f) => f.result !== 'ok');
      const withFlipped = async <T>(path: string, at: number, look: () => Promise<T>): Promise<T> => {
        const file = join(made.dir, path);
        const bytes = readFileSync(file);
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0x20;
        writeFileSync(file, changed);
        return look().finally(() => writeFileSync(file, bytes));
      };
      expect(made.files.length).toBeGreaterThan(8);
      for (const { path, bytes } of made.files) {
        for (const at of [0, Math.floor(bytes / 2), bytes - 1]) {
          const found = await withFlipped(path, at, () => verifyReport(made.dir));
          expect({ path, at, bad: bad(found) }).toEqual({ path, at, bad: [{ path, result: 'changed' }] });
        }
      }
      const path = body.attachments[0]?.path ?? '';
      const told = await withFlipped(path, 1, () => home.run(['verify-report', made.dir, '--json']));
      expect({ status: told.status, bad: bad(JSON.parse(told.out) as ReportCheck) }).toEqual({
        status: 1,
        bad: [{ path, result: 'changed' }],
      });
      expect((await verifyReport(made.dir)).result).toBe('ok');
      expect((await home.run(['verify-report', home.dir])).status).toBe(2);
    });

    test('without a browser that prints it says so and delivers everything else', async () => {
      const dir = join(home.dir, 'out', 'no-pdf');
      const ran = await home.run(
        ['report', '--session', body.sessions[0]?.id ?? '', '--out', dir, '--language', 'zh-CN', '--json'],
        {
          TWINBEAT_CHROMIUM: '/nonexistent',
        },
      );
      expect(ran.status).toBe(0);
      expect(ran.err).toContain('no PDF');
      expect(existsSync(join(dir, 'report.pdf'))).toBe(false);
      expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain('验收报告');
      expect((await home.run(['verify-report', dir])).status).toBe(0);
      // Without the pair nobody could look at the nodes: that is no pass.
      expect((JSON.parse(ran.out) as ReportInfo).verdict).not.toBe('pass');
      expect((await home.run(['report', '--session', body.sessions[0]?.id ?? '', '--out', dir])).status).toBe(
        EXIT.usage,
      );
    });

    test('the session is exported, anonymised without a trace of its names, and told again', async () => {
      const sessions = await home.json<SessionInfo[]>(['sessions']);
      const drilled = sessions.find((s) => s.drills.length > 0);
      expect(drilled?.drills.map((d) => d.drill)).toEqual(['power-loss']);
      const id = drilled?.id ?? '';
      const file = join(home.dir, 'out', 'session.twinbeat.gz');
      const csv = join(home.dir, 'out', 'csv');
      await home.json(['export', id, '--recording', file, '--csv', csv, '--anonymise']);
      const events = readFileSync(join(csv, 'events.csv'), 'utf8');
      expect(events).toContain('node-a');
      const told = await home.json<{ anonymised: boolean; isWhole: boolean; lines: { text: string }[] }>([
        'replay',
        file,
      ]);
      expect(told).toMatchObject({ anonymised: true, isWhole: true });
      const text = JSON.stringify(told) + events + readFileSync(join(csv, 'samples.csv'), 'utf8');
      for (const secret of [...NAMES, 'ha1', 'ha2', '192.168.2.', 'bogus']) expect(text, secret).not.toContain(secret);
      expect(told.lines.some((line) => line.text.includes('dead'))).toBe(true);
      const plain = await home.run(['replay', id, '--speed', 'max']);
      expect(plain.out).toContain(NAMES[0]);
      expect((await home.run(['replay', join(made.dir, 'report.html')])).status).toBe(EXIT.usage);
    });
  },
);
