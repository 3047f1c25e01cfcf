/** From the terms to the four times, their price and their lines. */
import { formatDuration } from '../../../agent/common/config/time.ts';
import type { Advice, AdviceQuestion, AdviceTerm } from '../contract/advice.ts';
import type { Text } from '../contract/drill.ts';
import type { SessionTiming } from '../contract/session.ts';
import { YEAR_MS } from './budget.ts';
import { tailProbability } from './gpd.ts';
import { dataAlonePerDay, type Direction } from './methods.ts';
import { largest, smallest } from './numbers.ts';
import { outagesWith, type AdviceRecord } from './record.ts';
import { serialKeepaliveMinMs } from './serial.ts';
import { numberText, say, timeText } from './words.ts';

const INITDEAD_MS_MIN = 10_000;

/** A switch without "portfast" forwards nothing for this long after a port comes up (spanning tree), milliseconds. */
const STP_MS = 30_000;

const upTo = (ms: number, stepMs: number): number => Math.ceil(ms / stepMs - 1e-9) * stepMs;

/** Nobody sets 4137 ms: up to tenths of a second, then halves, then seconds. */
export function roundedUpMs(ms: number): number {
  if (ms <= 10_000) return upTo(ms, 100);
  return upTo(ms, ms <= 30_000 ? 500 : 1000);
}

/** The present keepalive, unless the slowest serial line cannot carry it. */
export function keepaliveOf(record: AdviceRecord, present: SessionTiming): number {
  const floorMs = record.serial === null ? 0 : upTo(serialKeepaliveMinMs(record.serial.baud), 10);
  return Math.max(present.keepaliveMs, floorMs);
}

/** Longest time from an agent's start until all its links brought heartbeats, where the peer ran already; null: not seen. */
export function linksUpMs(record: AdviceRecord): number | null {
  const times: number[] = [];
  const linkCount = Math.max(1, record.links.length);
  for (const node of record.nodes) {
    let startMs: number | null = null;
    let up = new Set<string>();
    for (const { tMs, event } of record.events) {
      const { body } = event;
      if (event.node !== node && body.kind === 'local-status' && body['status'] === 'init') startMs = null;
      if (event.node !== node) continue;
      if (body.kind === 'local-status' && body['status'] === 'init') [startMs, up] = [tMs, new Set()];
      if (startMs === null || body.kind !== 'link' || body['direction'] !== 'from-peer' || body['state'] !== 'up')
        continue;
      up.add(String(body['link']));
      if (up.size >= linkCount) {
        times.push(tMs - startMs);
        startMs = null;
      }
    }
  }
  return times.length === 0 ? null : largest(times);
}

/** From the verdict that the peer is dead to the address announced by the survivor: shortest and longest; null: not seen. */
export function takeoverMs(record: AdviceRecord): readonly [number, number] | null {
  const times: number[] = [];
  for (const node of record.nodes) {
    let deadMs: number | null = null;
    for (const { tMs, event } of record.events) {
      if (event.node !== node) continue;
      const { body } = event;
      if (body.kind === 'peer-status') deadMs = body['status'] === 'dead' ? tMs : null;
      if (deadMs === null || body.kind !== 'vip' || body['change'] !== 'announced') continue;
      times.push(tMs - deadMs);
      deadMs = null;
    }
  }
  return times.length === 0 ? null : [smallest(times), largest(times)];
}

function warntimeOf(
  keepaliveMs: number,
  deadtimeMs: number,
  directions: readonly Direction[],
): { ms: number; text: Text } {
  const p999Ms = largest(directions.map((d) => d.counted.view.p999Ms ?? 0));
  const wantedMs = upTo(Math.max(2 * keepaliveMs, p999Ms), 10);
  const ms = Math.min(wantedMs, upTo(deadtimeMs / 2, 10) - 10);
  const p999 = timeText(p999Ms);
  return {
    ms,
    text: say(
      `warntime: two keepalives or the 99.9 % gap (${p999}), below half of deadtime`,
      `warntime：两个 keepalive 或 99.9 % 间隔（${p999}），且小于 deadtime 的一半`,
    ),
  };
}

function initdeadOf(
  record: AdviceRecord,
  deadtimeMs: number,
  present: SessionTiming,
  isRack: boolean,
): { ms: number; text: Text } {
  const upMs = linksUpMs(record);
  const hasLan = record.links.some((link) => link.medium !== 'serial');
  const stpMs = hasLan && !isRack ? STP_MS : 0;
  // Without a measured start nothing speaks for less than what is set.
  const startMs = upMs === null ? present.initdeadMs : upMs + stpMs;
  const ms = roundedUpMs(Math.max(2 * deadtimeMs, startMs, INITDEAD_MS_MIN));
  const links = upMs === null ? '' : timeText(upMs);
  const stp = stpMs / 1000;
  const text =
    upMs === null
      ? say(
          'initdead: twice deadtime, 10 s, and not below what is set: no start was seen with the peer running',
          'initdead：deadtime 的 2 倍、10 s，且不低于现值：没有见到对端运行时的启动',
        )
      : say(
          `initdead: twice deadtime, 10 s, or start to all links up (${links}) and ${stp} s for spanning tree`,
          `initdead：deadtime 的 2 倍、10 s，或从启动到所有链路连通（${links}）加生成树 ${stp} s`,
        );
  return { ms, text };
}

