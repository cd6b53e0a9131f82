/**
 * Debian's newest WordPress, from the suites after this system's own: its packages are fetched through a separate apt
 * state and unpacked beside each other. Nothing is installed, and the system's state does not change.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The newest of theirs is used. */
const suites = ['sid', 'trixie'];
/** Those of its dependencies that its files link into; not the web server, the database and PHP itself. */
const needed = /^(libjs-|libphp-|php-getid3$|wordpress-theme-)/;

/** @returns the folder with its files, kept in `scratch` from one run to the next; null, with a reason, without it */
export function getNewestOfDebian(scratch: string): string | null {
  const files = join(scratch, 'wordpress');
  if (existsSync(files)) return files;
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return null;
  process.stdout.write(`# fetching Debian's newest WordPress\n`);
  const work = join(scratch, 'work');
  const root = join(work, 'root');
  const copy = join(work, 'copy');
  try {
    mkdirSync(work, { recursive: true });
    fetchPackages(work);
    for (const archive of globSync('*.deb', { cwd: work })) {
      execFileSync('dpkg-deb', ['-x', join(work, archive), root]);
    }
    redirectLinks(root);
    execFileSync('cp', ['-rL', join(root, 'usr', 'share', 'wordpress'), copy], { stdio: 'pipe' });
    renameSync(copy, files);
    return files;
  } catch (error) {
    process.stdout.write(`# not to be had, so the tests go on without it: ${(error as Error).message}\n`);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @throws Error when the archive cannot be reached */
function fetchPackages(folder: string): void {
  const lists = join(folder, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const sources = join(folder, 'sources.list');
  writeFileSync(sources, suites.map((suite) => `deb ${archiveOfSystem()} ${suite} main\n`).join(''));
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': lists,
    'Dir::Cache': join(folder, 'cache'),
    // Its own user may not write into this folder.
    'APT::Sandbox::User': 'root',
    'Acquire::Retries': '0',
    'Acquire::http::Timeout': '20',
  };
  const apt = (program: string, ...args: string[]) => {
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const { status, stdout, stderr } = spawnSync(program, [...options, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  };
  apt('apt-get', 'update', '-qq', '--error-on=any');
  const packages = [...apt('apt-cache', 'depends', 'wordpress').matchAll(/: <?([\w.+-]+)>?$/gm)]
    .map(([, name = '']) => name)
    .filter((name) => needed.test(name));
  apt('apt-get', 'download', '-qq', 'wordpress', ...new Set(packages));
}

/** The mirror of this system's own packages. @throws Error when it names none */
function archiveOfSystem(): string {
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'],
    {
      encoding: 'utf8',
    },
  );
  const uri = targets.split('\n').find((line) => /\/debian\/?$/.test(line));
  if (!uri) throw new Error('this system names no archive of Debian');
  return `[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri}`;
}

/** The packages' links name each other's files from the root of a system; here that is a folder. */
function redirectLinks(root: string): void {
  const links = globSync('**/*', { cwd: root })
    .map((name) => join(root, name))
    .filter((path) => lstatSync(path).isSymbolicLink())
    .map((path) => ({ path, target: readlinkSync(path) }))
    .filter(({ target }) => target.startsWith('/'));
  const relink = (path: string, target: string) => {
    unlinkSync(path);
    symlinkSync(target, path);
  };
  for (const { path, target } of links) relink(path, relative(dirname(path), join(root, target)));
  // Anything else may be on this system: the list of certificates.
  for (const { path, target } of links) if (!existsSync(path)) relink(path, target);
}
