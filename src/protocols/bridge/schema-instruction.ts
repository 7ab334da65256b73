/** The words that stand for JSON mode. */
export const JSON_INSTRUCTION = 'Answer with one JSON object and nothing else.';

/** The words that stand for a schema where an upstream takes none. */
export function schemaInstruction(schema: Readonly<Record<string, unknown>>): string {
  return `${JSON_INSTRUCTION} It must be valid under this JSON Schema:\n${JSON.stringify(schema)}`;
}
