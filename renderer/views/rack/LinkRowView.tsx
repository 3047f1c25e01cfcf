/** One heartbeat link: its name, its cable's plug, and its two directions with their margins. */
import { useTranslation } from 'react-i18next';
import { setCable } from '../../app/actions.ts';
import { millis, seconds, UNKNOWN_TEXT } from '../../lib/format.ts';
import { type Direction, oneWay } from '../../../electron/common/verdict/links.ts';
import { ArrowChip } from './ArrowChip.tsx';
import type { LinkRow, PictureLayout } from './geometry.ts';
import { linkTitle } from '../../lib/linkName.ts';
import { type PictureLink, pictureName } from './pictureModel.ts';

const CHIP_WIDTH = 92;
const CHIP_HEIGHT = 20;
/** Space between a server and the end of an arrow. */
const AIR = 8;

interface ArrowProps {
  readonly direction: Direction;
  readonly fromX: number;
  readonly toX: number;
  readonly y: number;
  readonly label: string;
  readonly cut: boolean;
}

function Arrow({ direction, fromX, toX, y, label, cut }: ArrowProps): React.JSX.Element {
  const { t } = useTranslation();
  const sign = Math.sign(toX - fromX);
  const tip = toX - sign * AIR;
  const start = fromX + sign * AIR;
  const middle = (fromX + toX) / 2;
  const { state } = direction;
  const number = state === 'unknown' ? t('picture.healthShort.unknown') : seconds(direction.marginMs);
  const text = state === 'late' || state === 'dead' ? `${t(`picture.healthShort.${state}`)} ${number}` : number;
  const crossX = start + sign * 22;
  return (
    <g className="tb-arrow" data-state={state} role="img" aria-label={label}>
      <title>{direction.witness === 'sender' ? `${label} (${t('picture.bySender')})` : label}</title>
      <path className="tb-arrow-line" d={`M${start} ${y}H${tip - sign * 6}`} />
      <path className="tb-arrow-head" d={`M${tip} ${y}l${-sign * 9} -5v10z`} />
      {cut && <path className="tb-arrow-cut" d={`M${crossX - 5} ${y - 6}l10 12M${crossX + 5} ${y - 6}l-10 12`} />}
      <ArrowChip
        x={middle}
        y={y}
        width={CHIP_WIDTH}
        height={CHIP_HEIGHT}
        baseline={4.5}
        text={text === '' ? UNKNOWN_TEXT : text}
      />
    </g>
  );
}

interface LinkProps {
  readonly link: PictureLink;
  readonly row: LinkRow;
  readonly layout: PictureLayout;
  readonly nodes: readonly [string, string];
}

/** The arrows; drawn in the picture's SVG. */
export function LinkArrows({ link, row, layout, nodes }: LinkProps): React.JSX.Element {
  const { t } = useTranslation();
  const describe = (direction: Direction, from: string, to: string): string =>
    t('picture.direction', {
      from,
      to,
      state: t(`picture.health.${direction.state}`),
      margin: seconds(direction.marginMs),
    });
  const { linkFromX: a, linkToX: b } = layout;
  return (
    <g>
      <Arrow
        direction={link.aToB}
        fromX={a}
        toX={b}
        y={row.aToBY}
        cut={link.cable?.aToB === false}
        label={describe(link.aToB, nodes[0], nodes[1])}
      />
      <Arrow
        direction={link.bToA}
        fromX={b}
        toX={a}
        y={row.bToAY}
        cut={link.cable?.bToA === false}
        label={describe(link.bToA, nodes[1], nodes[0])}
      />
    </g>
  );
}

/** Name, round trip and plug; HTML over the SVG, so that text is cut cleanly and buttons are buttons. */
export function LinkTitle({ link, row, layout, nodes }: LinkProps): React.JSX.Element {
  const { t } = useTranslation();
  const { cable } = link;
  const plugged = cable === null || (cable.aToB && cable.bToA);
  const own = pictureName(link);
  const title = own === '' && cable !== null ? t(`picture.cable.${cable.id}`) : linkTitle(link.medium, own, t);
  const cut = oneWay(link);
  const [from, to] = cut === 'b-to-a-dead' ? [nodes[1], nodes[0]] : nodes;
  const rtt = link.rttMs.find((ms) => ms !== null) ?? null;
  const hint = [
    title,
    cut === null ? '' : t('safety.oneWay', { from, to }),
    rtt === null ? '' : t('picture.rtt', { time: millis(rtt) }),
    link.ends.some((end) => end?.evidence === 'daemon') ? t('observe.daemonsWord') : '',
    ...link.problems.map((p) => `${p.node}: ${p.detail}`),
  ];
  return (
    <div
      className="tb-link-title"
      style={{ left: layout.linkFromX + AIR, width: layout.linkToX - layout.linkFromX - 2 * AIR, top: row.titleY - 11 }}
    >
      <span className="tb-link-name" title={hint.filter((h) => h !== '').join('\n')}>
        {link.problems.length > 0 && <b className="tb-link-problem">{'! '}</b>}
        {/* Beside the badge there is no room for more than the name itself. */}
        {cut === null || own === '' ? title : (own.split('/').pop() ?? own)}
      </span>
      {cut !== null && (
        <b className="tb-link-oneway" title={t('safety.oneWay', { from, to })}>
          {t('picture.oneWay')}
        </b>
      )}
      {cable !== null && (
        <button
          type="button"
          className="tb-mini"
          data-pulled={!plugged}
          title={t(plugged ? 'picture.pullHint' : 'picture.plugHint', { cable: t(`picture.cable.${cable.id}`) })}
          onClick={() => setCable(cable.id, !plugged)}
        >
          {plugged ? t('picture.pull') : t('picture.plug')}
        </button>
      )}
    </div>
  );
}
