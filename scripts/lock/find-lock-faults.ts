/** One entry of `packages` in package-lock.json, as far as the check reads it. */
export interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** package-lock.json, version 3. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** The folder that contains this node_modules entry: `a/node_modules/b` → `a`. */
function above(path: string): string {
  const at = path.lastIndexOf('node_modules/')
  return at < 0 ? '' : path.slice(0, at).replace(/\/$/, '')
}

/** Whether Node, looking from `from` upwards, meets `name`. */
function isLocked(lock: Lock, from: string, name: string): boolean {
  for (let folder = from; ; folder = above(folder)) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
  }
}

function missingOptional(lock: Lock, [path, entry]: readonly [string, LockedPackage]): readonly string[] {
  return Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !isLocked(lock, path, name))
    .map((name) => `${path} names the optional package ${name}, which is not locked: npm ci fails on its platform`)
}

function originFaults([path, entry]: readonly [string, LockedPackage]): readonly string[] {
  if (!path.includes('node_modules/') || entry.link === true) return []
  const faults: string[] = []
  if (entry.integrity === undefined) faults.push(`${path} has no integrity`)
  if (entry.resolved !== undefined)
    faults.push(`${path} is tied to ${entry.resolved}: set omit-lockfile-registry-resolved`)
  return faults
}

/** What would make `npm ci` fail on another machine: platforms left out, packages without hash or tied to one host. */
export function findLockFaults(lock: Lock): readonly string[] {
  return Object.entries(lock.packages).flatMap((entry) => [...missingOptional(lock, entry), ...originFaults(entry)])
}
