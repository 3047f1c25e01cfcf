/** Everything a person can do, as one list: the command palette shows it, and nothing is reachable by mouse alone. */
import i18next from 'i18next';
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { CableState, RackState } from '../../electron/common/contract/rack.ts';
import type { PairState } from '../../electron/common/contract/state.ts';
import { canConfirmDead } from '../../electron/common/verdict/alarms.ts';
import { LANGUAGES, type T } from '../locales/index.ts';
import { connectPair, disconnectPair } from '../stores/connect.ts';
import { link } from '../stores/link.ts';
import { attempt, notify } from '../stores/notices.ts';
import { startPanic } from '../stores/panic.ts';
import { selectPair, usePairs } from '../stores/pairs.ts';
import { changeSettings, useSettings } from '../stores/settings.ts';
import { MOVE_POSITIONS, PANES, showPane, useUi } from '../stores/ui.ts';
import { TERMINAL_KINDS } from '../views/terminals/kinds.ts';
import { commissionActions } from './commissionActions.ts';
import { drillActions } from './drillActions.ts';
import { faultActions } from './faultActions.ts';
import { launchRack } from './launch.ts';
import { proofActions } from './proofActions.ts';

export interface Action {
  readonly id: string;
  readonly group: 'rack' | 'pair' | 'view' | 'terminal' | 'fault' | 'settings';
  readonly title: string;
  /** The bare name of what it shows. */
  readonly name?: string;
  run(): void;
}

export function power(node: string, action: 'off' | 'on' | 'reboot'): void {
  void attempt(() => link.client.rackPower({ node, action }));
}

/** Pulls a cable, or plugs it in without the noise and one-way cuts it may have had. */
export function setCable(cable: CableState['id'], plugged: boolean): void {
  void attempt(() => link.client.rackCable({ cable, aToB: plugged, bToA: plugged, noisePpm: 0 }));
}

/** Breaks or mends the power switch that the rack's servers fence each other with. */
export function breakPowerSwitch(broken: boolean): void {
  void attempt(() => link.client.rackPowerSwitch({ broken }));
}

export const RESOURCE_SETS = ['all', 'local', 'foreign'] as const;
export type OperatorSet = (typeof RESOURCE_SETS)[number];

/** Says what became of a request: first in the person's language, then what the agent said. */
function tell(accepted: boolean, text: string, detail: string): void {
  notify(accepted ? 'success' : 'error', detail === '' ? text : `${text} · ${detail}`);
}

export function handOver(pairId: string, node: string, request: 'standby' | 'takeover', set: OperatorSet): void {
  void attempt(async () => {
    const method = request === 'standby' ? link.client.engineStandby : link.client.engineTakeover;
    const { accepted, detail } = await method({ pairId, node, set });
    tell(accepted, i18next.t(accepted ? 'action.accepted' : 'action.refused', { node }), detail);
  });
}

/** Opens the question; nothing is done before the person has typed the peer's name. */
export function askConfirmDead(node: string): void {
  useUi.setState({ confirmDeadBy: node });
}

/** Ends whatever the takeover of `node` waits for. Resolves to whether it was accepted. */
export async function confirmDead(pairId: string, node: string, peer: string): Promise<boolean> {
  const answer = await attempt(() => link.client.engineConfirmDead({ pairId, node }));
  if (answer === undefined) return false;
  const { accepted, detail } = answer;
  tell(accepted, i18next.t(accepted ? 'confirmDead.accepted' : 'confirmDead.refused', { node, peer }), detail);
  return accepted;
}

export function agentService(pairId: string, node: string, action: 'start' | 'stop'): void {
  void attempt(() => link.client.agentService({ pairId, node, action }));
}

/** Name of a cable with the node it belongs to, where it belongs to one. */
export function cableName(cable: Pick<CableState, 'id' | 'node'>, t: T): string {
  const name = t(`picture.cable.${cable.id}`);
  return cable.node === null ? name : `${name} (${cable.node})`;
}

function rackActions(rack: RackState | null, t: T): Action[] {
  if (rack === null || rack.phase !== 'up') {
    return [{ id: 'rack-up', group: 'rack', title: t('top.rackStart'), run: () => launchRack() }];
  }
  const nodes = rack.nodes.flatMap(({ name, power: state }): Action[] =>
    state === 'off'
      ? [{ id: `on-${name}`, group: 'rack', title: t('palette.powerOn', { node: name }), run: () => power(name, 'on') }]
      : [
          {
            id: `off-${name}`,
            group: 'rack',
            title: t('palette.powerOff', { node: name }),
            run: () => power(name, 'off'),
          },
          {
            id: `reboot-${name}`,
            group: 'rack',
            title: t('palette.reboot', { node: name }),
            run: () => power(name, 'reboot'),
          },
        ],
  );
  const cables = rack.cables.map((cable): Action => {
    const plugged = cable.aToB && cable.bToA;
    const name = cableName(cable, t);
    const title = plugged ? t('palette.pull', { cable: name }) : t('palette.plug', { cable: name });
    return { id: `cable-${cable.id}`, group: 'rack', title, run: () => setCable(cable.id, !plugged) };
  });
  return [
    ...nodes,
    ...cables,
    {
      id: 'power-switch',
      group: 'rack',
      title: t(rack.powerSwitchBroken ? 'palette.mendPowerSwitch' : 'palette.breakPowerSwitch'),
      run: () => breakPowerSwitch(!rack.powerSwitchBroken),
    },
    {
      id: 'rack-down',
      group: 'rack',
      title: t('top.rackStop'),
      run: () => void attempt(() => link.client.rackDown({})),
    },
  ];
}

