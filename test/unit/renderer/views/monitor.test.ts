import { expect, test } from 'vitest';
import { axisTicks, SessionClock } from '../../../../renderer/views/monitor/frame.ts';
import { SPAN_MS_DEFAULT, SPAN_MS_MIN, Viewport } from '../../../../renderer/views/monitor/viewport.ts';

test('viewport: live follows now; a pause freezes the view, not the feed', () => {
  const view = new Viewport();
  expect(view.range(100_000)).toEqual({ fromMs: 100_000 - SPAN_MS_DEFAULT, toMs: 100_000 });
  view.pause(100_000);
  expect(view.range(105_000).toMs).toBe(100_000);
  view.goLive();
  expect(view.range(105_000).toMs).toBe(105_000);
});

test('viewport: zooming while live keeps the right edge at now', () => {
  const view = new Viewport();
  view.zoom(0.5, 0);
  expect(view.isLive).toBe(true);
  expect(view.range(100_000)).toEqual({ fromMs: 70_000, toMs: 100_000 });
});

test('viewport: zooming while frozen keeps the time under the pointer where it is', () => {
  const view = new Viewport();
  view.select({ fromMs: 1000, toMs: 2000 });
  view.zoom(0.5, 1200);
  expect(view.range(0)).toEqual({ fromMs: 1100, toMs: 1600 });
});

test('viewport: there is a closest and a widest look', () => {
  const view = new Viewport();
  view.select({ fromMs: 1000, toMs: 1001 });
  expect(view.spanMs).toBe(SPAN_MS_MIN);
  for (let i = 0; i < 100; i++) view.zoom(2, 0);
  expect(view.spanMs).toBe(12 * 3_600_000);
});

test('viewport: moving into the past freezes, moving past now is live again', () => {
  const view = new Viewport();
  view.pan(-0.5, 100_000);
  expect(view.isLive).toBe(false);
  expect(view.range(0).toMs).toBe(70_000);
  view.pan(0.6, 100_000);
  expect(view.isLive).toBe(true);
});

test('viewport: listeners hear real changes only', () => {
  const view = new Viewport();
  let heard = 0;
  view.subscribe(() => (heard += 1));
  view.goLive();
  view.pause(5);
  view.pause(6);
  expect(heard).toBe(1);
});

test('axis: ticks at round wall times, with the decimals that tell them apart', () => {
  const wall = new Date(2026, 10, 21, 3, 0, 0, 400).getTime();
  const wide = axisTicks({ fromMs: 0, toMs: 60_000 }, wall, 700);
  expect(wide.map((tick) => new Date(wall + tick.tMs).getSeconds())).toEqual([10, 20, 30, 40, 50, 0]);
  expect(wide.every((tick) => tick.decimals === 0 && (wall + tick.tMs) % 10_000 === 0)).toBe(true);
  const close = axisTicks({ fromMs: 0, toMs: 800 }, wall, 700);
  expect(close.length).toBeGreaterThan(2);
  expect(close[0]?.decimals).toBe(1);
});

test('session clock: the batch that came soonest sets now; a new session starts over', () => {
  const clock = new SessionClock();
  expect(clock.at(0)).toBeNaN();
  clock.observe(1000, 50);
  clock.observe(1100, 180);
  expect(clock.at(200)).toBe(1150);
  clock.observe(1250, 195);
  expect(clock.at(200)).toBe(1255);
  clock.reset();
  clock.observe(10, 300);
  expect(clock.at(300)).toBe(10);
});
