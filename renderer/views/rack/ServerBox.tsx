/** One server: what is measured about it, and its switches. */
import { MoreOutlined, PoweroffOutlined } from '@ant-design/icons';
import { Button, Dropdown, type MenuProps } from 'antd';
import { useTranslation } from 'react-i18next';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import type { NodeConnection, PairState } from '../../../electron/common/contract/state.ts';
import { agentService, askConfirmDead, handOver, power, RESOURCE_SETS } from '../../app/actions.ts';
import { canConfirmDead } from '../../../electron/common/verdict/alarms.ts';
import { freshStatus } from '../../../electron/common/verdict/links.ts';
import { holdReasons, problemText } from '../../lib/eventText.ts';
import { seconds } from '../../lib/format.ts';
import { saidText } from '../../lib/said.ts';
import { roleOf } from '../../lib/roles.ts';
import type { T } from '../../locales/index.ts';
import { RoleTag } from '../../ui/RoleTag.tsx';
import type { Box } from './geometry.ts';
import { shortName } from '../../../electron/common/words/nodeNames.ts';

type RackNode = RackState['nodes'][number];

function sshText(node: NodeConnection, t: T): string {
  if (node.phase === 'waiting') return t('node.ssh.waiting', { time: seconds(node.nextTryInMs, 0) });
  return t(`node.ssh.${node.phase}`);
}

function agentText(node: NodeConnection, t: T): string {
  const observed = freshStatus(node)?.observed;
  const version = node.agent.version ?? '';
  if (observed?.state === 'running')
    return t('observe.agent', { version, daemon: observed.version ?? t('observe.unknownVersion') });
  if (observed !== undefined)
    return t('observe.agentWithout', { version, state: t(`observe.state.${observed.state}`) });
  return t(`node.agent.${node.agent.phase}`, { version });
}

/** An observer that works beside a daemon that does not is not well. */
function agentHealth(node: NodeConnection): 'up' | 'dead' | 'unknown' {
  if (node.agent.phase === 'stopped') return 'dead';
  if (node.agent.phase !== 'attached') return 'unknown';
  const observed = freshStatus(node)?.observed;
  return observed === undefined || observed.state === 'running' ? 'up' : 'dead';
}

function powerText(rackNode: RackNode, t: T): string {
  const key = rackNode.power === 'off' ? 'stateOff' : rackNode.power === 'booting' ? 'stateBooting' : 'stateOn';
  const text = t(`picture.power.${key}`);
  return rackNode.powerRevertsInMs === null
    ? text
    : `${text}, ${t('picture.revertsIn', { time: seconds(rackNode.powerRevertsInMs, 0) })}`;
}

function statusText(node: NodeConnection, t: T): string {
  const status = freshStatus(node);
  if (status === null) {
    return node.status === null || node.statusAgeMs === null
      ? t('common.unknown')
      : t('node.stale', { time: seconds(node.statusAgeMs, 0) });
  }
  return `${t(`node.status.${status.status}`)} · ${t('node.sees', { status: t(`node.status.${status.peer.status}`) })}`;
}

/** Health of the line for the dot: nothing that is not known to be well is shown as well. */
function lineHealth(node: NodeConnection): 'up' | 'late' | 'dead' | 'unknown' {
  if (node.phase === 'ready') return 'up';
  if (node.phase === 'gave-up' || node.phase === 'lost' || node.phase === 'waiting') return 'dead';
  return node.phase === 'idle' ? 'unknown' : 'late';
}

type MenuItems = NonNullable<MenuProps['items']>;

/** Hand over and take over, each of everything or of one half of the groups. */
function handOverItems(pairId: string, node: string, t: T): MenuItems {
  return (['standby', 'takeover'] as const).map((request) => ({
    key: request,
    label: t(`action.${request}`),
    children: RESOURCE_SETS.map((set) => ({
      key: `${request} ${set}`,
      label: t(`action.sets.${set}`),
      onClick: () => handOver(pairId, node, request, set),
    })),
  }));
}

function NodeMenu({
  pairId,
  connection,
  peer,
}: {
  readonly pairId: string;
  readonly connection: NodeConnection;
  readonly peer: string;
}): React.JSX.Element {
  const { t } = useTranslation();
  const { node } = connection;
  const items: MenuItems = [
    ...handOverItems(pairId, node, t),
    {
      key: 'confirm',
      label: t('alarm.confirm', { peer }),
      danger: true,
      disabled: !canConfirmDead(connection),
      onClick: () => askConfirmDead(node),
    },
    { type: 'divider' },
    { key: 'start', label: t('picture.agentStart'), onClick: () => agentService(pairId, node, 'start') },
    { key: 'stop', label: t('picture.agentStop'), onClick: () => agentService(pairId, node, 'stop') },
  ];
  return (
    <Dropdown trigger={['click']} menu={{ items, triggerSubMenuAction: 'click' }}>
      <Button size="small" icon={<MoreOutlined />} aria-label={t('picture.actions', { node })} />
    </Dropdown>
  );
}