/** A sample can show that a deadtime is too short; that it is too long it shows only where it has seen everything. */
function shorterText(present: SessionTiming, deadtimeMs: number): Text[] {
  if (deadtimeMs >= present.deadtimeMs) return [];
  const set = timeText(present.deadtimeMs);
  return [
    say(
      `deadtime: shorter than what is set (${set}); keep that until a day under real load says the same`,
      `deadtime：比现值（${set}）短；在真实负载下观测一天得到同样结果之前，请保持现值`,
    ),
  ];
}

/**
 * Expected outage: what drills measured with the present deadtime, moved by its change; else detection and the takeovers that were seen.
 * null: neither is known.
 */
function expectedOutage(
  record: AdviceRecord,
  present: SessionTiming,
  deadtimeMs: number,
  detectionMs: readonly [number, number],
): [number, number] | null {
  const measured = outagesWith(record, present.deadtimeMs);
  if (measured.length > 0) {
    const change = deadtimeMs - present.deadtimeMs;
    return [
      Math.max(detectionMs[0], smallest(measured) + change),
      Math.max(detectionMs[1], largest(measured) + change),
    ];
  }
  const takeover = takeoverMs(record);
  return takeover === null ? null : [detectionMs[0] + takeover[0], detectionMs[1] + takeover[1]];
}

/** The four times. `isRack`: its bridge has no spanning tree. */
export function recommend(
  record: AdviceRecord,
  present: SessionTiming,
  directions: readonly Direction[],
  terms: readonly AdviceTerm[],
  isRack: boolean,
): NonNullable<Advice['recommendation']> {
  const keepaliveMs = keepaliveOf(record, present);
  const deadtimeMs = roundedUpMs(largest(terms.map((t) => t.ms ?? 0)));
  const warntime = warntimeOf(keepaliveMs, deadtimeMs, directions);
  const initdead = initdeadOf(record, deadtimeMs, present, isRack);
  const times = { keepaliveMs, warntimeMs: warntime.ms, deadtimeMs, initdeadMs: initdead.ms };
  const detectionMs: [number, number] = [deadtimeMs - keepaliveMs, deadtimeMs];
  const keepaliveText =
    keepaliveMs === present.keepaliveMs
      ? say('keepalive: as set; the sample was taken with it', 'keepalive：保持现值；样本就是用它取得的')
      : say(
          'keepalive: raised to what the serial line can carry at half load',
          'keepalive：提高到串口线半载所能承受的值',
        );
  return {
    ...times,
    haCf: [
      `keepalive ${formatDuration(times.keepaliveMs)}`,
      `warntime ${formatDuration(times.warntimeMs)}`,
      `deadtime ${formatDuration(times.deadtimeMs)}`,
      `initdead ${formatDuration(times.initdeadMs)}`,
    ],
    detectionMs,
    outageMs: expectedOutage(record, present, deadtimeMs, detectionMs),
    reasons: [keepaliveText, warntime.text, initdead.text, ...shorterText(present, deadtimeMs)],
  };
}

/** What the recommended deadtime risks, by the fitted tail and by the data alone. */
export function riskOf(
  deadtimeMs: number | null,
  directions: readonly Direction[],
  question: AdviceQuestion,
): Advice['risk'] {
  const { targetYears } = question;
  const none = say('no risk can be stated', '无法给出风险');
  if (deadtimeMs === null || directions.length === 0) {
    return { targetYears, falsePerYear: null, dataAlonePerDay: null, text: none };
  }
  const perDay = largest(directions.map((d) => dataAlonePerDay(d.counted.view.count, d.present.keepaliveMs) ?? 0));
  const fits = directions.flatMap(({ tail, present }) =>
    tail.ok ? [{ fit: tail.fit, keepaliveMs: present.keepaliveMs }] : [],
  );
  const isWhole = fits.length === directions.length;
  const falsePerYear = isWhole
    ? fits.reduce((sum, { fit, keepaliveMs }) => sum + tailProbability(fit, deadtimeMs) * (YEAR_MS / keepaliveMs), 0)
    : null;
  const day = numberText(perDay);
  const alone = say(
    `the data alone cannot exclude up to ${day} a day in one direction (95 %)`,
    `仅凭数据不能排除单方向每天最多 ${day} 次（95 %）`,
  );
  const shapes = fits.map(({ fit }) => `ξ=${fit.shape.toFixed(2)}±${fit.shapeError.toFixed(2)}`).join(', ');
  const year = numberText(falsePerYear ?? 0);
  const text =
    falsePerYear === null
      ? say(
          `No estimate of false takeovers: the tail may not be extrapolated; ${alone.en}.`,
          `无法估计误接管：尾部不可外推；${alone['zh-CN']}。`,
        )
      : say(
          `False takeovers: ${year} a year (extrapolated, GPD ${shapes}); ${alone.en}.`,
          `误接管：每年 ${year} 次（外推，GPD ${shapes}）；${alone['zh-CN']}。`,
        );
  return { targetYears, falsePerYear, dataAlonePerDay: perDay, text };
}
