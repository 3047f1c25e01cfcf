/** Where everything of the picture stands, in pixels of its pane. Nothing is scaled: text stays as large as elsewhere. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface LinkRow {
  /** Centre line of the title above the two arrows. */
  readonly titleY: number;
  readonly aToBY: number;
  readonly bToAY: number;
}

export interface ReferenceRow {
  readonly titleY: number;
  /** Centre line of the host and of the two lines to it. */
  readonly lineY: number;
}

export interface PictureLayout {
  readonly width: number;
  readonly height: number;
  readonly client: Box;
  readonly lan: Box;
  readonly servers: readonly [Box, Box];
  /** Polylines from the switch to each server. */
  readonly lanCables: readonly [readonly Point[], readonly Point[]];
  /** Middle of the piece of LAN cable that can be pulled. */
  readonly lanPlugs: readonly [Point, Point];
  /** Between the servers, above the links. */
  readonly references: readonly ReferenceRow[];
  readonly links: readonly LinkRow[];
  readonly linkFromX: number;
  readonly linkToX: number;
  /** Centre of the VIP tag on each server, and where it stands when nobody can be named. */
  readonly vipSpots: { readonly a: Point; readonly b: Point; readonly middle: Point };
}

const MARGIN = 12;
const CLIENT_HEIGHT = 40;
const LAN_HEIGHT = 24;
/** Room for the VIP tag on the upper edge of a server. */
const SERVER_TOP = 128;
const LEGEND_HEIGHT = 24;
/** Header, four lines, one line of trouble, buttons. */
const SERVER_HEIGHT_MIN = 186;
const LINK_ROW_MIN = 70;
const LINK_ROW_MAX = 124;
const TITLE_HEIGHT = 24;
const REFERENCE_ROW = 40;
/** Air above the first reference: the tags of addresses hang over the servers' upper edge. */
const REFERENCE_TOP = 4;

/** More reference hosts than these are named in the safety pane only. */
export const REFERENCES_SHOWN_MAX = 3;

export const PICTURE_WIDTH_MIN = 420;

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

const referencesHeight = (count: number): number => (count === 0 ? 0 : REFERENCE_TOP + count * REFERENCE_ROW);

/** Height below which the picture scrolls instead of overlapping itself. */
export function pictureHeightMin(linkCount: number, referenceCount = 0): number {
  const between = referencesHeight(referenceCount) + linkCount * LINK_ROW_MIN;
  return SERVER_TOP + Math.max(SERVER_HEIGHT_MIN, between) + LEGEND_HEIGHT + MARGIN;
}

function referenceRows(count: number): ReferenceRow[] {
  return Array.from({ length: count }, (_, i) => {
    const top = SERVER_TOP + REFERENCE_TOP + i * REFERENCE_ROW;
    return { titleY: top + 9, lineY: top + 27 };
  });
}

function linkRows(linkCount: number, top: number, height: number): LinkRow[] {
  const row = clamp(height / Math.max(1, linkCount), LINK_ROW_MIN, LINK_ROW_MAX);
  const first = top + Math.max(0, (height - row * linkCount) / 2);
  const spread = clamp((row - TITLE_HEIGHT) / 3, 14, 26);
  return Array.from({ length: linkCount }, (_, i) => {
    const rowTop = first + i * row + Math.max(0, (row - TITLE_HEIGHT - spread * 2 - 8) / 2);
    const aToBY = rowTop + TITLE_HEIGHT + 10;
    return { titleY: rowTop + TITLE_HEIGHT / 2, aToBY, bToAY: aToBY + spread + 6 };
  });
}

/** Lays the picture out; sizes below the minimum are treated as the minimum. */
export function layoutPicture(
  size: { width: number; height: number },
  linkCount: number,
  referenceCount = 0,
): PictureLayout {
  const width = Math.max(PICTURE_WIDTH_MIN, size.width);
  const height = Math.max(pictureHeightMin(linkCount, referenceCount), size.height);
  const references = referencesHeight(referenceCount);
  const serverWidth = Math.round(clamp(width * 0.3, 146, 220));
  const serverHeight = Math.min(
    height - SERVER_TOP - LEGEND_HEIGHT - MARGIN,
    Math.max(SERVER_HEIGHT_MIN, references + linkCount * LINK_ROW_MAX) + 60,
  );
  const a: Box = { x: MARGIN, y: SERVER_TOP, width: serverWidth, height: serverHeight };
  const b: Box = { ...a, x: width - MARGIN - serverWidth };
  const middle = width / 2;
  const lanWidth = clamp(width * 0.34, 150, 260);
  const client: Box = { x: middle - 90, y: 6, width: 180, height: CLIENT_HEIGHT };
  const lan: Box = { x: middle - lanWidth / 2, y: 64, width: lanWidth, height: LAN_HEIGHT };
  const lanY = lan.y + lan.height / 2;
  const centreOf = (box: Box): number => box.x + box.width / 2;
  return {
    width,
    height,
    client,
    lan,
    servers: [a, b],
    lanCables: [
      [
        { x: lan.x, y: lanY },
        { x: centreOf(a), y: lanY },
        { x: centreOf(a), y: a.y },
      ],
      [
        { x: lan.x + lan.width, y: lanY },
        { x: centreOf(b), y: lanY },
        { x: centreOf(b), y: b.y },
      ],
    ],
    lanPlugs: [
      { x: (lan.x + centreOf(a)) / 2, y: lanY },
      { x: (lan.x + lan.width + centreOf(b)) / 2, y: lanY },
    ],
    references: referenceRows(referenceCount),
    links: linkRows(linkCount, SERVER_TOP + references, serverHeight - references),
    linkFromX: a.x + a.width,
    linkToX: b.x,
    vipSpots: {
      a: { x: centreOf(a), y: a.y },
      b: { x: centreOf(b), y: b.y },
      middle: { x: middle, y: lan.y + lan.height + 22 },
    },
  };
}

/** SVG path of a polyline with rounded corners. */
export function roundedPath(points: readonly Point[], radius = 8): string {
  return points
    .map((p, i) => {
      const before = points[i - 1];
      const after = points[i + 1];
      if (before === undefined) return `M${p.x} ${p.y}`;
      if (after === undefined) return `L${p.x} ${p.y}`;
      const towards = (q: Point): Point => {
        const length = Math.hypot(q.x - p.x, q.y - p.y) || 1;
        const r = Math.min(radius, length / 2);
        return { x: p.x + ((q.x - p.x) / length) * r, y: p.y + ((q.y - p.y) / length) * r };
      };
      const [from, to] = [towards(before), towards(after)];
      return `L${from.x} ${from.y}Q${p.x} ${p.y} ${to.x} ${to.y}`;
    })
    .join('');
}
