/** 记录无法读取或不完整的原因，以及一段时间内没有消息的原因；英文在 record.ts。 */
import type { RECORD_SENTENCES } from './record.ts';

export const RECORD_SENTENCES_ZH: Readonly<Record<keyof typeof RECORD_SENTENCES, string>> = {
  recordingEmpty: '文件是空的：请重新导出记录',
  recordingStub: '文件在第一行内就被截断：请重新导出记录',
  recordingNone: '这不是 Twinbeat 的记录：应为 “twinbeat export 会话 --recording 文件” 写出的文件',
  recordingOther: '该记录的格式为 {{theirs}}，本版本读取 {{ours}}：请用写出它的 Twinbeat 或更新的版本打开',
  recordingHead: '第 1 行，字段 {{field}}：{{why}}。文件已被改动：请从记录它的地方重新获取',
  recordingLine: '第 {{line}} 行不是 JSON：文件已被改动或损坏；请从记录它的地方重新获取',
  recordingLong: '第 {{line}} 行超过 {{chars}} 个字符：记录中没有这样的行',
  recordingDamaged: '文件在第 {{line}} 行之后损坏，之前的内容也不可信：请从记录它的地方重新获取',

  recordingCut: '在第 {{line}} 行之后被截断：其后的内容缺失',
  recordingLacks: '缺少若干行：共 {{of}} 行，只有 {{have}} 行',
  recordingSkipped: '有 {{count}} 行无法理解，已略去；第一处在第 {{line}} 行，字段 {{field}}',

  gapNoConnection: '没有到代理的连接',
  gapEventsGone: '日志中缺少 {{count}} 条事件',
  gapProbeEnded: '探测程序已结束，状态码 {{status}}',
  gapProbeLost: '探测程序已结束，状态码未知',
  gapSlept: '本机曾休眠',
  gapSleptFor: '本机休眠了约 {{seconds}} 秒，或时钟被调整',
  gapStood: '本控制台停顿了 {{ms}} 毫秒',
};
