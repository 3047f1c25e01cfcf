/** Fonts of the system only: nothing is fetched. Canvas and terminals need the same lists as the style sheet. */
export const FONT_FAMILY =
  "'Inter', 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'DejaVu Sans', system-ui, sans-serif";

export const MONO_FAMILY =
  "'JetBrains Mono', 'Cascadia Mono', 'Noto Sans Mono', 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace";
