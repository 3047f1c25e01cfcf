/** Timeline events in words. Bodies come over the wire as open objects; what a newer agent adds is shown by its kind. */
import type { EventBody, TimelineEvent } from '../../agent/common/timeline/event.ts';
import type { SessionEvent } from '../../electron/common/contract/session.ts';
import type { T } from '../locales/index.ts';
import { duration } from './format.ts';

const upper = <S extends string>(text: S): Capitalize<S> =>
  (text.charAt(0).toUpperCase() + text.slice(1)) as Capitalize<S>;

function faultName(name: string, t: T): string {
  return t(`fault.name.${name as 'power-off'}`, { defaultValue: name });
}

function resourceText(body: Extract<EventBody, { kind: 'resource' }>, t: T): string {
  const action = t(`events.action.${body.action}`);
  const took = body.tookMs === undefined ? '' : `(${duration(body.tookMs)})`;
  return t(`events.text.resource${upper(body.phase)}`, {
    action,
    resource: body.resource,
    took,
    detail: body.detail ?? '',
  });
}

function vipText(body: Extract<EventBody, { kind: 'vip' }>, t: T): string {
  const key = body.change === 'conflict-over' ? 'vipConflictOver' : (`vip${upper(body.change)}` as const);
  return t(`events.text.${key}`, { address: body.address, iface: body.iface, mac: body.mac ?? '' });
}

function standbyText(body: Extract<EventBody, { kind: 'standby' }>, t: T): string {
  const phase = t(`events.standbyPhase.${body.phase}`);
  return t('events.text.standby', { phase, set: t(`events.set.${body.set}`), detail: body.detail });
}

function linkText(body: Extract<EventBody, { kind: 'link' }>, t: T): string {
  const key = body.direction === 'from-peer' ? 'linkFrom' : 'linkTo';
  return t(`events.text.${key}`, { link: body.link, state: t(`picture.health.${body.state}`) });
}

