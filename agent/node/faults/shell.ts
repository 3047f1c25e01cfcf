/** Pieces of shell that fault plans are made of. Everything is safe to run twice. */
import type { FaultPlan } from './plan.ts';

/** A program that a fault runs beside the node's own carries this in its command line, with the fault's id behind it. */
export const PROGRAM_MARK = 'twinbeat-fault-';

/** One word for the shell, whatever is in it. */
export function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** A process for ever: a number that was given to another one meanwhile has other ticks. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTicks: string;
}

/** Shell test: this very process lives. The name in front of the fields may have spaces in it. */
export function livesTest({ pid, startTicks }: ProcessId): string {
  return `[ "$(sed 's/.*) //' /proc/${pid}/stat 2>/dev/null | cut -d' ' -f20)" = ${startTicks} ]`;
}

/** Sends a signal to this very process, or to nobody. */
export function signal(name: 'TERM' | 'KILL' | 'STOP' | 'CONT', process: ProcessId): string {
  return `if ${livesTest(process)} && kill -${name} ${process.pid}; then :; fi`;
}

/** Shell test: the process is not stopped, or is gone. */
export function notStoppedTest({ pid }: ProcessId): string {
  return `! grep -q '^State:.*T' /proc/${pid}/status 2>/dev/null`;
}

/** What both ends of a background program need. */
interface Program {
  readonly inject: readonly string[];
  readonly revert: readonly string[];
  readonly isGone: string;
}

/**
 * A shell script that runs beside the agent, as the leader of a session of its own, so that it can be ended with all
 * its children. It never opens a terminal itself: as a leader it would make it its own, and hang it up at its end.
 */
export function program(id: string, dir: string, script: string): Program {
  const mark = `${PROGRAM_MARK}${id}`;
  const file = `${dir}/program.pid`;
  const isOurs = `grep -qa ${mark} "/proc/$(cat ${quoted(file)} 2>/dev/null)/cmdline" 2>/dev/null`;
  return {
    inject: [
      `setsid /bin/sh -c ${quoted(script)} ${mark} </dev/null >/dev/null 2>&1 & echo $! > ${quoted(file)}`,
      // Until it has become that program nobody would know it, and its undoing would leave it running.
      `i=0; until ${isOurs} || [ $i -ge 40 ]; do sleep 0.05; i=$((i + 1)); done`,
    ],
    // A child may be inside the kernel yet when it is killed, and what it does there still comes about.
    revert: [
      `if ${isOurs}; then p=$(cat ${quoted(file)}); kill -KILL -"$p"; i=0; ` +
        'while kill -0 -"$p" 2>/dev/null && [ $i -lt 20 ]; do sleep 0.05; i=$((i + 1)); done; fi',
    ],
    isGone: `! ${isOurs}`,
  };
}

/** Where the exact copy of a plan's file number `index` is kept. */
export function keptFile(dir: string, index: number): string {
  return `${dir}/kept-${index}`;
}

/** Puts every kept file back, in place: its links, owner, mode and time stay or come back. */
export function putBack(dir: string, files: readonly string[]): { revert: string[]; isGone: string[] } {
  const sameMode = (a: string, b: string): string => `[ "$(stat -c %a:%u:%g ${a})" = "$(stat -c %a:%u:%g ${b})" ]`;
  const pairs = files.map((file, i) => [quoted(keptFile(dir, i)), quoted(file)] as const);
  return {
    revert: pairs.map(([kept, file]) => `cp -p ${kept} ${file}`),
    isGone: pairs.map(([kept, file]) => `cmp -s ${kept} ${file} && ${sameMode(kept, file)}`),
  };
}

/** A plan with what most of them have in common filled in. */
export function plan(given: Partial<FaultPlan> & Pick<FaultPlan, 'inject' | 'revert' | 'detail'>): FaultPlan {
  return {
    restart: [],
    isGone: null,
    by: 'agent',
    link: null,
    files: [],
    isOverWhenAgentRuns: false,
    cutsManagement: false,
    durationMsMax: null,
    ...given,
  };
}
