/** What a node's event is called in the picture and in a sentence, in both languages, and in which lane it stands. */
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import type { Text } from '../contract/drill.ts';
import { text } from '../drill/text.ts';
import type { LaneKind, Tone } from './types.ts';

export interface EventWords {
  readonly lane: Extract<LaneKind, 'decisions' | 'resources' | 'address'>;
  readonly tone: Tone;
  readonly short: Text;
  readonly text: Text;
}

type Of<K extends EventBody['kind']> = Extract<EventBody, { kind: K }>;

const decision = (tone: Tone, short: Text, long: Text): EventWords => ({ lane: 'decisions', tone, short, text: long });

const STATUS = {
  init: text('silent since its start', '启动后尚无消息'),
  up: text('up', '已启动'),
  active: text('active', '正常'),
  dead: text('dead', '失效'),
} as const;

const SETS = {
  none: text('nothing', '无'),
  local: text('its own groups', '本方资源组'),
  foreign: text("the peer's groups", '对方资源组'),
  all: text('all groups', '全部资源组'),
} as const;

const both = (make: (language: 'en' | 'zh-CN') => string): Text => text(make('en'), make('zh-CN'));
const behind = (detail: string): string => (detail === '' ? '' : ` (${detail})`);

function takeover({ phase, from, cause }: Of<'takeover'>): EventWords {
  const causes = {
    'peer-dead': text('it is dead', '对方失效'),
    'peer-stopped': text('it stopped', '对方已停止'),
    operator: text('an operator asked', '操作员要求'),
    start: text('start', '启动'),
  } as const;
  const why = causes[cause];
  if (phase === 'begin') {
    return decision(
      'warn',
      text('takes over', '开始接管'),
      both((l) => (l === 'en' ? `takeover from ${from} begins: ${why.en}` : `开始从 ${from} 接管：${why['zh-CN']}`)),
    );
  }
  return phase === 'done'
    ? decision('good', text('took over', '接管完成'), text(`takeover from ${from} is done`, `从 ${from} 的接管已完成`))
    : decision(
        'bad',
        text('takeover failed', '接管失败'),
        text(`takeover from ${from} failed`, `从 ${from} 的接管失败`),
      );
}

const STANDBY = {
  requested: text('standby asked', '请求待机'),
  accepted: text('standby agreed', '同意待机'),
  released: text('released', '已释放'),
  done: text('standby done', '待机完成'),
  refused: text('standby refused', '拒绝待机'),
  'timed-out': text('standby timed out', '待机超时'),
} as const;

function standby({ phase, set, detail }: Of<'standby'>): EventWords {
  const name = STANDBY[phase];
  const isBad = phase === 'refused' || phase === 'timed-out';
  return decision(
    isBad ? 'warn' : 'plain',
    name,
    both((l) => `${name[l]}: ${SETS[set][l]}${behind(detail)}`),
  );
}

const IPFAIL = {
  asked: text('asks for counts', '询问参考节点数'),
  compared: text('counts compared', '比较参考节点数'),
  'give-up-scheduled': text('will give up', '将放弃资源'),
  'give-up-cancelled': text('keeps', '取消放弃'),
  'gave-up': text('gives up', '放弃资源'),
} as const;

const FENCING = {
  begin: text('fencing', '隔离开始'),
  'waiting-operator': text('waits for a person', '等待人工确认'),
  done: text('fenced', '隔离完成'),
  failed: text('fencing failed', '隔离失败'),
  'not-needed': text('no fencing needed', '无需隔离'),
  'not-configured': text('no fencing', '未配置隔离'),
} as const;

function resource({ phase, action, resource: name, tookMs, detail = '' }: Of<'resource'>): EventWords {
  const verbs = { start: text('start', '启动'), stop: text('stop', '停止'), status: text('check', '检查') } as const;
  const ends = { begin: text('begins', '开始'), done: text('done', '完成'), failed: text('FAILED', '失败') } as const;
  const took = tookMs === undefined ? '' : ` ${tookMs.toFixed(0)} ms`;
  const long = both((l) => `${name}: ${verbs[action][l]} ${ends[phase][l]}${took}${behind(detail)}`);
  const short = both((l) => `${verbs[action][l]} ${name}`);
  return { lane: 'resources', tone: phase === 'failed' ? 'bad' : 'plain', short, text: long };
}

const VIP = {
  added: ['good', text('added', '添加'), text('is on this node', '已在本节点上')],
  removed: ['plain', text('removed', '移除'), text('was taken off this node', '已从本节点移除')],
  announced: ['plain', text('announced', '已宣告'), text('is announced by this node', '由本节点宣告')],
  conflict: [
    'bad',
    text('SECOND HOLDER', '第二持有者'),
    text('is answered by another machine as well', '另一台机器也在应答'),
  ],
  'conflict-over': ['good', text('alone again', '冲突结束'), text('has one holder again', '恢复为唯一持有者')],
} as const;

function vip({ change, address, mac }: Of<'vip'>): EventWords {
  const [tone, short, says] = VIP[change];
  return { lane: 'address', tone, short, text: both((l) => `${address} ${says[l]}${behind(mac ?? '')}`) };
}

const LET_GO = {
  asked: text('asks to let go', '要求放弃地址'),
  heard: text('told to let go', '被要求放弃'),
  done: text('let go', '已放弃'),
  failed: text('cannot let go', '无法放弃'),
} as const;

const SHUTDOWN = {
  begin: text('stops', '开始停止'),
  released: text('released all', '已全部释放'),
  done: text('stopped', '已停止'),
} as const;

