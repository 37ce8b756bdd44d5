import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const COMMAND = fileURLToPath(new URL('../../dist/chaos/main.js', import.meta.url));

/** Resolves with what was printed. Rejects, with that in its message, unless the exit code is 0. */
export async function chaos(...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--unhandled-rejections=strict', COMMAND, ...args],
      { timeout: 120_000, env: { PATH: process.env['PATH'] } },
    );
    return stdout;
  } catch (thrown) {
    const { stdout, stderr } = thrown as { readonly stdout: string; readonly stderr: string };
    throw new Error(`npm run chaos -- ${args.join(' ')} has failed:\n${stdout}\n${stderr}`, {
      cause: thrown,
    });
  }
}
