/** HTML as values: what is put into a template is escaped, unless it is HTML already. There is no other way to make one. */

/** Finished HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that HTML cannot hold become the replacement character; control characters of terminals among them. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Text as HTML, safe as content and as the value of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c).replace(UNPRINTABLE, '\ufffd');
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part.map(textOf).join('');
}

/** A template whose values are escaped. Values belong into content and quoted attributes, never into tags or style sheets. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, i) => text + textOf(parts[i] ?? null)).join(''));
}

/**
 * A drawing of ours as HTML. Whatever made it, nothing that could run or load may be in it: then it is left out, and
 * null says so.
 */
export function svgHtml(svg: string): Html | null {
  const start = svg.indexOf('<svg');
  const text = start < 0 ? '' : svg.slice(start);
  const isHarmless =
    text.endsWith('</svg>') &&
    !/<\s*(?:script|foreignobject|iframe|image|use|a|animate|set|handler|style)\b/i.test(text) &&
    // Words between tags may say anything; inside one nothing may be called or fetched.
    !/<[^>]*[\s"'](?:on\w+|(?:\w+:)?href|src)\s*=/i.test(text) &&
    !/url\(\s*['"]?(?!#)/i.test(text);
  return isHarmless ? new Html(text) : null;
}
