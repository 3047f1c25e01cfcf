/** Histogram of the gaps and their tail, with deadtime and the recommended one as marks. */
import { useTranslation } from 'react-i18next';
import { Bar, BarChart, CartesianGrid, Line, LineChart, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { AdviceStream } from '../../../electron/common/contract/advice.ts';
import { paletteOf } from '../../app/palette.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { useSize } from '../../ui/useSize.ts';
import { barRows, logTicks, tailDomain, tailPoints } from './adviceModel.ts';

interface ChartProps {
  readonly stream: AdviceStream;
}

export function Histogram({ stream }: ChartProps): React.JSX.Element {
  const { t } = useTranslation();
  const palette = paletteOf(useSettings(themeOf));
  const [host, size] = useSize<HTMLDivElement>();
  const tick = { fill: palette.muted, fontSize: 11 };
  return (
    <figure className="tb-advice-chart">
      <figcaption>{t('advice.histogram')}</figcaption>
      <div ref={host}>
        {size.width > 0 && (
          <BarChart width={size.width} height={size.height} data={barRows(stream)} margin={MARGIN} barCategoryGap={1}>
            <CartesianGrid stroke={palette.grid} vertical={false} />
            <XAxis dataKey="name" tick={tick} stroke={palette.border} unit=" ms" minTickGap={24} />
            <YAxis tick={tick} stroke={palette.border} width={52} allowDecimals={false} />
            <Bar dataKey="count" fill={palette.accent} isAnimationActive={false} />
          </BarChart>
        )}
      </div>
    </figure>
  );
}

const MARGIN = { top: 16, right: 14, bottom: 4, left: 0 };

/** `1e-4` under each other in a narrow axis; 1 stays 1. */
const shareTick = (share: number): string => (share >= 0.01 ? String(share) : share.toExponential(0));

/** Share of gaps at least as long as the axis says: a straight line here is a power law, a steep end a bounded tail. */
export function Tail({
  stream,
  deadtimeMs,
  recommendedMs,
}: ChartProps & { readonly deadtimeMs: number | null; readonly recommendedMs: number | null }): React.JSX.Element {
  const { t } = useTranslation();
  const palette = paletteOf(useSettings(themeOf));
  const [host, size] = useSize<HTMLDivElement>();
  const points = tailPoints(stream);
  const marks = [
    { ms: deadtimeMs, colour: palette.bad, label: t('advice.deadtime'), at: 'insideTopRight' as const },
    { ms: recommendedMs, colour: palette.ok, label: t('advice.recommendedShort'), at: 'insideBottomRight' as const },
  ].flatMap(({ ms, ...mark }) => (ms === null ? [] : [{ ms, ...mark }]));
  const domain = tailDomain(
    points,
    marks.map(({ ms }) => ms),
  );
  const tick = { fill: palette.muted, fontSize: 11 };
  return (
    <figure className="tb-advice-chart">
      <figcaption title={t('advice.tailHint')}>{t('advice.tail')}</figcaption>
      <div ref={host}>
        {size.width > 0 && (
          <LineChart width={size.width} height={size.height} data={points} margin={MARGIN}>
            <CartesianGrid stroke={palette.grid} />
            <XAxis
              dataKey="gapMs"
              type="number"
              scale="log"
              domain={domain}
              ticks={logTicks(domain)}
              allowDataOverflow
              tick={tick}
              stroke={palette.border}
              unit=" ms"
            />
            <YAxis
              dataKey="share"
              type="number"
              scale="log"
              domain={[1 / Math.max(10, stream.count), 1]}
              tickFormatter={shareTick}
              tick={tick}
              stroke={palette.border}
              width={52}
            />
            <Line dataKey="share" stroke={palette.accent} dot={{ r: 2 }} isAnimationActive={false} />
            {marks.map(({ ms, colour, label, at }) => (
              <ReferenceLine
                key={label}
                x={ms}
                stroke={colour}
                strokeDasharray="4 3"
                label={{ value: label, fill: colour, fontSize: 11, position: at }}
              />
            ))}
          </LineChart>
        )}
      </div>
    </figure>
  );
}
