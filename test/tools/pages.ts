/** Documentation pages that are made from tables in the sources. */
import { HA_CF_DIRECTIVES } from '../../agent/common/config/index.ts';

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** docs/ha-cf.md from the directive table that also drives the parser. */
export function haCfPage(): string {
  const rows = HA_CF_DIRECTIVES.map(
    (d) =>
      `| \`${d.name}\` | \`${cell(d.syntax)}\` | ${d.default === null ? '' : `\`${cell(d.default)}\``} | ${cell(d.help)} |`,
  );
  return [
    '# ha.cf directives',
    '',
    'Made from the table that drives the parser (`agent/common/config/directives.ts`); `npm run check` keeps it current.',
    '',
    '| directive | arguments | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
