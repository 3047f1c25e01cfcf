/** 简体中文：仅观察、不接管的 heartbeat 双机。 */
export const zhObserve = {
  observe: {
    engine: '引擎',
    engines: { twinbeat: 'Twinbeat 代理', heartbeat: 'Linux-HA heartbeat（仅观察）' },
    engineHint:
      '实验机架的两台服务器运行 Debian 的 heartbeat 守护进程，Twinbeat 只在旁观察。需要 root 权限和 heartbeat 软件包。',
    keeps: '观察 heartbeat',
    keepsHint: '服务器上已在运行 heartbeat。代理安装在它旁边，只读取、监听和查询，不改动它的任何内容。',
    agent: '代理 {{version}}，观察 heartbeat {{daemon}}',
    agentWithout: '代理 {{version}}：heartbeat {{state}}',
    unknownVersion: '（版本未知）',
    section: '被观察的守护进程',
    daemon: 'heartbeat 守护进程',
    state: { running: '运行中', frozen: '被冻结', 'not-running': '未运行' },
    source: { log: '它的日志', cl_status: '它自己的说法（cl_status）', capture: '它的报文' },
    works: '正在跟踪',
    fails: '不可用',
    daemonsWord: '依据 heartbeat 自己的说法：这条线路上次听到对方是什么时候，无从得知。',
    notTold: '未告知：heartbeat 不说明自己听到了什么',
    notOurs: '未知：heartbeat 自行保护',
    noConditions: 'heartbeat 没有这类条件',
  },
};