function safety(body: EventBody): EventWords | null {
  switch (body.kind) {
    case 'ping-node': {
      const isUp = body.status === 'up';
      const short = isUp ? text('ping node answers', '参考节点应答') : text('ping node dead', '参考节点无应答');
      return decision(
        isUp ? 'good' : 'warn',
        short,
        both((l) => `${short[l]}: ${body.node}`),
      );
    }
    case 'ipfail': {
      const counts = `${body.own}:${body.peers ?? '?'}`;
      return decision(
        'plain',
        IPFAIL[body.step],
        both((l) => `ipfail: ${IPFAIL[body.step][l]} ${counts}${behind(body.detail)}`),
      );
    }
    case 'fencing': {
      const tone = body.phase === 'failed' || body.phase === 'waiting-operator' ? 'bad' : 'plain';
      return decision(
        tone,
        FENCING[body.phase],
        both((l) => `${FENCING[body.phase][l]}: ${body.node}${behind(body.detail)}`),
      );
    }
    case 'takeover-hold': {
      const short = body.over ? text('goes on', '继续接管') : text('takeover WAITS', '接管等待');
      return decision(
        body.over ? 'plain' : 'bad',
        short,
        both((l) => `${short[l]}: ${body.reasons.join(', ')}${behind(body.detail)}`),
      );
    }
    case 'key-mismatch': {
      const short = body.over ? text('keys agree', '密钥一致') : text('WRONG KEY', '密钥不符');
      return decision(
        body.over ? 'good' : 'bad',
        short,
        both((l) => `${short[l]}: ${body.peer}`),
      );
    }
    case 'let-go':
      return {
        lane: 'address',
        tone: body.phase === 'failed' ? 'bad' : 'plain',
        short: LET_GO[body.phase],
        text: both((l) => `${LET_GO[body.phase][l]}: ${body.address}${behind(body.detail)}`),
      };
    default:
      return null;
  }
}

/** What became of hearing the peer. */
function contact(body: EventBody): EventWords | null {
  switch (body.kind) {
    case 'late-heartbeat':
      return decision(
        'warn',
        text('late', '心跳迟到'),
        text(
          `a heartbeat of ${body.peer} came after ${body.intervalMs.toFixed(0)} ms`,
          `${body.peer} 的心跳间隔 ${body.intervalMs.toFixed(0)} ms`,
        ),
      );
    case 'peer-restarted':
      return decision(
        'plain',
        text('peer restarted', '对方已重启'),
        text(`${body.peer} began a new life`, `${body.peer} 重新启动`),
      );
    case 'partition-healed':
      return decision(
        'warn',
        text('split healed', '分裂愈合'),
        text(
          `${body.peer} is back after ${body.silentMs.toFixed(0)} ms without having stopped`,
          `${body.peer} 沉默 ${body.silentMs.toFixed(0)} ms 后恢复，期间并未停止`,
        ),
      );
    default:
      return null;
  }
}

function life(body: EventBody): EventWords | null {
  switch (body.kind) {
    case 'local-status':
      return decision(
        body.status === 'dead' ? 'bad' : 'plain',
        both((l) => (l === 'en' ? `is ${STATUS[body.status].en}` : `状态：${STATUS[body.status]['zh-CN']}`)),
        both((l) => (l === 'en' ? `its own status is ${body.status}` : `自身状态：${STATUS[body.status]['zh-CN']}`)),
      );
    case 'peer-status': {
      const tone = body.status === 'dead' ? 'bad' : body.status === 'active' ? 'good' : 'plain';
      const short =
        body.status === 'dead'
          ? text('peer DEAD', '判定对方失效')
          : both((l) => (l === 'en' ? `peer ${body.status}` : `对方${STATUS[body.status]['zh-CN']}`));
      return decision(
        tone,
        short,
        both((l) =>
          l === 'en' ? `sees ${body.peer} as ${body.status}` : `认为 ${body.peer} ${STATUS[body.status]['zh-CN']}`,
        ),
      );
    }
    case 'restart':
      return decision(
        'bad',
        text('starts over', '重新开始'),
        both((l) =>
          l === 'en' ? `gives up everything and starts over: ${body.reason}` : `放弃全部资源并重新开始：${body.reason}`,
        ),
      );
    case 'shutdown':
      return decision('plain', SHUTDOWN[body.phase], SHUTDOWN[body.phase]);
    case 'ownership-alarm': {
      const short = body.alarm === 'both' ? text('BOTH own it', '双方都持有') : text('NOBODY owns it', '无人持有');
      return decision(
        'bad',
        short,
        both((l) => `${short[l]}: ${SETS[body.set][l]}`),
      );
    }
    case 'problem':
      return decision(
        body.over ? 'plain' : 'warn',
        both((l) => (body.over ? (l === 'en' ? `${body.code} over` : `${body.code} 已结束`) : body.code)),
        both((l) => (body.over ? (l === 'en' ? `over: ${body.detail}` : `已结束：${body.detail}`) : body.detail)),
      );
    default:
      return contact(body) ?? safety(body);
  }
}

/** null: it has a lane of another kind (links, faults), or says nothing here (logs, holdings, keys). */
export function eventWords(body: EventBody): EventWords | null {
  if (body.kind === 'takeover') return takeover(body);
  if (body.kind === 'standby') return standby(body);
  if (body.kind === 'resource') return resource(body);
  if (body.kind === 'vip') return vip(body);
  return life(body);
}
