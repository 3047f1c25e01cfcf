/** 简体中文：从零到报告。 */
import type { Messages } from './en.ts';

export const zhCNCommission: Pick<Messages, 'commission'> = {
  commission: {
    title: '调试验收此双机',
    finished: '全部完成。',
    hide: '隐藏此栏',
    hideHint: '隐藏此栏。可用命令 (Ctrl+K) 重新显示。',
    show: '显示调试验收栏',
    open: '调试验收此双机：清单…',
    next: '调试验收此双机，下一步：{{act}}',
    step: {
      connect: '连接',
      preflight: '检查',
      deploy: '部署',
      links: '链路',
      advice: '建议',
      drills: '演练',
      report: '报告',
    },
    act: {
      connect: '连接',
      preflight: '检查服务器',
      deploy: '规划部署',
      links: '查看链路',
      advice: '查看建议',
      drills: '选择演练',
      report: '打开报告',
    },
    state: { done: '已完成', todo: '待办', busy: '进行中', trouble: '需要处理', unknown: '未知' },
    flow: {
      rack: '正在搭建两台服务器、局域网和心跳线…',
      connect: '正在登录两台服务器…',
      deploy: '正在检查两台服务器并制定计划…',
      settle: '正在等待第一批心跳…',
    },
    runDrill: '执行演练：{{title}}…',
    runShortSet: '执行精简组合演练…',
    shortSet: '选择精简组合',
    shortSetHint: '用最短的时间证明最多：切换、断电、守护进程被杀、拔掉一根心跳线。',
  },
};
