/** A fenced `ts` block of a Markdown page. */
export interface Example {
  readonly page: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
}

/** All `ts` blocks of a page. A block that is meant to be read and not compiled is fenced as `text`. */
export function extractExamples(page: string, markdown: string): readonly Example[] {
  const examples: Example[] = [];
  let begun: { readonly line: number; readonly code: string[] } | null = null;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (begun === null && /^```(ts|typescript)\b/.test(text)) {
      begun = { line: index + 2, code: [] };
    } else if (begun !== null && text.startsWith('```')) {
      examples.push({ page, line: begun.line, code: begun.code.join('\n') });
      begun = null;
    } else {
      begun?.code.push(text);
    }
  }
  return examples;
}
