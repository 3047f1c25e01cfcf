/** The picture of the pair: servers, cables, directions, and the address on its holder. */
import { useTranslation } from 'react-i18next';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { setCable } from '../../app/actions.ts';
import { duration } from '../../lib/format.ts';
import { isRackSelected, usePairs } from '../../stores/pairs.ts';
import { useSize } from '../../ui/useSize.ts';
import { layoutPicture, type PictureLayout, REFERENCES_SHOWN_MAX, roundedPath } from './geometry.ts';
import { LinkArrows, LinkTitle } from './LinkRowView.tsx';
import { pictureLinks, referenceHosts, showsPowerSwitch, vipTags } from './pictureModel.ts';
import { PowerSwitch } from './PowerSwitch.tsx';
import { ReferenceLines, ReferenceTitle } from './ReferenceRowView.tsx';
import { ServerBox } from './ServerBox.tsx';
import { shortName } from '../../../electron/common/words/nodeNames.ts';

type ProbeHealth = 'up' | 'dead' | 'unknown';

const probeHealth = (state: PairState): ProbeHealth =>
  !state.probe.running ? 'unknown' : state.probe.answeredBy === null ? 'dead' : 'up';

/** Hatching for whatever is not known; one pattern for the whole picture. */
function Patterns(): React.JSX.Element {
  return (
    <defs>
      <pattern id="tb-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path d="M0 0v6" className="tb-hatch-line" />
      </pattern>
    </defs>
  );
}

function LanWires({
  layout,
  rack,
  health,
}: {
  readonly layout: PictureLayout;
  readonly rack: RackState | null;
  readonly health: ProbeHealth;
}): React.JSX.Element {
  const { client, lan } = layout;
  const cables = (['lan-a', 'lan-b'] as const).map((id) => rack?.cables.find((c) => c.id === id) ?? null);
  return (
    <g>
      <path
        className="tb-wire"
        data-state={health}
        d={`M${lan.x + lan.width / 2} ${client.y + client.height}V${lan.y}`}
      />
      {layout.lanCables.map((points, i) => {
        const cable = cables[i] ?? null;
        const cut = cable !== null && !(cable.aToB && cable.bToA);
        const plug = layout.lanPlugs[i === 0 ? 0 : 1];
        return (
          <g key={i}>
            <path className="tb-wire" data-state={cut ? 'dead' : 'plain'} d={roundedPath(points)} />
            {cut && (
              <path
                className="tb-arrow-cut"
                d={`M${plug.x - 6} ${plug.y - 6}l12 12M${plug.x + 6} ${plug.y - 6}l-12 12`}
              />
            )}
          </g>
        );
      })}
      <rect className="tb-lan" x={lan.x} y={lan.y} width={lan.width} height={lan.height} rx={4} />
      {Array.from({ length: 6 }, (_, i) => (
        <rect key={i} className="tb-lan-port" x={lan.x + 8 + i * 9} y={lan.y + 8} width={6} height={8} rx={1} />
      ))}
    </g>
  );
}

function LanPlug({
  layout,
  rack,
  index,
}: {
  readonly layout: PictureLayout;
  readonly rack: RackState;
  readonly index: 0 | 1;
}): React.JSX.Element | null {
  const { t } = useTranslation();
  const cable = rack.cables.find((c) => c.id === (index === 0 ? 'lan-a' : 'lan-b'));
  if (cable === undefined) return null;
  const plugged = cable.aToB && cable.bToA;
  const { x, y } = layout.lanPlugs[index];
  const name = `${t(`picture.cable.${cable.id}`)} (${cable.node ?? ''})`;
  return (
    <button
      type="button"
      className="tb-mini tb-lan-plug"
      data-pulled={!plugged}
      style={{ left: x, top: y - 14 }}
      title={t(plugged ? 'picture.pullHint' : 'picture.plugHint', { cable: name })}
      onClick={() => setCable(cable.id, !plugged)}
    >
      {plugged ? t('picture.pull') : t('picture.plug')}
    </button>
  );
}

function ClientBox({
  state,
  layout,
}: {
  readonly state: PairState;
  readonly layout: PictureLayout;
}): React.JSX.Element {
  const { t } = useTranslation();
  const { answeredBy, running, detail } = state.probe;
  const index = state.nodes.findIndex((n) => n.node === answeredBy);
  const text = !running
    ? t('verdict.notProbed')
    : answeredBy === null
      ? t('verdict.notAnswered')
      : t('verdict.answered', {
          node: shortName(
            answeredBy,
            state.nodes.map((n) => n.node),
          ),
        });
  const { x, y, width, height } = layout.client;
  return (
    <div
      className="tb-client"
      data-state={probeHealth(state)}
      data-node={index === 0 ? 'a' : index === 1 ? 'b' : ''}
      style={{ left: x, top: y, width, height }}
      title={detail}
    >
      <strong>{t('picture.client')}</strong>
      <span>{text}</span>
    </div>
  );
}