interface Trouble {
  readonly level: 'alarm' | 'warn';
  readonly text: string;
}

/** What is wrong on the node, the worst first; a fencing at work is said too. */
function troubles(status: AgentStatus, t: T): Trouble[] {
  const { hold, fencing } = status;
  const held: Trouble[] =
    hold === null
      ? []
      : [{ level: 'alarm', text: t('alarm.holdShort', { reasons: holdReasons(hold.reasons, t, 'short') }) }];
  const isShown = fencing !== null && fencing.state !== 'none';
  const fenced: Trouble[] = isShown
    ? [
        {
          level: fencing.state === 'failed' || fencing.state === 'waiting-operator' ? 'alarm' : 'warn',
          text: `${t('alarm.fencingDetail', { device: fencing.device, state: t(`safety.fencingState.${fencing.state}`) })} ${fencing.detail}`,
        },
      ]
    : [];
  const conflicts = status.vips.flatMap(({ address, conflictMac: mac, heldOn }): Trouble[] =>
    mac === null || heldOn === null ? [] : [{ level: 'alarm', text: t('safety.secondSeen', { address, mac }) }],
  );
  const problems = status.problems.map((problem): Trouble => ({ level: 'warn', text: problemText(problem, t) }));
  return [...held, ...conflicts, ...fenced, ...problems];
}

interface Props {
  readonly state: PairState;
  readonly index: 0 | 1;
  readonly box: Box;
  readonly rackNode: RackNode | null;
}

export function ServerBox({ state, index, box, rackNode }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const node = state.nodes[index];
  const role = roleOf(state, node.node);
  const status = freshStatus(node);
  const off = rackNode?.power === 'off';
  const wrong = status === null ? [] : troubles(status, t);
  return (
    <section
      className="tb-server"
      data-role={role}
      data-heard={status !== null}
      data-power={rackNode?.power ?? 'on'}
      data-node={index === 0 ? 'a' : 'b'}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
      aria-label={`${node.node}: ${t(`role.${off ? 'off' : role}`)}`}
    >
      <header>
        <strong title={node.node}>
          {shortName(
            node.node,
            state.nodes.map((n) => n.node),
          )}
        </strong>
        <RoleTag role={off ? 'off' : role} />
      </header>
      <dl>
        <div data-state={status === null ? 'unknown' : status.status === 'active' ? 'up' : 'late'}>
          <dt className="tb-dot" aria-hidden="true" />
          <dd title={statusText(node, t)}>{statusText(node, t)}</dd>
        </div>
        <div data-state={lineHealth(node)}>
          <dt className="tb-dot" aria-hidden="true" />
          <dd title={saidText(node, t)}>{sshText(node, t)}</dd>
        </div>
        <div data-state={agentHealth(node)}>
          <dt className="tb-dot" aria-hidden="true" />
          <dd title={saidText(node.agent, t)}>{agentText(node, t)}</dd>
        </div>
        {rackNode !== null && (
          <div data-state={rackNode.power === 'on' ? 'up' : rackNode.power === 'off' ? 'dead' : 'late'}>
            <dt className="tb-dot" aria-hidden="true" />
            <dd>{powerText(rackNode, t)}</dd>
          </div>
        )}
      </dl>
      <ul className="tb-problems" title={wrong.map((w) => w.text).join('\n')}>
        {wrong.map((w) => (
          <li key={w.text} data-level={w.level}>
            {w.text}
          </li>
        ))}
      </ul>
      <footer>
        {rackNode !== null && (
          <Button
            size="small"
            danger={!off}
            icon={<PoweroffOutlined />}
            title={t(off ? 'picture.power.onHint' : 'picture.power.offHint', { node: node.node })}
            onClick={() => power(node.node, off ? 'on' : 'off')}
          >
            {off ? t('picture.power.on') : t('picture.power.off')}
          </Button>
        )}
        <NodeMenu pairId={state.pairId} connection={node} peer={state.nodes[index === 0 ? 1 : 0].node} />
      </footer>
    </section>
  );
}
