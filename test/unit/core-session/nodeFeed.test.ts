// One node's feed: placed on the session axis, nothing missed, nothing taken for what it is not.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AGENT_PROTOCOL_VERSION } from '../../../agent/common/rpc/agentContract.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { NodeFeed } from '../../../electron/core/session/nodeFeed.ts';
import { Session } from '../../../electron/core/session/session.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';
import { eventually, FeedAgent, FeedConnector } from '../../support/feedAgent.ts';

const spec = PairSpecSchema.parse({
  schema: 'twinbeat.pair/1',
  id: 'p',
  name: 'p',
  nodes: [
    { name: 'a', host: '127.0.0.1' },
    { name: 'b', host: '127.0.0.1' },
  ],
});

let store: SessionStore;
let session: Session;
let agent: FeedAgent;
let connector: FeedConnector;
let feed: NodeFeed;

beforeEach(() => {
  store = new SessionStore(':memory:');
  session = new Session(store, spec, 'cli', Date.now());
  agent = new FeedAgent('a', 'b', 5_000_000);
  connector = new FeedConnector('a', agent);
  feed = new NodeFeed(connector, session);
});
afterEach(async () => {
  await feed.close();
  session.close(Date.now());
  store.close();
});

const all = () => session.raw(-1e9, 1e9);
const attached = () => eventually('attached', () => feed.client !== null && agent.isListenedTo);

test('node times land on the session axis, within the error they carry', async () => {
  connector.set('ready');
  await attached();
  const beforeMs = session.nowMs();
  agent.emit({ kind: 'log', text: 'now' });
  const afterMs = session.nowMs();
  await eventually('event', () => all().events.length === 1);
  const [event] = all().events;
  expect(event?.tMs).toBeGreaterThanOrEqual(beforeMs - (event?.errorMs ?? 0));
  expect(event?.tMs).toBeLessThanOrEqual(afterMs + (event?.errorMs ?? 0));
  expect(feed.clockState()?.offsetMs).toBeGreaterThan(4_999_000);
});

test('samples carry margins, and what is held becomes a witness', async () => {
  agent.held = true;
  connector.set('ready');
  await attached();
  agent.sample();
  await eventually('sample', () => all().samples.length === 1);
  const [sample] = all().samples;
  expect(sample?.links[0]).toMatchObject({ marginMs: 2500, marginMinMs: 2400, fromPeer: 'up' });
  expect(feed.witness('10.0.0.9', null).held?.holds).toBe(true);
});

test('after a lost connection the missed events are fetched by number, each once', async () => {
  connector.set('ready');
  await attached();
  agent.emit({ kind: 'log', text: 'one' });
  await eventually('first', () => all().events.length === 1);
  connector.set('lost');
  await eventually('detached', () => feed.client === null);
  agent.emit({ kind: 'log', text: 'two' });
  agent.emit({ kind: 'log', text: 'three' });
  connector.set('ready');
  await eventually('rest', () => all().events.length === 3);
  expect(all().events.map((e) => e.event.seq)).toEqual([1, 2, 3]);
  expect(all().gaps.filter((g) => g.source === 'a/events')).toEqual([]);
});

test('a hole in the journal is marked as a gap, with the number of lost events', async () => {
  connector.set('ready');
  await attached();
  agent.emit({ kind: 'log', text: 'one' });
  await eventually('first', () => all().events.length === 1);
  connector.set('lost');
  await eventually('detached', () => feed.client === null);
  for (let i = 0; i < 4; i += 1) agent.emit({ kind: 'log', text: 'lost' });
  agent.journal = agent.journal.slice(-1);
  connector.set('ready');
  await eventually('gap', () => all().gaps.some((g) => g.source === 'a/events'));
  expect(all().gaps.find((g) => g.source === 'a/events')?.reason).toMatch(/^3 events/);
});

test('a new journal begins at its first event', async () => {
  connector.set('ready');
  await attached();
  agent.emit({ kind: 'log', text: 'old' });
  await eventually('first', () => all().events.length === 1);
  const next = new FeedAgent('a', 'b', 9_000_000);
  next.journalId = 'journal-2';
  next.emit({ kind: 'log', text: 'new' });
  connector.agent = next;
  connector.dropAgents();
  await eventually('second', () => all().events.length === 2);
  expect(all().events.map((e) => e.event.body['text'])).toEqual(['old', 'new']);
});

test('while nothing comes the record shows a gap, closed by the next sample', async () => {
  connector.set('ready');
  await attached();
  agent.sample();
  await eventually('sample', () => all().samples.length === 1);
  connector.set('lost');
  await eventually('gap', () => all().gaps.some((g) => g.source === 'a' && g.toMs === null));
  connector.set('ready');
  await attached();
  agent.sample();
  await eventually('closed', () => all().gaps.every((g) => g.toMs !== null));
});

test('a frozen agent is a gap too, while its connection stands', async () => {
  connector.set('ready');
  await attached();
  agent.sample();
  await eventually('sample', () => all().samples.length === 1);
  agent.frozen = true;
  await eventually('gap', () => all().gaps.some((g) => g.source === 'a'));
  expect(feed.agent.phase).toBe('attached');
});

test('no agent, an agent of another protocol: said in words', async () => {
  connector.agent = null;
  connector.set('ready');
  await eventually('absent', () => feed.agent.phase === 'absent');
  // The release before this one, and one that is not made yet.
  agent.protocol = AGENT_PROTOCOL_VERSION - 1;
  connector.agent = agent;
  await eventually('other version', () => feed.agent.phase === 'other-version');
  expect(feed.agent.detail).toBe(
    `the agent speaks protocol ${AGENT_PROTOCOL_VERSION - 1}, this console ${AGENT_PROTOCOL_VERSION}: deploy again`,
  );
  expect(feed.client).toBeNull();
  agent.protocol = AGENT_PROTOCOL_VERSION + 5;
  await eventually('newer', () => feed.agent.detail.includes(`protocol ${AGENT_PROTOCOL_VERSION + 5}`));
});

test('an event of an earlier boot is placed by its wall time, with a wide error', async () => {
  agent.emit({ kind: 'log', text: 'before the reboot' }, agent.nowMs() - 10_000);
  const [old] = agent.journal;
  if (old !== undefined) old.at = { monotonicMs: 77 };
  connector.set('ready');
  await eventually('event', () => all().events.length === 1);
  const [event] = all().events;
  expect(event?.errorMs).toBeGreaterThanOrEqual(1000);
  expect(Math.abs((event?.tMs ?? 0) - (session.nowMs() - 10_000))).toBeLessThan(5000);
});
