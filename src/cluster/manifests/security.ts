import { ENCRYPTION_CONFIG, ENCRYPTION_DIR } from '../encryption/config.ts';
import type { ComponentSpec, ConfigOverrides, ExtraArgs, HostVolume } from '../spec/sections.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { AUDIT_DIR, AUDIT_LOG_DIR, AUDIT_POLICY, AUTHENTICATION_CONFIG } from './security-files.ts';

export interface HardeningOptions {
  /** The host has an EncryptionConfiguration: it is read even where nothing is to be encrypted any more. */
  encryption: boolean;
}

/**
 * The specification with what `security` means to each static pod, as if the user had set it: arguments and volumes,
 * below those that he did set. kubeadm's ClusterConfiguration says the same in the same words, so that `kubeadm upgrade`
 * keeps it.
 */
export function hardened(spec: ClusterSpec, { encryption }: HardeningOptions): ClusterSpec {
  const under = <C extends ComponentSpec>(
    component: C,
    extraArgs: ExtraArgs,
    volumes: HostVolume[] = [],
  ): C => ({
    ...component,
    extraArgs: { ...extraArgs, ...component.extraArgs },
    volumes: [
      ...volumes.filter(({ name }) => !component.volumes.some((one) => one.name === name)),
      ...component.volumes,
    ],
  });
  const common = { ...profilingArguments(spec), ...tlsArguments(spec) };
  return {
    ...spec,
    apiServer: under(
      spec.apiServer,
      { ...common, ...auditArguments(spec), ...anonymousArguments(spec), ...encryptionArguments(encryption) },
      apiServerVolumes(spec, encryption),
    ),
    controllerManager: under(spec.controllerManager, common),
    scheduler: under(spec.scheduler, common),
    etcd: under(spec.etcd, etcdArguments(spec)),
  };
}

function profilingArguments({ security }: ClusterSpec): ExtraArgs {
  return security.profiling ? {} : { profiling: 'false' };
}

/** TLS 1.3 has no choice of ciphers; without any list Go chooses, and 1.2 is its least version anyway. */
function tlsArguments({ security: { tlsMinVersion, tlsCipherSuites } }: ClusterSpec): ExtraArgs {
  if (tlsMinVersion === 'VersionTLS13') return { 'tls-min-version': tlsMinVersion };
  if (tlsCipherSuites.length === 0) return {};
  return { 'tls-min-version': tlsMinVersion, 'tls-cipher-suites': tlsCipherSuites.join(',') };
}

/** etcd has its own names of versions, and refuses ciphers beside 1.3 (embed/config.go). */
function etcdArguments(spec: ClusterSpec): ExtraArgs {
  const { 'tls-min-version': version, 'tls-cipher-suites': ciphers } = tlsArguments(spec);
  return {
    ...(version ? { 'tls-min-version': version === 'VersionTLS13' ? 'TLS1.3' : 'TLS1.2' } : {}),
    ...(ciphers ? { 'cipher-suites': ciphers } : {}),
  };
}

function auditArguments({ security: { audit } }: ClusterSpec): ExtraArgs {
  if (!audit.enabled) return {};
  return {
    'audit-policy-file': AUDIT_POLICY,
    'audit-log-path': `${AUDIT_LOG_DIR}/audit.log`,
    'audit-log-maxage': String(audit.maxAgeDays),
    'audit-log-maxbackup': String(audit.maxBackups),
    'audit-log-maxsize': String(audit.maxSizeMegabytes),
  };
}

/** Never with --anonymous-auth: the API server refuses both together, and without any the kubelet's probes fail. */
function anonymousArguments({ security }: ClusterSpec): ExtraArgs {
  return security.anonymousAccess === 'all' ? {} : { 'authentication-config': AUTHENTICATION_CONFIG };
}

function encryptionArguments(encryption: boolean): ExtraArgs {
  if (!encryption) return {};
  return {
    'encryption-provider-config': ENCRYPTION_CONFIG,
    'encryption-provider-config-automatic-reload': 'true',
  };
}

/** Folders where a file is read again while the server runs: a mounted file stays the one that it was. */
function apiServerVolumes({ security }: ClusterSpec, encryption: boolean): HostVolume[] {
  const folder = (name: string, path: string, readOnly: boolean): HostVolume => {
    return { name, hostPath: path, mountPath: path, readOnly, pathType: 'DirectoryOrCreate' };
  };
  const authentication: HostVolume = {
    ...folder('authentication-config', AUTHENTICATION_CONFIG, true),
    pathType: 'File',
  };
  return [
    ...(security.audit.enabled
      ? [folder('audit-log', AUDIT_LOG_DIR, false), folder('audit-policy', AUDIT_DIR, true)]
      : []),
    ...(security.anonymousAccess === 'all' ? [] : [authentication]),
    ...(encryption ? [folder('encryption-config', ENCRYPTION_DIR, true)] : []),
  ];
}

/** /debug/pprof and /debug/flags of the kubelet; logs and exec are other handlers (pkg/kubelet/server/server.go). */
export function kubeletSecurity({ security }: ClusterSpec): ConfigOverrides {
  const { tlsMinVersion, tlsCipherSuites } = security;
  const tls = tlsMinVersion === 'VersionTLS13' || tlsCipherSuites.length > 0;
  return {
    ...(security.profiling ? {} : { enableProfilingHandler: false, enableDebugFlagsHandler: false }),
    ...(tls ? { tlsMinVersion } : {}),
    ...(tls && tlsMinVersion === 'VersionTLS12' ? { tlsCipherSuites } : {}),
  };
}
