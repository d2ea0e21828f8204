import { globSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { configError, type Directive, OpenSshOnly, readDirectives } from './config-lines.ts';
import { expandTokens, type Local } from './config-tokens.ts';
import { matchesList } from './patterns.ts';
import type { Target } from './target.ts';

/** The directives that hold for a host, unexpanded: the first of each keyword, and every IdentityFile. */
export interface RawSettings {
  host: string;
  first: Record<string, Directive | undefined>;
  identityFiles: Directive[];
  notes: string[];
}

interface Context {
  target: Target;
  local: Local;
  read(file: string): string | undefined;
}

interface Walk extends Context, RawSettings {
  finalPass: boolean;
  wantsFinalPass: boolean;
}

/** Would lead to another host or another trust: refused rather than ignored. */
const REFUSED: Record<string, string> = {
  proxycommand: 'ProxyCommand starts a program for the connection; use ProxyJump',
  canonicalizehostname: 'CanonicalizeHostname rewrites the name; write the full name',
  revokedhostkeys: 'RevokedHostKeys is not read; put the keys into known_hosts as @revoked',
  bindinterface: 'BindInterface is not supported; use BindAddress',
};
/** Only makes a login fail that OpenSSH would get through; said when it does. */
const LEFT_ASIDE = new Set([
  'certificatefile',
  'pkcs11provider',
  'securitykeyprovider',
  'knownhostscommand',
  'hostkeyalgorithms',
  'ciphers',
  'macs',
  'kexalgorithms',
]);
const MAX_INCLUDE_DEPTH = 16;

/** Evaluates the files in order; `Match final` makes a second pass, as ssh_config(5) says. */
export function evaluateConfig(files: readonly string[], context: Context): RawSettings {
  const walk: Walk = {
    ...context,
    host: context.target.host,
    first: Object.create(null) as RawSettings['first'],
    identityFiles: [],
    notes: [],
    finalPass: false,
    wantsFinalPass: false,
  };
  const pass = () => {
    for (const file of files) readFile(walk, file, true, 0);
    const name = walk.first.hostname;
    if (name) walk.host = expandTokens(name.args[0] ?? '', { h: context.target.host }, name.where);
  };
  pass();
  if (walk.wantsFinalPass) {
    walk.finalPass = true;
    pass();
  }
  return walk;
}

function readFile(walk: Walk, file: string, startActive: boolean, depth: number): void {
  const text = walk.read(file);
  if (text === undefined) return;
  let active = startActive;
  for (const directive of readDirectives(text, file)) {
    // A file included from a block that does not hold cannot switch itself on.
    if (directive.keyword === 'host') active = startActive && matchesHost(walk, directive);
    else if (directive.keyword === 'match') active = startActive && matchesCriteria(walk, directive);
    else if (!active) continue;
    else if (directive.keyword === 'include') include(walk, file, directive, depth);
    else take(walk, directive);
  }
}

function include(walk: Walk, from: string, directive: Directive, depth: number): void {
  if (depth >= MAX_INCLUDE_DEPTH) throw configError(directive.where, 'Include goes too deep');
  const base = from.startsWith('/etc/ssh/') ? '/etc/ssh' : join(walk.local.home, '.ssh');
  for (const pattern of directive.args) {
    const path = pattern.replace(/^~(?=\/)/, () => walk.local.home);
    const absolute = isAbsolute(path) ? path : join(base, path);
    for (const file of globSync(absolute).sort()) readFile(walk, file, true, depth + 1);
  }
}

function take(walk: Walk, directive: Directive): void {
  const { keyword, args, where } = directive;
  if (keyword === 'identityfile') {
    if (!walk.identityFiles.some((known) => known.where === where)) walk.identityFiles.push(directive);
    return;
  }
  if (walk.first[keyword]) return;
  // The first of the two counts, whichever it is.
  if (keyword === 'proxycommand' && walk.first.proxyjump) return;
  if (keyword === 'proxyjump' && walk.first.proxycommand) return;
  walk.first[keyword] = directive;
  if (LEFT_ASIDE.has(keyword)) walk.notes.push(`${where}: ${keyword} was left aside`);
  const reason = Object.hasOwn(REFUSED, keyword) ? REFUSED[keyword] : undefined;
  if (reason && !/^(none|no|false)$/i.test(args[0] ?? '')) throw new OpenSshOnly(where, reason);
}

/** Case counts here, as in OpenSSH, and not in Match. */
function matchesHost(walk: Walk, directive: Directive): boolean {
  const name = walk.finalPass ? walk.host : walk.target.host;
  return matchesList(name, directive.args);
}

function matchesCriteria(walk: Walk, { args, where }: Directive): boolean {
  const hostNow = walk.first.hostname?.args[0]?.replaceAll('%h', walk.target.host) ?? walk.host;
  const subjects: Record<string, string> = {
    host: hostNow.toLowerCase(),
    originalhost: walk.target.host.toLowerCase(),
    user: walk.target.user ?? walk.first.user?.args[0] ?? walk.local.user,
    localuser: walk.local.user,
  };
  let result = true;
  for (let i = 0; i < args.length; i++) {
    const word = (args[i] as string).toLowerCase();
    const negated = word.startsWith('!');
    const criterion = negated ? word.slice(1) : word;
    let holds: boolean;
    if (criterion === 'all') holds = true;
    else if (criterion === 'canonical') holds = false;
    else if (criterion === 'final') {
      walk.wantsFinalPass = true;
      holds = walk.finalPass;
    } else {
      const value = args[++i];
      if (value === undefined) throw configError(where, `Match ${criterion} has no value`);
      const subject = Object.hasOwn(subjects, criterion) ? subjects[criterion] : undefined;
      if (subject === undefined) {
        // Earlier criteria decided already: OpenSSH would not run it either.
        if (!result) continue;
        throw new OpenSshOnly(where, `Match ${criterion} is not supported`);
      }
      const patterns = criterion.endsWith('host') ? value.toLowerCase() : value;
      holds = matchesList(subject, patterns.split(','));
    }
    if (holds === negated) result = false;
  }
  return result;
}
