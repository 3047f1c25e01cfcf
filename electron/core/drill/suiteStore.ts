/**
 * Suites on disk, one JSON file each: written whole after every change, so that a console that dies at any moment leaves a suite that
 * another one can read, judge and go on with.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DrillSuiteSchema, type DrillSuite } from '../../common/contract/drill.ts';
import { writeFileAtomic } from '../profiles/files.ts';
import { readScripts } from './scripts.ts';

/** Finished suites kept of one pair; the oldest go first. */
const SUITES_KEPT_MAX = 100;

/** A suite whose console has not written for this long is no longer running, milliseconds. It writes every few seconds. */
const ALIVE_MS_MAX = 20_000;

/** What is known of a suite besides its record: who runs it, and what it had broken when it last wrote. */
const KeptSuiteSchema = z.object({
  suite: DrillSuiteSchema,
  owner: z.object({ pid: z.number().int(), aliveWallMs: z.number() }),
  /** The run in work; null: between two runs. */
  open: z
    .object({
      planIndex: z.number().int(),
      beganWallMs: z.number(),
      broken: z.array(z.object({ node: z.string(), name: z.string() })),
    })
    .nullable(),
});
export type KeptSuite = z.infer<typeof KeptSuiteSchema>;

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there and not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export class SuiteStore {
  private readonly dir: string | null;
  private readonly memory = new Map<string, KeptSuite>();
  private readonly report: (problem: string) => void;

  /** `dir` null: suites live as long as this process. */
  constructor(dir: string | null, report: (problem: string) => void) {
    this.dir = dir;
    this.report = report;
    if (dir !== null) mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  private file(suiteId: string): string | null {
    return this.dir === null ? null : join(this.dir, `suite-${suiteId}.json`);
  }

  /** Writes it out. A disk that refuses is reported; the suite goes on in memory. */
  keep(kept: KeptSuite): void {
    this.memory.set(kept.suite.suiteId, kept);
    const file = this.file(kept.suite.suiteId);
    if (file === null) return;
    try {
      writeFileAtomic(file, `${JSON.stringify(kept)}\n`);
    } catch (error) {
      this.report(`the drill's record is not being stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private readAll(): KeptSuite[] {
    if (this.dir === null) return [...this.memory.values()];
    return readScripts(this.dir, KeptSuiteSchema, this.report);
  }

  /** True while another process works on it, or this one. */
  isRunning({ suite, owner }: KeptSuite, nowWallMs: number): boolean {
    if (suite.state !== 'running') return false;
    return nowWallMs - owner.aliveWallMs < ALIVE_MS_MAX && isProcessAlive(owner.pid);
  }

  /** Suites of a pair, newest first. One whose console died counts as interrupted. */
  list(pairId: string, nowWallMs: number): KeptSuite[] {
    const own = this.readAll()
      .filter((k) => k.suite.pairId === pairId)
      .sort((a, b) => b.suite.startedWallMs - a.suite.startedWallMs);
    return own.map((kept) => {
      if (kept.suite.state !== 'running' || this.isRunning(kept, nowWallMs)) return kept;
      return { ...kept, suite: { ...kept.suite, state: 'interrupted' as const, endedWallMs: kept.owner.aliveWallMs } };
    });
  }

  find(suiteId: string, nowWallMs: number): KeptSuite | null {
    const found = this.readAll().find((k) => k.suite.suiteId === suiteId);
    return found === undefined
      ? null
      : (this.list(found.suite.pairId, nowWallMs).find((k) => k.suite.suiteId === suiteId) ?? null);
  }

  /** Drops the oldest of a pair beyond the number that is kept. */
  tidy(pairId: string, nowWallMs: number): void {
    for (const { suite } of this.list(pairId, nowWallMs).slice(SUITES_KEPT_MAX)) {
      this.memory.delete(suite.suiteId);
      const file = this.file(suite.suiteId);
      if (file !== null) rmSync(file, { force: true });
    }
  }
}

/** True when a suite can be gone on with. */
export function isResumable(suite: DrillSuite): boolean {
  return (suite.state === 'aborted' || suite.state === 'interrupted') && suite.doneCount < suite.plan.length;
}
