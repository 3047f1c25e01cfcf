/**
 * Puts a text on the clipboard within a key press or click. By a selected helper field and
 * not by navigator.clipboard, because the desktop host denies every permission and this needs none.
 * The focus comes back to where it was.
 */
export function copyText(text: string): void {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  Object.assign(field.style, { position: 'fixed', left: '-9999px', top: '0' });
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
}
