/** `advise` */
import { AdviceQuestionSchema } from '../../common/contract/advice.ts';
import type { AdviceQuestion } from '../../common/contract/advice.ts';
import { adviceText } from '../adviceReport.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

function questionOf(parsed: Parsed): AdviceQuestion {
  const time = (option: string): number | null => {
    const given = parsed.text(option);
    return given === null ? null : durationMs(given, option);
  };
  const years = parsed.text('years');
  const question = AdviceQuestionSchema.safeParse({
    ...(years === null ? {} : { targetYears: Number(years) }),
    vmPauseMs: time('vm-pause'),
    fencingMs: time('fencing-time'),
    watchdogMs: time('watchdog'),
  });
  if (!question.success) throw new CliError('usage', `--years ${years ?? ''}: expected a number from 0.01 to 1000`);
  return question.data;
}

/** A stored session needs no pair to be there. */
export async function runAdvise(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const question = questionOf(parsed);
  const sessionId = parsed.text('session');
  if (sessionId !== null && (parsed.flag('rack') || parsed.text('pair') !== null))
    throw new CliError('usage', 'either --session ID, or --rack, or --pair FILE');
  const pairId = sessionId === null ? (await connectPair(parsed, opened, io, 'anything')).spec.id : null;
  const advice = await opened.client.advise({ pairId, sessionId, question });
  io.out(parsed.flag('json') ? `${JSON.stringify(advice)}\n` : adviceText(advice));
}
