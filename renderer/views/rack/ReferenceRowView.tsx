/** A host outside the pair that both nodes ask whether they are on the network: a line from each node, with what it sees. */
import { useTranslation } from 'react-i18next';
import { seconds } from '../../lib/format.ts';
import { ArrowChip } from './ArrowChip.tsx';
import type { PictureLayout, ReferenceRow } from './geometry.ts';
import type { ReferenceHost } from './pictureModel.ts';

/** Space between a server and the end of a line. */
const AIR = 8;
const HOST_HALF = 10;
const CHIP_HEIGHT = 17;
const CHIP_WIDTH_MIN = 34;
const CHIP_WIDTH_MAX = 56;

interface Props {
  readonly host: ReferenceHost;
  readonly row: ReferenceRow;
  readonly layout: PictureLayout;
}

function Line({
  host,
  index,
  node,
  row,
  layout,
}: Props & { readonly index: 0 | 1; readonly node: string }): React.JSX.Element {
  const { t } = useTranslation();
  const { status, silenceMs } = host.seen[index];
  const middle = (layout.linkFromX + layout.linkToX) / 2;
  const outer = index === 0 ? layout.linkFromX + AIR : layout.linkToX - AIR;
  const inner = index === 0 ? middle - HOST_HALF : middle + HOST_HALF;
  const half = Math.abs(inner - outer);
  const chip = Math.min(CHIP_WIDTH_MAX, Math.max(CHIP_WIDTH_MIN, half - 14));
  const x = (outer + inner) / 2;
  const y = row.lineY;
  const state = t(`safety.reference.${status}`);
  const label = t('picture.referenceLine', { node, name: host.name, state, time: seconds(silenceMs) });
  return (
    <g className="tb-arrow tb-ref" data-state={status} role="img" aria-label={label}>
      <title>{label}</title>
      <path className="tb-arrow-line" d={`M${outer} ${y}H${inner}`} />
      <ArrowChip x={x} y={y} width={chip} height={CHIP_HEIGHT} baseline={4} text={t(`picture.healthShort.${status}`)} />
    </g>
  );
}

/** Host and lines; drawn in the picture's SVG. */
export function ReferenceLines({
  nodes,
  ...place
}: Props & { readonly nodes: readonly [string, string] }): React.JSX.Element {
  const { layout, row } = place;
  const middle = (layout.linkFromX + layout.linkToX) / 2;
  return (
    <g>
      <Line {...place} index={0} node={nodes[0]} />
      <Line {...place} index={1} node={nodes[1]} />
      <rect className="tb-ref-host" x={middle - HOST_HALF} y={row.lineY - 8} width={2 * HOST_HALF} height={16} rx={3} />
      <path className="tb-ref-mark" d={`M${middle - 5} ${row.lineY}h10M${middle} ${row.lineY - 4}v8`} />
    </g>
  );
}

/** Its name above the lines. */
export function ReferenceTitle({ host, row, layout }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const title = t('picture.reference', { name: host.name });
  const width = layout.linkToX - layout.linkFromX - 2 * AIR;
  return (
    <div className="tb-link-title" style={{ left: layout.linkFromX + AIR, width, top: row.titleY - 11 }}>
      <span className="tb-link-name" title={title}>
        {title}
      </span>
    </div>
  );
}
