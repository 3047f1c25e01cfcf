/** The console's core without a window: one implementation of the contract, served by every host. */
import { join } from 'node:path';
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { ConsoleContract } from '../../common/contract/console.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { within } from '../base/time.ts';
import { hidingMethods } from '../exercise/hiding.ts';
import { chromiumPrinter } from '../report/pdf.ts';
import { adviceMethods } from './adviceMethods.ts';
import { drillMethods, exerciseMethods } from './drillMethods.ts';
import { timelineStretch } from './timelines.ts';
import { reportMethods } from './reportMethods.ts';
import type { ReportParts } from './reportMethods.ts';
import { Core } from './core.ts';
import type { ConsoleOptions } from './core.ts';
import { deployMethods, generalMethods, pairMethods, sessionMethods, terminalMethods } from './coreMethods.ts';
import type { ConsoleContext, Methods } from './coreMethods.ts';

export interface ConsoleCore {
  readonly implementation: Implementation<ConsoleContract, ConsoleContext>;
  /** Adds a pair that is not saved (`--pair FILE`). */
  givePair(spec: PairSpec): void;
  /** Takes over a rack that runs already; false when there is none. */
  attachRack(): Promise<boolean>;
  /** This computer goes to sleep, or is back: nothing is heard in between, and clocks must be measured again. */
  suspended(): void;
  resumed(): void;
  /** Disconnects, takes down the rack it started, and writes the store out. */
  close(): Promise<void>;
}

function reportParts({ pairs, store, options, drills }: Core): ReportParts {
  const { deployer, paper, dataDir, version, host, wallMs } = options;
  return {
    pairs,
    store,
    deployer,
    printer: paper?.printer ?? chromiumPrinter(process.env, process.platform),
    openFile: paper?.openFile ?? null,
    reportsDir: dataDir === null ? null : join(dataDir, 'reports'),
    drills: drills.scripts.map(({ id, row, title }) => ({ drill: id, row, title })),
    version,
    host,
    wallMs,
    offsetMin: () => -new Date(wallMs()).getTimezoneOffset(),
  };
}

/** Longest wait for everything to close, milliseconds; the rack then is taken down by its own guard. */
const CLOSE_MS_MAX = 20_000;

/** Puts a console together. Throws when the session store cannot be opened. */
export function createConsole(options: ConsoleOptions): ConsoleCore {
  const core = new Core(options);
  const methods: Methods = {
    ...generalMethods(core),
    ...pairMethods(core),
    ...deployMethods(core),
    ...sessionMethods(core),
    ...terminalMethods(core),
    ...adviceMethods(core.pairs, core.store),
    ...reportMethods(reportParts(core)),
    timelineStretch: (wish) => timelineStretch(wish, core.pairs, core.store),
    ...drillMethods(core.pairs, core.drills),
    ...exerciseMethods(core.pairs, core.exercises),
  };
  let closing: Promise<void> | null = null;
  return {
    implementation: hidingMethods(methods, core.exercises, () => core.pairs.find(RACK_PAIR_ID)?.stage() ?? null),
    givePair: (spec) => core.pairs.give(spec),
    attachRack: () => core.rack.attach(),
    suspended: () => core.pairs.all().forEach((live) => live.suspended()),
    resumed: () => core.pairs.all().forEach((live) => live.resumed()),
    close: () => {
      closing ??= within(CLOSE_MS_MAX, 'the console did not close in time', core.close()).catch((error: unknown) =>
        options.report(error instanceof Error ? error.message : String(error)),
      );
      return closing;
    },
  };
}
