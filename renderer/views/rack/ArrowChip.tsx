/** The text in the middle of a line of the picture, on a plate that keeps it readable. */
interface Props {
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** From the middle down to the text's base line. */
  readonly baseline: number;
  readonly text: string;
}

export function ArrowChip({ x, y, width, height, baseline, text }: Props): React.JSX.Element {
  return (
    <>
      <rect className="tb-arrow-chip" x={x - width / 2} y={y - height / 2} width={width} height={height} rx={4} />
      <text className="tb-arrow-text" x={x} y={y + baseline}>
        {text}
      </text>
    </>
  );
}
