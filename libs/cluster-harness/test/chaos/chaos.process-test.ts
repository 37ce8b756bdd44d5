import { describe, expect, it } from '@jest/globals';
import { chaos } from './chaos-command.js';

describe('the chaos command, in short', () => {
  it('freezes holders for 1.5 ttl: no late write is accepted, and no step follows the successor’s first', async () => {
    expect(await chaos('--freeze', '10')).toContain('10 holders frozen for 1.5 ttl: 10 late writes refused');
  }, 130_000);

  it('lets eight processes race for stale leases on files: each has one winner', async () => {
    expect(await chaos('--takeovers', '100')).toContain(
      '100 stale leases on files, 8 processes: winners 100 with 1; 0 wrong tokens',
    );
  }, 130_000);

  it('plays a plan against a cluster on files, and finds nothing wrong', async () => {
    expect(await chaos('--rounds', '1', '--seed', '101', '--backend', 'file')).toContain(' 0 violations');
  }, 130_000);

  it('says what is wrong with an option, and does nothing', async () => {
    await expect(chaos('--rounds', 'many')).rejects.toThrow(
      '--rounds is many. Choose a whole number from 1 on.',
    );
    await expect(chaos('--backend', 'memory')).rejects.toThrow('--backend is memory. Choose file, redis');
  }, 130_000);
});
