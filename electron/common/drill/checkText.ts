/** A script's steps, conditions and checks in words. Times stay as the script has them: they say where a number comes from. */
import { marginCriterion } from '../advice/margin.ts';
import type { Text } from '../contract/drill.ts';
import type { BreakStep, Check, Condition, LinkChoice, Step, Who } from './script.ts';
import { text } from './text.ts';
import type { Roles } from './view.ts';

const WHO: Readonly<Record<Who | 'any' | 'declared' | 'preferred', Text>> = {
  holder: text('the holder', '持有者'),
  standby: text('the standby', '备机'),
  both: text('both nodes', '两台服务器'),
  any: text('any node', '任意服务器'),
  preferred: text('the node that haresources prefers', 'haresources 中首选的服务器'),
  declared: text('the node that auto_failback says', 'auto_failback 规定的服务器'),
};

const LINKS: Readonly<Record<LinkChoice, Text>> = {
  serial: text('serial links', '串口链路'),
  network: text('network links', '网络链路'),
  all: text('all links', '所有链路'),
};

const CABLES = {
  serial: text('the serial cable', '串口线'),
  crossover: text('the crossover cable', '交叉网线'),
  lan: text('the LAN cable', '局域网线'),
  heartbeat: text('every cable that carries nothing but heartbeats', '所有只承载心跳的线缆'),
} as const;

/** Joins a template's English and Chinese side: `%` stand for the parts, in order. */
function joined(en: string, zh: string, ...parts: readonly Text[]): Text {
  const put = (template: string, language: 'en' | 'zh-CN'): string => {
    let i = 0;
    return template.replace(/%/g, () => parts[i++]?.[language] ?? '');
  };
  return text(put(en, 'en'), put(zh, 'zh-CN'));
}

/** Names of the nodes once a run has given out the roles; before that the words of the script. */
function who(word: keyof typeof WHO, roles: Roles | null): Text {
  if (roles === null || word === 'any' || word === 'declared' || word === 'preferred') return WHO[word];
  const { holder, standby } = roles;
  if (word === 'both') return text(`${holder} and ${standby}`, `${holder} 与 ${standby}`);
  return text(roles[word], roles[word]);
}

/** What is awaited. */
export function conditionText(condition: Condition, roles: Roles | null = null): Text {
  switch (condition.is) {
    case 'all': {
      const parts = condition.of.map((part) => conditionText(part, roles));
      return text(parts.map((p) => p.en).join(' and '), parts.map((p) => p['zh-CN']).join('，并且'));
    }
    case 'stable':
      return text('the pair is in order', '双机恢复正常');
    case 'served':
      return joined('the client is served by %', '客户端由%提供服务', who(condition.by, roles));
    case 'holds':
      return condition.yes
        ? joined('% holds the address', '%持有地址', who(condition.who, roles))
        : joined('% has let go of the address', '%已释放地址', who(condition.who, roles));
    case 'taken-over':
      return joined('% has taken over', '%已完成接管', who(condition.by, roles));
    case 'peer':
      return condition.status === 'dead'
        ? joined('the peer is taken for dead by %', '%判定对端失效', who(condition.seenBy, roles))
        : joined('the peer is seen active by %', '%看到对端为 active', who(condition.seenBy, roles));
    case 'links':
      return condition.state === 'dead'
        ? joined('% dead, as seen by %', '%失效（由%看到）', LINKS[condition.links], who(condition.seenBy, roles))
        : joined('% up, as seen by %', '%正常（由%看到）', LINKS[condition.links], who(condition.seenBy, roles));
    case 'agent':
      return condition.state === 'silent'
        ? joined('no answer from %', '%没有应答', who(condition.of, roles))
        : joined('an answer from %', '%有应答', who(condition.of, roles));
    case 'ping-nodes':
      return condition.state === 'dead'
        ? joined('no reference host answers %', '%收不到参考主机的应答', who(condition.seenBy, roles))
        : joined('the reference hosts answer %', '%收到参考主机的应答', who(condition.seenBy, roles));
  }
}

function breakText(step: BreakStep, roles: Roles | null): Text {
  if (step.do === 'inject') return joined(`inject ${step.fault} on %`, `在%上注入 ${step.fault}`, who(step.on, roles));
  if (step.do === 'power')
    return step.to === 'off'
      ? joined('cut the power of %', '切断%的电源', who(step.on, roles))
      : joined('turn % on', '给%上电', who(step.on, roles));
  const what =
    step.cable === 'lan' ? joined('the LAN cable of %', '%的局域网线', who(step.of, roles)) : CABLES[step.cable];
  if (step.cut === 'both') return joined('pull %', '拔掉%', what);
  return joined(
    'cut % in the direction from %',
    '切断%中从%发出的方向',
    what,
    who(step.cut === 'from-holder' ? 'holder' : 'standby', roles),
  );
}

