/**
 * What a trainee chooses an answer from: what it is, and where. The same lists in every exercise of a setup, so that they give nothing
 * away; several choices look alike from one side only, which is the lesson.
 */
import type { ExerciseChoice } from '../contract/exercise.ts';
import type { SetupId } from '../contract/rack.ts';
import { text } from '../drill/text.ts';

export const FAULT_CHOICES = [
  'cable-cut',
  'one-way',
  'noise',
  'filter',
  'interface-down',
  'engine-dead',
  'engine-frozen',
  'service-dead',
  'overload',
  'key-differs',
  'address-twice',
] as const;
export type FaultChoice = (typeof FAULT_CHOICES)[number];

/** `holder` and `standby` are as the address was held when the exercise began. */
export const PLACE_CHOICES = [
  'holder',
  'standby',
  'serial',
  'serial-a-to-b',
  'serial-b-to-a',
  'crossover',
  'crossover-a-to-b',
  'crossover-b-to-a',
  'lan-of-holder',
  'lan-of-standby',
] as const;
export type PlaceChoice = (typeof PLACE_CHOICES)[number];

const FAULT_TEXT: Readonly<Record<FaultChoice, ExerciseChoice['text']>> = {
  'cable-cut': text('a cable is unplugged', '线缆被拔掉'),
  'one-way': text('a cable carries in one direction only', '线缆只有一个方向导通'),
  noise: text('a cable damages what it carries', '线缆传输受到干扰'),
  filter: text('a packet filter drops heartbeats', '包过滤规则丢弃心跳'),
  'interface-down': text('a network interface is turned off', '网络接口被关闭'),
  'engine-dead': text('the heartbeat engine does not run', '心跳引擎没有运行'),
  'engine-frozen': text('the heartbeat engine stands still', '心跳引擎停顿不动'),
  'service-dead': text('the service behind the address does not run', '地址背后的业务没有运行'),
  overload: text('the server has no time left to run its programs', '服务器过载'),
  'key-differs': text('the two servers sign with different keys', '两台服务器的密钥不同'),
  'address-twice': text('a third host uses the service address', '第三台主机占用了服务地址'),
};

/** What it may be. */
export function faultChoices(): ExerciseChoice[] {
  return FAULT_CHOICES.map((id) => ({ id, text: FAULT_TEXT[id] }));
}

/** Names of a rack's nodes: in its own order, and by what they did when the exercise began. */
export interface ExerciseNodes {
  readonly a: string;
  readonly b: string;
  readonly holder: string;
}

/** The id that a place has for this pair: servers and their LAN cables are named by the server. */
export function placeId(place: PlaceChoice, nodes: ExerciseNodes): string {
  const standby = nodes.holder === nodes.a ? nodes.b : nodes.a;
  switch (place) {
    case 'holder':
      return `server:${nodes.holder}`;
    case 'standby':
      return `server:${standby}`;
    case 'lan-of-holder':
      return `lan:${nodes.holder}`;
    case 'lan-of-standby':
      return `lan:${standby}`;
    default:
      return place;
  }
}

function cablePlaces(cable: 'serial' | 'crossover', en: string, zh: string, { a, b }: ExerciseNodes): ExerciseChoice[] {
  return [
    { id: cable, text: text(en, zh) },
    { id: `${cable}-a-to-b`, text: text(`${en}, from ${a} to ${b}`, `${zh}，${a} 到 ${b} 方向`) },
    { id: `${cable}-b-to-a`, text: text(`${en}, from ${b} to ${a}`, `${zh}，${b} 到 ${a} 方向`) },
  ];
}

/** Where it may be, in this setup. */
export function placeChoices(setup: SetupId, nodes: ExerciseNodes): ExerciseChoice[] {
  const servers = [nodes.a, nodes.b];
  const private_ =
    setup === 's5'
      ? [
          ...cablePlaces('serial', 'the serial cable', '串口线', nodes),
          ...cablePlaces('crossover', 'the crossover cable', '交叉网线', nodes),
        ]
      : [];
  return [
    ...servers.map((name) => ({ id: `server:${name}`, text: text(`on ${name}`, `在 ${name} 上`) })),
    ...private_,
    ...servers.map((name) => ({ id: `lan:${name}`, text: text(`the LAN cable of ${name}`, `${name} 的局域网线`) })),
  ];
}
