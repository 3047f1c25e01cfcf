import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

const PURE_AGENT = [
  'agent/common/timeline',
  'agent/common/wire',
  'agent/common/config',
  'agent/common/faults',
  'agent/common/rpc',
  'agent/common/engine',
  'agent/common/base',
];
const NODE = /^node:/;

/** The import table of docs/architecture.md. `packages`: bare specifiers allowed; what is not listed is forbidden. */
const ROOMS = {
  'agent/common/base': { rooms: [], packages: [] },
  'agent/common/timeline': { rooms: ['agent/common/base'], packages: [] },
  'agent/common/wire': { rooms: ['agent/common/base'], packages: [/^@noble\/hashes\//] },
  'agent/common/config': { rooms: ['agent/common/base'], packages: [] },
  'agent/common/faults': { rooms: ['agent/common/base'], packages: [] },
  'agent/common/rpc': {
    rooms: ['agent/common/base', 'agent/common/timeline', 'agent/common/config', 'agent/common/faults'],
    packages: [/^zod$/],
  },
  'agent/common/engine': {
    rooms: ['agent/common/base', 'agent/common/wire', 'agent/common/timeline', 'agent/common/config'],
    packages: [],
  },
  'agent/common/sim': { rooms: PURE_AGENT.filter((r) => r !== 'agent/common/rpc'), packages: [] },
  'agent/node': { rooms: PURE_AGENT, packages: [NODE, /^serialport$/, /^@serialport\//, /^koffi$/] },
  'electron/common': { rooms: PURE_AGENT, packages: [/^zod$/] },
  'electron/core': {
    rooms: [...PURE_AGENT, 'electron/common'],
    packages: [NODE, /^ssh2$/, /^ssh-config$/, /^serialport$/, /^zod$/],
  },
  'electron/lab': {
    rooms: [...PURE_AGENT, 'electron/common'],
    packages: [NODE, /^ssh2$/, /^@lydell\/node-pty$/, /^koffi$/, /^zod$/],
  },
  'electron/web': {
    rooms: [...PURE_AGENT, 'electron/common', 'electron/core', 'electron/lab'],
    packages: [NODE, /^ws$/, /^zod$/],
  },
  'electron/cli': {
    rooms: [...PURE_AGENT, 'electron/common', 'electron/core', 'electron/lab'],
    packages: [NODE, /^zod$/],
  },
  'electron/desktop': {
    rooms: [...PURE_AGENT, 'electron/common', 'electron/core', 'electron/lab'],
    packages: [NODE, /^electron(\/(main|renderer|common|utility))?$/, /^zod$/],
  },
  renderer: { rooms: [...PURE_AGENT, 'electron/common'], packages: [/^(?!node:|electron)/] },
  test: { rooms: null, packages: null },
};
const ROOM_NAMES = Object.keys(ROOMS).sort((a, b) => b.length - a.length);

function roomOf(path) {
  const inside = relative(ROOT, path).split(sep).join('/');
  return ROOM_NAMES.find((room) => inside === room || inside.startsWith(`${room}/`));
}

const importTable = {
  meta: {
    type: 'problem',
    messages: { forbidden: '{{from}} may not import {{what}} (import table, docs/architecture.md)' },
  },
  create(context) {
    const from = roomOf(context.filename);
    if (from === undefined || ROOMS[from].rooms === null) return {};
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const report = (what) => context.report({ node, messageId: 'forbidden', data: { from, what } });
      if (!specifier.startsWith('.')) {
        if (!ROOMS[from].packages.some((allowed) => allowed.test(specifier))) report(specifier);
        return;
      }
      const to = roomOf(resolve(dirname(context.filename), specifier));
      if (to !== from && !ROOMS[from].rooms.includes(to)) report(to ?? specifier);
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

const CLOCK_AND_DICE = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'A pure room gets its time as a parameter.',
  },
  { selector: "NewExpression[callee.name='Date']", message: 'A pure room gets its time as a parameter.' },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'A pure room gets a SeededRandom as a parameter.',
  },
];

export default tseslint.config(
  { ignores: ['build/**', 'node_modules/**', 'release/**', '.cache/**', '**/*.cjs'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: ROOT } },
    plugins: { rooms: { rules: { imports: importTable } } },
    rules: {
      'rooms/imports': 'error',
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['agent/common/**/*.ts', 'electron/common/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...CLOCK_AND_DICE] },
  },
  {
    files: ['test/**'],
    rules: {
      // A suite is one long describe; its tests are the functions.
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
