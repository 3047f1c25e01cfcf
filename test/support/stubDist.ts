/**
 * Distributions of Electron that hold just enough for electron-builder to pack around, offline. The
 * Linux one is the stand-in itself, so a packed application can be started; Windows' is an empty
 * program with a version resource, macOS' an application bundle of empty files.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export type PackPlatform = 'linux' | 'win' | 'mac';

/** Stands before the fuses in Electron's own binaries; a version byte, a length byte and '0' or '1' for each follow. */
export const FUSE_MARK = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX');

/** Version 1, nine fuses in their delivered positions. */
const FUSE_WIRE = Buffer.concat([FUSE_MARK, Buffer.from([1, 9]), Buffer.from('101100011')]);

const STANDIN_LAUNCHER = path.join(import.meta.dirname, 'electron-standin/dist/electron');

/** Writes the distribution into `directory` (made if need be) and returns it as electron-builder's `electronDist`. */
export function makeStubDist(platform: PackPlatform, directory: string): string {
  mkdirSync(directory, { recursive: true });
  if (platform === 'linux') writeLinux(directory);
  else if (platform === 'win') writeWindows(directory);
  else writeMac(directory);
  return directory;
}

function writeLinux(directory: string): void {
  // The shell never reads as far as the wire: the script's last line replaces it by Node.
  const launcher = Buffer.concat([
    readFileSync(STANDIN_LAUNCHER),
    Buffer.from('exit 0\n# '),
    FUSE_WIRE,
    Buffer.from('\n'),
  ]);
  writeFileSync(path.join(directory, 'electron'), launcher, { mode: 0o755 });
}

interface PeLibrary {
  readonly NtExecutable: { createEmpty(is32Bit: boolean, isDll: boolean): { generate(): ArrayBuffer } };
  readonly NtExecutableResource: {
    from(
      executable: unknown,
      ignoreCertificate: boolean,
    ): { readonly entries: unknown[]; outputResource(executable: unknown): void };
  };
}

interface ResEdit {
  readonly Resource: {
    readonly VersionInfo: {
      createEmpty(): {
        lang: number;
        setFileVersion(major: number, minor: number, micro: number, revision: number, lang: number): void;
        setStringValues(language: { lang: number; codepage: number }, values: Record<string, string>): void;
        outputToResourceEntries(entries: unknown[]): void;
      };
    };
  };
}

const ENGLISH_US = 1033;
const UTF_16 = 1200;

function writeWindows(directory: string): void {
  // Both are what electron-builder itself edits Windows programs with.
  const require = createRequire(import.meta.url);
  const { NtExecutable, NtExecutableResource } = require('pe-library') as PeLibrary;
  const { Resource } = require('resedit') as ResEdit;
  const executable = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(executable, true);
  const version = Resource.VersionInfo.createEmpty();
  version.lang = ENGLISH_US;
  version.setFileVersion(45, 4, 1, 0, ENGLISH_US);
  version.setStringValues(
    { lang: ENGLISH_US, codepage: UTF_16 },
    { FileDescription: 'Electron', ProductName: 'Electron' },
  );
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(executable);
  writeFileSync(path.join(directory, 'electron.exe'), Buffer.concat([Buffer.from(executable.generate()), FUSE_WIRE]));
}

function propertyList(values: Readonly<Record<string, string>>): string {
  const body = Object.entries(values).map(([key, value]) => `<key>${key}</key><string>${value}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>${body.join('')}</dict></plist>\n`;
}

function writeBundle(directory: string, name: string): void {
  const contents = path.join(directory, `${name}.app`, 'Contents');
  mkdirSync(path.join(contents, 'MacOS'), { recursive: true });
  const identifier = `com.github.${name.replaceAll(/[^A-Za-z]/g, '')}`;
  writeFileSync(
    path.join(contents, 'Info.plist'),
    propertyList({
      CFBundleExecutable: name,
      CFBundleName: name,
      CFBundleIdentifier: identifier,
      CFBundlePackageType: 'APPL',
    }),
  );
  writeFileSync(path.join(contents, 'MacOS', name), '', { mode: 0o755 });
}

function writeMac(directory: string): void {
  writeBundle(directory, 'Electron');
  const contents = path.join(directory, 'Electron.app', 'Contents');
  mkdirSync(path.join(contents, 'Resources'), { recursive: true });
  const frameworks = path.join(contents, 'Frameworks');
  for (const suffix of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) writeBundle(frameworks, `Electron Helper${suffix}`);
  const framework = path.join(frameworks, 'Electron Framework.framework');
  mkdirSync(framework, { recursive: true });
  writeFileSync(path.join(framework, 'Electron Framework'), FUSE_WIRE, { mode: 0o755 });
}
