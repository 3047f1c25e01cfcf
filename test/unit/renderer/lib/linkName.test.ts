// Goal: two links over one interface are told apart wherever the screen names them.
// Method: a pair with two unicast links over eth1, one of IPv4 and one of IPv6, through the models of picture, lanes and safety pane.
import i18next from 'i18next';
import { beforeEach, expect, test } from 'vitest';
import type { LinkStatus } from '../../../../agent/common/rpc/agentContract.ts';
import type { PairState } from '../../../../electron/common/contract/state.ts';
import { pairLinks } from '../../../../electron/common/verdict/links.ts';
import { ownName } from '../../../../renderer/lib/linkName.ts';
import { SessionData } from '../../../../renderer/lib/sessionData.ts';
import type { T } from '../../../../renderer/locales/index.ts';
import { en } from '../../../../renderer/locales/en.ts';
import { lineLabel, linesOf } from '../../../../renderer/views/monitor/frame.ts';
import { pictureName } from '../../../../renderer/views/rack/pictureModel.ts';
import { safetySections } from '../../../../renderer/views/safety/safetyModel.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';

let t: T;
let state: PairState;
let data: SessionData;

const LABELS = [
  ['ucast eth1 10.1.0.2', 'ucast6 eth1 fd00::2'],
  ['ucast eth1 10.1.0.1', 'ucast6 eth1 fd00::1'],
] as const;

beforeEach(async () => {
  t = await i18next.createInstance().init({ lng: 'en', resources: { en: { translation: en } } });
  const fake = new FakeConsole();
  fake.warmUp(20_000);
  state = structuredClone(fake.pairState());
  fake.close();
  data = new SessionData();
  state.nodes.forEach((node, n) => {
    const links = (node.status?.links ?? []).map((link, i): LinkStatus => {
      const label = LABELS[n]?.[i];
      return {
        ...link,
        id: `ucast:eth1#${i}`,
        name: 'eth1',
        medium: 'ucast',
        ...(label === undefined ? {} : { label }),
      };
    });
    if (node.status !== null) node.status.links = links;
    const sample = {
      tMs: 0,
      errorMs: 0,
      node: node.node,
      status: 'active',
      peerStatus: 'active',
      mine: 'all',
    } as const;
    const heard = links.map(({ id }) => ({ id, fromPeer: 'up' as const, marginMs: 1, marginMinMs: 1, rttMs: 1 }));
    data.append({
      samples: [{ ...sample, heldVips: [], nodeMarginMs: 1, latenessMs: 0, links: heard }],
      events: [],
      probes: [],
      gaps: [],
      witness: [],
      faults: [],
      facts: [],
    });
  });
});

/** No two of them are equal. */
const areUnlike = (names: readonly string[]): boolean => names.length > 1 && new Set(names).size === names.length;

test('links: the safety pane names each link and direction otherwise', () => {
  const rows = safetySections(state, t).find((s) => s.key === 'links')?.rows ?? [];
  expect(rows.map((row) => row.label)).toEqual([
    'unicast eth1 10.1.0.1: node1 → node2',
    'unicast eth1 10.1.0.2: node2 → node1',
    'unicast eth1 fd00::1: node1 → node2',
    'unicast eth1 fd00::2: node2 → node1',
  ]);
});

test('links: the picture shows what both nodes call each', () => {
  const names = pairLinks(state).map(pictureName);
  expect(names).toEqual(['eth1 10.1.0.2 / eth1 10.1.0.1', 'eth1 fd00::2 / eth1 fd00::1']);
});

test('links: the lines of the monitor are unlike each other', () => {
  const lines = linesOf(data, state).map((line) => lineLabel(line, t));
  expect(lines).toHaveLength(4);
  expect(areUnlike(lines)).toBe(true);
  expect(lines[0]).toContain('unicast eth1 10.1.0.1');
});

test('links: an agent that says no label has its links named by their interface', () => {
  expect(ownName({ name: 'eth1' })).toBe('eth1');
});
