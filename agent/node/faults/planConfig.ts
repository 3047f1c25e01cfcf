/**
 * Faults of the configuration: one file rewritten from its kept copy, the engine started again to read it, and at the
 * end the copy put back to the byte. Most of these should never get past preflight.
 */
import { ok } from '../../common/base/result.ts';
import type { Plan, PlanInput } from './plan.ts';
import { unavailable } from './plan.ts';
import { keptFile, plan, putBack, quoted } from './shell.ts';

type File = 'ha.cf' | 'haresources' | 'authkeys';

/** A word of the file as a sed pattern; node names and addresses have dots. */
function pattern(text: string): string {
  return text.replace(/[.*[\]^$/\\+]/g, (found) => `\\${found}`);
}

interface Change {
  readonly file: File;
  /** sed scripts, in their order. */
  readonly edits: readonly string[];
  readonly detail: string;
}

/** What the fault does to which file; null: it is none of these. */
function changeOf({ fault, at, id }: PlanInput): Change | string | null {
  const { deadtimeMs, autoFailback } = at.timing;
  const [vip] = at.vips;
  // At the top: a port and a speed count only for the media lines behind them.
  const set = (word: string, value: string): readonly string[] => [`/^[ \\t]*${word}[ \\t]/d`, `1i ${word} ${value}`];
  switch (fault.name) {
    case 'keys-differ':
      return {
        file: 'authkeys',
        edits: [`s/^\\([ \\t]*[0-9][0-9]*[ \\t][ \\t]*[a-z0-9][a-z0-9]*\\)[ \\t].*$/\\1 twinbeat-${id}/`],
        detail: 'every key of this node is another one',
      };
    case 'wrong-node-name':
      return {
        file: 'ha.cf',
        edits: [`/^[ \\t]*node[ \\t]/s/${pattern(at.node)}/${at.node}-x/I`],
        detail: `ha.cf calls this node ${at.node}-x`,
      };
    case 'port-differs': {
      const link = at.links.find((candidate) => candidate.medium !== 'serial');
      if (link === undefined) return 'this node has no heartbeat link over a network';
      const port = link.port + 1;
      return { file: 'ha.cf', edits: set('udpport', String(port)), detail: `heartbeats go to port ${port}` };
    }
    case 'baud-differs': {
      const link = at.links.find((candidate) => candidate.medium === 'serial');
      if (link === undefined) return 'this node has no serial link';
      const baud = link.baud === 9600 ? 19_200 : 9600;
      return { file: 'ha.cf', edits: set('baud', String(baud)), detail: `ha.cf says ${baud} baud` };
    }
    case 'deadtime-differs': {
      const edits = [...set('deadtime', `${2 * deadtimeMs}ms`), ...set('initdead', `${4 * deadtimeMs}ms`)];
      return { file: 'ha.cf', edits, detail: `deadtime is ${2 * deadtimeMs} ms` };
    }
    case 'initdead-short':
      return { file: 'ha.cf', edits: set('initdead', `${deadtimeMs}ms`), detail: `initdead is ${deadtimeMs} ms` };
    case 'warntime-late':
      return { file: 'ha.cf', edits: set('warntime', `${deadtimeMs}ms`), detail: `warntime is ${deadtimeMs} ms` };
    case 'haresources-differ':
      return {
        file: 'haresources',
        edits: [
          `s/^[ \\t]*${pattern(at.node)}[ \\t]/twinbeat-swap /;s/^[ \\t]*${pattern(at.peer)}[ \\t]/${at.node} /;s/^twinbeat-swap /${at.peer} /`,
        ],
        detail: 'the groups prefer the other node',
      };
    case 'failback-differs': {
      const value = autoFailback === 'on' ? 'off' : 'on';
      return { file: 'ha.cf', edits: set('auto_failback', value), detail: `auto_failback is ${value}` };
    }
    case 'wrong-address-interface':
      if (vip === undefined) return 'haresources has no address';
      return {
        file: 'haresources',
        edits: [`s/${pattern(vip)}[^ \\t]*/${pattern(vip)}\\/${vip.includes(':') ? 128 : 32}\\/lo/`],
        detail: `${vip} goes to the loopback interface`,
      };
    case 'ping-own-address':
      if (vip === undefined) return 'haresources has no address';
      return { file: 'ha.cf', edits: set('ping', vip), detail: `${vip} is the ping node` };
    default:
      return null;
  }
}

/** Only the mode changes; the content stays. */
function readableKeys(input: PlanInput): Plan {
  const file = `${input.at.configDir}/authkeys`;
  return withRestart(input, file, [`chmod 644 ${quoted(file)}`], `${file} can be read by everybody`);
}

function withRestart({ at, dir }: PlanInput, file: string, edit: readonly string[], detail: string): Plan {
  const { engine } = at;
  const back = putBack(dir, [file]);
  return ok(
    plan({
      files: [file],
      inject: [...edit, ...engine.stop, ...engine.recover],
      revert: back.revert,
      restart: [...engine.stop, ...engine.recover],
      isGone: back.isGone.join(' && '),
      by: engine.isAgent ? 'guard' : 'agent',
      detail: `${detail}; the engine is started again`,
    }),
  );
}

/** Faults of the configuration. */
export function planConfigFault(input: PlanInput): Plan {
  const { fault, at, dir } = input;
  if (fault.name === 'keys-readable') return readableKeys(input);
  const change = changeOf(input);
  if (change === null) return unavailable('software on this node cannot do this');
  if (typeof change === 'string') return unavailable(change);
  const file = `${at.configDir}/${change.file}`;
  const edits = change.edits.map((edit) => `-e ${quoted(edit)}`).join(' ');
  const edit = `sed ${edits} ${quoted(keptFile(dir, 0))} > ${quoted(file)}`;
  if (fault.name !== 'keys-differ') return withRestart(input, file, [edit], change.detail);
  const { reload } = at.engine;
  if (reload === null) return withRestart(input, file, [edit], change.detail);
  const back = putBack(dir, [file]);
  return ok(
    plan({
      files: [file],
      inject: [edit, reload],
      revert: back.revert,
      // A daemon that does not run has nothing to read again.
      restart: [`${reload} || :`],
      isGone: back.isGone.join(' && '),
      detail: `${change.detail}; the engine reads it at once`,
    }),
  );
}
