/** Every outage of a drill as a dot: a mean would hide what matters, the spread and the two humps. */
import { useTranslation } from 'react-i18next';
import { ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import type { DrillStatistics } from '../../../electron/common/contract/drill.ts';
import { paletteOf } from '../../app/palette.ts';
import { millis } from '../../lib/format.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { useSize } from '../../ui/useSize.ts';
import { dotsOf } from './drillModel.ts';

const HEIGHT_PX = 92;
/** Share of the axis within which two values are one above the other. */
const STACK_SHARE = 1 / 60;

export function DotPlot({ statistics }: { readonly statistics: DrillStatistics }): React.JSX.Element | null {
  const { t } = useTranslation();
  const [host, { width }] = useSize<HTMLDivElement>();
  const palette = paletteOf(useSettings(themeOf));
  const { minMs, maxMs, medianMs, n } = statistics;
  if (minMs === null || maxMs === null) return null;
  const endMs = Math.max(1, maxMs * 1.08);
  const dots = dotsOf(statistics, endMs * STACK_SHARE);
  const rows = Math.max(...dots.map((d) => d.row));
  const colour = (verdict: string): string => (verdict === 'fail' ? palette.bad : palette.accent);
  return (
    <div
      ref={host}
      className="tb-dots"
      role="img"
      aria-label={t('drills.dots', { n, min: millis(minMs), median: millis(medianMs), max: millis(maxMs) })}
    >
      <ScatterChart width={Math.max(160, width)} height={HEIGHT_PX} margin={{ top: 6, right: 16, bottom: 0, left: 8 }}>
        <XAxis
          type="number"
          dataKey="ms"
          domain={[0, endMs]}
          stroke={palette.muted}
          tick={{ fill: palette.muted, fontSize: 11 }}
          tickFormatter={(value: number) => millis(value)}
          tickCount={5}
        />
        <YAxis type="number" dataKey="row" hide domain={[0, rows + 1]} />
        {medianMs !== null && <ReferenceLine x={medianMs} stroke={palette.muted} strokeDasharray="3 3" />}
        {(['pass', 'remark', 'fail'] as const).map((verdict) => (
          <Scatter
            key={verdict}
            data={dots.filter((d) => d.verdict === verdict)}
            fill={colour(verdict)}
            isAnimationActive={false}
          />
        ))}
      </ScatterChart>
    </div>
  );
}
