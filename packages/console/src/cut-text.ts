/** The beginning of a text, never cut between the halves of a surrogate pair. */
export function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const last = text.charCodeAt(chars - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? chars - 1 : chars);
}

/** 1,234,567 */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}
