/** The shape of the catalog. Component names are unique over modules, programs and packages. */
export interface Catalog {
  /** With the v: `v1.37.2`. */
  kubernetes: string;
  modules: GoModule[];
  programs: CProgram[];
  packages: DistributionPackage[];
  hostFiles: HostFileSpec[];
  images: ImageSpec[];
  peers: { components: string[]; images: string[] };
}

/** What one `go build` in components/FOLDER makes. */
export interface GoModule {
  folder: string;
  /** Module paths that go.mod requires at `version`. */
  modules: string[];
  version: string;
  /** Present: cgo is on, and these C libraries are needed beside a compiler. Absent: cgo is off. */
  cgo?: 'libseccomp'[];
  tags?: string[];
  /** Beside `-s -w`. */
  ldflags?: string[];
  seconds: number;
  /** Component → main package. */
  binaries: Record<string, string>;
}

export interface CProgram {
  component: string;
  version: string;
  /** Path under templates/images. */
  source: string;
  seconds: number;
}

export interface DistributionPackage {
  component: string;
  package: string;
  /** Absolute paths that have to be in the layer. */
  programs: string[];
  seconds: number;
}

export interface HostFileSpec {
  component: string;
  path: string;
  mode: number;
}

export interface ImageSpec {
  name: string;
  reference: string;
  /** Components that are whole layers (distribution packages), lowest first. */
  layers?: string[];
  /** Absolute path → component, mode 0755. */
  files: Record<string, string>;
  /** Absolute path → target. */
  links?: Record<string, string>;
  /** Absolute path → mode. */
  folders?: Record<string, number>;
  /** A folder under templates/images whose files are added, mode 0644. */
  templates?: string;
  entrypoint?: string[];
  command?: string[];
  user?: string;
}