/** What the agent says in its own words stands behind our sentence. */
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text} · ${detail}`);

/** Reasons of a held-back takeover in words; one that a newer agent may know is shown by its code. */
export function holdReasons(reasons: readonly string[], t: T, length: 'long' | 'short' = 'long'): string {
  const word = (reason: string): string =>
    length === 'long'
      ? t(`hold.${reason as 'fencing'}`, { defaultValue: reason })
      : t(`holdShort.${reason as 'fencing'}`, { defaultValue: reason });
  return reasons.map(word).join(t('common.comma'));
}

/** A problem by its code, then in the agent's words; a code that is not known here says nothing to people. */
export function problemText({ code, detail }: { readonly code: string; readonly detail: string }, t: T): string {
  const known = t(`problem.${code as 'disk-full'}`, { defaultValue: '' });
  return known === '' ? detail : withDetail(known, detail);
}

const FENCING_KEYS = {
  begin: 'fencingBegin',
  'waiting-operator': 'fencingWaitingOperator',
  done: 'fencingDone',
  failed: 'fencingFailed',
  'not-needed': 'fencingNotNeeded',
  'not-configured': 'fencingNotConfigured',
} as const;

const IPFAIL_KEYS = {
  asked: 'ipfailAsked',
  compared: 'ipfailCompared',
  'give-up-scheduled': 'ipfailGiveUpScheduled',
  'give-up-cancelled': 'ipfailGiveUpCancelled',
  'gave-up': 'ipfailGaveUp',
} as const;

function ipfailText({ step, own, peers, detail }: Extract<EventBody, { kind: 'ipfail' }>, t: T): string {
  const counts = { own, peers: peers ?? t('common.unknown') };
  return withDetail(t(`events.text.${IPFAIL_KEYS[step]}`, counts), detail);
}

function holdText(body: Extract<EventBody, { kind: 'takeover-hold' }>, t: T): string {
  const reasons = holdReasons(body.reasons, t);
  return withDetail(
    t(`events.text.${body.over ? 'holdOver' : 'holdBegin'}`, { from: body.from, reasons }),
    body.detail,
  );
}

type SafetyBody = Extract<
  EventBody,
  { kind: 'ping-node' | 'ipfail' | 'fencing' | 'takeover-hold' | 'key-mismatch' | 'let-go' | 'keys' }
>;

/** What came with ping nodes, fencing, held-back takeovers and keys. */
function safetyText(body: SafetyBody, t: T): string {
  switch (body.kind) {
    case 'ping-node':
      return t(`events.text.ping${upper(body.status)}`, { node: body.node });
    case 'ipfail':
      return ipfailText(body, t);
    case 'fencing':
      return withDetail(t(`events.text.${FENCING_KEYS[body.phase]}`, { node: body.node }), body.detail);
    case 'takeover-hold':
      return holdText(body, t);
    case 'key-mismatch':
      return t(`events.text.keyMismatch${body.over ? 'Over' : ''}`, { peer: body.peer });
    case 'let-go':
      return withDetail(t(`events.text.letGo${upper(body.phase)}`, { address: body.address }), body.detail);
    case 'keys':
      return withDetail(t(`events.text.keys${body.ok ? 'Ok' : 'Refused'}`, { signing: body.signing }), body.detail);
  }
}

function bodyText(body: EventBody, t: T): string {
  switch (body.kind) {
    case 'local-status':
      return t('events.text.local-status', { status: t(`node.status.${body.status}`) });
    case 'peer-status':
      return t('events.text.peer-status', { peer: body.peer, status: t(`node.status.${body.status}`) });
    case 'link':
      return linkText(body, t);
    case 'late-heartbeat':
      return t('events.text.late-heartbeat', {
        peer: body.peer,
        interval: duration(body.intervalMs),
        limit: duration(body.limitMs),
      });
    case 'peer-restarted':
      return t('events.text.peer-restarted', body);
    case 'partition-healed':
      return t('events.text.partition-healed', { peer: body.peer, silent: duration(body.silentMs) });
    case 'packets-lost':
      return t('events.text.packets-lost', { peer: body.peer, count: body.count });
    case 'takeover':
      return t(`events.text.takeover${upper(body.phase)}`, { from: body.from, cause: t(`events.cause.${body.cause}`) });
    case 'standby':
      return standbyText(body, t);
    case 'holdings': {
      const moving = body.stable ? '' : t('events.text.moving');
      return t('events.text.holdings', {
        mine: t(`events.set.${body.mine}`),
        theirs: t(`events.set.${body.theirs}`),
        moving,
      });
    }
    case 'ownership-alarm':
      return t(`events.text.alarm${upper(body.alarm)}`, { set: t(`events.set.${body.set}`) });
    case 'resource':
      return resourceText(body, t);
    case 'vip':
      return vipText(body, t);
    case 'shutdown':
      return t(`events.text.shutdown${upper(body.phase)}`);
    case 'restart':
      return t('events.text.restart', { reason: body.reason });
    case 'problem':
      return t(body.over ? 'events.text.problemOver' : 'events.text.problem', { detail: problemText(body, t) });
    case 'fault':
      return t(`events.text.fault${upper(body.phase)}`, { name: faultName(body.name, t), detail: body.detail });
    case 'ping-node':
    case 'ipfail':
    case 'fencing':
    case 'takeover-hold':
    case 'key-mismatch':
    case 'let-go':
    case 'keys':
      return safetyText(body, t);
    case 'log':
      return body.text;
    default:
      return t('events.text.other', { kind: (body as { kind: string }).kind });
  }
}

/** One event as a sentence whose subject is its node. */
export function eventText(event: SessionEvent['event'], t: T): string {
  // The wire schema leaves the body open on purpose; the union is what agents of this version send.
  return bodyText((event as unknown as TimelineEvent).body, t);
}

/** Events that deserve a line through the charts. */
export function isLandmark(event: SessionEvent['event']): boolean {
  const body = (event as unknown as TimelineEvent).body;
  if (body.kind === 'fault') return body.phase === 'injected' || body.phase === 'reverted';
  if (body.kind === 'takeover') return body.phase === 'done';
  if (body.kind === 'takeover-hold') return !body.over;
  if (body.kind === 'fencing') return body.phase === 'done' || body.phase === 'failed';
  if (body.kind === 'key-mismatch') return !body.over;
  return body.kind === 'peer-status' && body.status === 'dead';
}
