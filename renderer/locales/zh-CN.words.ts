/** 核心所说的句子，按代码：与报告所用的是同一张表。 */
import { SENTENCES_ZH } from '../../electron/common/words/sentences.zh-CN.ts';

export const zhCNWords = { said: SENTENCES_ZH } as const;