/** What a tag says besides its place. */
const VIP_NOTES = {
  none: 'picture.vipNobody',
  moving: 'picture.vipMoving',
  unknown: 'picture.vipUnknown',
} as const;

/** Tags move by transform: the one motion of the picture, because it is the event it is about. */
function VipTags({ state, layout }: { readonly state: PairState; readonly layout: PictureLayout }): React.JSX.Element {
  const { t } = useTranslation();
  const stacked = { a: 0, b: 0, middle: 0 };
  return (
    <>
      {vipTags(state).map((tag) => {
        const spot = layout.vipSpots[tag.place];
        const level = stacked[tag.place]++;
        const key = tag.verdict === 'one' || tag.verdict === 'dual' ? null : VIP_NOTES[tag.verdict];
        const note = key === null ? '' : t(key);
        return (
          <div
            key={tag.key}
            className="tb-vip"
            data-verdict={tag.verdict}
            style={{ transform: `translate(${spot.x}px, ${spot.y - level * 26}px) translate(-50%, -50%)` }}
          >
            <b>{t('picture.vip')}</b> {tag.address} {note !== '' && <em>{note}</em>}
          </div>
        );
      })}
    </>
  );
}

function Scene({
  state,
  rack,
  layout,
}: {
  readonly state: PairState;
  readonly rack: RackState | null;
  readonly layout: PictureLayout;
}): React.JSX.Element {
  const { t } = useTranslation();
  const links = pictureLinks(state, rack);
  const hosts = referenceHosts(state).slice(0, REFERENCES_SHOWN_MAX);
  const names = [state.nodes[0].node, state.nodes[1].node] as const;
  const deadtimeMs = state.nodes.map((n) => n.status?.timing.deadtimeMs).find((ms) => ms !== undefined);
  const rackNode = (i: 0 | 1): RackState['nodes'][number] | null =>
    rack?.nodes.find((n) => n.name === names[i]) ?? null;
  return (
    <div className="tb-scene" style={{ width: layout.width, height: layout.height }}>
      <svg width={layout.width} height={layout.height}>
        <Patterns />
        <LanWires layout={layout} rack={rack} health={probeHealth(state)} />
        {hosts.map((host, i) => {
          const row = layout.references[i];
          return row === undefined ? null : (
            <ReferenceLines key={host.name} host={host} row={row} layout={layout} nodes={names} />
          );
        })}
        {links.map((link, i) => {
          const row = layout.links[i];
          return row === undefined ? null : (
            <LinkArrows key={link.key} link={link} row={row} layout={layout} nodes={names} />
          );
        })}
      </svg>
      <span className="tb-lan-name" style={{ left: layout.lan.x + 62, top: layout.lan.y, height: layout.lan.height }}>
        {t('picture.lan')}
      </span>
      <ClientBox state={state} layout={layout} />
      {rack !== null && showsPowerSwitch(state, rack) && <PowerSwitch broken={rack.powerSwitchBroken} />}
      {rack !== null && ([0, 1] as const).map((i) => <LanPlug key={i} layout={layout} rack={rack} index={i} />)}
      {([0, 1] as const).map((i) => (
        <ServerBox key={i} state={state} index={i} box={layout.servers[i]} rackNode={rackNode(i)} />
      ))}
      {hosts.map((host, i) => {
        const row = layout.references[i];
        return row === undefined ? null : <ReferenceTitle key={host.name} host={host} row={row} layout={layout} />;
      })}
      {links.map((link, i) => {
        const row = layout.links[i];
        return row === undefined ? null : (
          <LinkTitle key={link.key} link={link} row={row} layout={layout} nodes={names} />
        );
      })}
      <VipTags state={state} layout={layout} />
      <p className="tb-legend">
        {deadtimeMs === undefined ? '' : t('picture.legend', { deadtime: duration(deadtimeMs) })}
      </p>
    </div>
  );
}

/** The picture of any state, live or recorded, in the space that there is. */
export function PictureOf({
  state,
  rack,
}: {
  readonly state: PairState;
  readonly rack: RackState | null;
}): React.JSX.Element {
  const [ref, size] = useSize<HTMLDivElement>();
  const links = pictureLinks(state, rack).length;
  const references = Math.min(REFERENCES_SHOWN_MAX, referenceHosts(state).length);
  return (
    <div className="tb-picture-space" ref={ref}>
      {size.width > 0 && <Scene state={state} rack={rack} layout={layoutPicture(size, links, references)} />}
    </div>
  );
}

export function Picture(): React.JSX.Element {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  const rack = usePairs((s) => (isRackSelected(s) && s.rack?.phase === 'up' ? s.rack : null));
  const selected = usePairs((s) => s.selectedId);
  return (
    <section className="tb-pane tb-picture" aria-label={t('picture.region')}>
      {state === null ? (
        <div className="tb-empty">{t(selected === null ? 'picture.noPair' : 'picture.waiting')}</div>
      ) : (
        <PictureOf state={state} rack={rack} />
      )}
    </section>
  );
}
