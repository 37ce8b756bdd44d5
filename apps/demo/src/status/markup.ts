/** A piece of a page. What made it, {@link markup}, has escaped whatever was not one itself. */
export class Markup {
  constructor(readonly text: string) {}
}

export type MarkupValue = string | number | Markup | readonly Markup[] | null;

/** HTML as a template in which every value is escaped, unless it was made by `markup` itself. `null` is nothing. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const filled = parts.map((part, index) => part + escaped(values[index] ?? null));
  return new Markup(filled.join(''));
}

function escaped(value: MarkupValue): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
