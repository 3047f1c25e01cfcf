import { expect, test } from 'vitest';
import { FakeConsole } from '../../../support/fakeConsole.ts';
import {
  type Box,
  layoutPicture,
  pictureHeightMin,
  PICTURE_WIDTH_MIN,
  roundedPath,
} from '../../../../renderer/views/rack/geometry.ts';
import { pictureLinks, vipTags } from '../../../../renderer/views/rack/pictureModel.ts';

const SIZES = [
  { width: 100, height: 100 },
  { width: 512, height: 392 },
  { width: 768, height: 560 },
  { width: 2000, height: 1200 },
];

const apart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test('picture: nothing overlaps and nothing leaves the pane, at every size and number of links', () => {
  for (const size of SIZES) {
    for (const count of [0, 1, 2, 3, 5]) {
      const layout = layoutPicture(size, count);
      const boxes = [layout.client, layout.lan, ...layout.servers];
      boxes.forEach((box, i) => {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(layout.width);
        expect(box.y + box.height).toBeLessThanOrEqual(layout.height);
        for (const other of boxes.slice(i + 1)) expect(apart(box, other)).toBe(true);
      });
      expect(layout.links).toHaveLength(count);
      expect(layout.linkToX - layout.linkFromX).toBeGreaterThan(100);
    }
  }
});

test('picture: links stay between the servers and one below the other', () => {
  for (const size of SIZES) {
    const { links, servers } = layoutPicture(size, 3);
    const ys = links.flatMap((l) => [l.titleY, l.aToBY, l.bToAY]);
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect(ys[0]).toBeGreaterThan(servers[0].y);
    expect(ys.at(-1)).toBeLessThan(servers[0].y + servers[0].height);
  }
});

test('picture: a pane that is too small scrolls at the least size', () => {
  const layout = layoutPicture({ width: 10, height: 10 }, 2);
  expect([layout.width, layout.height]).toEqual([PICTURE_WIDTH_MIN, pictureHeightMin(2)]);
});

test('picture: corners are rounded, ends are kept', () => {
  const path = roundedPath([
    { x: 0, y: 0 },
    { x: 100, y: 0 },
    { x: 100, y: 50 },
  ]);
  expect(path).toBe('M0 0L92 0Q100 0 100 8L100 50');
});

test('picture: before an agent speaks the rack still shows its cables, with nothing known about them', () => {
  const fake = new FakeConsole();
  fake.rackPhase = 'up';
  const links = pictureLinks(fake.pairState(), fake.rackState());
  fake.close();
  expect(links.map((l) => l.cable?.id)).toEqual(['crossover', 'serial']);
  expect(links.every((l) => l.aToB.state === 'unknown' && l.bToA.state === 'unknown')).toBe(true);
});

test('picture: the tag stands on the holder, on both when both hold it, in the middle when nobody can be named', () => {
  const fake = new FakeConsole();
  fake.warmUp(20_000);
  expect(vipTags(fake.pairState()).map((t) => t.place)).toEqual(['a']);
  const first = vipTags(fake.pairState())[0]?.key;
  fake.forceDual(true);
  expect(vipTags(fake.pairState()).map((t) => t.place)).toEqual(['a', 'b']);
  // The same key: the tag on the screen moves, it is not another one.
  expect(vipTags(fake.pairState())[0]?.key).toBe(first);
  fake.forceDual(false);
  fake.blindToB = true;
  expect(vipTags(fake.pairState())).toMatchObject([{ place: 'middle', verdict: 'unknown' }]);
  fake.close();
});
