// Checks each published package as a stranger would meet it: its shape (publint, attw), and that the packed files,
// installed in an empty folder, run a Nest app.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const bin = (name) => join(root, 'node_modules/.bin', name);
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-packages-'));
try {
  const tarballs = packages.map((directory) => {
    const { name } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    run(bin('publint'), ['--strict', '.'], { cwd: directory, stdio: 'inherit' });
    const [{ filename, files }] = JSON.parse(
      run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: directory }),
    );
    const unexpected = files
      .map(({ path }) => path)
      .filter((path) => !/^(dist|src)\/|^(README\.md|LICENSE|package\.json)$/.test(path));
    if (unexpected.length > 0) throw new Error(`${name} would publish ${unexpected.join(', ')}`);
    const tarball = join(folder, filename);
    run(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'], {
      stdio: 'inherit',
    });
    return tarball;
  });
  runAppOn(tarballs);
  console.log(`${packages.length} packages are in shape.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runAppOn(tarballs) {
  const nest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'shop', private: true, type: 'module' }),
  );
  const peers = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'].map(
    (name) => `${name}@${nest[name]}`,
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', ...tarballs, ...peers], {
    cwd: folder,
  });
  copyFileSync(join(import.meta.dirname, 'packed-app.mjs'), join(folder, 'app.mjs'));
  const said = run(process.execPath, ['--unhandled-rejections=strict', 'app.mjs'], {
    cwd: folder,
    timeout: 30_000,
  });
  if (!said.includes('ran under token')) throw new Error(`The packed packages did not run a job:\n${said}`);
}
