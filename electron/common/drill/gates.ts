/**
 * What must be in order before anything is broken, gate by gate, and what somebody answers for instead. Pure. A run that begins on a pair
 * which is not in order measures the disorder.
 */
import type { DrillWaiver, GateName, GateResult, Text } from '../contract/drill.ts';
import { problemsByGate, type PairGate } from './baseline.ts';
import { text } from './text.ts';
import type { PairView } from './view.ts';

/** Runnable processes a core above which times say more about the machine than about the pair. */
export const LOAD_PER_CORE_MAX = 2;

/** How far the two nodes' wall clocks may be apart, milliseconds: their logs are read side by side. */
const CLOCK_APART_MS_MAX = 50;
/** Error of a node's clock above which the order of events of two nodes cannot be told, milliseconds. */
export const CLOCK_ERROR_MS_MAX = 250;

/** A disk is too full below this share, unless what is left is plenty. */
const DISK_FREE_PERCENT_MIN = 20;
/** A daemon that lost its serial line writes up to a megabyte of log a second: this lasts for more than an hour. Bytes. */
const DISK_FREE_BYTES_PLENTY = 5 * 1024 ** 3;

/** Without these there is no run: nobody to ask, or nobody from whom to take the address. */
export const NEVER_WAIVED: readonly GateName[] = ['agents', 'holder'];

export interface NodeClockFact {
  readonly node: string;
  /** Half width of the error with which its clock is known; null: not measured. */
  readonly errorMs: number | null;
  /** Its wall clock at one and the same moment of the console's, milliseconds; null: not measured. */
  readonly wallMs: number | null;
}

export interface NodeDiskFact {
  readonly node: string;
  /** The fullest of the file systems that logs and the agent write to; null: it could not be read. */
  readonly free: { readonly percent: number; readonly bytes: number } | null;
}

export interface GateFacts {
  readonly view: PairView;
  readonly loadPerCore: number;
  readonly clocks: readonly NodeClockFact[];
  readonly disks: readonly NodeDiskFact[];
}

type Found = Pick<GateResult, 'result' | 'reasons'>;

/** Failed where something is wrong, unknown where something could not be read. */
function found(wrong: readonly Text[], unread: readonly Text[]): Found {
  const reasons = [...wrong, ...unread];
  return { result: wrong.length > 0 ? 'failed' : unread.length > 0 ? 'unknown' : 'passed', reasons };
}

function loadGate(load: number): Found {
  const words = load.toFixed(1);
  const wrong = text(
    `this computer is overloaded (${words} runnable processes a core, limit ${LOAD_PER_CORE_MAX})`,
    `本机过载（每核 ${words} 个可运行进程，上限 ${LOAD_PER_CORE_MAX}）`,
  );
  return found(load > LOAD_PER_CORE_MAX ? [wrong] : [], []);
}

function clockGate(clocks: readonly NodeClockFact[]): Found {
  const [wrong, unread]: [Text[], Text[]] = [[], []];
  for (const { node, errorMs } of clocks)
    if (errorMs === null) unread.push(text(`${node}: its clock is not measured yet`, `${node}：时钟尚未测量`));
    else if (errorMs > CLOCK_ERROR_MS_MAX) {
      const ms = errorMs.toFixed(0);
      wrong.push(text(`${node}: its clock is known to +/- ${ms} ms only`, `${node}：时钟误差达 ±${ms} ms`));
    }
  const [a, b] = clocks;
  if (a?.wallMs == null || b?.wallMs == null) return found(wrong, unread);
  const apartMs = Math.abs(a.wallMs - b.wallMs);
  // The console cannot tell a difference that is smaller than the error with which it knows the clocks.
  if (apartMs > CLOCK_APART_MS_MAX + (a.errorMs ?? 0) + (b.errorMs ?? 0)) {
    const ms = apartMs.toFixed(0);
    wrong.push(
      text(
        `the clocks of the two nodes are ${ms} ms apart, limit ${CLOCK_APART_MS_MAX} ms`,
        `两台服务器的时钟相差 ${ms} ms，上限 ${CLOCK_APART_MS_MAX} ms`,
      ),
    );
  }
  return found(wrong, unread);
}

function diskGate(disks: readonly NodeDiskFact[]): Found {
  const [wrong, unread]: [Text[], Text[]] = [[], []];
  for (const { node, free } of disks)
    if (free === null)
      unread.push(text(`${node}: how full its disk is could not be read`, `${node}：无法读取磁盘使用情况`));
    else if (free.percent < DISK_FREE_PERCENT_MIN && free.bytes < DISK_FREE_BYTES_PLENTY) {
      const [percent, mebibytes] = [free.percent.toFixed(0), (free.bytes / 1024 ** 2).toFixed(0)];
      wrong.push(
        text(
          `${node}: only ${percent} % of a disk are free (${mebibytes} MiB), at least ${DISK_FREE_PERCENT_MIN} %`,
          `${node}：磁盘仅剩 ${percent}%（${mebibytes} MiB），至少应有 ${DISK_FREE_PERCENT_MIN}%`,
        ),
      );
    }
  return found(wrong, unread);
}

/** Every gate, in the order in which a person looks at them, with who waived what did not pass. */
export function gateResults(facts: GateFacts, waivers: readonly DrillWaiver[]): GateResult[] {
  const pair = problemsByGate(facts.view);
  const ofPair = (gate: PairGate): [GateName, Found] => [gate, found(pair[gate], [])];
  const all: [GateName, Found][] = [
    ofPair('agents'),
    ofPair('links'),
    ofPair('holder'),
    ofPair('client'),
    ofPair('faults'),
    ['load', loadGate(facts.loadPerCore)],
    ['clocks', clockGate(facts.clocks)],
    ['disk', diskGate(facts.disks)],
  ];
  return all.map(([gate, is]) => {
    const waiver = is.result === 'passed' ? null : (waivers.find((w) => w.gate === gate) ?? null);
    return { gate, ...is, waiver };
  });
}

/** Why a run must not begin: what did not pass and nobody answers for. Overload makes a run void, and does not keep it from its numbers. */
export function gateProblems(gates: readonly GateResult[]): Text[] {
  return gates.filter((g) => g.result !== 'passed' && g.waiver === null && g.gate !== 'load').flatMap((g) => g.reasons);
}

/** What a reader must know of gates that were waived. */
export function waiverNotes(gates: readonly GateResult[]): Text[] {
  return gates.flatMap(({ gate, reasons, waiver }) => {
    if (waiver === null) return [];
    const [en, zh] = [reasons.map((r) => r.en).join('; '), reasons.map((r) => r['zh-CN']).join('；')];
    return [
      text(
        `gate "${gate}" waived by ${waiver.by} (${waiver.why}): ${en}`,
        `门槛“${gate}”由 ${waiver.by} 豁免（${waiver.why}）：${zh}`,
      ),
    ];
  });
}