/** What a step does. */
export function stepText(step: Step, roles: Roles | null = null): Text {
  switch (step.do) {
    case 'inject':
    case 'power':
    case 'cable':
      return breakText(step, roles);
    case 'standby':
      return joined('ask % to give its groups to the other node', '请%把资源组交给对端', who(step.on, roles));
    case 'takeover':
      return joined('ask % to take the groups', '请%接管资源组', who(step.on, roles));
    case 'agent':
      return step.to === 'stop'
        ? joined('stop the service on %', '停止%上的服务', who(step.on, roles))
        : joined('start the service on %', '启动%上的服务', who(step.on, roles));
    case 'hands':
      return step.text;
    case 'wait':
      return joined(
        `wait until % (at most ${step.within})`,
        `等待：%（最长 ${step.within}）`,
        conditionText(step.until, roles),
      );
    case 'observe':
      return text(`watch for ${step.for}`, `观察 ${step.for}`);
    case 'heal':
      return text('undo everything that is broken', '恢复所有被破坏的部分');
  }
}

const IN_WINDOW = {
  fault: text('while it is broken', '故障期间'),
  heal: text('after the heal', '恢复之后'),
  run: text('in the whole run', '整个过程中'),
} as const;

/** Why a hand-over may have more is said: without it 250 ms look like two holders that are let pass. */
function dualText({ max, handover }: Extract<Check, { check: 'dual' }>): Text {
  const [en, zh] = [`both hold the address for at most ${max}`, `双方同时持有地址不超过 ${max}`];
  if (handover === undefined) return text(en, zh);
  return text(
    `${en}; ${handover} in an agreed hand-over (standby, auto_failback), where the two clocks tell no closer`,
    `${zh}；约定的移交（standby、auto_failback）中不超过 ${handover}，因两台时钟无法分辨更短的重叠`,
  );
}

/** What a check demands. */
export function checkText(check: Check): Text {
  switch (check.check) {
    case 'outage':
      return joined(`outage % at most ${check.max}`, `%的中断时间不超过 ${check.max}`, IN_WINDOW[check.in]);
    case 'served-within':
      return check.after === 'heal'
        ? text(`served within ${check.max} of the heal`, `恢复后 ${check.max} 内重新提供服务`)
        : text(`served within ${check.max} of the fault`, `故障后 ${check.max} 内重新提供服务`);
    case 'dual':
      return dualText(check);
    case 'one-holder':
      return check.at === 'heal'
        ? text('one holder before the heal, who answers the client', '恢复之前只有一个持有者，且由它应答客户端')
        : text('one holder at the end, who answers the client', '结束时只有一个持有者，且由它应答客户端');
    case 'holder': {
      const when = check.at === 'heal' ? text('before the heal', '恢复之前') : text('at the end', '结束时');
      return joined('% the address is with %', '%地址在%上', when, WHO[check.is]);
    }
    case 'no-role-change':
      return text('no role change', '角色没有变化');
    case 'no-false-death':
      return text('nobody is taken for dead', '没有服务器被误判失效');
    case 'served-by':
      return joined(
        'the client is served by %, and by nobody else',
        '客户端由%提供服务，且没有其他应答者',
        WHO[check.is],
      );
    case 'links-up':
      return text('every link is up at the end, both ways', '结束时所有链路双向正常');
    case 'link-alarm':
      return joined(
        `% reported dead within ${check.within} by %${check.only ? ' and not by the other node' : ''}, and up again`,
        `%的失效在 ${check.within} 内由%报告${check.only ? '（对端不报告）' : ''}，之后恢复`,
        LINKS[check.links],
        WHO[check.seenBy],
      );
    case 'ping-alarm':
      return joined(
        `the reference host reported dead within ${check.within} by %`,
        `参考主机失效在 ${check.within} 内由%报告`,
        WHO[check.seenBy],
      );
    case 'margin':
      return marginCriterion([], check.shareMin).text;
    case 'log-growth':
      return text(
        `logs grow by at most ${check.kilobytesPerMinuteMax} kB a minute`,
        `日志增长不超过每分钟 ${check.kilobytesPerMinuteMax} kB`,
      );
    case 'cpu':
      return text(
        `the engine takes at most ${check.percentMax} % of a core`,
        `引擎占用不超过一个核的 ${check.percentMax}%`,
      );
  }
}