function nodeActions(state: PairState, t: T): Action[] {
  const { pairId } = state;
  return state.nodes.flatMap((connection, i): Action[] => {
    const { node } = connection;
    const nodeIndex = i === 0 ? 0 : 1;
    return [
      ...(['standby', 'takeover'] as const).flatMap((request) =>
        RESOURCE_SETS.map((set): Action => ({
          id: set === 'all' ? `${request}-${node}` : `${request}-${set}-${node}`,
          group: 'pair',
          title: t(`palette.${request}`, { node, set: t(`action.sets.${set}`) }),
          run: () => handOver(pairId, node, request, set),
        })),
      ),
      ...(canConfirmDead(connection)
        ? [
            {
              id: `confirm-dead-${node}`,
              group: 'pair' as const,
              title: t('palette.confirmDead', { node, peer: state.nodes[1 - i]?.node ?? '' }),
              run: () => askConfirmDead(node),
            },
          ]
        : []),
      {
        id: `agent-start-${node}`,
        group: 'pair',
        title: t('palette.agentStart', { node }),
        run: () => agentService(pairId, node, 'start'),
      },
      {
        id: `agent-stop-${node}`,
        group: 'pair',
        title: t('palette.agentStop', { node }),
        run: () => agentService(pairId, node, 'stop'),
      },
      {
        id: `faults-${node}`,
        group: 'fault',
        title: `${t('pane.show', { pane: t('pane.faults') })}: ${node}`,
        run: () => {
          useUi.setState({ faultNode: node });
          showPane('faults');
        },
      },
      ...TERMINAL_KINDS.map((kind): Action => ({
        id: `terminal-${node}-${kind}`,
        group: 'terminal',
        title: t('palette.openTerminal', { node, kind: t(`terminal.kind.${kind}`) }),
        run: () => useUi.getState().dock?.openTerminal(nodeIndex, kind),
      })),
    ];
  });
}

function pairActions(t: T): Action[] {
  const { list, selectedId, state } = usePairs.getState();
  const others = list
    .filter((p) => p.id !== selectedId)
    .map((p): Action => {
      const name = p.id === RACK_PAIR_ID ? t('connect.rackPair') : p.name;
      return {
        id: `pair-${p.id}`,
        group: 'pair',
        title: t('palette.selectPair', { name }),
        run: () => selectPair(p.id),
      };
    });
  if (selectedId === null) return others;
  return [
    { id: 'connect', group: 'pair', title: t('top.connect'), run: () => connectPair(selectedId) },
    { id: 'disconnect', group: 'pair', title: t('top.disconnect'), run: () => disconnectPair(selectedId) },
    { id: 'panic', group: 'fault', title: t('fault.panic.button'), run: () => startPanic() },
    ...(state === null ? [] : nodeActions(state, t)),
    {
      id: 'rotate-keys',
      group: 'pair',
      title: t('palette.rotateKeys'),
      run: () => useUi.setState({ rotateOpen: true }),
    },
    ...others,
  ];
}

function settingActions(t: T): Action[] {
  const themes = [
    ['light', t('top.themeLight')],
    ['dark', t('top.themeDark')],
    ['system', t('top.themeSystem')],
  ] as const;
  return [
    ...LANGUAGES.map(({ id, name }): Action => ({
      id: `lang-${id}`,
      group: 'settings',
      title: t('palette.language', { name }),
      run: () => changeSettings({ language: id }),
    })),
    ...themes.map(([theme, name]): Action => ({
      id: `theme-${theme}`,
      group: 'settings',
      title: t('palette.theme', { name }),
      run: () => changeSettings({ theme }),
    })),
    { id: 'layout-reset', group: 'settings', title: t('pane.reset'), run: () => useUi.getState().dock?.resetLayout() },
  ];
}

/** All actions that make sense now. */
export function allActions(t: T): Action[] {
  const panes = PANES.map((pane): Action => ({
    id: `pane-${pane}`,
    group: 'view',
    title: t('pane.show', { pane: t(`pane.${pane}`) }),
    name: t(`pane.${pane}`),
    run: () => showPane(pane),
  }));
  const moves = MOVE_POSITIONS.map((position): Action => ({
    id: `move-${position}`,
    group: 'view',
    title: t('pane.move', { position: t(`pane.position.${position}`) }),
    run: () => useUi.getState().dock?.moveActive(position),
  }));
  const { rack } = usePairs.getState();
  const rackOffered = useSettings.getState().info?.rack.available === true || rack?.phase === 'up';
  return [
    ...(rackOffered ? rackActions(rack, t) : []),
    ...pairActions(t),
    ...commissionActions(t),
    ...drillActions(usePairs.getState().selectedId, t),
    ...faultActions(t),
    ...proofActions(usePairs.getState().selectedId, t),
    ...panes,
    ...moves,
    ...settingActions(t),
  ];
}
