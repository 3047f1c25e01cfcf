/** Reads what the gates of a drill judge: the pair as it is known, this computer's load, the nodes' clocks and disks. */
import type { GateFacts, NodeDiskFact } from '../../common/drill/gates.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import { viewOf, type DrillStage } from './stage.ts';
import type { RunWatch } from './watch.ts';

/** Kilobytes available and percent used of every file system that logs and the agent write to. */
const DISK_COMMAND = `df -Pk / /var/log /var/lib 2>/dev/null | awk 'NR > 1 { print $4, $5 }'`;

async function diskOf(stage: DrillStage, feed: NodeFeed): Promise<NodeDiskFact> {
  const said = feed.client === null ? null : await stage.run(feed.node, DISK_COMMAND);
  const all = [...(said ?? '').matchAll(/^(\d+) (\d+)%$/gm)].map(([, kilobytes, used]) => ({
    percent: 100 - Number(used),
    bytes: Number(kilobytes) * 1024,
  }));
  const [fullest = null] = all.sort((a, b) => a.percent - b.percent);
  return { node: feed.node, free: fullest };
}

export async function gateFactsOf(stage: DrillStage, watch: RunWatch): Promise<GateFacts> {
  const disks = await Promise.all(stage.feeds.map((feed) => diskOf(stage, feed)));
  watch.readLoad();
  return {
    view: viewOf(stage, watch),
    loadPerCore: watch.loadPerCore.at(-1) ?? 0,
    clocks: stage.feeds.map(({ node, clock }) => ({
      node,
      errorMs: clock.now()?.errorMs ?? null,
      wallMs: clock.wallMs(),
    })),
    disks,
  };
}
