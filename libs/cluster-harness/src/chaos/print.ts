/** Where a line goes that people read. */
export type Print = (line: string) => void;

export const printLine: Print = (line) => {
  process.stdout.write(`${line}\n`);
};
