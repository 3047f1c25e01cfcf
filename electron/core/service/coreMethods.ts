/** The methods of the contract that are a thin layer over the core's parts. */
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ConsoleContract } from '../../common/contract/console.ts';
import { PlanError } from '../deploy/index.ts';
import { rotationNodes } from './keyRotation.ts';
import type { Core } from './core.ts';

/** Nothing is kept per connection: terminals belong to whoever reads them. */
export type ConsoleContext = Readonly<Record<string, never>>;

/** Everything the contract asks for. */
export type Methods = Implementation<ConsoleContract, ConsoleContext>;

export function generalMethods(
  core: Core,
): Pick<
  Methods,
  | 'info'
  | 'settingsGet'
  | 'settingsSet'
  | 'rackState'
  | 'rackUp'
  | 'rackDown'
  | 'rackPower'
  | 'rackCable'
  | 'rackPowerSwitch'
> {
  const { options, profiles, rack } = core;
  return {
    info: async () => ({
      host: options.host,
      version: options.version,
      platform: process.platform,
      rack: await rack.support(),
      secretStore: { available: options.secretStore.available, reason: options.secretStore.reason },
    }),
    settingsGet: () => profiles.settings(),
    settingsSet: (change) => {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const settings = { ...profiles.settings(), ...given };
      profiles.saveSettings(settings);
      return settings;
    },
    rackState: (_input, _context, signal) => core.watchRack(signal),
    rackUp: (input) => rack.up(input),
    rackDown: async () => {
      await rack.down();
      return {};
    },
    rackPower: async ({ node, action }) => {
      await rack.need().power(node, action);
      return {};
    },
    rackCable: async ({ cable, ...setting }) => {
      await rack.need().cable(cable, setting);
      return {};
    },
    rackPowerSwitch: async (to) => {
      await rack.need().powerSwitch(to);
      return {};
    },
  };
}

export function pairMethods(
  core: Core,
): Pick<
  Methods,
  'pairList' | 'pairSave' | 'pairDelete' | 'pairConnect' | 'pairDisconnect' | 'pairState' | 'hostKeyAnswer'
> {
  const { pairs } = core;
  return {
    pairList: () => pairs.list(),
    pairSave: ({ spec }) => {
      pairs.save(spec);
      return {};
    },
    pairDelete: async ({ pairId }) => {
      await pairs.remove(pairId);
      return {};
    },
    pairConnect: async ({ pairId, secrets }) => {
      await pairs.connect(pairId, secrets);
      return {};
    },
    pairDisconnect: async ({ pairId }) => {
      await core.drills.end(pairId);
      await pairs.disconnect(pairId);
      return {};
    },
    pairState: ({ pairId }, _context, signal) => core.watchPair(pairId, signal),
    hostKeyAnswer: ({ questionId, answer }) => {
      const connectors = pairs.all().flatMap((live) => [...live.connectors]);
      if (!connectors.some((c) => c.answerHostKey(questionId, answer))) {
        throw new RpcError('no-question', 'this question is no longer open');
      }
      return {};
    },
  };
}

export function deployMethods(core: Core): Pick<Methods, 'preflight' | 'deployPlan' | 'deployApply' | 'agentService'> {
  const { pairs, options } = core;
  return {
    preflight: ({ pairId }, _context, signal) => {
      const live = pairs.need(pairId);
      return options.deployer.preflight(live.spec, live.connectors, signal);
    },
    deployPlan: ({ pairId, action }) => {
      const live = pairs.need(pairId);
      return options.deployer.plan(live.spec, live.connectors, action);
    },
    deployApply: async function* ({ pairId, planId }, _context, signal) {
      const live = pairs.need(pairId);
      try {
        yield* options.deployer.apply(planId, signal);
      } catch (error) {
        throw error instanceof PlanError ? new RpcError('no-plan', error.message) : error;
      } finally {
        for (const feed of live.feeds) feed.retryNow();
      }
    },
    agentService: async ({ pairId, node, action }) => {
      await core.agentService(pairId, node, action);
      return {};
    },
  };
}

export function sessionMethods(
  core: Core,
): Pick<
  Methods,
  | 'session'
  | 'sessionRange'
  | 'engineStandby'
  | 'engineTakeover'
  | 'engineConfirmDead'
  | 'keysRotate'
  | 'faultOffers'
  | 'faultInject'
  | 'faultRevert'
  | 'faultPanic'
> {
  const { pairs } = core;
  return {
    session: ({ pairId, historyMs }, _context, signal) => pairs.need(pairId).session.subscribe(historyMs, signal),
    sessionRange: ({ pairId, fromMs, toMs, pointsMax }) => pairs.need(pairId).session.range(fromMs, toMs, pointsMax),
    engineStandby: ({ pairId, node, set }) => core.agent(pairId, node).standby({ set }),
    engineTakeover: ({ pairId, node, set }) => core.agent(pairId, node).takeover({ set }),
    engineConfirmDead: ({ pairId, node }) => core.agent(pairId, node).confirmDead({}),
    keysRotate: ({ pairId, method }, _context, signal) => {
      const live = pairs.need(pairId);
      return core.rotations.start(live, rotationNodes(live), method, signal);
    },
    faultOffers: ({ pairId }) => pairs.need(pairId).faults.offers(),
    faultInject: ({ pairId, ...asked }) => pairs.need(pairId).faults.injectAsked(asked),
    faultRevert: ({ pairId, node, faultId }) => pairs.need(pairId).faults.revert(node, faultId),
    faultPanic: ({ pairId }) => pairs.need(pairId).faults.panic(),
  };
}

export function terminalMethods(
  core: Core,
): Pick<Methods, 'terminalOpen' | 'terminalOutput' | 'terminalInput' | 'terminalResize' | 'terminalClose'> {
  const { terminals, pairs } = core;
  return {
    terminalOpen: async ({ pairId, node, kind, cols, rows }) => ({
      terminalId: await terminals.open(
        core.connector(pairId, node),
        kind,
        cols,
        rows,
        pairs.need(pairId).session.tapes,
      ),
    }),
    terminalOutput: ({ terminalId }, _context, signal) => terminals.get(terminalId).read(signal),
    terminalInput: ({ terminalId, data }) => {
      terminals.get(terminalId).write(data);
      return {};
    },
    terminalResize: ({ terminalId, cols, rows }) => {
      terminals.get(terminalId).resize(cols, rows);
      return {};
    },
    terminalClose: ({ terminalId }) => {
      terminals.close(terminalId);
      return {};
    },
  };
}
