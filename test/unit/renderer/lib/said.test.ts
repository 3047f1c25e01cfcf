// Goal: a person who reads Chinese reads what the core says in Chinese, down to the reason inside of the sentence.
import i18next from 'i18next';
import { beforeAll, expect, test } from 'vitest';
import { say } from '../../../../electron/common/words/sentence.ts';
import { SENTENCES } from '../../../../electron/common/words/sentences.ts';
import { saidText } from '../../../../renderer/lib/said.ts';
import type { T } from '../../../../renderer/locales/index.ts';
import { zhCN } from '../../../../renderer/locales/zh-CN.ts';

let t: T;

beforeAll(async () => {
  const resources = { 'zh-CN': { translation: zhCN } };
  t = await i18next.createInstance().init({ lng: 'zh-CN', resources, interpolation: { escapeValue: false } });
});

test('said: a lost connection, with its layer and its reason', () => {
  const why = say('keepalivesUnanswered', { periods: 3, ms: 2000 });
  const lost = say('lost', { layer: say('layer-ssh-keepalive'), why });
  expect(saidText(lost, t)).toBe('连接断开（SSH 保活）：3 次保活（间隔 2000 毫秒）没有应答');
});

test('said: without a sentence, or with one of a newer core, the English words', () => {
  expect(saidText({ detail: 'disk full' }, t)).toBe('disk full');
  expect(saidText({ detail: 'new words', said: { code: 'brand-new', params: {} } }, t)).toBe('new words');
});

test('said: an operating system is quoted as it speaks, also where it looks like a template', () => {
  const text = "ENOENT: no such file, open '/root/{{x}}/<a>'";
  expect(saidText(say('knownHostsUnreadable', { error: text }), t)).toBe(`无法读取 known_hosts：${text}`);
});

test('said: every sentence of the core is a Chinese one', () => {
  const english = Object.keys(SENTENCES).filter((code) => {
    const text = saidText({ detail: '', said: { code, params: {} } }, t);
    return !/[\u4e00-\u9fff]/.test(text);
  });
  // Frames around other sentences, and a name that is the same everywhere.
  const frames = ['inItsWords', 'also', 'list', 'dots', 'lines', 'because', 'layer-tcp', 'keyUnreadable', 'ofNode'];
  expect(english).toEqual(frames);
});
